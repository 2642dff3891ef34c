"""The promises that a batch of events may touch, in memory: loaded and locked once, decided about, written once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.commitments.customers import People
from services.commitments.promise.core import Decision, Promise
from services.commitments.promise.following import (
    Held,
    following,
    is_undone,
    of_parent,
    of_part,
    released_at,
)
from services.commitments.promise.parts import holding
from services.commitments.promise.store import COLUMNS, Promises, as_promise, set_clocks
from shared.contracts.intake import Language
from shared.contracts.terms import CommitmentKind
from shared.database import WriteSession
from shared.handling import Work

HEARD_OF = frozenset(CommitmentKind) - {CommitmentKind.PROMISE, CommitmentKind.GOAL}
"""What a contact or a case can keep or end. A promise of somebody's own is ended by its owner."""

# Whoever waits for a lock looks at the row again, but not at the others: what is no longer unkept is left out later.
_LOCK = text(f"""
    WITH unkept AS (
        SELECT id, parent_id FROM commitment
        WHERE (customer_id = ANY(CAST(:customers AS uuid[])) AND kind = ANY(CAST(:kinds AS text[]))
               AND (status IN ('stated', 'agreed') OR (status = 'broken' AND fulfilled_at IS NULL)))
           OR id = ANY(CAST(:ids AS uuid[]))
    ), part AS (
        SELECT p.id FROM commitment p JOIN unkept u ON p.parent_id = u.id
        WHERE p.status IN ('draft', 'stated', 'agreed')
    )
    SELECT {COLUMNS} FROM commitment
    WHERE id IN (SELECT id FROM unkept UNION SELECT parent_id FROM unkept UNION SELECT id FROM part)
    ORDER BY id FOR UPDATE
""")
_MADE = text("""
    SELECT interaction_id, kind FROM commitment WHERE interaction_id = ANY(CAST(:contacts AS uuid[]))
""")


@dataclass(slots=True)
class Gathered:
    """Promises as the decisions so far have left them. `made` are the clocks that contacts have: (contact, kind)."""

    people: People
    default_language: Language
    before: Mapping[UUID, Promise]
    held: Mapping[UUID, Sequence[Held]]
    made: set[tuple[UUID, str]]
    _now: dict[UUID, Promise] = field(init=False)
    _of_customer: dict[UUID, list[UUID]] = field(init=False)
    _parts: dict[UUID, list[UUID]] = field(init=False)

    def __post_init__(self) -> None:
        self._now, self._of_customer, self._parts = {}, defaultdict(list), defaultdict(list)
        for promise in self.before.values():
            self._keep(promise)

    def __getitem__(self, id_: UUID) -> Promise:
        return self._now[id_]

    def __contains__(self, id_: UUID) -> bool:
        return id_ in self._now

    def unkept_of(self, customers: Iterable[UUID], kinds: Collection[CommitmentKind]) -> list[Promise]:
        """The unkept promises of these customers, oldest first: open, or broken and never done."""
        theirs = (self._now[id_] for customer in customers for id_ in self._of_customer.get(customer, ()))
        return sorted((p for p in theirs if p.kind in kinds and is_undone(p)), key=lambda p: p.id)

    def add(self, work: Work, decision: Decision) -> None:
        """Adds a new promise. A contact that has its clock already gets no second."""
        promise, events = decision
        if promise.interaction_id is not None:
            if (promise.interaction_id, promise.kind) in self.made:
                return
            self.made.add((promise.interaction_id, promise.kind))
        self._keep(promise)
        for event in events:
            work.emit(event)
        set_clocks(work, None, promise)

    def save(self, work: Work, decisions: Sequence[Decision]) -> None:
        """Saves decisions about promises that are here, and what follows for their wholes and their parts."""
        before = [self._now[new.id] for new, _ in decisions]
        for old, (new, events) in zip(before, decisions, strict=True):
            self._now[new.id] = new
            with work.because_of(new.id):
                for event in events:
                    work.emit(event)
            if new != old:
                set_clocks(work, old, new)
        follows = following(before, decisions)
        further = [
            of_parent(
                self._now[parent],
                is_late=parent in follows.late,
                goes_on_at=self._released_at(parent, follows.ended.get(parent, ())),
                language=self._language(self._now[parent]),
                now=work.now,
            )
            for parent in sorted(follows.parents)
            if parent in self._now
        ]
        for id_, (whole, said) in follows.wholes.items():
            parts = (self._now[part] for part in self._parts.get(id_, ()) if self._now[part].closed_at is None)
            ends = (of_part(p, whole, said, language=self._language(p), now=work.now) for p in parts)
            further += [decision for decision in ends if decision is not None]
        if further:
            self.save(work, further)

    async def write(self, session: WriteSession, store: Promises) -> None:
        new = [promise for id_, promise in self._now.items() if id_ not in self.before]
        moved = [(old, self._now[id_]) for id_, old in self.before.items() if self._now[id_] != old]
        await store.insert(session, new)
        await store.update(session, [old for old, _ in moved], [now for _, now in moved])

    def _keep(self, promise: Promise) -> None:
        self._now[promise.id] = promise
        self._of_customer[promise.customer_id].append(promise.id)
        if promise.parent_id is not None:
            self._parts[promise.parent_id].append(promise.id)

    def _released_at(self, parent: UUID, ended: Collection[UUID]) -> datetime | None:
        return released_at([self._as_it_stands(task) for task in self.held.get(parent, ())], ended)

    def _as_it_stands(self, task: Held) -> Held:
        promise = self._now.get(task.id)
        return task if promise is None else Held(task.id, is_undone(promise), promise.fulfilled_at or promise.closed_at)

    def _language(self, promise: Promise) -> Language:
        return self.people.language(promise.customer_id, self.default_language)


async def gather(
    session: WriteSession,
    store: Promises,
    people: People,
    customers: Collection[UUID],
    *,
    ids: Collection[UUID] = (),
    contacts: Collection[UUID] = (),
    kinds: Collection[CommitmentKind] = HEARD_OF,
) -> Gathered:
    """Loads the customers' unkept promises, these promises, and the wholes and parts of all, locked in order of ids.

    `contacts` are those that may ask for a clock.
    """
    values = {"customers": list(customers), "kinds": [kind.value for kind in kinds], "ids": list(ids)}
    rows = await session.execute(_LOCK, values)
    found = {row.id: as_promise(row) for row in rows}
    parents = {p.parent_id for p in found.values() if p.parent_id is not None and p.kind is CommitmentKind.TASK}
    made: set[tuple[UUID, str]] = set()
    if contacts:
        made = {(row.interaction_id, row.kind) for row in await session.execute(_MADE, {"contacts": list(contacts)})}
    return Gathered(people, store.default_language, found, await holding(session, parents), made)
