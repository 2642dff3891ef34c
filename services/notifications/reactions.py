"""Which event asks for which message. What we owe is told by `promises`, what the customer is to do by `tasks`.

The rows are written in the consumer's transaction; `sending` takes them from there.
"""

from __future__ import annotations

from typing import Any

from services.notifications import promises, recipients, tasks
from services.notifications.asking import ask, drop
from services.notifications.composing import Kind
from shared.contracts import Event
from shared.contracts.commitments import (
    Commitment,
    CommitmentAtRisk,
    CommitmentBroken,
    CommitmentFulfilled,
    CommitmentProgressed,
    CommitmentResumed,
    CommitmentRevised,
    CommitmentStated,
    CommitmentWaiting,
    CommitmentWithdrawn,
)
from shared.contracts.feedback import SurveyRequested
from shared.contracts.intake import CaseResolved, CustomerCreated, CustomerMerged, CustomerUnmerged, CustomerUpdated
from shared.database import WriteSession
from shared.handling import Handlers

handlers = Handlers()


def _is_ours(told: Commitment) -> bool:
    """Nothing of what the customer is to do is ever shown as a promise of ours."""
    return told.obligor == "us"


@handlers.on(CommitmentStated)
async def stated(session: WriteSession, event: Event, told: CommitmentStated) -> None:
    await (promises if _is_ours(told) else tasks).stated(session, event, told)


@handlers.on(CommitmentRevised)
async def revised(session: WriteSession, event: Event, told: CommitmentRevised) -> None:
    if _is_ours(told):
        await promises.revised(session, event, told)


@handlers.on(CommitmentWaiting)
async def waiting(session: WriteSession, event: Event, told: CommitmentWaiting) -> None:
    if _is_ours(told):
        await promises.waiting(session, event, told)


@handlers.on(CommitmentResumed)
async def resumed(session: WriteSession, event: Event, told: CommitmentResumed) -> None:
    if _is_ours(told):
        await promises.resumed(session, event, told)


@handlers.on(CommitmentProgressed)
async def progressed(session: WriteSession, event: Event, told: CommitmentProgressed) -> None:
    if _is_ours(told):
        await promises.progressed(session, event, told)


@handlers.on(CommitmentAtRisk)
async def at_risk(session: WriteSession, event: Event, told: CommitmentAtRisk) -> None:
    await (promises if _is_ours(told) else tasks).at_risk(session, event, told)


@handlers.on(CommitmentBroken)
async def broken(session: WriteSession, event: Event, told: CommitmentBroken) -> None:
    if _is_ours(told):
        await promises.broken(session, event, told)


@handlers.on(CommitmentFulfilled)
async def fulfilled(session: WriteSession, event: Event, told: CommitmentFulfilled) -> None:
    await (promises if _is_ours(told) else tasks).fulfilled(session, event, told)


@handlers.on(CommitmentWithdrawn)
async def withdrawn(session: WriteSession, event: Event, told: CommitmentWithdrawn) -> None:
    """Nothing is said of what is gone, by the customer's wish or by our mistake."""
    await drop(session, told, list(Kind))


@handlers.on(SurveyRequested)
async def survey_requested(session: WriteSession, event: Event, asked: SurveyRequested) -> None:
    shown: dict[str, Any] = {"words": asked.words, "link": asked.link, "answer_by_at": asked.answer_by}
    await ask(session, event, asked, Kind.SATISFACTION, expires_at=asked.answer_by, **shown)


@handlers.on(CaseResolved)
async def case_resolved(session: WriteSession, event: Event, resolved: CaseResolved) -> None:
    await ask(session, event, resolved, Kind.CLOSING, summary=resolved.summary)


@handlers.on(CustomerCreated)
async def customer_created(session: WriteSession, event: Event, facts: CustomerCreated) -> None:
    await recipients.learn(session, facts)


@handlers.on(CustomerUpdated)
async def customer_updated(session: WriteSession, event: Event, facts: CustomerUpdated) -> None:
    await recipients.learn(session, facts)


@handlers.on(CustomerMerged)
async def customer_merged(session: WriteSession, event: Event, merged: CustomerMerged) -> None:
    await recipients.link(session, merged.customer_id, merged.into)


@handlers.on(CustomerUnmerged)
async def customer_unmerged(session: WriteSession, event: Event, unmerged: CustomerUnmerged) -> None:
    await recipients.link(session, unmerged.customer_id, None)
