"""Receipts as intake tells them: the attempts they name are loaded and locked, moved, and stored, a batch at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.notifications.delivery import early
from services.notifications.delivery.ending import State
from services.notifications.delivery.receipts import Receipt, Tracked, Tracking
from services.notifications.delivery.waiting import answered
from services.notifications.providers.handover import AttemptState
from shared import bulk
from shared.contracts import Event
from shared.contracts.intake import ChannelKind, InteractionChanged
from shared.contracts.notifications import Notification
from shared.database import WriteSession
from shared.handling import Fact, Reaction, Work
from shared.security.customer_links import masked

# The message first, then its attempts, as everywhere: whoever has the one waits for nobody with the other.
_TRACKED = """
    WITH n AS MATERIALIZED (SELECT * FROM notification WHERE {which} ORDER BY id FOR UPDATE)
    SELECT a.*, n.customer_id, n.template, n.cause_id, n.once_for, n.commitment_id, n.case_id, n.attempts,
           n.state AS message_state, n.reason AS message_reason
    FROM n JOIN attempt a ON a.notification_id = n.id WHERE {attempts} FOR UPDATE OF a
"""
_THESE = "provider_id = ANY(CAST(:ids AS text[]))"
_NAMED = text(
    _TRACKED.format(which=f"id IN (SELECT notification_id FROM attempt WHERE {_THESE})", attempts=f"a.{_THESE}")
)
_LAST = text(_TRACKED.format(which="id = :id", attempts="a.number = n.attempts"))
_ATTEMPTS = {
    "notification_id": "uuid",
    "number": "int",
    "state": "text",
    "accepted_at": "timestamptz",
    "delivered_at": "timestamptz",
    "read_at": "timestamptz",
    "failed_at": "timestamptz",
    "reason": "text",
    "message_state": "text",
    "message_reason": "text",
}
_MOVE = text(f"""
    WITH u AS (SELECT * FROM {bulk.unnest(_ATTEMPTS)}),
    moved AS (
        UPDATE notification n SET state = u.message_state, reason = u.message_reason, ended_at = :now FROM u
        WHERE n.id = u.notification_id AND n.attempts = u.number AND n.state <> u.message_state)
    UPDATE attempt a SET state = u.state, accepted_at = u.accepted_at, delivered_at = u.delivered_at,
        read_at = u.read_at, failed_at = u.failed_at, reason = u.reason
    FROM u WHERE a.notification_id = u.notification_id AND a.number = u.number
""")


async def _gather(session: WriteSession, facts: Sequence[Fact]) -> Tracking:
    """Loads and locks the attempts that these facts name."""
    named = (_receipt(fact.payload) for fact in facts)
    return await _tracking(session, {one.provider_id for one in named if one})


async def _write(session: WriteSession, picture: Tracking) -> None:
    """Stores the moved attempts with their messages, and what came too early."""
    if picture.moved:
        values = bulk.columns(picture.moved.values(), _ATTEMPTS)
        await session.execute(_MOVE, values | {"now": session.now})
    await early.wait(session, picture.early)


receipts = Reaction(_gather, _write)


@receipts.on(InteractionChanged)
def heard(picture: Tracking, work: Work, _: Event, changed: InteractionChanged) -> None:
    """Takes a receipt. One about a message that intake holds as a contact of its own is about none of ours."""
    receipt = _receipt(changed)
    if receipt and not picture.take(work, receipt) and changed.interaction_id is None:
        picture.early.append(receipt)


async def take_early(session: WriteSession) -> int:
    """Takes a piece of the receipts whose message has come back since. Returns how many messages they name."""
    waited = await early.take(session)
    ids = {one.provider_id for one in waited}
    picture = await _tracking(session, ids)
    picture.early += [one for one in waited if not picture.take(session, one)]
    await _write(session, picture)
    return len(ids)


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
        row.begun_at,
        row.accepted_at,
        row.delivered_at,
        row.read_at,
        row.failed_at,
        row.reason,
        State(row.message_state),
        row.message_reason,
        row.attempts,
        facts,
    )
