"""A person's decision on a message of which nobody knew whether it left."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from services.notifications.delivery import tracking
from services.notifications.delivery.ending import State
from services.notifications.delivery.receipts import Receipt
from services.notifications.errors import NotificationNotFound, NotUnknown
from services.notifications.tables import Notification
from shared.contracts.intake import InteractionFact
from shared.database import WriteSession

# Of the version before, and of an event of ours that named no channel: there was nothing but mail then.
_ATTEMPT = text("""
    WITH n AS (
        UPDATE notification SET attempts = greatest(attempts, 1), attempts_kept = greatest(attempts, 1)
        WHERE id = :id RETURNING *)
    INSERT INTO attempt (notification_id, number, provider, form, channel_kind, address, language, subject, text,
                         state, begun_at)
    SELECT n.id, n.attempts, 'smtp', 'mail', coalesce(n.channel_kind, 'email'), n.address, n.language, n.subject,
           n.text, 'unknown', coalesce(n.handed_at, n.ended_at, n.created_at) FROM n
    ON CONFLICT (notification_id, number) DO UPDATE SET state = 'unknown' WHERE attempt.state = 'handed'
""")
_AGAIN = text("""
    WITH again AS (
        UPDATE notification SET state = 'pending', next_attempt_at = :now, ended_at = NULL, reason = :reason
        WHERE id = :id RETURNING id, attempts)
    UPDATE attempt a SET state = 'failed', failed_at = :now, reason = :reason FROM again
    WHERE a.notification_id = again.id AND a.number = again.attempts
""")


async def settle(session: WriteSession, id_: UUID, *, left: bool, by: str) -> None:
    """Takes an unknown message as sent, or has it sent again: at least once more, however often it was tried.

    Raises NotificationNotFound, NotUnknown.
    """
    row = await session.get(Notification, id_, with_for_update=True)
    if row is None:
        raise NotificationNotFound(id_)
    if row.state != State.UNKNOWN:
        raise NotUnknown(id_, row.state)
    await session.execute(_ATTEMPT, {"id": id_})
    if left:
        await tracking.take_for(session, id_, Receipt("", InteractionFact.SENT, session.now, f"it left, says {by}"))
    else:
        await session.execute(_AGAIN, {"id": id_, "now": session.now, "reason": f"it did not leave, says {by}"})
