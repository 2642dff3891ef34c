"""The events by which the others learn how a message fared."""

from __future__ import annotations

from typing import NamedTuple

from services.notifications.delivery.decisions import Waiting
from services.notifications.delivery.ending import Ended, State
from services.notifications.providers.protocol import AttemptState
from shared.contracts.intake import ChannelKind
from shared.contracts.notifications import (
    NotificationDelivered,
    NotificationFailed,
    NotificationRead,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnknown,
)
from shared.handling import Work
from shared.telemetry import span


class Said(NamedTuple):
    """The last attempt of a message: by which channel and provider, and in which words. None where there was none."""

    language: str
    channel_kind: ChannelKind | None = None
    subject: str = ""
    text: str = ""
    provider: str | None = None
    provider_id: str | None = None


def tell(work: Work, row: Waiting, outcome: Ended, number: int, said: Said) -> None:
    """Emits the event of an end. `number` is that of the last attempt, 0 where there was none."""
    facts = {
        "customer_id": row.customer_id,
        "notification_id": row.id,
        "template": row.template,
        "cause_id": row.cause_id,
        "commitment_id": row.commitment_id,
        "case_id": row.case_id,
        "interaction_id": row.interaction_id,
        "channel_kind": said.channel_kind,
        "language": said.language,
    }
    reason = {"reason": outcome.reason or ""}
    with span(f"notification {outcome.state}", row.traceparent):
        match outcome.state:
            case State.SENT:
                words = {"sent_at": work.now, "subject": said.subject, "text": said.text}
                names = {"attempt": number, "provider": said.provider, "provider_id": said.provider_id}
                work.emit(NotificationSent.model_validate(facts | words | names))
            case State.FAILED:
                work.emit(NotificationFailed.model_validate(facts | reason | {"attempts": number}))
            case State.UNKNOWN:
                work.emit(NotificationUnknown.model_validate(facts | reason | {"attempts": number}))
            case State.SUPPRESSED:
                work.emit(NotificationSuppressed.model_validate(facts | reason))
        if outcome.attempt in {AttemptState.DELIVERED, AttemptState.READ}:
            work.emit(NotificationDelivered.model_validate(facts | {"delivered_at": work.now}))
        if outcome.attempt is AttemptState.READ:
            work.emit(NotificationRead.model_validate(facts | {"read_at": work.now}))
