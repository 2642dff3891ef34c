"""Messages sent after the state that a restore brought back: known from our own events, and not sent again.

The broker keeps what we told. A message that is in these events has ended as they say. One that was in somebody's
hands is `unknown` and stays unsent: whether it left, nobody can say. All others wait, and are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, text

from services.notifications.delivery.ending import State
from services.notifications.delivery.telling import Said, tell_state
from services.notifications.delivery.waiting import answered
from services.notifications.providers.handover import AttemptState
from shared.broker import Broker, Record
from shared.contracts import Event, UnknownEvent, parse
from shared.contracts.intake import ChannelKind
from shared.contracts.notifications import (
    TOPIC,
    Notification,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnknown,
)
from shared.database import WriteSession
from shared.handling import Work

log = structlog.get_logger()

_ENDS = (NotificationSent, NotificationFailed, NotificationSuppressed, NotificationUnknown)
UNKNOWN = "the database was restored: whether it left is not known"

# Rows that the restored state does not have are made, so that what asks for them again finds them. Of several ends the
# last holds. An attempt whose provider the event does not name was by mail: there was no other then.
_ENDED = text("""
    WITH ended AS (
        INSERT INTO notification (id, customer_id, template, cause_id, once_for, commitment_id, case_id, details, state,
                                  attempts, attempts_kept, created_at, next_attempt_at, ended_at, reason, handed_at)
        VALUES (:id, :customer_id, :template, :cause_id, :cause_id, :commitment_id, :case_id, '{}', :state,
                :attempts, :attempts, :ended_at, :ended_at, :ended_at, :reason, :handed_at)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state,
            attempts = greatest(notification.attempts, excluded.attempts),
            attempts_kept = greatest(notification.attempts, excluded.attempts), ended_at = excluded.ended_at,
            reason = excluded.reason, handed_at = coalesce(excluded.handed_at, notification.handed_at)
        WHERE notification.ended_at IS NULL OR notification.ended_at <= excluded.ended_at
        RETURNING id)
    INSERT INTO attempt (notification_id, number, provider, provider_id, form, channel_kind, language, subject, text,
                         state, begun_at, accepted_at, failed_at, reason)
    SELECT id, :attempts, :provider, CAST(:provider_id AS text), 'mail', CAST(:channel_kind AS text), :language,
           :subject, :text, :attempt_state, :ended_at, :accepted_at, :failed_at, :reason
    FROM ended WHERE CAST(:channel_kind AS text) IS NOT NULL AND :attempts > 0
    ON CONFLICT (notification_id, number) DO UPDATE SET state = excluded.state,
        accepted_at = coalesce(excluded.accepted_at, attempt.accepted_at),
        provider_id = coalesce(excluded.provider_id, attempt.provider_id),
        failed_at = coalesce(excluded.failed_at, attempt.failed_at), reason = excluded.reason
""")
_IN_HANDS = text("""
    UPDATE notification SET state = 'unknown', ended_at = :now, reason = :reason WHERE state = 'sending' RETURNING id
""")
_LOST = text("UPDATE attempt SET state = 'unknown', reason = coalesce(reason, :reason) WHERE state = 'handed'")
_UNKNOWN = text("""
    SELECT n.id, n.customer_id, n.template, n.cause_id, n.once_for, n.commitment_id, n.case_id, n.attempts,
           a.channel_kind, a.language
    FROM notification n LEFT JOIN attempt a ON a.notification_id = n.id AND a.number = n.attempts
    WHERE n.id = ANY(CAST(:ids AS uuid[])) ORDER BY n.id
""")


async def restored(session: WriteSession, broker: Broker, since: datetime) -> None:
    """Brings messages to where our own events say they are. Raises BrokerLost."""
    ended = 0
    async for records in broker.history(TOPIC, since):
        values = [_values(event, told) for event, told in map(_read, records) if told is not None]
        for one in values:
            await session.execute(_ENDED, one)
        ended += len(values)
    ids = list((await session.execute(_IN_HANDS, {"now": session.now, "reason": UNKNOWN})).scalars())
    await session.execute(_LOST, {"reason": UNKNOWN})
    for row in await session.execute(_UNKNOWN, {"ids": ids}):
        _tell_unknown(session, row)
    log.warning("notifications.restored", ended=ended, unknown=len(ids))


def _tell_unknown(work: Work, row: Row[Any]) -> None:
    message = Notification(
        customer_id=row.customer_id,
        notification_id=row.id,
        template=row.template,
        cause_id=row.cause_id,
        commitment_id=row.commitment_id,
        case_id=row.case_id,
        interaction_id=answered(row.template, row.once_for, row.cause_id),
        language=row.language or "",
    )
    said = Said(message.language, ChannelKind(row.channel_kind) if row.channel_kind else None)
    tell_state(work, message, State.UNKNOWN, row.attempts, said, at=work.now, reason=UNKNOWN)


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
    may_have_left = is_sent or isinstance(told, NotificationUnknown)
    ended = AttemptState.ACCEPTED if is_sent else AttemptState.FAILED if is_failed else AttemptState.UNKNOWN
    return {name: facts[name] for name in names} | {
        "id": told.notification_id,
        "state": told.type.split(".")[2],
        "attempts": (facts["attempt"] or 1) if is_sent else facts.get("attempts", 0),
        "attempt_state": ended.value,
        "provider": facts.get("provider") or "smtp",
        "provider_id": facts.get("provider_id"),
        "channel_kind": facts["channel_kind"],
        "subject": facts.get("subject"),
        "text": facts.get("text"),
        "reason": facts.get("reason"),
        "ended_at": event.time,
        "handed_at": event.time if may_have_left else None,
        "accepted_at": event.time if is_sent else None,
        "failed_at": event.time if is_failed else None,
    }
