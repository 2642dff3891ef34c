"""Messages sent after the state that a restore brought back: known from our own events, and not sent again.

The broker keeps what we told. A message that is in these events has ended as they say. One that was in somebody's
hands is `unknown` and stays unsent: whether it left, nobody can say. All others wait, and are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import text

from services.notifications.providers.protocol import AttemptState
from shared.broker import Broker, Record
from shared.contracts import Event, UnknownEvent, parse
from shared.contracts.notifications import (
    TOPIC,
    Notification,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnknown,
)
from shared.database import WriteSession

log = structlog.get_logger()

_ENDS = (NotificationSent, NotificationFailed, NotificationSuppressed, NotificationUnknown)
UNKNOWN = "the database was restored: whether it left is not known"

# Rows that the restored state does not have are made, so that what asks for them again finds them. An attempt whose
# provider the event does not name was by mail: there was no other then.
_ENDED = text("""
    WITH ended AS (
        INSERT INTO notification (id, customer_id, template, cause_id, once_for, commitment_id, case_id, details, state,
                                  attempts, attempts_kept, created_at, next_attempt_at, ended_at, reason, handed_at)
        VALUES (:id, :customer_id, :template, :cause_id, :cause_id, :commitment_id, :case_id, '{}', :state,
                :attempts, :attempts, :ended_at, :ended_at, :ended_at, :reason, :handed_at)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
            attempts_kept = excluded.attempts, ended_at = excluded.ended_at, reason = excluded.reason,
            handed_at = excluded.handed_at
        WHERE notification.state IN ('pending', 'sending')
        RETURNING id)
    INSERT INTO attempt (notification_id, number, provider, provider_id, form, channel_kind, language, subject, text,
                         state, begun_at, accepted_at, failed_at, reason)
    SELECT id, :attempts, :provider, CAST(:provider_id AS text), 'mail', CAST(:channel_kind AS text), :language,
           :subject, :text, :attempt, :ended_at, :handed_at, :failed_at, :reason
    FROM ended WHERE CAST(:channel_kind AS text) IS NOT NULL
    ON CONFLICT (notification_id, number) DO UPDATE SET state = excluded.state, accepted_at = excluded.accepted_at,
        provider_id = coalesce(excluded.provider_id, attempt.provider_id), failed_at = excluded.failed_at,
        reason = excluded.reason
""")
_IN_HANDS = text("""
    WITH held AS (
        UPDATE notification SET state = 'unknown', ended_at = :now, reason = :reason WHERE state = 'sending'
        RETURNING id),
    lost AS (
        UPDATE attempt a SET state = 'unknown', reason = :reason FROM held
        WHERE a.notification_id = held.id AND a.state = 'handed')
    SELECT id FROM held
""")


async def restored(session: WriteSession, broker: Broker, since: datetime) -> None:
    """Raises BrokerLost."""
    ended = 0
    async for records in broker.history(TOPIC, since):
        values = [_values(event, told) for event, told in map(_read, records) if told is not None]
        for one in values:
            await session.execute(_ENDED, one)
        ended += len(values)
    in_hands = (await session.execute(_IN_HANDS, {"now": session.now, "reason": UNKNOWN})).all()
    log.warning("notifications.restored", ended=ended, unknown=len(in_hands))


def _read(record: Record) -> tuple[Event, Notification | None]:
    event = Event.from_record(record.headers, record.value)
    try:
        told = parse(event)
    except UnknownEvent:
        return event, None
    return event, told if isinstance(told, _ENDS) else None


def _values(event: Event, told: Any) -> dict[str, Any]:
    facts = told.model_dump()
    names: Sequence[str] = ("customer_id", "template", "cause_id", "commitment_id", "case_id", "language")
    is_sent, is_failed = isinstance(told, NotificationSent), isinstance(told, NotificationFailed)
    ended = AttemptState.ACCEPTED if is_sent else AttemptState.FAILED if is_failed else AttemptState.UNKNOWN
    return {name: facts[name] for name in names} | {
        "id": told.notification_id,
        "state": told.type.split(".")[2],
        "attempts": (facts["attempt"] or 1) if is_sent else facts.get("attempts", 0),
        "attempt": ended.value,
        "provider": facts.get("provider") or "smtp",
        "provider_id": facts.get("provider_id"),
        "channel_kind": facts["channel_kind"],
        "subject": facts.get("subject"),
        "text": facts.get("text"),
        "reason": facts.get("reason"),
        "ended_at": event.time,
        "handed_at": event.time if is_sent else None,
        "failed_at": event.time if is_failed else None,
    }
