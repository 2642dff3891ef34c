"""Every open case has a next contact: in the future, or standing in the breach list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from shared.contracts.commitments import NextContactDue
from shared.database import WriteSession
from shared.timers import Timer

TIMER = "next_contact"

_WATCH = text("""
    INSERT INTO case_watch (case_id, customer_id, open, next_contact_at) VALUES (:case, :customer, true, :at)
    ON CONFLICT (case_id) DO UPDATE SET open = true, next_contact_at = excluded.next_contact_at
""")
_PROMISE = text("""
    UPDATE case_watch SET next_contact_at = :at
    WHERE customer_id = ANY(CAST(:customers AS uuid[])) AND open RETURNING case_id
""")
_RESOLVE = text("UPDATE case_watch SET open = false WHERE case_id = :case")
_DUE = text("""
    SELECT case_id, customer_id, next_contact_at FROM case_watch
    WHERE case_id = ANY(CAST(:ids AS uuid[])) AND open AND next_contact_at <= :now ORDER BY case_id FOR UPDATE
""")


async def watch_case(session: WriteSession, case: UUID, customer: UUID, at: datetime) -> None:
    await session.execute(_WATCH, {"case": case, "customer": customer, "at": at})
    session.schedule(Timer(TIMER, str(case), at))


async def promise_contact(session: WriteSession, customers: Collection[UUID], at: datetime) -> None:
    """We have just spoken: the next time we speak is `at`, for every open case of these customers."""
    for case in (await session.execute(_PROMISE, {"customers": list(customers), "at": at})).scalars():
        session.schedule(Timer(TIMER, str(case), at))


async def resolve(session: WriteSession, case: UUID) -> None:
    await session.execute(_RESOLVE, {"case": case})
    session.cancel(TIMER, str(case))


async def contact_due(session: WriteSession, timers: Sequence[Timer]) -> None:
    """The time came and nobody spoke. The case stays in the breach list until somebody does."""
    ids = [UUID(t.subject) for t in timers]
    for case, customer, at in await session.execute(_DUE, {"ids": ids, "now": session.now}):
        session.emit(NextContactDue(customer_id=customer, case_id=case, due_at=at))
