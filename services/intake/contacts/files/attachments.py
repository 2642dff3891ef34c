"""Files that came with contacts: named at once, fetched later, handed out to staff alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import text

from services.intake.channels.items import Attachment
from services.intake.contacts.files.filenames import safe_name
from shared import bulk
from shared.contracts.intake import AttachmentFacts
from shared.database import ReadSession, WriteSession
from shared.ids import new_id

INLINE, WAITING, KEPT, REFUSED = "inline", "waiting", "kept", "refused"
"""Where its content is: in the raw request, at the provider still, with us; or nowhere, with the reason."""

_GIVEN = {
    "name": "text",
    "content_type": "text",
    "size": "bigint",
    "url": "text",
    "ref": "text",
    "part": "int",
    "in_text": "boolean",
}
"""The columns that hold what is told of an attachment."""
_TYPES = {
    "id": "uuid",
    "owner_id": "uuid",
    "position": "int",
    "channel": "text",
    "raw_id": "bigint",
    "status": "text",
    "next_at": "timestamptz",
    **_GIVEN,
}
_PUT = text(bulk.insert("attachment", _TYPES))
_OF = text("SELECT id, name, content_type, size, in_text FROM attachment WHERE owner_id = :owner ORDER BY position")

Files = tuple[UUID, str, int | None, Sequence[Attachment]]
"""(owner, channel, raw request, its attachments)."""


async def put(session: WriteSession, files: Sequence[Files]) -> Mapping[UUID, Sequence[AttachmentFacts]]:
    """Stores what is known of each, and says by owner what may be told.

    Whoever reads an event or the API may show a name or save a file under it: as the stranger wrote it, it stands in
    the raw request alone.
    """
    all_ = [
        (new_id(), owner, position, channel, raw_id, replace(one, name=told_name(one.name)))
        for owner, channel, raw_id, attachments in files
        for position, one in enumerate(attachments)
    ]
    if not all_:
        return {}
    await session.execute(
        _PUT,
        {
            "id": [id_ for id_, *_ in all_],
            "owner_id": [owner for _, owner, *_ in all_],
            "position": [position for _, _, position, *_ in all_],
            "channel": [channel for *_, channel, _, _ in all_],
            "raw_id": [raw_id for *_, raw_id, _ in all_],
            "status": [_status(a) for *_, a in all_],
            "next_at": [session.now if _status(a) == WAITING else None for *_, a in all_],
            **bulk.columns([a for *_, a in all_], _GIVEN),
        },
    )
    facts: dict[UUID, list[AttachmentFacts]] = {}
    for id_, owner, *_, a in all_:
        fact = AttachmentFacts(
            attachment_id=id_, name=a.name, content_type=a.content_type, size=a.size, in_text=a.in_text
        )
        facts.setdefault(owner, []).append(fact)
    return facts


def told_name(given: str | None) -> str | None:
    """A name without a path, control or direction signs and markup; None where there was none."""
    return safe_name(given) if given else None


def _status(attachment: Attachment) -> str:
    if attachment.part is not None:
        return INLINE
    return WAITING if attachment.url or attachment.ref else REFUSED


async def facts_of(session: ReadSession, owner: UUID) -> Sequence[AttachmentFacts]:
    rows = await session.execute(_OF, {"owner": owner})
    return [
        AttachmentFacts(
            attachment_id=row.id,
            name=told_name(row.name),
            content_type=row.content_type,
            size=row.size,
            in_text=row.in_text,
        )
        for row in rows
    ]
