"""The lives of promises, as far as we have watched them: from being told until done, ended otherwise, or now.

What counts is active time: `promised_at` moves by the time that we waited for the customer, and while we wait the
clock stands still. A promise that is broken and not done is still open; one that was withdrawn or void is censored
there; a draft, or what the customer declined, was never under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text

from services.commitments.estimates.survival import Span
from shared.database import ReadSession

# As in the index `commitment_history`: by category, and by when its life ended, for ever where it has not.
_CATEGORY = "coalesce(category, '')"
_ENDED = "coalesce(fulfilled_at, CASE WHEN status IN ('withdrawn', 'void') THEN closed_at END, 'infinity')"
_UNDER_WAY = (
    "kind = 'promise' AND obligor = 'us' AND promised_at IS NOT NULL AND status <> 'draft' AND status <> 'declined'"
)
LIVES = text(f"""
    SELECT promised_at, LEAST({_ENDED}, coalesce(waiting_since, CAST(:now AS timestamptz))) AS until,
        fulfilled_at IS NOT NULL AS done
    FROM commitment
    WHERE {_UNDER_WAY} AND {_CATEGORY} = CAST(:category AS text) AND {_ENDED} >= CAST(:since AS timestamptz)
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


class Life(NamedTuple):
    """When a promise was told, until when we have watched it, and whether it was done then."""

    promised_at: datetime
    until: datetime
    done: bool


async def lives(session: ReadSession, category: str, *, days: int, now: datetime) -> list[Life]:
    """Of a category ("" is that of promises without one), those that were under way in the last days."""
    values = {"category": category, "since": now - timedelta(days=days), "now": now}
    return [Life(*row) for row in await session.execute(LIVES, values)]


def spans(lives: Iterable[Life], since: datetime) -> list[Span]:
    """Their ages in seconds, seen through a window that begins at `since`. What had ended by then falls out later."""
    return [
        Span(
            max((since - life.promised_at).total_seconds(), 0.0),
            max((life.until - life.promised_at).total_seconds(), 0.0),
            life.done,
        )
        for life in lives
    ]
