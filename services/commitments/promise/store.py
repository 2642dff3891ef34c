"""Promises to and from their table, many in one statement, with their clocks and events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, TextClause, text

from services.commitments.customers import Customer
from services.commitments.promise.core import Approval, Decision, Promise, Status, reset_clocks
from shared import bulk
from shared.contracts import Payload
from shared.contracts.commitments import Outcome
from shared.contracts.intake import Language
from shared.contracts.terms import CommitmentKind, Progress, Terms
from shared.database import ReadSession, WriteSession
from shared.handling import Work
from shared.security import Links
from shared.timers import Timer

_TERMS = TypeAdapter(tuple[Terms, ...])

_AS_TEXT = frozenset({"terms", "progress", "approval"})
COLUMNS = ", ".join(f"{name}::text AS {name}" if name in _AS_TEXT else name for name in Promise._fields)
"""The fields of a promise, in their order."""
_LOAD = text(f"SELECT {COLUMNS} FROM commitment WHERE id = ANY(CAST(:ids AS uuid[]))")
_LOCK = text(f"SELECT {COLUMNS} FROM commitment WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE")
_LOCK_PARTS = text(f"""
    SELECT {COLUMNS} FROM commitment
    WHERE parent_id = ANY(CAST(:parents AS uuid[])) AND status IN ('draft', 'stated', 'agreed')
    ORDER BY id FOR UPDATE
""")
# What a decision can move, and what never changes, each with its type.
_MOVING = {
    "status": "text",
    "outcome": "text",
    "owner": "text",
    "terms": "jsonb",
    "binding": "int",
    "answered": "int",
    "first": "int",
    "due_at": "timestamptz",
    "first_due_at": "timestamptz",
    "stated_at": "timestamptz",
    "promised_at": "timestamptz",
    "warned_at": "timestamptz",
    "waiting_since": "timestamptz",
    "closed_at": "timestamptz",
    "fulfilled_at": "timestamptz",
    "progress": "jsonb",
    "team": "text",
    "category": "text",
    "agreed": "int",
    "confirmed": "int",
    "approval": "jsonb",
}
_FIXED = {
    "id": "uuid",
    "customer_id": "uuid",
    "case_id": "uuid",
    "interaction_id": "uuid",
    "kind": "text",
    "obligor": "text",
    "parent_id": "uuid",
    "partner": "text",
    "channel_kind": "text",
}
_TYPES = _FIXED | _MOVING
_DATED_BY = frozenset({"terms", "binding", "first"})
"""What `due_at` and `first_due_at` are computed from."""


_INSERT = text(f"""
    {bulk.insert("commitment", _TYPES)}
    ON CONFLICT (interaction_id, kind) WHERE interaction_id IS NOT NULL DO NOTHING RETURNING id
""")


@cache
def _update(moved: tuple[str, ...]) -> TextClause:
    """Writes these columns alone: of a thousand promises that fall due, three of eleven move."""
    return text(bulk.update("commitment", _TYPES, moved, key="id"))


class AlreadyPromised(RuntimeError):
    """Another unit of work has given a contact its clock meanwhile. Done again, this one sees it."""


class Promises:
    """The edge of the promise: loads, decides nothing, and writes what was decided in one unit of work.

    `default_zone` is where a promise is due that names no zone of its own, `default_language` what we speak to somebody
    whose language we do not know, `stranger` a customer we know nothing of. `task_links` lead to the page of what the
    customer is to do, and nowhere else.
    """

    def __init__(
        self,
        links: Links,
        task_links: Links,
        *,
        link_lifetime: timedelta,
        default_zone: str,
        default_language: Language,
    ) -> None:
        self.default_zone, self.default_language = default_zone, default_language
        self.stranger = Customer(default_zone, default_language)
        self.links, self.task_links, self._link_lifetime = links, task_links, link_lifetime

    async def load(self, session: ReadSession, ids: Collection[UUID]) -> dict[UUID, Promise]:
        return _by_id(await session.execute(_LOAD, {"ids": list(ids)}))

    async def lock(self, session: WriteSession, ids: Collection[UUID] | Collection[str]) -> dict[UUID, Promise]:
        """Loads promises and locks them until this unit of work ends. Ids may be text, as of timers."""
        return _by_id(await session.execute(_LOCK, {"ids": list(ids)}))

    async def lock_parts(self, session: WriteSession, parents: Collection[UUID]) -> list[Promise]:
        """The parts of these promises that have not ended, oldest first; nobody else changes them meanwhile."""
        return [as_promise(row) for row in await session.execute(_LOCK_PARTS, {"parents": list(parents)})]

    async def add(self, session: WriteSession, decisions: Sequence[Decision]) -> None:
        """Writes new promises with their events and clocks. Raises AlreadyPromised."""
        await self.insert(session, [promise for promise, _ in decisions])
        for promise, events in decisions:
            self.tell(session, promise, events)
            set_clocks(session, None, promise)

    async def insert(self, session: WriteSession, promises: Sequence[Promise]) -> None:
        """Inserts new promises. Raises AlreadyPromised."""
        if not promises:
            return
        rows = await session.execute(_INSERT, _columns(promises, _TYPES))
        if len(rows.all()) < len(promises):
            raise AlreadyPromised("a contact has its clock already")

    async def update(self, session: WriteSession, before: Sequence[Promise], after: Sequence[Promise]) -> None:
        """Writes the columns that have changed of promises that were locked."""
        if moved := _moved(before, after):
            await session.execute(_update(moved), _columns(after, ("id", *moved)))

    async def save(self, session: WriteSession, before: Sequence[Promise], decisions: Sequence[Decision]) -> None:
        """Writes what was decided about promises that were locked.

        One that did not change is left alone; what was said of it is told all the same.
        """
        changed = [
            (old, new, events) for old, (new, events) in zip(before, decisions, strict=True) if new != old or events
        ]
        await self.update(session, [old for old, _, _ in changed], [new for _, new, _ in changed])
        for old, new, events in changed:
            self.tell(session, new, events)
            set_clocks(session, old, new)

    def page_link(self, promise: Promise) -> str:
        """The link to the page of a promise or task. For the customer alone: whoever has it acts as the customer."""
        if promise.obligor == "customer":
            return self.task_links.url("/commitments/t/", promise.id, lifetime=self._link_lifetime)
        return self.links.url("/commitments/p/", promise.id, lifetime=self._link_lifetime)

    def read_link(self, token: str) -> UUID:
        """The promise that a link opens. Raises LinkAltered or LinkExpired."""
        return self.links.read(token)

    def read_task_link(self, token: str) -> UUID:
        """The task that a link opens. Raises LinkAltered or LinkExpired."""
        return self.task_links.read(token)

    def tell(self, session: WriteSession, promise: Promise, events: Sequence[Payload]) -> None:
        """Emits the events of a decision about a promise."""
        with session.because_of(promise.id):
            for event in events:
                session.emit(event)


def set_clocks(work: Work, old: Promise | None, new: Promise) -> None:
    """Sets, moves or takes away the timers of a promise, as it stands now."""
    for kind, at in reset_clocks(old, new).items():
        if at is None:
            work.cancel(kind, str(new.id))
        else:
            work.schedule(Timer(kind, str(new.id), at))


def as_promise(row: Row[Any]) -> Promise:
    """The promise in a row that begins with COLUMNS; it may have more behind them."""
    id_, customer, kind, terms, status, *plain, outcome, progress, approval = row[: len(Promise._fields)]
    return Promise._make(
        (
            id_,
            customer,
            CommitmentKind(kind),
            _TERMS.validate_json(terms),
            Status(status),
            *plain,
            Outcome(outcome) if outcome else None,
            Progress.model_validate_json(progress) if progress else None,
            Approval.model_validate_json(approval) if approval else None,
        )
    )


def _by_id(rows: Any) -> dict[UUID, Promise]:
    return {row.id: as_promise(row) for row in rows}


def _moved(old: Sequence[Promise], new: Sequence[Promise]) -> tuple[str, ...]:
    """The columns that differ in at least one promise."""
    columns = zip(Promise._fields, zip(*old, strict=True), zip(*new, strict=True), strict=False)
    moved = {name for name, before, after in columns if before != after}
    if not moved.isdisjoint(_DATED_BY):
        moved |= {"due_at", "first_due_at"}
    return tuple(name for name in _MOVING if name in moved)


def _column(promises: Sequence[Promise], name: str) -> list[Any]:
    if name == "due_at":
        return [p.terms[p.binding - 1].due_at for p in promises]
    return list(map(attrgetter(name), promises))


def _columns(promises: Sequence[Promise], names: Iterable[str]) -> dict[str, list[Any]]:
    columns = {name: _column(promises, name) for name in names}
    if "terms" in columns:
        columns["terms"] = [_TERMS.dump_json(p.terms).decode() for p in promises]
    for name in ("progress", "approval"):
        if name in columns:
            columns[name] = [value.model_dump_json() if value else None for value in columns[name]]
    return columns
