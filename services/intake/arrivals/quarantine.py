"""Raw requests that could not be read: listed with their reasons, and replayed after a fix."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlmodel import col, select, tuple_

from services.intake.arrivals.raw import Raw, wait_again
from services.intake.channels.setup.settings import note
from services.intake.errors import NotInQuarantine
from services.intake.state import Here
from services.intake.tables import Quarantined
from shared import paging
from shared.database import WriteSession
from shared.ids import new_id
from shared.paging import Cursor, Limit, Page
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/quarantine", tags=["quarantine"])

_PUT = text("""
    INSERT INTO quarantine (id, raw_id, channel, reason, at) VALUES (:id, :raw_id, :channel, :reason, :at)
""")


_RELEASE = text("""
    UPDATE quarantine SET replayed_at = :at
    WHERE replayed_at IS NULL AND (CAST(:channel AS text) IS NULL OR channel = :channel) RETURNING raw_id, channel
""")


class QuarantineOut(BaseModel):
    id: UUID
    raw_id: int
    channel: str
    reason: str
    at: datetime


class Replayed(BaseModel):
    id: UUID
    raw_id: int
    status: str = "waiting"


class Release(BaseModel):
    """Without a channel: of all channels."""

    channel: str | None = Field(None, max_length=63)


class Released(BaseModel):
    count: int


async def put(session: WriteSession, raw: Raw, reason: str) -> None:
    values = {"id": new_id(), "raw_id": raw.id, "channel": raw.channel, "reason": reason[:1000], "at": session.now}
    await session.execute(_PUT, values)


async def release(session: WriteSession, channel: str | None = None, *, by: str) -> int:
    """Everything that waits for a fix is read again. Returns how many raw requests that is."""
    released = await session.execute(_RELEASE, {"channel": channel, "at": session.now})
    rows = {(row.raw_id, row.channel) for row in released}
    for raw_id, _ in sorted(rows):
        await wait_again(session, raw_id)
    for name, count in sorted(Counter(name for _, name in rows).items()):
        note(session, name, by, f"{count} quarantined requests read again")
    return len(rows)


@routes.get("")
async def list_quarantine(
    session: Reading,
    _: Annotated[Principal, Depends(require("intake:read"))],
    channel: Annotated[str | None, Query(max_length=63)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[QuarantineOut]:
    """What waits for a fix, oldest first."""
    query = select(Quarantined).where(col(Quarantined.replayed_at).is_(None))
    if channel is not None:
        query = query.where(Quarantined.channel == channel)
    if cursor:
        query = query.where(tuple_(Quarantined.at, Quarantined.id) > tuple_(*paging.decode(cursor)))
    query = query.order_by(col(Quarantined.at), col(Quarantined.id)).limit(limit + 1)
    rows = (await session.exec(query)).all()
    items = [QuarantineOut(**row.model_dump()) for row in rows[:limit]]
    return Page(items=items, next=paging.encode(items[-1].at, items[-1].id) if len(rows) > limit else None)


@routes.post("/replay", status_code=202)
async def replay_all(
    what: Release, session: Writing, who: Annotated[Principal, Depends(require("intake:write"))]
) -> Released:
    """Reads all of them again, after a fix. What of them was filed already stays as it is."""
    return Released(count=await release(session, what.channel, by=who.subject))


@routes.post("/{id}/replay", status_code=202)
async def replay(
    id: UUID,  # noqa: A002
    session: Writing,
    here: Here,
    who: Annotated[Principal, Depends(require("intake:write"))],
) -> Replayed:
    """Reads the raw request again. What of it was filed already stays as it is."""
    row = await session.get(Quarantined, id, with_for_update=True)
    if row is None or row.replayed_at is not None:
        raise NotInQuarantine("there is nothing to replay under this id")
    row.replayed_at = session.now
    session.add(row)
    await wait_again(session, row.raw_id)
    note(session, row.channel, who.subject, f"request {row.raw_id} read again")
    return Replayed(id=row.id, raw_id=row.raw_id)
