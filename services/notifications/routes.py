"""Routes for programs and staff: which messages there are, and how each fared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select, tuple_

from services.notifications.delivery import by_person
from services.notifications.delivery.ending import State
from services.notifications.delivery.waiting import answered
from services.notifications.messages.details import Kind
from services.notifications.providers.handover import AttemptState
from services.notifications.providers.protocol import Form
from services.notifications.tables import Attempt, Notification
from shared import paging
from shared.contracts.intake import ChannelKind
from shared.database import ReadSession
from shared.paging import Cursor, Limit, Page
from shared.routing import Reading, Writing, router
from shared.security import Principal, require
from shared.security.customer_links import masked

notifications = router("/notifications", tags=["notifications"])


class AttemptView(BaseModel):
    """One hand-over of a message to a provider. `number` counts from 1; `provider_id` is what receipts name.

    `account` and `address` are null where they are not known any more.
    """

    model_config = ConfigDict(from_attributes=True)

    number: int
    provider: str
    account: str | None
    form: Form
    channel_kind: ChannelKind
    address: str | None
    language: str | None
    provider_id: str | None
    state: AttemptState
    begun_at: datetime
    accepted_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    reason: str | None


class NotificationView(BaseModel):
    """A message to a customer. `history` holds its attempts, the first one first.

    `channel_kind`, `language`, `address`, `subject` and `text` are of the last attempt: what the customer reads.
    `interaction_id`: of an acknowledgement, the contact that it answers; `reason` is why a contact has got none.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    template: str
    cause_id: UUID
    commitment_id: UUID | None
    case_id: UUID | None
    interaction_id: UUID | None = None
    state: State
    channel_kind: str | None = None
    language: str | None = None
    address: str | None = None
    subject: str | None = None
    text: str | None = None
    attempts: int
    reason: str | None
    created_at: datetime
    next_attempt_at: datetime
    ended_at: datetime | None
    history: list[AttemptView] = []


@notifications.get("", dependencies=[Depends(require("notifications:read"))])
async def list_notifications(
    session: Reading,
    customer_id: UUID | None = None,
    commitment_id: UUID | None = None,
    interaction_id: UUID | None = None,
    state: State | None = None,
    template: Kind | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[NotificationView]:
    """Lists messages, the newest first."""
    query = select(Notification).order_by(col(Notification.created_at).desc(), col(Notification.id).desc())
    filters = {"customer_id": customer_id, "commitment_id": commitment_id, "state": state, "template": template}
    if interaction_id is not None:
        query = query.filter_by(once_for=interaction_id, template=Kind.ACKNOWLEDGEMENT.value)
    query = query.filter_by(**{name: value for name, value in filters.items() if value is not None})
    if cursor is not None:
        query = query.where(tuple_(Notification.created_at, Notification.id) < paging.decode(cursor))
    found = (await session.exec(query.limit(limit + 1))).all()
    tried = await _attempts(session, [row.id for row in found[:limit]])
    items = [_view(row, tried[row.id]) for row in found[:limit]]
    more = len(found) > limit
    return Page(items=items, next=paging.encode(items[-1].created_at, items[-1].id) if more else None)


class Settlement(BaseModel):
    """A person's decision on a message that is unknown: whether it left."""

    left: bool


@notifications.post("/{id}/settle")
async def settle(
    id: UUID,  # noqa: A002
    settlement: Settlement,
    session: Writing,
    who: Annotated[Principal, Depends(require("notifications:write"))],
) -> NotificationView:
    """Settles a message that is unknown: it left, or it is sent again. Raises NotificationNotFound, NotUnknown."""
    await by_person.settle(session, id, left=settlement.left, by=who.subject)
    row = (await session.exec(select(Notification).filter_by(id=id).execution_options(populate_existing=True))).one()
    return _view(row, (await _attempts(session, [id]))[id])


async def _attempts(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
    query = select(Attempt).where(col(Attempt.notification_id).in_(ids)).order_by(col(Attempt.number))
    found: dict[UUID, list[Attempt]] = defaultdict(list)
    for attempt in (await session.exec(query)).all():
        found[attempt.notification_id].append(attempt)
    return found


def _view(row: Notification, attempts: Sequence[Attempt]) -> NotificationView:
    """A message with its attempts as it is shown: links in texts of before are named too."""
    shown = NotificationView.model_validate(row)
    shown.interaction_id = answered(row.template, row.once_for, row.cause_id)
    shown.reason = shown.reason and masked(shown.reason)
    shown.history = [AttemptView.model_validate(one) for one in attempts]
    for one in shown.history:
        one.reason = one.reason and masked(one.reason)
    if attempts:
        last = attempts[-1]
        shown.channel_kind, shown.language, shown.address = last.channel_kind, last.language, last.address
        shown.subject, shown.text = (said and masked(said) for said in (last.subject, last.text))
    return shown
