"""Writing of the log: drafts of events, and their rows.

`append` takes the customer's stream head first, which makes the writers of one customer wait for each
other, and the log's id after it. So for one customer the order of ids is the order of commits, whatever
gaps the sequence has, and a relay that takes what is waiting in id order publishes in commit order.
The outbox holds nothing but the ids that wait; the log itself is never updated, but for a subject that was left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts import Payload, subject_of
from shared.problems import TooLarge
from shared.security.customer_links import masked_event
from shared.telemetry import current_traceparent


class Draft(NamedTuple):
    """An event that will be in the log when its unit of work is committed."""

    id: UUID
    type: str
    topic: str
    source: str
    key: str
    time: datetime
    data: str
    traceparent: str | None
    subject: UUID


class EventTooLarge(TooLarge):
    """The broker would refuse it, and all that waits behind it."""


LARGEST = 2 * 1024 * 1024
"""Bytes of JSON in one event."""


def draft(payload: Payload, *, at: datetime, source: str, id: UUID) -> Draft:  # noqa: A002
    """Without the links that somebody's words may hold. Raises EventTooLarge."""
    data = masked_event(payload.model_dump_json())
    if len(data) > LARGEST // 4 and len(data.encode()) > LARGEST:
        raise EventTooLarge(f"an event of {len(data)} characters is more than can be passed on")
    return Draft(
        id=id,
        type=payload.type,
        topic=payload.topic,
        source=source,
        key=str(payload.key),
        time=at,
        data=data,
        traceparent=current_traceparent(),
        subject=subject_of(payload),
    )


_APPEND = text("""
    WITH head AS (
        INSERT INTO stream_head AS h (key, last)
        SELECT key, count FROM unnest(CAST(:keys AS text[]), CAST(:counts AS bigint[])) AS k (key, count)
        ORDER BY key
        ON CONFLICT (key) DO UPDATE SET last = h.last + excluded.last
        RETURNING key, last
    ), logged AS (
        INSERT INTO event_log (event_id, type, topic, source, key, sequence, time, traceparent, data,
                               subject, actor)
        SELECT e.event_id, e.type, e.topic, :source, e.key, head.last - e.behind, :time, e.traceparent, e.data,
               e.subject, :actor
        FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:topics AS text[]),
                    CAST(:event_keys AS text[]), CAST(:behind AS bigint[]),
                    CAST(:traceparents AS text[]), CAST(:data AS text[]), CAST(:subjects AS uuid[]))
             WITH ORDINALITY AS e (event_id, type, topic, key, behind, traceparent, data, subject, position)
        JOIN head USING (key)
        ORDER BY e.position
        RETURNING id
    )
    INSERT INTO outbox (id) SELECT id FROM logged
""")


async def append(session: AsyncSession, drafts: Sequence[Draft], *, actor: str | None) -> None:
    """One statement for any number of events: sequence per key, log row and outbox row. `actor` did all of them."""
    if not drafts:
        return
    counts = Counter(d.key for d in drafts)
    left = dict(counts)
    behind = []
    for d in drafts:
        left[d.key] -= 1
        behind.append(left[d.key])
    keys = sorted(counts)
    await session.connection()
    await session.execute(
        _APPEND,
        {
            "keys": keys,
            "counts": [counts[key] for key in keys],
            "source": drafts[0].source,
            "actor": actor,
            "time": drafts[0].time,
            "ids": [d.id for d in drafts],
            "types": [d.type for d in drafts],
            "topics": [d.topic for d in drafts],
            "event_keys": [d.key for d in drafts],
            "behind": behind,
            "traceparents": [d.traceparent for d in drafts],
            "data": [d.data for d in drafts],
            "subjects": [d.subject for d in drafts],
        },
    )
