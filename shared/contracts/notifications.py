"""The events of notifications: each message to a customer, and how it fared."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.contracts.envelope import CustomerPayload
from shared.contracts.intake import ChannelKind, Handle
from shared.contracts.upcasting import Data, upcaster

TOPIC = "kept.notifications"


class Notification(CustomerPayload, concerns=("notification_id",)):
    """A message to a customer. `cause_id` is the event that asked for it; `template` what kind of message it is.

    `interaction_id`: of an acknowledgement, the contact that it answers.
    """

    notification_id: UUID
    template: str
    cause_id: UUID
    commitment_id: UUID | None = None
    case_id: UUID | None = None
    interaction_id: UUID | None = None
    language: str


class NotificationSent(Notification, type="kept.notification.sent.v1", topic=TOPIC):
    """A message was sent: the provider took it. `subject` and `text` are what the customer reads.

    `attempt` counts from 1; `provider_id` is the provider's own id of it, where it gives one.
    """

    channel_kind: ChannelKind
    sent_at: datetime
    subject: str
    text: str
    attempt: int | None = None
    provider: str | None = None
    provider_id: str | None = None


class NotificationDelivered(Notification, type="kept.notification.delivered.v1", topic=TOPIC):
    """A message arrived, says the provider. `delivered_at` is by the provider's clock where there is one."""

    channel_kind: ChannelKind
    delivered_at: datetime


class NotificationRead(Notification, type="kept.notification.read.v1", topic=TOPIC):
    """A message was read, says the provider. `read_at` is by the provider's clock where there is one."""

    channel_kind: ChannelKind
    read_at: datetime


class NotificationFailed(Notification, type="kept.notification.failed.v2", topic=TOPIC):
    """A message failed: it could not be sent, or was sent and did not arrive.

    `channel_kind` is that of the last attempt, None where there was none. `dead_handle` is the address it went to where
    the provider says that nobody can be reached there.
    """

    channel_kind: ChannelKind | None
    reason: str
    attempts: int
    dead_handle: Handle | None = None


class NotificationUnknown(Notification, type="kept.notification.unknown.v1", topic=TOPIC):
    """A message may have been sent or not, and is not sent again: one of our people has to look."""

    channel_kind: ChannelKind | None
    reason: str
    attempts: int


class NotificationSuppressed(Notification, type="kept.notification.suppressed.v2", topic=TOPIC):
    """A message was not sent on purpose: no usable address, a late warning, or one was just sent for the same case.

    `channel_kind` is None, unless an attempt had come to nothing before.
    """

    channel_kind: ChannelKind | None
    reason: str


@upcaster("kept.notification.failed.v1", "kept.notification.failed.v2")
def no_channel_without_an_attempt(data: Data) -> Data:
    """Before, the first provider's kind stood there where nothing had been tried."""
    return data if data["attempts"] else {**data, "channel_kind": None}


@upcaster("kept.notification.suppressed.v1", "kept.notification.suppressed.v2")
def no_channel_for_what_was_not_sent(data: Data) -> Data:
    """Before, the first provider's kind stood there always."""
    return {**data, "channel_kind": None}
