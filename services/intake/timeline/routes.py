"""The API of the timeline: one customer's events of every service, in the order in which they happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import text

from services.intake.customers.merging import family_of
from services.intake.timeline import titles
from shared import paging
from shared.contracts import Event, UnknownEvent, as_newest, parse
from shared.database import ReadSession
from shared.paging import Cursor, Limit, Page
from shared.routing import Reading, router
from shared.security import Principal, require
from shared.security.customer_links import masked_event

routes: APIRouter = router("/intake/customers", tags=["timeline"])

# Each member of the family is read in the order of the index, and no further than a page.
_PAGE = """
    SELECT e.* FROM unnest(CAST(:family AS uuid[])) AS m (id) CROSS JOIN LATERAL (
        SELECT * FROM timeline_entry t
        WHERE t.customer_id = m.id AND (t.occurred_at, t.event_id) {after} (:at, :id)
        ORDER BY t.occurred_at {way}, t.event_id {way} LIMIT :limit) e
    ORDER BY e.occurred_at {way}, e.event_id {way} LIMIT :limit
"""
Order = Literal["oldest", "newest"]
_PAGES = {
    "oldest": text(_PAGE.format(after=">", way="ASC")),
    "newest": text(_PAGE.format(after="<", way="DESC")),
}
_STARTS: dict[str, tuple[datetime, UUID]] = {
    "oldest": (datetime.min.replace(tzinfo=UTC), UUID(int=0)),
    "newest": (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1)),
}


class Entry(BaseModel):
    """`occurred_at`: when it happened, by the provider's clock where there is one; `recorded_at`: by ours.

    `text` is the words in it; `data` is the event's payload, of the newest version of its type that there is.
    """

    event_id: UUID
    event_type: str
    source: str
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    sequence: int
    title: str
    text: str | None
    data: dict[str, Any]


async def page(
    session: ReadSession, family: Sequence[UUID], order: Order, cursor: str | None, limit: int
) -> Page[Entry]:
    at, id_ = paging.decode(cursor) if cursor else _STARTS[order]
    values = {"family": list(family), "at": at, "id": id_, "limit": limit + 1}
    rows = (await session.execute(_PAGES[order], values)).all()
    items = [_entry(row) for row in rows[:limit]]
    following = paging.encode(items[-1].occurred_at, items[-1].event_id) if len(rows) > limit else None
    return Page(items=items, next=following)


def _entry(row: Any) -> Entry:
    said = masked_event(row.data).encode()
    event = Event(row.event_id, row.type, row.source, str(row.customer_id), row.recorded_at, row.sequence, said)
    try:
        event = as_newest(event)
        payload = parse(event)
        title, words = titles.title(payload), titles.text(payload)
    except UnknownEvent:
        title, words = row.type, None
    return Entry(
        event_id=row.event_id,
        event_type=event.type,
        source=row.source,
        customer_id=row.customer_id,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        sequence=row.sequence,
        title=title,
        text=words,
        data=json.loads(event.data),
    )


@routes.get("/{id}/timeline")
async def timeline(
    id: UUID,  # noqa: A002
    session: Reading,
    _: Annotated[Principal, Depends(require("intake:read"))],
    order: Annotated[Order, Query(description="Which end to begin at.")] = "newest",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Entry]:
    """Everything between this customer and us, under whatever handle, from whatever service."""
    return await page(session, await family_of(session, id), order, cursor, limit)
