"""What programs and staff may ask: which messages there are, and how each fared."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select, tuple_

from services.notifications.composing import Kind
from services.notifications.decisions import State
from services.notifications.tables import Notification
from shared import paging
from shared.paging import Cursor, Limit, Page
from shared.routing import Reading, router
from shared.security import require

notifications = router("/notifications", tags=["notifications"])


class NotificationView(BaseModel):
    """`subject` and `text` are what the customer reads, once it has been composed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    template: str
    cause_id: UUID
    commitment_id: UUID | None
    case_id: UUID | None
    state: State
    channel_kind: str | None
    language: str | None
    address: str | None
    subject: str | None
    text: str | None
    attempts: int
    reason: str | None
    created_at: datetime
    next_attempt_at: datetime
    ended_at: datetime | None


@notifications.get("", dependencies=[Depends(require("notifications:read"))])
async def list_notifications(
    session: Reading,
    customer_id: UUID | None = None,
    commitment_id: UUID | None = None,
    state: State | None = None,
    template: Kind | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[NotificationView]:
    """The newest first."""
    query = select(Notification).order_by(col(Notification.created_at).desc(), col(Notification.id).desc())
    filters = {"customer_id": customer_id, "commitment_id": commitment_id, "state": state, "template": template}
    query = query.filter_by(**{name: value for name, value in filters.items() if value is not None})
    if cursor is not None:
        query = query.where(tuple_(Notification.created_at, Notification.id) < paging.decode(cursor))
    found = (await session.exec(query.limit(limit + 1))).all()
    items = [NotificationView.model_validate(row) for row in found[:limit]]
    more = len(found) > limit
    return Page(items=items, next=paging.encode(items[-1].created_at, items[-1].id) if more else None)
