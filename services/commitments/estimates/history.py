"""The lives of promises, as far as we have watched them: from being told until done, ended otherwise, or now.

What counts is active time: `promised_at` moves by the time that we waited for the customer, and while we wait the
clock stands still. A promise that is broken and not done is still open; one that was withdrawn or void is censored
there; a draft, or what the customer declined, was never under way. A feature is done for everybody at once: how long
those who wait for it have waited is not how long anything takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text

from shared.database import ReadSession
from shared.statistics.survival import Span

# As in the index `commitment_history`: by category, and by when its life ended, for ever where it has not.
_CATEGORY = "coalesce(category, '')"
_ENDED = "coalesce(fulfilled_at, CASE WHEN status IN ('withdrawn', 'void') THEN closed_at END, 'infinity')"
_UNDER_WAY = (
    "kind = 'promise' AND obligor = 'us' AND promised_at IS NOT NULL AND status <> 'draft' AND status <> 'declined'"
)
# Three arrays, not a row a promise: a hundred thousand rows would hold up whoever else is served in this process. They
# come in the order of age, which is the one that the curve is drawn in.
LIVES = text(f"""
    SELECT coalesce(array_agg(began), '{{}}') AS began, coalesce(array_agg(until), '{{}}') AS until,
        coalesce(array_agg(done), '{{}}') AS done
    FROM (
        SELECT CAST(extract(epoch FROM promised_at) AS float) AS began,
            CAST(extract(epoch FROM LEAST({_ENDED}, coalesce(waiting_since, CAST(:now AS timestamptz)))) AS float)
                AS until,
            fulfilled_at IS NOT NULL AS done
        FROM commitment
        WHERE {_UNDER_WAY} AND {_CATEGORY} = CAST(:category AS text) AND {_ENDED} >= CAST(:since AS timestamptz)
            AND NOT EXISTS (SELECT 1 FROM feature_subscriber f WHERE f.commitment_id = commitment.id)
        ORDER BY LEAST({_ENDED}, coalesce(waiting_since, CAST(:now AS timestamptz))) - promised_at) AS life
""")
# From one category straight to the next one of the index: as many looks as there are categories.
CATEGORIES = text(f"""
    WITH RECURSIVE known AS (
        (SELECT {_CATEGORY} AS name FROM commitment WHERE {_UNDER_WAY} ORDER BY {_CATEGORY} LIMIT 1)
        UNION ALL
        SELECT (SELECT {_CATEGORY} FROM commitment WHERE {_UNDER_WAY} AND {_CATEGORY} > k.name
                ORDER BY {_CATEGORY} LIMIT 1) FROM known k WHERE k.name IS NOT NULL)
    SELECT name FROM known WHERE name IS NOT NULL
""")


class Lives(NamedTuple):
    """For each promise when it was told and until when we watched it, in seconds, and whether it was done then."""

    began: Sequence[float]
    until: Sequence[float]
    done: Sequence[bool]


async def lives(session: ReadSession, category: str, *, days: int, now: datetime) -> Lives:
    """The lives of a category's promises ("" for those without one) that were under way in the last days."""
    values = {"category": category, "since": now - timedelta(days=days), "now": now}
    return Lives(*(await session.execute(LIVES, values)).one())


def spans(lives: Lives, since: datetime) -> list[Span]:
    """The ages of lives in seconds, in a window that begins at `since`. What had ended by then falls out later."""
    opens = since.timestamp()
    return [
        Span(max(opens - began, 0.0), max(until - began, 0.0), done) for began, until, done in zip(*lives, strict=True)
    ]
