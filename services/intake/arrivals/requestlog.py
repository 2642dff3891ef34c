"""The log of a channel's last requests: time, size and outcome. An accepted one can be read again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query
from fastapi import Path as PathParam
from pydantic import BaseModel
from sqlalchemy import text

from services.intake.arrivals.raw import wait_again
from services.intake.channels.setup.settings import note
from services.intake.errors import NoSuchChannel, NoSuchRequest
from services.intake.tables import Channel
from shared.database import ReadSession, WriteSession
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/channels/{name}/requests", tags=["channels"])

NEWEST = 20_000
"""Among so many of the installation's newest requests a channel's own are looked for."""

_ACCEPTED = text("""
    SELECT r.id, r.received_at AS at, length(r.body) AS size, q.reason,
           CASE WHEN w.id IS NOT NULL THEN 'waiting' WHEN q.reason IS NOT NULL THEN 'quarantined' ELSE 'read' END
           AS verdict
    FROM raw_request r
    LEFT JOIN raw_waiting w ON w.id = r.id
    LEFT JOIN LATERAL (
        SELECT reason FROM quarantine WHERE raw_id = r.id AND replayed_at IS NULL ORDER BY at DESC LIMIT 1
    ) q ON true
    WHERE r.id > (SELECT max(id) FROM raw_request) - :newest AND r.channel = :name
    ORDER BY r.id DESC LIMIT :limit
""")
_REFUSED = text("""
    SELECT reason, count, last_at AS at FROM channel_refusal WHERE channel = :name ORDER BY last_at DESC LIMIT :limit
""")
_OF_CHANNEL = text("SELECT 1 FROM raw_request WHERE id = :id AND channel = :name")
_RELEASED = text("UPDATE quarantine SET replayed_at = :at WHERE raw_id = :id AND replayed_at IS NULL")


class Verdict(StrEnum):
    READ = "read"
    WAITING = "waiting"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


class LoggedRequest(BaseModel):
    """A request, `size` in bytes; or, refused, all of one `reason`: their `count`, and the time of the last."""

    at: datetime
    verdict: Verdict
    id: int | None = None
    size: int | None = None
    reason: str | None = None
    count: int = 1


class ReadAgain(BaseModel):
    id: int
    verdict: Verdict = Verdict.WAITING


async def last_of(session: ReadSession, name: str, limit: int) -> list[LoggedRequest]:
    """The newest first. Raises NoSuchChannel."""
    await _must_exist(session, name)
    accepted = await session.execute(_ACCEPTED, {"name": name, "newest": NEWEST, "limit": limit})
    found = [LoggedRequest(**row._mapping) for row in accepted]
    refused = await session.execute(_REFUSED, {"name": name, "limit": limit})
    found += [LoggedRequest(verdict=Verdict.REFUSED, **row._mapping) for row in refused]
    return sorted(found, key=lambda one: (one.at, one.id or 0), reverse=True)[:limit]


async def read_again(session: WriteSession, name: str, id: int, *, by: str) -> None:  # noqa: A002
    """What of it was filed already stays as it is. Raises NoSuchChannel, NoSuchRequest."""
    await _must_exist(session, name)
    if (await session.execute(_OF_CHANNEL, {"id": id, "name": name})).first() is None:
        raise NoSuchRequest(f"channel {name!r} has accepted no request {id}")
    await session.execute(_RELEASED, {"id": id, "at": session.now})
    await wait_again(session, id)
    note(session, name, by, f"request {id} read again")


async def _must_exist(session: ReadSession, name: str) -> None:
    if await session.get(Channel, name) is None:
        raise NoSuchChannel(f"there is no channel {name!r}")


@routes.get("")
async def channel_requests(
    name: str,
    session: Reading,
    _: Annotated[Principal, Depends(require("intake:read"))],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[LoggedRequest]:
    """The last requests of a channel, the newest first; refused ones by their reason."""
    return await last_of(session, name, limit)


@routes.post("/{id}/replay", status_code=202)
async def replay_request(
    name: str,
    id: Annotated[int, PathParam(ge=1, le=2**63 - 1)],  # noqa: A002
    session: Writing,
    who: Annotated[Principal, Depends(require("intake:write"))],
) -> ReadAgain:
    """Reads an accepted request again. What of it was filed already stays as it is."""
    await read_again(session, name, id, by=who.subject)
    return ReadAgain(id=id)
