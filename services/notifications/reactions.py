"""Which event asks for which message, and what of the event the message may show.

The rows are written in the consumer's transaction; `sending` takes them from there.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notifications import recipients
from services.notifications.composing import Kind, pack
from shared.contracts import Event, Payload
from shared.contracts.commitments import (
    Commitment,
    CommitmentAtRisk,
    CommitmentBroken,
    CommitmentFulfilled,
    CommitmentKind,
    CommitmentRevised,
    CommitmentStated,
    CommitmentWithdrawn,
)
from shared.contracts.feedback import SurveyRequested
from shared.contracts.intake import CaseResolved, CustomerCreated, CustomerMerged, CustomerUnmerged, CustomerUpdated
from shared.database import WriteSession
from shared.handling import Handlers
from shared.ids import new_id

handlers = Handlers()

_ASK = text("""
    INSERT INTO notification (id, customer_id, template, cause_id, once_for, commitment_id, case_id, details,
                              traceparent, state, attempts, created_at, next_attempt_at, expires_at)
    VALUES (:id, :customer_id, :template, :cause_id, :once_for, :commitment_id, :case_id, CAST(:details AS jsonb),
            :traceparent, 'pending', 0, :now, :now, :expires_at)
    ON CONFLICT (once_for, template) DO NOTHING
""")
_OVERTAKEN = text("""
    UPDATE notification SET expires_at = least(expires_at, :now),
        next_attempt_at = CASE WHEN state = 'pending' THEN :now ELSE next_attempt_at END
    WHERE commitment_id = :commitment_id AND template = :template AND state IN ('pending', 'sending')
""")


async def _ask(
    session: WriteSession,
    event: Event,
    payload: Payload,
    kind: Kind,
    /,
    *,
    once_for: UUID | None = None,
    expires_at: datetime | None = None,
    **details: Any,
) -> None:
    """Once for each `once_for` (by itself: the event), however often and by whichever event it is asked for."""
    await session.execute(
        _ASK,
        {
            "id": new_id(),
            "customer_id": payload.customer_id,
            "template": kind,
            "cause_id": event.id,
            "once_for": once_for or event.id,
            "commitment_id": getattr(payload, "commitment_id", None),
            "case_id": getattr(payload, "case_id", None),
            "details": json.dumps(pack(details)),
            "traceparent": event.traceparent,
            "now": session.now,
            "expires_at": expires_at,
        },
    )


def _terms(commitment: Commitment) -> dict[str, Any]:
    """What a customer may see of a promise."""
    terms = commitment.terms
    return {
        "words": terms.words,
        "due_at": terms.due_at,
        "zone": terms.zone,
        "cost": terms.cost,
        "scope": terms.scope,
        "exclusions": terms.exclusions,
    }


def _is_our_promise(commitment: Commitment) -> bool:
    return commitment.kind is CommitmentKind.PROMISE and commitment.obligor == "us"


@handlers.on(CommitmentStated)
async def stated(session: WriteSession, event: Event, told: CommitmentStated) -> None:
    """A promise is told; a clock of ours that a contact has started is that contact's acknowledgement."""
    due_at = told.terms.due_at
    if _is_our_promise(told):
        link = told.link
        await _ask(session, event, told, Kind.PROMISE_STATED, expires_at=due_at, link=link, **_terms(told))
    elif told.kind in {CommitmentKind.RESPONSE, CommitmentKind.CALL_BACK}:
        once_for = told.interaction_id
        shown: dict[str, Any] = {"kind": told.kind, "due_at": due_at, "zone": told.terms.zone}
        await _ask(session, event, told, Kind.ACKNOWLEDGEMENT, once_for=once_for, expires_at=due_at, **shown)


@handlers.on(CommitmentRevised)
async def revised(session: WriteSession, event: Event, told: CommitmentRevised) -> None:
    """Its words differ where the old time has passed by the moment it is sent (`late`, set in `sending`)."""
    if _is_our_promise(told):
        shown = _terms(told) | {"reason": told.terms.reason, "previous_due_at": told.previous_due_at}
        due_at = told.terms.due_at
        await _ask(session, event, told, Kind.PROMISE_REVISED, expires_at=due_at, link=told.link, **shown)


@handlers.on(CommitmentAtRisk)
async def at_risk(session: WriteSession, event: Event, told: CommitmentAtRisk) -> None:
    if _is_our_promise(told):
        shown = _terms(told) | {"reason": told.reason, "next_contact_at": told.next_contact_at}
        due_at = told.terms.due_at
        await _ask(session, event, told, Kind.PROMISE_AT_RISK, expires_at=due_at, link=told.link, **shown)


@handlers.on(CommitmentBroken)
async def broken(session: WriteSession, event: Event, told: CommitmentBroken) -> None:
    if _is_our_promise(told):
        await _ask(session, event, told, Kind.PROMISE_BROKEN, **_terms(told))


@handlers.on(CommitmentFulfilled)
async def fulfilled(session: WriteSession, event: Event, told: CommitmentFulfilled) -> None:
    await _drop_warnings(session, told)


@handlers.on(CommitmentWithdrawn)
async def withdrawn(session: WriteSession, event: Event, told: CommitmentWithdrawn) -> None:
    await _drop_warnings(session, told)


async def _drop_warnings(session: WriteSession, told: Commitment) -> None:
    """A warning that waits for another attempt would now be wrong: its time is over, and the sender ends it."""
    if not _is_our_promise(told):
        return
    values = {"commitment_id": told.commitment_id, "template": Kind.PROMISE_AT_RISK, "now": session.now}
    await session.execute(_OVERTAKEN, values)


@handlers.on(SurveyRequested)
async def survey_requested(session: WriteSession, event: Event, asked: SurveyRequested) -> None:
    shown: dict[str, Any] = {"words": asked.words, "link": asked.link, "answer_by_at": asked.answer_by}
    await _ask(session, event, asked, Kind.SATISFACTION, expires_at=asked.answer_by, **shown)


@handlers.on(CaseResolved)
async def case_resolved(session: WriteSession, event: Event, resolved: CaseResolved) -> None:
    await _ask(session, event, resolved, Kind.CLOSING, summary=resolved.summary)


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
