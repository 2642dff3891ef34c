"""Counts cases in the database, as `reading` counts promises, once their customers have had time to come back.

Read by the index on the time of opening (`case_outcome_opened`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text

from services.commitments.scorecard.measures import CaseSeen, CaseTally
from services.commitments.scorecard.windows import Window
from shared.customers import person
from shared.database import ReadSession
from shared.statistics.shares import GRID, Quantiles


class CasesBy(StrEnum):
    OWNER = "owner"
    KIND = "kind"
    CHANNEL = "channel"
    CATEGORY = "category"


_COLUMN = {name.value: name.value for name in CasesBy} | {CasesBy.CHANNEL.value: "channel_kind"}

# Resolved long enough ago for the customer to have come back; unresolved, opened as long ago.
_RIPE = """opened_at >= :since AND opened_at < :until AND kind <> 'praise'
    AND coalesce(CASE WHEN resolved_at <= :as_of THEN resolved_at END, opened_at)
        <= CAST(:as_of AS timestamptz) - CAST(:recontact AS interval)"""
# The customer came back about it: on the case itself, or with a new one that is not known to be about something else.
# A new case has no category at first. Who was merged into somebody is that person.
_PEOPLE = f"""
    opened AS MATERIALIZED (
        SELECT * FROM case_outcome WHERE opened_at >= :since AND opened_at <= :as_of AND kind <> 'praise'),
    {person("customer", "id", "opened")},
    people AS MATERIALIZED (
        SELECT o.*, coalesce(p.person, o.customer_id) AS person
        FROM opened o LEFT JOIN person p ON p.customer_id = o.customer_id),
    again AS (
        SELECT DISTINCT c.case_id FROM people c JOIN people o ON o.person = c.person AND o.opened_at > c.resolved_at
            AND o.opened_at <= c.resolved_at + :recontact AND coalesce(o.category = c.category, true))"""


@cache
def counting(key: str) -> TextClause:
    return text(f"""
        WITH RECURSIVE {_PEOPLE}
        SELECT {key} AS key, coalesce(resolved_at <= :as_of, false) AS resolved, contacts <= 1 AS one_contact,
            coalesce(again.case_id IS NOT NULL OR back_at <= resolved_at + :recontact
                OR reopened_at <= resolved_at + :recontact, false) AS back,
            coalesce(reopened_at <= resolved_at + :recontact, false) AS reopened, passed_on, count(*) AS n
        FROM people LEFT JOIN again USING (case_id) WHERE {_RIPE} GROUP BY 1, 2, 3, 4, 5, 6
    """)


@cache
def timing(key: str) -> TextClause:
    """A statement for the seconds to the first resolution; an unresolved case has taken for ever."""
    return text(f"""
        SELECT key, count(*) AS n, percentile_disc(CAST(:grid AS float[])) WITHIN GROUP (ORDER BY taken) AS taken,
            min(taken) FILTER (WHERE taken < 'Infinity') AS least, max(taken) FILTER (WHERE taken < 'Infinity') AS most
        FROM (
            SELECT {key} AS key, CASE WHEN resolved_at <= :as_of
                THEN CAST(extract(epoch FROM resolved_at - opened_at) AS float) ELSE 'Infinity' END AS taken
            FROM case_outcome WHERE {_RIPE}) t
        GROUP BY key
    """)


@dataclass(frozen=True, slots=True)
class Resolution:
    """Seconds from the opening to the first resolution; None where nothing was resolved."""

    n: int
    taken: Quantiles
    least: float | None
    most: float | None


async def tallies(
    session: ReadSession, window: Window, by: CasesBy, recontact: timedelta
) -> dict[str | None, CaseTally]:
    found: dict[str | None, CaseTally] = {}
    for row in await session.execute(counting(_COLUMN[by]), _values(window, recontact)):
        seen = CaseSeen(row.resolved, row.one_contact, row.back, row.reopened, row.passed_on)
        found.setdefault(row.key, CaseTally()).add(seen, row.n)
    return found


async def resolutions(
    session: ReadSession, window: Window, by: CasesBy, recontact: timedelta
) -> dict[str | None, Resolution]:
    rows = await session.execute(timing(_COLUMN[by]), _values(window, recontact) | {"grid": list(GRID)})
    return {row.key: Resolution(row.n, Quantiles(row.n, row.taken), row.least, row.most) for row in rows}


async def resolution(session: ReadSession, window: Window, recontact: timedelta) -> Resolution | None:
    """The resolution of all cases together; None where there are none."""
    rows = await session.execute(timing("true"), _values(window, recontact) | {"grid": list(GRID)})
    return next((Resolution(row.n, Quantiles(row.n, row.taken), row.least, row.most) for row in rows), None)


def _values(window: Window, recontact: timedelta) -> dict[str, Any]:
    return asdict(window) | {"recontact": recontact}
