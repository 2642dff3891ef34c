"""Which event makes us ask, and what the passing of time makes of no answer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from services.feedback import store
from shared.contracts import Event
from shared.contracts.commitments import CommitmentFulfilled, CommitmentKind
from shared.contracts.intake import CustomerCreated, CustomerFacts, CustomerUpdated
from shared.database import WriteSession
from shared.handling import Handlers
from shared.security import Links
from shared.timers import Timer

_LEARN = text("""
    INSERT INTO speaker (customer_id, language) VALUES (:customer_id, :language)
    ON CONFLICT (customer_id) DO UPDATE SET language = excluded.language WHERE speaker.language <> excluded.language
""")


def handlers(links: Links, *, answer_days: float) -> Handlers:
    handling = Handlers()

    @handling.on(CommitmentFulfilled)
    async def fulfilled(session: WriteSession, event: Event, done: CommitmentFulfilled) -> None:
        """F1: after a promise of ours is done, the question whether it is right."""
        if done.kind is CommitmentKind.PROMISE and done.obligor == "us":
            await store.request(session, done, links, days=answer_days)

    @handling.on(CustomerCreated)
    async def created(session: WriteSession, event: Event, facts: CustomerCreated) -> None:
        await _learn(session, facts)

    @handling.on(CustomerUpdated)
    async def updated(session: WriteSession, event: Event, facts: CustomerUpdated) -> None:
        await _learn(session, facts)

    return handling


async def _learn(session: WriteSession, facts: CustomerFacts) -> None:
    await session.execute(_LEARN, {"customer_id": facts.customer_id, "language": facts.language})


async def unanswered(session: WriteSession, timers: Sequence[Timer]) -> None:
    """In the order of their ids, so that two workers cannot wait for each other."""
    for subject in sorted(timer.subject for timer in timers):
        await store.close_unanswered(session, UUID(subject))
