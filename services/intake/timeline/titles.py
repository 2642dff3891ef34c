"""Titles of timeline entries: what happened, and in whose words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from shared.contracts import Payload, commitments, feedback, intake, notifications
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
    InteractionFact.MARKETING_STOPPED: "Wants no more advertising from us",
    InteractionFact.MARKETING_RESUMED: "Wants advertising from us again",
}
_TITLES: Mapping[type[Payload], str] = {
    intake.CustomerCreated: "Became known to us",
    intake.CustomerUpdated: "We learned something about them",
    intake.CustomerMerged: "Found to be the same person as another",
    intake.CustomerUnmerged: "Found not to be the same person after all",
    intake.HandleUnreachable: "Can no longer be reached there",
    intake.HandleReachable: "Can be reached there again",
    intake.CaseOpened: "Case opened",
    intake.CaseUpdated: "Case changed",
    intake.CaseResolved: "Case resolved",
    intake.CaseReopened: "Case opened again",
    commitments.CommitmentDrafted: "Promise drafted",
    commitments.CommitmentStated: "Promise made",
    commitments.CommitmentJoined: "Waits for the answer that is promised already",
    commitments.CommitmentAgreed: "Promise agreed by the customer",
    commitments.CommitmentDeclined: "Promise declined by the customer",
    commitments.CommitmentRevised: "Promise changed",
    commitments.CommitmentProgressed: "How the promise goes",
    commitments.CommitmentWaiting: "Promise waits for the customer",
    commitments.CommitmentResumed: "Promise goes on, later by what we waited",
    commitments.CommitmentEscalated: "Promise given to somebody who can",
    commitments.CommitmentAtRisk: "Promise at risk",
    commitments.CommitmentFulfilled: "Promise fulfilled",
    commitments.CommitmentBroken: "Promise broken",
    commitments.CommitmentWithdrawn: "Promise withdrawn",
    commitments.CommitmentReviewed: "Promise reviewed by one of us",
    commitments.GoodwillGiven: "Given as goodwill",
    commitments.RequestRefused: "We said no to a request",
    commitments.NextContactDue: "We said we would be in touch by now",
    notifications.NotificationSent: "Message sent",
    notifications.NotificationDelivered: "Message arrived",
    notifications.NotificationRead: "Message read",
    notifications.NotificationUnknown: "Message may have been sent: nobody knows",
    notifications.NotificationFailed: "Message failed",
    notifications.NotificationSuppressed: "Message held back, on purpose",
    feedback.SurveyRequested: "Asked whether they are satisfied",
    feedback.FeedbackReceived: "Said whether they are satisfied",
    feedback.SurveyClosed: "Did not answer the question",
}


def title(payload: Payload) -> str:
    """A new type of event reads as its name until it has words here."""
    match payload:
        case InteractionReceived(kind=InteractionKind.NOTE, automatic=True):
            return "Did something, and wrote nothing"
        case InteractionReceived():
            return _RECEIVED.get(payload.kind, "Reached us")
        case InteractionSent():
            return _SENT.get(payload.kind, "We reached them")
        case InteractionChanged():
            return _CHANGED[payload.fact]
        case _:
            return _TITLES.get(type(payload)) or payload.type.removeprefix("kept.").rpartition(".")[0].replace("_", " ")


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
