"""The events by which the other services learn how a message fared. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from services.notifications.delivery.ending import Ended, State
from services.notifications.delivery.waiting import Waiting
from services.notifications.providers.handover import AttemptState
from shared.contracts.intake import ChannelKind, Handle
from shared.contracts.notifications import (
    Notification,
    NotificationDelivered,
    NotificationFailed,
    NotificationRead,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnknown,
)
from shared.handling import Work


class Said(NamedTuple):
    """The last attempt of a message: by which channel and provider, and in which words. None where there was none.

    `dead_handle` is its address where nobody can be reached there.
    """

    language: str
    channel_kind: ChannelKind | None = None
    subject: str = ""
    text: str = ""
    provider: str | None = None
    provider_id: str | None = None
    dead_handle: Handle | None = None


def tell(work: Work, row: Waiting, outcome: Ended, number: int, said: Said) -> None:
    """Tells the end of a message. `number` is that of the last attempt, 0 where there was none."""
    message = Notification(
        customer_id=row.customer_id,
        notification_id=row.id,
        template=row.template,
        cause_id=row.cause_id,
        commitment_id=row.commitment_id,
        case_id=row.case_id,
        interaction_id=row.interaction_id,
        language=said.language,
    )
    tell_state(work, message, outcome.state, number, said, at=work.now, reason=outcome.reason)
    if outcome.attempt_state is AttemptState.DELIVERED:
        tell_delivered(work, message, said, work.now)
    if outcome.attempt_state is AttemptState.READ:
        tell_read(work, message, said, work.now)


def tell_state(
    work: Work, message: Notification, state: State, number: int, said: Said, *, at: datetime, reason: str | None
) -> None:
    """Tells that a message has come to this state. `at` is when it was sent, where it was."""
    facts = message.model_dump() | {"channel_kind": said.channel_kind}
    why = {"reason": reason or ""}
    match state:
        case State.SENT:
            words = {"sent_at": at, "subject": said.subject, "text": said.text}
            names = {"attempt": number, "provider": said.provider, "provider_id": said.provider_id}
            work.emit(NotificationSent.model_validate(facts | words | names))
        case State.FAILED:
            work.emit(
                NotificationFailed.model_validate(facts | why | {"attempts": number, "dead_handle": said.dead_handle})
            )
        case State.UNKNOWN:
            work.emit(NotificationUnknown.model_validate(facts | why | {"attempts": number}))
        case State.SUPPRESSED:
            work.emit(NotificationSuppressed.model_validate(facts | why))


def tell_delivered(work: Work, message: Notification, said: Said, at: datetime) -> None:
    """Tells that a message arrived."""
    facts = message.model_dump() | {"channel_kind": said.channel_kind, "delivered_at": at}
    work.emit(NotificationDelivered.model_validate(facts))


def tell_read(work: Work, message: Notification, said: Said, at: datetime) -> None:
    """Tells that a message was read."""
    work.emit(
        NotificationRead.model_validate(message.model_dump() | {"channel_kind": said.channel_kind, "read_at": at})
    )
