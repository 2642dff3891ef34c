"""The kind of an entry of the timeline, its channel, its case, its subject and its audience. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from shared.contracts import Payload, commitments, feedback, intake, notifications, subject_of
from shared.contracts.intake import InteractionKind


class EntryKind(StrEnum):
    """The kind of an entry: what the event is a part of."""

    CONTACT = "contact"
    NOTE = "note"
    CASE = "case"
    PROMISE = "promise"
    MESSAGE = "message"
    FEEDBACK = "feedback"
    CUSTOMER = "customer"


class Audience(StrEnum):
    """The audience of an entry: `customer` where they said, were told or can see it, else `us`."""

    CUSTOMER = "customer"
    US = "us"


class Sorted(NamedTuple):
    """An entry's columns beside its event. `channel` is the channel's name, or the kind of one for our own messages."""

    kind: EntryKind
    channel: str | None
    case_id: UUID | None
    subject: UUID
    audience: Audience


_KINDS: Mapping[type[Payload], EntryKind] = {
    intake.Interaction: EntryKind.CONTACT,
    intake.InteractionChanged: EntryKind.CONTACT,
    intake.CaseFacts: EntryKind.CASE,
    commitments.Commitment: EntryKind.PROMISE,
    commitments.GoodwillGiven: EntryKind.PROMISE,
    commitments.RequestRefused: EntryKind.CASE,
    commitments.NextContactDue: EntryKind.CASE,
    notifications.Notification: EntryKind.MESSAGE,
    feedback.Survey: EntryKind.FEEDBACK,
}
"""By the payload's class or the nearest above it. What is missing is about the customer."""
_OURS = frozenset(
    {
        intake.CaseFacts,
        commitments.CommitmentDrafted,
        commitments.CommitmentJoined,
        commitments.CommitmentReviewed,
        commitments.CommitmentEscalated,
        commitments.CommitmentAtRisk,
        commitments.NextContactDue,
        notifications.NotificationDelivered,
        notifications.NotificationRead,
        notifications.NotificationFailed,
        notifications.NotificationUnknown,
        notifications.NotificationSuppressed,
        feedback.SurveyClosed,
    }
)
"""What a customer neither said nor was told. What is about the customer is ours as well."""


def sort(payload: Payload) -> Sorted:
    """The columns of a payload of the newest version of its type."""
    above = type(payload).__mro__
    kind = next((_KINDS[one] for one in above if one in _KINDS), EntryKind.CUSTOMER)
    ours = kind is EntryKind.CUSTOMER or any(one in _OURS for one in above)
    channel, case_id = None, None
    match payload:
        case intake.InteractionSent(kind=InteractionKind.NOTE):
            kind, ours, channel, case_id = EntryKind.NOTE, True, payload.channel, payload.case_id
        case intake.Interaction():
            channel, case_id = payload.channel, payload.case_id
        case intake.InteractionChanged() | intake.HandleReachability():
            channel = payload.channel
        case intake.CaseFacts() | commitments.Commitment() | commitments.GoodwillGiven():
            case_id = payload.case_id
        case commitments.RequestRefused() | commitments.NextContactDue():
            case_id = payload.case_id
        case (
            notifications.NotificationSent() | notifications.NotificationDelivered() | notifications.NotificationRead()
        ):
            channel, case_id = payload.channel_kind, payload.case_id
        case (
            notifications.NotificationFailed()
            | notifications.NotificationUnknown()
            | notifications.NotificationSuppressed()
        ):
            channel, case_id = payload.channel_kind, payload.case_id
    return Sorted(kind, channel, case_id, subject_of(payload), Audience.US if ours else Audience.CUSTOMER)
