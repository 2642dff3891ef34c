"""Messages about our promises, and what of a promise one may show."""

from __future__ import annotations

from typing import Any

from services.notifications.hearing.acknowledging import acknowledge
from services.notifications.hearing.asking import ask_about
from services.notifications.hearing.dropping import add_to_thanks, drop
from services.notifications.hearing.picture import Picture
from services.notifications.messages.acknowledgement import GoesOn
from services.notifications.messages.details import Details, Kind
from services.notifications.messages.kinds import (
    Escalation,
    Information,
    PromiseAtRisk,
    PromiseBroken,
    PromiseProgressed,
    PromiseResumed,
    PromiseRevised,
    PromiseStated,
    PromiseWaiting,
)
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
)
from shared.contracts.terms import CommitmentKind
from shared.handling import Work
from shared.security.customer_links import CustomerPage, Mention

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
    """The part of a promise that its customer may see."""
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


def _page(promise: Commitment) -> Mention:
    """The page of a promise; the link to it is made when the message is handed over."""
    return Mention(CustomerPage.PROMISE, promise.commitment_id)


def stated(picture: Picture, work: Work, event: Event, told: CommitmentStated) -> None:
    """Tells a promise; where a contact has started a clock of ours, acknowledges that contact (I4)."""
    details: Details
    match _STATED.get(told.kind):
        case Kind.ACKNOWLEDGEMENT:
            acknowledge(picture, work, event, told)
            return
        case Kind.PROMISE_STATED:
            details = PromiseStated(**_terms(told), link=_page(told))
        case Kind.ESCALATION:
            details = Escalation(**_terms(told), who=told.owner, about=told.about)
        case Kind.INFORMATION:
            details = Information(**_terms(told), who=told.owner, about=told.about)
        case _:
            return
    ask_about(picture, work, event, told, details, expires_at=told.terms.due_at)


def revised(picture: Picture, work: Work, event: Event, told: CommitmentRevised) -> None:
    """Tells a new time, in other words where the old one has passed by the moment it is sent."""
    if told.kind in _STATED:
        previous, why = told.previous_due_at, told.terms.reason
        details = PromiseRevised(**_terms(told), link=_page(told), reason=why, previous_due_at=previous)
        ask_about(picture, work, event, told, details, expires_at=told.terms.due_at)


def waiting(picture: Picture, work: Work, event: Event, told: CommitmentWaiting) -> None:
    """Tells what we wait for, and that our time stands still (C25). A task that we wait for says so itself."""
    if told.kind in _STATED and told.task_id is None:
        details = PromiseWaiting(**_terms(told), link=_page(told), reason=told.reason)
        ask_about(picture, work, event, told, details)


def resumed(picture: Picture, work: Work, event: Event, told: CommitmentResumed) -> None:
    """Tells the new time after we waited for the customer: the old one and the pause (C25).

    Where it goes on because they have just done what we asked, the thanks for that tell it too.
    """
    if told.kind not in _STATED:
        return
    drop(picture, work, told, {Kind.PROMISE_WAITING})
    shown = _terms(told) | {"previous_due_at": told.previous_due_at, "link": _page(told)}
    if not add_to_thanks(picture, told, GoesOn(cause_id=event.id, commitment_id=told.commitment_id, **shown)):
        ask_about(picture, work, event, told, PromiseResumed(**shown), expires_at=told.terms.due_at)


def progressed(picture: Picture, work: Work, event: Event, told: CommitmentProgressed) -> None:
    """Tells progress (N1, C10), or that a call back reached nobody (C13): true until we speak again."""
    if told.kind is CommitmentKind.TASK:
        return
    said = told.progress
    shown = _terms(told) | said.model_dump(exclude={"at"}) | {"steps": len(told.terms.steps)}
    ask_about(picture, work, event, told, PromiseProgressed(**shown), expires_at=said.next_contact_at)


def at_risk(picture: Picture, work: Work, event: Event, told: CommitmentAtRisk) -> None:
    """Warns before a promise is late."""
    if told.kind in _WARNED_OF:
        again = told.next_contact_at
        details = PromiseAtRisk(**_terms(told), link=_page(told), reason=told.reason, next_contact_at=again)
        ask_about(picture, work, event, told, details, expires_at=told.terms.due_at)


def broken(picture: Picture, work: Work, event: Event, told: CommitmentBroken) -> None:
    """Tells that a promise was not kept."""
    if told.kind in _WARNED_OF:
        ask_about(picture, work, event, told, PromiseBroken(**_terms(told)))


def fulfilled(picture: Picture, work: Work, event: Event, told: CommitmentFulfilled) -> None:
    """Drops what waits to be told of a promise that is fulfilled."""
    drop(picture, work, told, _MOOT_WHEN_DONE)
