"""The queries of the board: by indices and limited, so that a page costs the same however many promises there are.

Filters without an index of their own look among the promises that are due first (or ended last), and the page says so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from services.commitments.board.lanes import MOST, Heard, Line, refused_change, signed
from services.commitments.estimates.answer import UNKNOWN
from services.commitments.estimates.outlook import outlooks
from services.commitments.promise.core import Promise, Status
from services.commitments.promise.store import COLUMNS, as_promise
from shared.contracts.commitments import CommitmentDeclined, CommitmentWaiting
from shared.database import ReadSession
from shared.eventlog.read import facts_about

LIMIT = 200
"""Open promises on one board. More than a person can act on is a list, not a board: the API has it."""

LOOK = 2000
"""Promises among which team, kind and text are looked for."""

LATELY = timedelta(days=1)
RECORD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a board, as the query string of its address holds them."""

    owner: str = ""
    team: str = ""
    kind: str = ""
    q: str = ""

    def __bool__(self) -> bool:
        return bool(self.owner or self.team or self.kind or self.q)

    @property
    def asked(self) -> dict[str, str]:
        """The filters that are set, as the parameters of an address."""
        given = {"owner": self.owner, "team": self.team, "kind": self.kind, "q": self.q}
        return {name: value for name, value in given.items() if value}

    def values(self) -> dict[str, str]:
        """The parameters of the statements below."""
        return {name: value.lower() if name == "q" else value for name, value in self.asked.items()}


_WORDS = "lower(c.terms -> (c.binding - 1) ->> 'words')"
_NAME = "(SELECT lower(k.name) FROM customer k WHERE k.id = c.customer_id)"
_CONDITIONS = {
    "owner": "c.owner = :owner",
    "team": "c.team = :team",
    "kind": "c.kind = :kind",
    "q": f"(strpos({_WORDS}, :q) > 0 OR strpos({_NAME}, :q) > 0)",
}
_WAITS = "(c.waiting_since IS NOT NULL OR c.obligor = 'customer')"


def _where(filters: Filters, *given: str) -> str:
    return " AND ".join([*given, *(_CONDITIONS[name] for name in filters.values())]) or "true"


def opened(filters: Filters, *, waiting: bool) -> TextClause:
    """The open promises that are due first: those that wait for the customer, or those that wait for us.

    Read in the order of an index, and no further than the limit needs; apart, so that neither crowds out the other.
    """
    theirs = "AND owner = :owner" if filters.owner else ""
    who = _WAITS if waiting else f"NOT {_WAITS}"
    return text(f"""
        SELECT {COLUMNS}, name FROM (
            SELECT c.* FROM (
                SELECT * FROM commitment WHERE status IN ('stated', 'agreed') {theirs}
                ORDER BY due_at, id LIMIT :look) c
            WHERE {_where(replace(filters, owner=""), who)} ORDER BY due_at, id LIMIT :limit) c
        LEFT JOIN (SELECT id AS customer, name FROM customer) k ON k.customer = c.customer_id ORDER BY due_at, id
    """)


def ended(filters: Filters) -> TextClause:
    """The promises that ended lately, the newest first: so many of each status."""
    return text(f"""
        SELECT {COLUMNS}, name FROM (
            SELECT c.*, row_number() OVER (PARTITION BY c.status ORDER BY c.closed_at DESC, c.id) AS place FROM (
                SELECT * FROM commitment WHERE closed_at > :since ORDER BY closed_at DESC, id LIMIT :look) c
            WHERE {_where(filters, "c.status IN ('broken', 'declined', 'fulfilled')")}) c
        LEFT JOIN (SELECT id AS customer, name FROM customer) k ON k.customer = c.customer_id
        WHERE place <= :limit ORDER BY closed_at DESC, id
    """)


_ONE = text(f"""
    SELECT {COLUMNS}, name FROM commitment
    LEFT JOIN (SELECT id AS customer, name FROM customer) k ON k.customer = customer_id WHERE id = :id
""")
_RECORD = """
    SELECT count(*) FILTER (WHERE outcome IN ('kept', 'kept_after_agreed_change')) AS kept, count(*) AS ended FROM (
        SELECT * FROM commitment WHERE closed_at > :since ORDER BY closed_at DESC, id LIMIT :look) c
    WHERE outcome IN ('kept', 'kept_after_agreed_change', 'broken_with_warning', 'broken_silently')
"""


@dataclass(frozen=True, slots=True)
class Found:
    """The promises that were found. `more`: others are open beyond these."""

    lines: Sequence[Line]
    more: bool


async def lines(session: ReadSession, filters: Filters, now: datetime) -> Found:
    """The lines that the board shows now."""
    values = {**filters.values(), "look": LOOK}
    ours = _lines(await session.execute(opened(filters, waiting=False), values | {"limit": LIMIT + 1}))
    theirs = _lines(await session.execute(opened(filters, waiting=True), values | {"limit": MOST + 1}))
    over = _lines(await session.execute(ended(filters), values | {"limit": MOST + 1, "since": now - LATELY}))
    found = [*ours[:LIMIT], *theirs, *over]
    return Found(await _with_outlook(session, await _with_heard(session, found), now), len(ours) > LIMIT)


async def line(session: ReadSession, id: UUID, now: datetime) -> Line | None:  # noqa: A002
    """One promise, on the board or not any more."""
    row = (await session.execute(_ONE, {"id": id})).first()
    if row is None:
        return None
    (found,) = await _with_outlook(session, await _with_heard(session, [_line(row)]), now)
    return signed(found, now)


async def record(session: ReadSession, now: datetime, *, owner: str = "", team: str = "") -> tuple[int, int] | None:
    """(kept, ended) of a person or team, among the promises that ended last; None where nothing of theirs did (C39)."""
    asked = {name: value for name, value in (("owner", owner), ("team", team)) if value}
    if not asked:
        return None
    whose = "".join(f" AND {name} = :{name}" for name in asked)
    row = (await session.execute(text(_RECORD + whose), asked | {"since": now - RECORD, "look": LOOK})).one()
    return (row.kept, row.ended) if row.ended else None


async def _with_outlook(session: ReadSession, found: Sequence[Line], now: datetime) -> list[Line]:
    """The lines with the outlook of each promise (N10), read for these alone: it costs the same for a million."""
    seen = await outlooks(session, [line.promise for line in found], now)
    return [replace(line, outlook=seen.get(line.promise.id, UNKNOWN)) for line in found]


async def _with_heard(session: ReadSession, found: Sequence[Line]) -> list[Line]:
    asked = [line.promise for line in found if _speaks(line.promise)]
    if not asked:
        return list(found)
    heard = await said_last(session, asked)
    return [replace(line, heard=heard.get(line.promise.id)) if _speaks(line.promise) else line for line in found]


def _speaks(promise: Promise) -> bool:
    return promise.waiting_since is not None or promise.status is Status.DECLINED or refused_change(promise)


async def said_last(session: ReadSession, promises: Collection[Promise]) -> dict[UUID, Heard]:
    """The reason of the wait of each promise that waits, and the last "no" of the others."""
    waits = {p.id: p.waiting_since is not None for p in promises}
    heard: dict[UUID, Heard] = {}
    for _, said in await facts_about(session, waits, CommitmentDeclined, CommitmentWaiting):
        if waits[said.commitment_id] == isinstance(said, CommitmentWaiting):
            heard[said.commitment_id] = Heard(said.reason, getattr(said, "proposed_due_at", None))
    return heard


def _lines(rows: Any) -> list[Line]:
    return [_line(row) for row in rows]


def _line(row: Row[Any]) -> Line:
    return Line(as_promise(row), row.name)
