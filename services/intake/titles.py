"""An event as a line of the timeline: what happened, and in whose words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from shared.contracts import Payload
from shared.contracts.intake import (
    InteractionChanged,
    InteractionFact,
    InteractionKind,
    InteractionReceived,
    InteractionSent,
)

_RECEIVED: Mapping[InteractionKind, str] = {
    InteractionKind.MESSAGE: "Wrote to us",
    InteractionKind.CALL: "Called us",
    InteractionKind.MISSED_CALL: "Called us, and nobody answered",
    InteractionKind.VOICEMAIL: "Left a voicemail",
    InteractionKind.REVIEW: "Wrote a review",
    InteractionKind.NOTE: "Left a note",
}
_SENT: Mapping[InteractionKind, str] = {
    InteractionKind.MESSAGE: "We wrote",
    InteractionKind.CALL: "We called",
    InteractionKind.MISSED_CALL: "We called, and nobody answered",
    InteractionKind.NOTE: "Note of ours",
}
_CHANGED: Mapping[InteractionFact, str] = {
    InteractionFact.EDITED: "Changed what they wrote",
    InteractionFact.DELETED: "Took back what they wrote",
    InteractionFact.REACTED: "Reacted",
    InteractionFact.UNREACTED: "Took a reaction back",
    InteractionFact.RECORDED: "The call was recorded",
    InteractionFact.SENT: "Our message was sent",
    InteractionFact.DELIVERED: "Our message arrived",
    InteractionFact.READ: "Read our message",
    InteractionFact.FAILED: "Our message did not arrive",
}
_TITLES: Mapping[str, str] = {
    "kept.customer.created.v1": "Became known to us",
    "kept.customer.updated.v1": "We learned something about them",
    "kept.customer.merged.v1": "Found to be the same person as another",
    "kept.customer.unmerged.v1": "Found not to be the same person after all",
    "kept.handle.unreachable.v1": "Can no longer be reached there",
    "kept.handle.reachable.v1": "Can be reached there again",
    "kept.case.opened.v1": "Case opened",
    "kept.case.updated.v1": "Case changed",
    "kept.case.resolved.v1": "Case resolved",
    "kept.case.reopened.v1": "Case opened again",
    "kept.commitment.drafted.v1": "Promise drafted",
    "kept.commitment.stated.v1": "Promise made",
    "kept.commitment.agreed.v1": "Promise agreed by the customer",
    "kept.commitment.declined.v1": "Promise declined by the customer",
    "kept.commitment.revised.v1": "Promise changed",
    "kept.commitment.progressed.v1": "How the promise goes",
    "kept.commitment.waiting.v1": "Promise waits for the customer",
    "kept.commitment.resumed.v1": "Promise goes on, later by what we waited",
    "kept.commitment.escalated.v1": "Promise given to somebody who can",
    "kept.commitment.at_risk.v1": "Promise at risk",
    "kept.commitment.fulfilled.v1": "Promise fulfilled",
    "kept.commitment.broken.v1": "Promise broken",
    "kept.commitment.withdrawn.v1": "Promise withdrawn",
    "kept.commitment.reviewed.v1": "Promise reviewed by one of us",
    "kept.goodwill.given.v1": "Given as goodwill",
    "kept.request.refused.v1": "We said no to a request",
    "kept.next_contact.due.v1": "We said we would be in touch by now",
    "kept.notification.sent.v1": "Message sent",
    "kept.notification.failed.v1": "Message failed",
    "kept.notification.suppressed.v1": "Message held back, on purpose",
    "kept.survey.requested.v1": "Asked whether they are satisfied",
    "kept.feedback.received.v1": "Said whether they are satisfied",
    "kept.survey.closed.v1": "Did not answer the question",
}


def title(payload: Payload) -> str:
    """A new type of event reads as its name until it has words here."""
    match payload:
        case InteractionReceived():
            return _RECEIVED.get(payload.kind, "Reached us")
        case InteractionSent():
            return _SENT.get(payload.kind, "We reached them")
        case InteractionChanged():
            return _CHANGED[payload.fact]
        case _:
            return _TITLES.get(payload.type) or payload.type.removeprefix("kept.").rpartition(".")[0].replace("_", " ")


_WORDS = (
    "reply",
    "text",
    "comment",
    "detail",
    "reason",
    "summary",
    "terms.words",
    "words",
    "subject",
    "stated_request",
)
"""Where a payload's words may be, the most telling first."""
_READERS = tuple(attrgetter(name) for name in _WORDS)


def text(payload: Payload) -> str | None:
    """The words in it, as they were said."""
    for read in _READERS:
        try:
            words = read(payload)
        except AttributeError:
            continue
        if isinstance(words, str) and words:
            return words
    return None
