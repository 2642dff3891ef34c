"""The promises that a contact opens, and those it keeps. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from services.commitments.promise.core import Promise
from shared.contracts.intake import Interaction, InteractionKind, InteractionReceived, InteractionSent
from shared.contracts.terms import CommitmentKind

COUNTS_FROM = 0.5
"""The part of its time after which a contact is the update or the follow-up that was promised.

Before that it is another word in the same conversation: five messages in an hour are not five weekly updates.
"""

ANSWERS = frozenset({CommitmentKind.RESPONSE, CommitmentKind.NEXT_RESPONSE})
_SPOKEN = frozenset(
    {CommitmentKind.UPDATE, CommitmentKind.FOLLOW_UP, CommitmentKind.ESCALATION, CommitmentKind.INFORMATION}
)


def clock_for(contact: InteractionReceived) -> CommitmentKind | None:
    """The kind of promise a contact opens. None for an answered call, a machine's mail, and thanks after the end."""
    if contact.automatic or contact.only_thanks:
        return None
    match contact.kind:
        case InteractionKind.MESSAGE | InteractionKind.REVIEW:
            return CommitmentKind.RESPONSE
        case InteractionKind.MISSED_CALL | InteractionKind.VOICEMAIL:
            return CommitmentKind.CALL_BACK
        case _:
            return None


def answers(kind: InteractionKind) -> frozenset[CommitmentKind]:
    """The kinds of promise that a contact of ours can keep. A call-back is kept by a call alone, not by a message."""
    match kind:
        case InteractionKind.CALL:
            return ANSWERS | _SPOKEN | {CommitmentKind.CALL_BACK}
        case InteractionKind.MESSAGE:
            return ANSWERS | _SPOKEN
        case _:
            return frozenset()


def is_attempt(contact: InteractionSent) -> bool:
    """Tells whether a contact is a call of ours that nobody answered."""
    return contact.kind is InteractionKind.MISSED_CALL and not contact.automatic


def joins(contact: InteractionReceived, due_at: datetime, open_: Iterable[Promise]) -> Promise | None:
    """The promise that answers a contact too, the first that falls due; None where it opens its own.

    `due_at` is when its own clock would be due: nobody is answered later than the rule for their contact says. A call
    back answers any number of missed calls; an answer, what else was written in its case before it was given.
    """
    found = [
        p
        for p in open_
        if p.is_open
        and p.waiting_since is None
        and p.binds.due_at <= due_at
        and contact.received_at <= p.binds.due_at
        and (p.kind is CommitmentKind.CALL_BACK or (p.interaction_id is not None and p.case_id == contact.case_id))
    ]
    return min(found, key=lambda p: (p.binds.due_at, p.id), default=None)


def is_kept_by(promise: Promise, contact: Interaction, at: datetime, joined: Collection[UUID] = ()) -> bool:
    """Tells whether a contact keeps this promise at an instant, given that its kind can.

    An answer that names contacts keeps the clocks of those; `joined` are the promises that some of them had joined.
    An update and a follow-up are about their case, in the later part of their time. An escalation and information are
    kept by the person who was named.
    """
    match promise.kind:
        case CommitmentKind.RESPONSE | CommitmentKind.NEXT_RESPONSE:
            named = contact.answers if isinstance(contact, InteractionSent) else ()
            return not named or promise.interaction_id in named or promise.id in joined
        case CommitmentKind.UPDATE | CommitmentKind.FOLLOW_UP:
            return _is_about(promise, contact) and at >= _counts_from(promise)
        case CommitmentKind.ESCALATION:
            return _is_by(promise, contact) and at >= _since(promise)
        case CommitmentKind.INFORMATION:
            return _is_by(promise, contact) and _is_about(promise, contact) and at >= _since(promise)
        case _:
            return True


def _is_about(promise: Promise, contact: Interaction) -> bool:
    return promise.case_id is None or contact.case_id in {None, promise.case_id}


def _is_by(promise: Promise, contact: Interaction) -> bool:
    return contact.agent is not None and contact.agent.casefold() == (promise.owner or "").casefold()


def _since(promise: Promise) -> datetime:
    return promise.stated_at or promise.binds.due_at


def _counts_from(promise: Promise) -> datetime:
    since = _since(promise)
    return since + (promise.binds.due_at - since) * COUNTS_FROM
