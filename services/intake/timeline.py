"""The timeline: every event of every service, by customer, in the order in which things happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import text

from services.intake import titles
from services.intake.family import family_of
from shared import paging
from shared.contracts import Event, UnknownEvent, parse, payload_class
from shared.database import ReadSession, WriteSession
from shared.paging import Cursor, Limit, Page
from shared.routing import Reading, router
from shared.security import Principal, require

routes: APIRouter = router("/intake/customers", tags=["timeline"])

TOPICS = ("kept.intake", "kept.commitments", "kept.notifications", "kept.feedback")

_PROJECT = text("""
    INSERT INTO timeline_entry (event_id, customer_id, occurred_at, recorded_at, source, type, sequence, data)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:customers AS uuid[]), CAST(:occurred AS timestamptz[]),
                         CAST(:recorded AS timestamptz[]), CAST(:sources AS text[]), CAST(:types AS text[]),
                         CAST(:sequences AS bigint[]), CAST(:data AS text[]))
    ON CONFLICT (event_id) DO NOTHING
""")
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

    `text` is the words in it; `data` is the event's payload.
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


async def project(session: WriteSession, events: Sequence[Event]) -> None:
    """A BatchHandler. Raises UnknownEvent for what is not in the contracts, so that it is parked."""
    payloads = [parse(e) for e in events]
    columns = {
        "ids": [e.id for e in events],
        "customers": [p.customer_id for p in payloads],
        "occurred": [getattr(p, "occurred_at", e.time) for p, e in zip(payloads, events, strict=True)],
        "recorded": [e.time for e in events],
        "sources": [e.source for e in events],
        "types": [e.type for e in events],
        "sequences": [e.sequence for e in events],
        "data": [e.data.decode() for e in events],
    }
    await session.execute(_PROJECT, columns)


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
    try:
        payload = payload_class(row.type).model_validate_json(row.data)
        title, words = titles.title(payload), titles.text(payload)
    except (UnknownEvent, ValueError):
        title, words = row.type, None
    return Entry(
        event_id=row.event_id,
        event_type=row.type,
        source=row.source,
        customer_id=row.customer_id,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        sequence=row.sequence,
        title=title,
        text=words,
        data=json.loads(row.data),
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
