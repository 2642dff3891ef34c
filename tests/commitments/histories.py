"""Promises of the past, straight into the table: told so long ago, and done after so long, or open still."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from services.commitments.estimates.refresh import refresh
from tests.commitments.conftest import Commitments

_FILL = text("""
    INSERT INTO commitment (id, customer_id, kind, obligor, status, outcome, category, terms, binding, answered, first,
                            due_at, first_due_at, stated_at, promised_at, closed_at, fulfilled_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'promise', 'us',
           CASE WHEN took IS NULL THEN 'broken' ELSE 'fulfilled' END,
           CASE WHEN took IS NULL THEN 'broken_silently' ELSE 'kept' END, :category,
           jsonb_build_array(jsonb_build_object('revision', 1, 'words', 'Máy của bạn được sửa xong', 'cost', 'không',
                                                'due_at', told + interval '30 days', 'zone', 'Asia/Ho_Chi_Minh')),
           1, 1, 1, told + interval '30 days', told + interval '30 days', told, told,
           told + coalesce(took, interval '30 days'), told + took
    FROM (SELECT CAST(:now AS timestamptz) - ago AS told, took
          FROM unnest(CAST(:ago AS interval[]), CAST(:took AS interval[])) AS u (ago, took)) AS life
""")


async def remember(
    kept: Commitments, category: str | None, hours: Sequence[float | None], *, days_ago: float = 90.0
) -> None:
    """Each was told `days_ago` and took so many hours; None: it broke after a month, and is not done yet."""
    took = [None if each is None else timedelta(hours=each) for each in hours]
    values = {"category": category, "now": kept.now, "ago": [timedelta(days=days_ago)] * len(took), "took": took}
    async with kept.runtime.database.write() as session:
        await session.execute(_FILL, values)


async def learn(kept: Commitments, category: str | None, hours: Sequence[float | None], **more: float) -> None:
    """As `remember`, and the curves are drawn anew. Time passes, so that the old ones are too old."""
    await remember(kept, category, hours, **more)
    await refresh(kept.runtime.database)
