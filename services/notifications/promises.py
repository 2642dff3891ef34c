"""What a customer is told of our promises, and what of a promise a message may show."""

from __future__ import annotations

from typing import Any

from services.notifications.asking import add_to_thanks, ask, drop
from services.notifications.composing import Kind
from shared.contracts import Event
from shared.contracts.commitments import (
    Commitment,
    CommitmentAtRisk,
    CommitmentBroken,
    CommitmentFulfilled,
    CommitmentKind,
    CommitmentProgressed,
    CommitmentResumed,
    CommitmentRevised,
    CommitmentStated,
    CommitmentWaiting,
)
from shared.database import WriteSession

_STATED = {
    CommitmentKind.PROMISE: Kind.PROMISE_STATED,
    CommitmentKind.GOAL: Kind.PROMISE_STATED,
    CommitmentKind.RESPONSE: Kind.ACKNOWLEDGEMENT,
    CommitmentKind.NEXT_RESPONSE: Kind.ACKNOWLEDGEMENT,
    CommitmentKind.CALL_BACK: Kind.ACKNOWLEDGEMENT,
    CommitmentKind.ESCALATION: Kind.ESCALATION,
    CommitmentKind.INFORMATION: Kind.INFORMATION,
}
"""How each kind is told. Updates and follow-ups are clocks of our own: nobody hears that one was wound up."""

_WARNED_OF = {CommitmentKind.PROMISE, CommitmentKind.GOAL, CommitmentKind.INFORMATION}
"""Trouble with an escalation is told as trouble with the promise it is a part of, once."""

_MOOT_WHEN_DONE = {
    Kind.PROMISE_REVISED,
    Kind.PROMISE_AT_RISK,
    Kind.PROMISE_PROGRESSED,
    Kind.PROMISE_WAITING,
    Kind.PROMISE_RESUMED,
    Kind.ESCALATION,
    Kind.INFORMATION,
}


def _terms(commitment: Commitment) -> dict[str, Any]:
    """What a customer may see of a promise."""
    terms = commitment.terms
    return {
        "kind": commitment.kind,
        "words": terms.words,
        "due_at": terms.due_at,
        "zone": terms.zone,
        "cost": terms.cost,
        "scope": terms.scope,
        "exclusions": terms.exclusions,
    }


async def stated(session: WriteSession, event: Event, told: CommitmentStated) -> None:
    """A promise is told; a clock of ours that a contact has started is that contact's acknowledgement (I4)."""
    due_at = told.terms.due_at
    match _STATED.get(told.kind):
        case Kind.ACKNOWLEDGEMENT:
            kind = "complaint" if told.policy == "complaint" else told.kind
            shown: dict[str, Any] = {"kind": kind, "due_at": due_at, "zone": told.terms.zone, "done": []}
            once_for = told.interaction_id
            await ask(session, event, told, Kind.ACKNOWLEDGEMENT, once_for=once_for, expires_at=due_at, **shown)
        case Kind.PROMISE_STATED:
            await ask(session, event, told, Kind.PROMISE_STATED, expires_at=due_at, link=told.link, **_terms(told))
        case (Kind.ESCALATION | Kind.INFORMATION) as named:
            shown = {"who": told.owner, "about": told.about, **_terms(told)}
            await ask(session, event, told, named, expires_at=due_at, **shown)


async def revised(session: WriteSession, event: Event, told: CommitmentRevised) -> None:
    """Its words differ where the old time has passed by the moment it is sent (`late`, set in `sending`)."""
    if told.kind in _STATED:
        shown = _terms(told) | {"reason": told.terms.reason, "previous_due_at": told.previous_due_at}
        due_at = told.terms.due_at
        await ask(session, event, told, Kind.PROMISE_REVISED, expires_at=due_at, link=told.link, **shown)


async def waiting(session: WriteSession, event: Event, told: CommitmentWaiting) -> None:
    """C25: what we wait for, and that our time stands still. A task that we wait for says so itself."""
    if told.kind in _STATED and told.task_id is None:
        await ask(session, event, told, Kind.PROMISE_WAITING, link=told.link, **_terms(told) | {"reason": told.reason})


async def resumed(session: WriteSession, event: Event, told: CommitmentResumed) -> None:
    """C25: the time was the customer's: the new one is the old one and the pause.

    Where it goes on because they have just done what we asked, the thanks for that tell it too.
    """
    if told.kind not in _STATED:
        return
    await drop(session, told, {Kind.PROMISE_WAITING})
    shown = _terms(told) | {"previous_due_at": told.previous_due_at, "link": told.link}
    if not await add_to_thanks(session, event, told, **shown):
        await ask(session, event, told, Kind.PROMISE_RESUMED, expires_at=told.terms.due_at, **shown)


async def progressed(session: WriteSession, event: Event, told: CommitmentProgressed) -> None:
    """How it goes (N1, C10), or that a call back reached nobody (C13). True until we speak again."""
    if told.kind is CommitmentKind.TASK:
        return
    said = told.progress
    shown = _terms(told) | said.model_dump(exclude={"at"}) | {"steps": len(told.terms.steps)}
    await ask(session, event, told, Kind.PROMISE_PROGRESSED, expires_at=said.next_contact_at, **shown)


async def at_risk(session: WriteSession, event: Event, told: CommitmentAtRisk) -> None:
    if told.kind in _WARNED_OF:
        shown = _terms(told) | {"reason": told.reason, "next_contact_at": told.next_contact_at}
        due_at = told.terms.due_at
        await ask(session, event, told, Kind.PROMISE_AT_RISK, expires_at=due_at, link=told.link, **shown)


async def broken(session: WriteSession, event: Event, told: CommitmentBroken) -> None:
    if told.kind in _WARNED_OF:
        await ask(session, event, told, Kind.PROMISE_BROKEN, **_terms(told))


async def fulfilled(session: WriteSession, event: Event, told: CommitmentFulfilled) -> None:
    await drop(session, told, _MOOT_WHEN_DONE)
