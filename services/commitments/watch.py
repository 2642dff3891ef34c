"""Every open case has a next contact: in the future, or standing in the breach list. And what is known of cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.contracts.commitments import NextContactDue
from shared.contracts.intake import CaseFacts
from shared.database import WriteSession
from shared.timers import Timer

TIMER = "next_contact"

_COLUMNS = "case_id, customer_id, open, kind, category, owner, first_contact, spoke_at"
_WATCH = text("""
    INSERT INTO case_watch (case_id, customer_id, open, next_contact_at, kind, category, owner)
    VALUES (:case_id, :customer_id, true, :at, :kind, :category, :owner)
    ON CONFLICT (case_id) DO UPDATE SET open = true, next_contact_at = excluded.next_contact_at,
        kind = excluded.kind, category = excluded.category, owner = excluded.owner, first_contact = NULL
""")
_LEARN = text("""
    UPDATE case_watch SET kind = :kind, category = :category, owner = :owner WHERE case_id = :case_id
""")
_HEARD = text("UPDATE case_watch SET first_contact = :contact WHERE case_id = :case AND first_contact IS NULL")
_FIND = text(f"SELECT {_COLUMNS} FROM case_watch WHERE case_id = ANY(CAST(:ids AS uuid[])) ORDER BY case_id FOR UPDATE")
_OPEN_OF = text(f"""
    SELECT {_COLUMNS} FROM case_watch WHERE customer_id = ANY(CAST(:customers AS uuid[])) AND open
    ORDER BY case_id FOR UPDATE
""")
_PROMISE = text("""
    UPDATE case_watch c SET next_contact_at = u.at, spoke_at = GREATEST(c.spoke_at, :spoke)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:at AS timestamptz[])) AS u (id, at) WHERE c.case_id = u.id
""")
_RESOLVE = text("UPDATE case_watch SET open = false WHERE case_id = :case")
_DUE = text("""
    SELECT case_id, customer_id, next_contact_at FROM case_watch
    WHERE case_id = ANY(CAST(:ids AS uuid[])) AND open AND next_contact_at <= :now ORDER BY case_id FOR UPDATE
""")


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its clocks see it. `first_contact`: the first message since it was opened, or opened again."""

    id: UUID
    customer_id: UUID
    is_open: bool
    kind: str
    category: str | None
    owner: str | None
    first_contact: UUID | None
    spoke_at: datetime | None

    @property
    def is_complaint(self) -> bool:
        return self.kind == "complaint"


async def watch_case(session: WriteSession, case: CaseFacts, at: datetime) -> None:
    facts = case.model_dump(include={"case_id", "customer_id", "kind", "category", "owner"})
    await session.execute(_WATCH, facts | {"at": at})
    session.schedule(Timer(TIMER, str(case.case_id), at))


async def learn(session: WriteSession, case: CaseFacts) -> None:
    """Its kind, category and owner as they are now; clocks that run go on as they are."""
    await session.execute(_LEARN, case.model_dump(include={"case_id", "kind", "category", "owner"}))


async def heard_in(session: WriteSession, case: UUID | None, message: UUID | None) -> Case | None:
    """The case of a contact, None where we do not know it. The message is its first if there was none."""
    found = await find(session, [case]) if case is not None else []
    if not found:
        return None
    if message is not None and found[0].first_contact is None:
        await session.execute(_HEARD, {"case": case, "contact": message})
        return replace(found[0], first_contact=message)
    return found[0]


async def find(session: WriteSession, ids: Collection[UUID]) -> list[Case]:
    """Locked. Whoever locks cases and promises locks the cases first."""
    return [_case(row) for row in await session.execute(_FIND, {"ids": list(ids)})]


async def open_cases(session: WriteSession, customers: Collection[UUID]) -> list[Case]:
    """Locked, as by `find`."""
    return [_case(row) for row in await session.execute(_OPEN_OF, {"customers": list(customers)})]


async def promise_contact(session: WriteSession, spoke: datetime, cases: Sequence[tuple[Case, datetime]]) -> None:
    """We have spoken: the next time we speak of each of these open cases."""
    if not cases:
        return
    values = {"ids": [case.id for case, _ in cases], "at": [at for _, at in cases], "spoke": spoke}
    await session.execute(_PROMISE, values)
    for case, at in cases:
        session.schedule(Timer(TIMER, str(case.id), at))


async def resolve(session: WriteSession, case: UUID) -> None:
    await session.execute(_RESOLVE, {"case": case})
    session.cancel(TIMER, str(case))


async def contact_due(session: WriteSession, timers: Sequence[Timer]) -> None:
    """The time came and nobody spoke. The case stays in the breach list until somebody does."""
    ids = [UUID(t.subject) for t in timers]
    for case, customer, at in await session.execute(_DUE, {"ids": ids, "now": session.now}):
        session.emit(NextContactDue(customer_id=customer, case_id=case, due_at=at))


def _case(row: Any) -> Case:
    return Case(
        row.case_id,
        row.customer_id,
        row.open,
        row.kind,
        row.category,
        row.owner,
        row.first_contact,
        row.spoke_at,
    )
