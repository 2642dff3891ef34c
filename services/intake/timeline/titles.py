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
from shared.translation import N_

_RECEIVED: Mapping[InteractionKind, str] = {
    InteractionKind.MESSAGE: N_("Wrote to us"),
    InteractionKind.CALL: N_("Called us"),
    InteractionKind.MISSED_CALL: N_("Called us, and nobody answered"),
    InteractionKind.VOICEMAIL: N_("Left a voicemail"),
    InteractionKind.REVIEW: N_("Wrote a review"),
    InteractionKind.NOTE: N_("Left a note"),
}
_SENT: Mapping[InteractionKind, str] = {
    InteractionKind.MESSAGE: N_("We wrote"),
    InteractionKind.CALL: N_("We called"),
    InteractionKind.MISSED_CALL: N_("We called, and nobody answered"),
    InteractionKind.NOTE: N_("Note of ours"),
}
_CHANGED: Mapping[InteractionFact, str] = {
    InteractionFact.EDITED: N_("Changed what they wrote"),
    InteractionFact.DELETED: N_("Took back what they wrote"),
    InteractionFact.REACTED: N_("Reacted"),
    InteractionFact.UNREACTED: N_("Took a reaction back"),
    InteractionFact.RECORDED: N_("The call was recorded"),
    InteractionFact.SENT: N_("Our message was sent"),
    InteractionFact.DELIVERED: N_("Our message arrived"),
    InteractionFact.READ: N_("Read our message"),
    InteractionFact.FAILED: N_("Our message did not arrive"),
    InteractionFact.MARKETING_STOPPED: N_("Wants no more advertising from us"),
    InteractionFact.MARKETING_RESUMED: N_("Wants advertising from us again"),
}
_TITLES: Mapping[type[Payload], str] = {
    intake.CustomerCreated: N_("Became known to us"),
    intake.CustomerUpdated: N_("We learned something about them"),
    intake.CustomerMerged: N_("Found to be the same person as another"),
    intake.CustomerUnmerged: N_("Found not to be the same person after all"),
    intake.HandleUnreachable: N_("Can no longer be reached there"),
    intake.HandleReachable: N_("Can be reached there again"),
    intake.CaseOpened: N_("Case opened"),
    intake.CaseUpdated: N_("Case changed"),
    intake.CaseResolved: N_("Case resolved"),
    intake.CaseReopened: N_("Case opened again"),
    commitments.CommitmentDrafted: N_("Promise drafted"),
    commitments.CommitmentStated: N_("Promise made"),
    commitments.CommitmentJoined: N_("Waits for the answer that is promised already"),
    commitments.CommitmentAgreed: N_("Promise agreed by the customer"),
    commitments.CommitmentDeclined: N_("Promise declined by the customer"),
    commitments.CommitmentRevised: N_("Promise changed"),
    commitments.CommitmentProgressed: N_("How the promise goes"),
    commitments.CommitmentWaiting: N_("Promise waits for the customer"),
    commitments.CommitmentResumed: N_("Promise goes on, later by what we waited"),
    commitments.CommitmentEscalated: N_("Promise given to somebody who can"),
    commitments.CommitmentAtRisk: N_("Promise at risk"),
    commitments.CommitmentFulfilled: N_("Promise fulfilled"),
    commitments.CommitmentBroken: N_("Promise broken"),
    commitments.CommitmentWithdrawn: N_("Promise withdrawn"),
    commitments.CommitmentReviewed: N_("Promise reviewed by one of us"),
    commitments.GoodwillGiven: N_("Given as goodwill"),
    commitments.RequestRefused: N_("We said no to a request"),
    commitments.NextContactDue: N_("We said we would be in touch by now"),
    notifications.NotificationSent: N_("Message sent"),
    notifications.NotificationDelivered: N_("Message arrived"),
    notifications.NotificationRead: N_("Message read"),
    notifications.NotificationUnknown: N_("Message may have been sent: nobody knows"),
    notifications.NotificationFailed: N_("Message failed"),
    notifications.NotificationSuppressed: N_("Message held back, on purpose"),
    feedback.SurveyRequested: N_("Asked whether they are satisfied"),
    feedback.FeedbackReceived: N_("Said whether they are satisfied"),
    feedback.SurveyClosed: N_("Did not answer the question"),
}


def title(payload: Payload) -> str:
    """A new type of event reads as its name until it has words here."""
    match payload:
        case InteractionReceived(kind=InteractionKind.NOTE, automatic=True):
            return N_("Did something, and wrote nothing")
        case InteractionReceived():
            return _RECEIVED.get(payload.kind, N_("Reached us"))
        case InteractionSent():
            return _SENT.get(payload.kind, N_("We reached them"))
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
