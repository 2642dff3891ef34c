"""Receipts as intake tells them: the attempts they name are loaded and locked, moved, and stored, a batch at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.notifications.delivery.decisions import answered
from services.notifications.delivery.ending import State
from services.notifications.delivery.receipts import Receipt, Tracked, Tracking
from services.notifications.providers.protocol import AttemptState
from shared import bulk
from shared.contracts import Event
from shared.contracts.intake import ChannelKind, InteractionChanged, InteractionFact
from shared.contracts.notifications import Notification
from shared.database import WriteSession
from shared.handling import Fact, Reaction, Work
from shared.security.customer_links import masked

KEEP = timedelta(days=1)
"""Time that a receipt waits for the message it names; most name none of ours."""

_TRACKED = """
    SELECT a.*, n.customer_id, n.template, n.cause_id, n.once_for, n.commitment_id, n.case_id, n.attempts,
           n.state AS stands, n.reason AS message_reason
    FROM attempt a JOIN notification n ON n.id = a.notification_id
"""
_NAMED = text(f"{_TRACKED} WHERE a.provider_id = ANY(CAST(:ids AS text[])) ORDER BY n.id FOR UPDATE")
_LAST = text(f"{_TRACKED} WHERE n.id = :id AND a.number = n.attempts FOR UPDATE")
_ATTEMPTS = {
    "notification_id": "uuid",
    "number": "int",
    "state": "text",
    "accepted_at": "timestamptz",
    "delivered_at": "timestamptz",
    "read_at": "timestamptz",
    "failed_at": "timestamptz",
    "reason": "text",
    "stands": "text",
    "message_reason": "text",
}
_MOVE = text(f"""
    WITH u AS (SELECT * FROM {bulk.unnest(_ATTEMPTS)}),
    moved AS (
        UPDATE notification n SET state = u.stands, reason = u.message_reason FROM u
        WHERE n.id = u.notification_id AND n.attempts = u.number AND n.state <> u.stands)
    UPDATE attempt a SET state = u.state, accepted_at = u.accepted_at, delivered_at = u.delivered_at,
        read_at = u.read_at, failed_at = u.failed_at, reason = u.reason
    FROM u WHERE a.notification_id = u.notification_id AND a.number = u.number
""")
_EARLY = {
    "provider_id": "text",
    "fact": "text",
    "occurred_at": "timestamptz",
    "heard_at": "timestamptz",
    "reason": "text",
}
_WAIT = text(f"{bulk.insert('receipt', _EARLY)} ON CONFLICT DO NOTHING")
_TAKE_EARLY = text("""
    DELETE FROM receipt r USING (
        SELECT DISTINCT provider_id FROM receipt JOIN attempt a USING (provider_id) WHERE a.state <> 'handed'
        LIMIT 1000) k
    WHERE r.provider_id = k.provider_id RETURNING r.provider_id, r.fact, r.occurred_at, r.reason
""")
_FORGET = text("DELETE FROM receipt WHERE heard_at < :before")


async def _gather(session: WriteSession, facts: Sequence[Fact]) -> Tracking:
    """Loads and locks the attempts that these facts name."""
    named = (_receipt(fact.payload) for fact in facts)
    return await _tracking(session, {one.provider_id for one in named if one})


async def _write(session: WriteSession, picture: Tracking) -> None:
    """Stores the moved attempts with their messages, and what came too early."""
    if picture.moved:
        values = bulk.columns(picture.moved.values(), _ATTEMPTS)
        await session.execute(_MOVE, values)
    if picture.early:
        values = {
            "provider_id": [one.provider_id for one in picture.early],
            "fact": [one.fact.value for one in picture.early],
            "occurred_at": [one.at for one in picture.early],
            "heard_at": [session.now] * len(picture.early),
            "reason": [one.reason for one in picture.early],
        }
        await session.execute(_WAIT, values)


receipts = Reaction(_gather, _write)


@receipts.on(InteractionChanged)
def heard(picture: Tracking, work: Work, _: Event, changed: InteractionChanged) -> None:
    """A message fared well or badly. One that intake holds as a contact of its own is none of ours."""
    receipt = _receipt(changed)
    if receipt and not picture.take(work, receipt) and changed.interaction_id is None:
        picture.early.append(receipt)


async def take_early(session: WriteSession) -> None:
    """Takes the receipts whose message has come back since, and forgets those that have waited for too long."""
    rows = await session.execute(_TAKE_EARLY)
    waited = [Receipt(row.provider_id, InteractionFact(row.fact), row.occurred_at, row.reason) for row in rows]
    if waited:
        picture = await _tracking(session, {one.provider_id for one in waited})
        for one in sorted(waited, key=lambda one: one.at):
            picture.take(session, one)
        await _write(session, picture)
    await session.execute(_FORGET, {"before": session.now - KEEP})


async def take_for(session: WriteSession, notification_id: UUID, receipt: Receipt) -> None:
    """Moves the last attempt of a message as if a receipt had come for it."""
    picture = Tracking([])
    for row in await session.execute(_LAST, {"id": notification_id}):
        picture.move(session, _tracked(row), receipt)
    await _write(session, picture)


def _receipt(changed: InteractionChanged) -> Receipt | None:
    """The receipt in a fact; None where it says nothing of one message's delivery."""
    if changed.about is None:
        return None
    receipt = Receipt(changed.about, changed.fact, changed.occurred_at, changed.text and masked(changed.text)[:300])
    return receipt if receipt.is_about_delivery else None


async def _tracking(session: WriteSession, ids: Collection[str]) -> Tracking:
    if not ids:
        return Tracking([])
    return Tracking([_tracked(row) for row in await session.execute(_NAMED, {"ids": sorted(ids)})])


def _tracked(row: Row[Any]) -> Tracked:
    facts = Notification(
        customer_id=row.customer_id,
        notification_id=row.notification_id,
        template=row.template,
        cause_id=row.cause_id,
        commitment_id=row.commitment_id,
        case_id=row.case_id,
        interaction_id=answered(row.template, row.once_for, row.cause_id),
        language=row.language or "",
    )
    return Tracked(
        row.notification_id,
        row.number,
        row.provider,
        row.provider_id,
        ChannelKind(row.channel_kind),
        row.subject,
        row.text,
        AttemptState(row.state),
        row.accepted_at,
        row.delivered_at,
        row.read_at,
        row.failed_at,
        row.reason,
        State(row.stands),
        row.message_reason,
        row.attempts,
        facts,
    )
