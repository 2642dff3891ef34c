"""What notifications tells: each message to a customer, and how it fared."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.contracts.envelope import Payload
from shared.contracts.intake import ChannelKind

TOPIC = "kept.notifications"


class Notification(Payload):
    """`cause_id` is the event that asked for the message; `template` what kind of message it is."""

    notification_id: UUID
    template: str
    cause_id: UUID
    commitment_id: UUID | None = None
    case_id: UUID | None = None
    channel_kind: ChannelKind
    language: str


class NotificationSent(Notification, type="kept.notification.sent.v1", topic=TOPIC):
    """The provider took it. `subject` and `text` are what the customer reads."""

    sent_at: datetime
    subject: str
    text: str


class NotificationFailed(Notification, type="kept.notification.failed.v1", topic=TOPIC):
    reason: str
    attempts: int


class NotificationSuppressed(Notification, type="kept.notification.suppressed.v1", topic=TOPIC):
    """Not sent, on purpose: no address we can use, a late warning, an opt-out."""

    reason: str
