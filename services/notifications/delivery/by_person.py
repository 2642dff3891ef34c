"""A person's word on a message of which nobody knew whether it left."""

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

_AGAIN = text("""
    WITH again AS (
        UPDATE notification SET state = 'pending', next_attempt_at = :now, ended_at = NULL, reason = :reason
        WHERE id = :id RETURNING id, attempts)
    UPDATE attempt a SET state = 'failed', failed_at = :now, reason = :reason FROM again
    WHERE a.notification_id = again.id AND a.number = again.attempts
""")


async def settle(session: WriteSession, id_: UUID, *, left: bool, by: str) -> None:
    """Takes it as sent, or sends it again. Raises NotificationNotFound, NotUnknown."""
    row = await session.get(Notification, id_, with_for_update=True)
    if row is None:
        raise NotificationNotFound(id_)
    if row.state != State.UNKNOWN:
        raise NotUnknown(id_, row.state)
    if left:
        await tracking.take_for(session, id_, Receipt("", InteractionFact.SENT, session.now, f"it left, says {by}"))
    else:
        await session.execute(_AGAIN, {"id": id_, "now": session.now, "reason": f"it did not leave, says {by}"})
