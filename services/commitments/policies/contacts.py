"""What a contact opens, and what it keeps. Pure."""

from __future__ import annotations

from datetime import datetime

from services.commitments.promise import Promise
from shared.contracts.commitments import CommitmentKind
from shared.contracts.intake import Interaction, InteractionKind, InteractionReceived, InteractionSent

COUNTS_FROM = 0.5
"""The part of its time after which a contact is the update or the follow-up that was promised.

Before that it is another word in the same conversation: five messages in an hour are not five weekly updates.
"""

_ANSWERS = frozenset({CommitmentKind.RESPONSE, CommitmentKind.NEXT_RESPONSE})
_SPOKEN = frozenset(
    {CommitmentKind.UPDATE, CommitmentKind.FOLLOW_UP, CommitmentKind.ESCALATION, CommitmentKind.INFORMATION}
)


def clock_for(contact: InteractionReceived) -> CommitmentKind | None:
    """What we owe for a contact. An answered call owes nothing; a machine's mail neither."""
    if contact.automatic:
        return None
    match contact.kind:
        case InteractionKind.MESSAGE | InteractionKind.REVIEW:
            return CommitmentKind.RESPONSE
        case InteractionKind.MISSED_CALL | InteractionKind.VOICEMAIL:
            return CommitmentKind.CALL_BACK
        case _:
            return None


def answers(kind: InteractionKind) -> frozenset[CommitmentKind]:
    """What a contact of ours can keep. A call-back is kept by a call alone, not by a message."""
    match kind:
        case InteractionKind.CALL:
            return _ANSWERS | _SPOKEN | {CommitmentKind.CALL_BACK}
        case InteractionKind.MESSAGE:
            return _ANSWERS | _SPOKEN
        case _:
            return frozenset()


def is_attempt(contact: InteractionSent) -> bool:
    """We called, and nobody answered."""
    return contact.kind is InteractionKind.MISSED_CALL and not contact.automatic


def is_kept_by(promise: Promise, contact: Interaction, at: datetime) -> bool:
    """Whether a contact of a kind that can keep this promise, at an instant, does.

    An answer that names contacts keeps the clocks of those. An update and a follow-up are about their case, in the
    later part of their time. An escalation and information are kept by the person who was named.
    """
    match promise.kind:
        case CommitmentKind.RESPONSE | CommitmentKind.NEXT_RESPONSE:
            named = contact.answers if isinstance(contact, InteractionSent) else ()
            return not named or promise.interaction_id in named
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
