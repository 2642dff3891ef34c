"""Counts promises in the database; what the counts mean is decided in `measures`.

A window is read by the index on the first due time (`commitment_fell_due`, or of one owner
`commitment_fell_due_owner`), and comes back as a few counted combinations: never as rows of a million promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Row, TextClause, text

from services.commitments.promise.core import Status
from services.commitments.scorecard.measures import COUNTED, Seen, Tally
from services.commitments.scorecard.windows import Window
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind
from shared.database import ReadSession
from shared.statistics.shares import GRID, Quantiles


class By(StrEnum):
    OWNER = "owner"
    TEAM = "team"
    KIND = "kind"
    CHANNEL = "channel"
    PARTNER = "partner"
    CATEGORY = "category"


_COLUMN = {name.value: name.value for name in By} | {By.CHANNEL.value: "channel_kind"}
_WEEK = "CAST(date_trunc('week', first_due_at AT TIME ZONE :zone) AS date)"

BANDS = (14_400, 86_400, 259_200, 604_800, 2_592_000)
"""Where one band of promised time ends and the next begins, in seconds: 4 hours, 1, 3, 7 and 30 days."""
_BAND = f"width_bucket(promised - 0.001, CAST(ARRAY{list(BANDS)} AS float[]))"

_RUNNING = "(waiting_since IS NULL OR waiting_since > first_due_at)"


def _fell_due(filters: Sequence[str]) -> str:
    """Filters are written out where they are asked for: an OR for each that is not would spoil the plan."""
    theirs = "".join(f" AND {name} = :{name}" for name in filters)
    return f"status <> 'draft' AND obligor = 'us' AND first_due_at >= :since AND first_due_at < :until{theirs}"


@cache
def counting(key: str, filters: tuple[str, ...]) -> TextClause:
    return text(f"""
        SELECT {key} AS key, status, outcome, {_RUNNING} AS first_passed,
            waiting_since IS NULL AND due_at < :as_of AS due_passed,
            coalesce(fulfilled_at <= first_due_at, false) AS in_first_time,
            coalesce(fulfilled_at <= :as_of, false) AS done,
            coalesce(warned_at <= due_at, false) AS told, count(*) AS n
        FROM commitment WHERE {_fell_due(filters)} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    """)


@cache
def timing(key: str, filters: tuple[str, ...]) -> TextClause:
    """A statement for actual against promised time, by key, by band of promised time, and of all.

    What is not done yet has taken for ever: it is no reason for a better figure. The window is read once, and only
    what is shown is sorted.
    """
    counts = (
        "count(*) AS n, count(*) FILTER (WHERE ratio < 1) AS early, count(*) FILTER (WHERE ratio <= 0.5) AS in_half"
    )
    ratios = "percentile_disc(CAST(:grid AS float[])) WITHIN GROUP (ORDER BY ratio) AS ratios"
    time_left = "avg(promised - taken) FILTER (WHERE ratio < 1) AS time_left"
    return text(f"""
        WITH p AS MATERIALIZED (
            SELECT key, {_BAND} AS band, promised, taken, taken / promised AS ratio FROM (
                SELECT {key} AS key, date_part('epoch', first_due_at - promised_at) AS promised,
                    CASE WHEN fulfilled_at <= :as_of
                        THEN greatest(date_part('epoch', fulfilled_at - promised_at), 0) ELSE 'Infinity' END AS taken
                FROM commitment
                WHERE {_fell_due(filters)} AND status = ANY(CAST(:counted AS text[])) AND {_RUNNING}
                    AND promised_at < first_due_at) t)
        SELECT 'key' AS of, key, NULL AS band, {counts}, {ratios}, NULL AS taken, NULL AS promised, {time_left}
        FROM p GROUP BY key
        UNION ALL
        SELECT 'band', NULL, band, {counts}, {ratios},
            percentile_disc(CAST(:grid AS float[])) WITHIN GROUP (ORDER BY taken), avg(promised), {time_left}
        FROM p GROUP BY band
        UNION ALL
        SELECT 'whole', NULL, NULL, {counts}, {ratios}, NULL, NULL, {time_left} FROM p
    """)


@cache
def ending(filters: tuple[str, ...]) -> TextClause:
    return text(f"""
        SELECT category, outcome, count(*) AS n FROM commitment
        WHERE {_fell_due(filters)} AND outcome IS NOT NULL AND closed_at <= :as_of GROUP BY 1, 2 ORDER BY 1, 2
    """)


@cache
def conceding(filters: tuple[str, ...]) -> TextClause:
    """A statement for concessions of the binding terms in promises of one class, by currency."""
    return text(f"""
        WITH given AS (
            SELECT category, terms -> (binding - 1) -> 'concession' AS concession FROM commitment
            WHERE {_fell_due(filters)} AND terms -> (binding - 1) -> 'concession' ->> 'amount' IS NOT NULL)
        SELECT category, concession ->> 'currency' AS currency, count(*) AS n,
               min(CAST(concession ->> 'amount' AS numeric)) AS least,
               percentile_disc(0.5) WITHIN GROUP (ORDER BY CAST(concession ->> 'amount' AS numeric)) AS median,
               max(CAST(concession ->> 'amount' AS numeric)) AS most
        FROM given GROUP BY 1, 2 ORDER BY 1, 2
    """)


@dataclass(frozen=True, slots=True)
class Given:
    """Concessions in one currency: how many, and how far apart they lie."""

    currency: str
    n: int
    least: Decimal
    median: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of promises. `early`: done before due. `in_half`: in half the time or less. `ratios`: actual to promised.

    `time_left`: seconds that those that were early had left, on average.
    """

    n: int
    early: int
    in_half: int
    ratios: Quantiles
    time_left: float | None


@dataclass(frozen=True, slots=True)
class Band:
    """Promises of about one length: seconds promised, on average, and taken."""

    promised: float
    taken: Quantiles
    ratios: Quantiles


@dataclass(frozen=True, slots=True)
class Scope:
    """The promises to count: those of a window, of one kind, of one owner."""

    window: Window
    kind: CommitmentKind | None = None
    owner: str | None = None

    @property
    def chosen(self) -> dict[str, str]:
        return {name: value for name, value in (("kind", self.kind), ("owner", self.owner)) if value is not None}

    @property
    def filters(self) -> tuple[str, ...]:
        return tuple(self.chosen)

    @property
    def values(self) -> dict[str, Any]:
        return asdict(self.window) | self.chosen


async def tallies(session: ReadSession, scope: Scope, by: By) -> dict[str | None, Tally]:
    rows = await session.execute(counting(_COLUMN[by], scope.filters), scope.values)
    return _tallied(rows)


async def weeks(session: ReadSession, scope: Scope, zone: str) -> dict[date, Tally]:
    """Tallies by the Monday of the week in which promises first fell due, in a zone, the earliest first."""
    rows = await session.execute(counting(_WEEK, scope.filters), scope.values | {"zone": zone})
    return dict(sorted(_tallied(rows).items()))


_ROOM = text("SET LOCAL work_mem = '32MB'")
"""A quarter of a million times are sorted in memory, not on disk."""


@dataclass(frozen=True, slots=True)
class Timings:
    """The times of promises. `bands`: by the place in BANDS of the promised time, the shortest first."""

    rows: dict[str | None, Timing]
    bands: dict[int, Band]
    whole: Timing | None


async def timings(session: ReadSession, scope: Scope, by: By) -> Timings:
    values = scope.values | {"grid": list(GRID), "counted": sorted(COUNTED)}
    await session.execute(_ROOM)
    rows = (await session.execute(timing(_COLUMN[by], scope.filters), values)).all()
    bands = {
        row.band: Band(row.promised, Quantiles(row.n, row.taken), Quantiles(row.n, row.ratios))
        for row in rows
        if row.of == "band"
    }
    return Timings(
        rows={row.key: _timing(row) for row in rows if row.of == "key"},
        bands=dict(sorted(bands.items())),
        whole=next((_timing(row) for row in rows if row.of == "whole" and row.n), None),
    )


async def outcomes(session: ReadSession, scope: Scope) -> dict[str | None, dict[str, int]]:
    """The numbers of promises that ended in each way, by category."""
    found: dict[str | None, dict[str, int]] = {}
    for row in await session.execute(ending(scope.filters), scope.values):
        found.setdefault(row.category, {})[row.outcome] = row.n
    return found


async def concessions(session: ReadSession, scope: Scope) -> dict[str | None, list[Given]]:
    """The concessions, by category."""
    found: dict[str | None, list[Given]] = {}
    for row in await session.execute(conceding(scope.filters), scope.values):
        given = Given(row.currency, row.n, row.least, row.median, row.most)
        found.setdefault(row.category, []).append(given)
    return found


def _timing(row: Row[Any]) -> Timing:
    return Timing(row.n, row.early, row.in_half, Quantiles(row.n, row.ratios), row.time_left)


def _tallied(rows: Any) -> dict[Any, Tally]:
    found: dict[Any, Tally] = {}
    for row in rows:
        found.setdefault(row.key, Tally()).add(_seen(row), row.n)
    return found


def _seen(row: Row[Any]) -> Seen:
    return Seen(
        status=Status(row.status),
        outcome=Outcome(row.outcome) if row.outcome else None,
        first_passed=row.first_passed,
        due_passed=row.due_passed,
        in_first_time=row.in_first_time,
        done=row.done,
        told=row.told,
    )
