"""Cases as commitments knows them, each open one with a next contact in the future or in the breach list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from shared import bulk
from shared.contracts.commitments import NextContactDue
from shared.contracts.intake import CaseFacts
from shared.database import ReadSession, WriteSession
from shared.handling import Work
from shared.timers import Timer

TIMER = "next_contact"

_TYPES = {
    "case_id": "uuid",
    "customer_id": "uuid",
    "open": "boolean",
    "next_contact_at": "timestamptz",
    "kind": "text",
    "category": "text",
    "owner": "text",
    "first_contact": "uuid",
    "spoke_at": "timestamptz",
}
_LOCK = text(f"""
    SELECT {", ".join(_TYPES)} FROM case_watch
    WHERE case_id = ANY(CAST(:ids AS uuid[])) OR (customer_id = ANY(CAST(:customers AS uuid[])) AND open)
    ORDER BY case_id FOR UPDATE
""")
_STORE = text(bulk.upsert("case_watch", _TYPES, key="case_id"))
_WHOSE = text("SELECT customer_id FROM case_watch WHERE case_id = ANY(CAST(:ids AS uuid[]))")
_DUE = text("""
    SELECT case_id, customer_id, next_contact_at FROM case_watch
    WHERE case_id = ANY(CAST(:ids AS uuid[])) AND open AND next_contact_at <= :now ORDER BY case_id FOR UPDATE
""")


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its clocks see it. `first_contact`: the first message since it was opened, or opened again."""

    case_id: UUID
    customer_id: UUID
    open: bool
    next_contact_at: datetime
    kind: str
    category: str | None
    owner: str | None
    first_contact: UUID | None = None
    spoke_at: datetime | None = None

    @property
    def is_complaint(self) -> bool:
        return self.kind == "complaint"


class Cases:
    """The cases that a batch of events may touch, in memory."""

    def __init__(self, known: Iterable[Case]) -> None:
        self._known = {case.case_id: case for case in known}
        self._of_customer: dict[UUID, set[UUID]] = defaultdict(set)
        for case in self._known.values():
            self._of_customer[case.customer_id].add(case.case_id)
        self.changed: dict[UUID, Case] = {}

    def get(self, id_: UUID | None) -> Case | None:
        """The case, or None where we do not know it."""
        return self._known.get(id_) if id_ is not None else None

    def open_of(self, customers: Iterable[UUID]) -> list[Case]:
        """The customer's open cases, in the order of their ids."""
        theirs = (self._known[id_] for customer in customers for id_ in self._of_customer.get(customer, ()))
        return sorted((case for case in theirs if case.open), key=lambda case: case.case_id)

    def opened(self, said: CaseFacts, at: datetime) -> Case:
        """Watches a case from now on: by `at` we speak of it. Opened again it has no first contact yet."""
        old = self._known.get(said.case_id)
        told = Case(said.case_id, said.customer_id, True, at, said.kind, said.category, said.owner)
        return self._put(told if old is None else replace(told, customer_id=old.customer_id, spoke_at=old.spoke_at))

    def learn(self, said: CaseFacts) -> None:
        """Stores a case's kind, category and owner as they are now; clocks that run go on as they are."""
        if case := self.get(said.case_id):
            self._put(replace(case, kind=said.kind, category=said.category, owner=said.owner))

    def heard_in(self, id_: UUID | None, message: UUID | None) -> Case | None:
        """The case of a contact, None where we do not know it. The message is its first if there was none."""
        case = self.get(id_)
        if case is not None and message is not None and case.first_contact is None:
            return self._put(replace(case, first_contact=message))
        return case

    def spoke_of(self, case: Case, at: datetime, next_at: datetime) -> None:
        """Notes that we spoke of an open case at `at`, and that we speak of it again by `next_at`."""
        last = max(at, case.spoke_at) if case.spoke_at else at
        self._put(replace(self._known[case.case_id], spoke_at=last, next_contact_at=next_at))

    def resolve(self, id_: UUID) -> None:
        if case := self.get(id_):
            self._put(replace(case, open=False))

    def _put(self, case: Case) -> Case:
        if self._known.get(case.case_id) != case:
            self._known[case.case_id] = self.changed[case.case_id] = case
            self._of_customer[case.customer_id].add(case.case_id)
        return case


async def gather(session: WriteSession, ids: Collection[UUID], customers: Collection[UUID] = ()) -> Cases:
    """Loads and locks these cases and the open ones of these customers. Cases are locked before promises."""
    rows = await session.execute(_LOCK, {"ids": list(ids), "customers": list(customers)})
    return Cases(Case(*row) for row in rows)


async def customers_of(session: ReadSession, ids: Collection[UUID]) -> set[UUID]:
    """The customers of these cases."""
    return set((await session.execute(_WHOSE, {"ids": list(ids)})).scalars())


async def write(session: WriteSession, cases: Cases) -> None:
    chosen = [case for _, case in sorted(cases.changed.items())]
    if chosen:
        await session.execute(_STORE, bulk.columns(chosen, _TYPES))


def promise_contact(cases: Cases, work: Work, case: Case, at: datetime, next_at: datetime) -> None:
    """Promises the next contact of an open case of which we have spoken, and sets its clock."""
    cases.spoke_of(case, at, next_at)
    work.schedule(Timer(TIMER, str(case.case_id), next_at))


async def contact_due(session: WriteSession, timers: Sequence[Timer]) -> None:
    """Reports cases whose next contact is due. Each stays in the breach list until somebody speaks of it."""
    ids = [UUID(t.subject) for t in timers]
    for case, customer, at in await session.execute(_DUE, {"ids": ids, "now": session.now}):
        with session.because_of(case):
            session.emit(NextContactDue(customer_id=customer, case_id=case, due_at=at))
