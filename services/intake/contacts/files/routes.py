"""The API of attachments for staff: facts, content, and asking for one again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel
from sqlalchemy import text

from services.intake.channels import provider
from services.intake.channels.registry import providers
from services.intake.contacts.files.attachments import INLINE, KEPT, REFUSED, WAITING, told_name
from services.intake.contacts.files.filenames import disposition, served_type
from services.intake.errors import AttachmentNotHere, NoSuchAttachment
from services.intake.state import Here, Intake
from shared.database import ReadSession
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/attachments", tags=["attachments"])

Reader = Annotated[Principal, Depends(require("intake:read"))]

_FIELDS = "id, owner_id, channel, name, content_type, size, status, reason"
_ONE = text(f"SELECT {_FIELDS}, raw_id, part, url, ref FROM attachment WHERE id = :id")
_OF = text(f"""
    SELECT {_FIELDS} FROM attachment WHERE owner_id = ANY(CAST(:owners AS uuid[]))
    ORDER BY array_position(CAST(:owners AS uuid[]), owner_id), position
""")
_CONTENT = text("SELECT content FROM attachment WHERE id = :id")
_RAW = text("""
    SELECT r.path, r.headers, r.body, r.method, c.provider
    FROM raw_request r JOIN channel c ON c.name = r.channel WHERE r.id = :id
""")
_ASK_AGAIN = text("""
    UPDATE attachment SET status = 'waiting', reason = NULL, attempts = 0, next_at = :now
    WHERE id = :id AND status = 'refused' AND (url IS NOT NULL OR ref IS NOT NULL) RETURNING id
""")

NOWHERE = "nobody said where it can be fetched"
WHY_NOT = {WAITING: "it is still to be fetched from the provider", INLINE: "it is no longer in the request it came in"}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}
"""Whatever it is, it runs nowhere, looks like nothing else, and stays in nobody's cache."""


class AttachmentOut(BaseModel):
    """`inline`: it lies in the request it came in; `waiting`: it is still with the provider; `reason`: why not here."""

    id: UUID
    owner_id: UUID
    name: str | None
    content_type: str | None
    size: int | None
    status: Literal["inline", "waiting", "kept", "refused"]
    reason: str | None


async def of(session: ReadSession, owners: Sequence[UUID]) -> list[AttachmentOut]:
    """Those that came with contacts or facts, in their order."""
    return [_out(row) for row in await session.execute(_OF, {"owners": list(owners)})]


def _out(row: object) -> AttachmentOut:
    found = AttachmentOut.model_validate(row, from_attributes=True)
    found.name = told_name(found.name)  # stored before, it is as the stranger wrote it
    if found.status == REFUSED and found.reason is None:
        found.reason = NOWHERE
    return found


@routes.get("/{id}")
async def get_attachment(
    id: UUID,  # noqa: A002
    session: Reading,
    _: Reader,
) -> AttachmentOut:
    return _out(await _found(session, id))


@routes.get("/{id}/content", response_class=Response)
async def get_content(
    id: UUID,  # noqa: A002
    session: Reading,
    here: Here,
    _: Reader,
) -> Response:
    """Always to be saved, never to be shown: 409 where it is not here, with the reason."""
    row = await _found(session, id)
    content_type, content = row.content_type, None
    if row.status == KEPT:
        content = (await session.execute(_CONTENT, {"id": id})).scalar_one()
    elif row.status == INLINE and (inside := await _inside(session, here, row.raw_id, row.part)):
        content_type, content = inside
    if content is None:
        known = _out(row)
        reason = known.reason or WHY_NOT.get(known.status, NOWHERE)
        raise AttachmentNotHere(f"the content is not here: {reason}", state=known.status, reason=reason)
    headers = {
        **HEADERS,
        "Content-Type": served_type(content_type),
        "Content-Disposition": disposition(row.name),
    }
    return Response(content, headers=headers)


async def _inside(session: ReadSession, here: Intake, raw_id: int | None, part: int) -> tuple[str, bytes] | None:
    """Taken out of the raw request, as the provider's module that found it there does."""
    raw = (await session.execute(_RAW, {"id": raw_id})).one_or_none()
    found = providers().get(raw.provider) if raw else None
    if raw is None or found is None:
        return None
    request = provider.Request(here.public(raw.path), json.loads(raw.headers), raw.body, raw.method)
    try:
        return await asyncio.to_thread(found.extract, request, part)
    except provider.Unreadable:
        return None


@routes.post("/{id}/fetch", status_code=202)
async def fetch_again(
    id: UUID,  # noqa: A002
    session: Writing,
    _: Annotated[Principal, Depends(require("intake:write"))],
) -> AttachmentOut:
    """Asks the provider again for what was refused, as after a new access token. 409 where nothing was refused."""
    row = await _found(session, id)
    asked = await session.execute(_ASK_AGAIN, {"id": id, "now": session.now})
    if asked.first() is None:
        known = _out(row)
        raise AttachmentNotHere(
            f"there is nothing to ask again: {known.reason or f'it is {known.status}'}",
            state=known.status,
            reason=known.reason,
        )
    return _out(await _found(session, id))


async def _found(session: ReadSession, id_: UUID) -> Any:
    row = (await session.execute(_ONE, {"id": id_})).one_or_none()
    if row is None:
        raise NoSuchAttachment("there is no such attachment")
    return row
