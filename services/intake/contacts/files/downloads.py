"""Downloads of attachments, after their contact is on the timeline, with the channel's own token.

What is refused keeps the reason, which holds neither an address nor a credential; `POST .../fetch` asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import text

from services.intake.channels.items import Attachment
from services.intake.channels.provider import Download, NoDownload
from services.intake.channels.setup.directory import Line
from services.intake.contacts.files.filenames import UNSAID, media_type
from services.intake.errands import CLAIM, NotNow, Refused, check_status, keep_busy, next_try
from services.intake.settings import IntakeSettings
from services.intake.state import Intake
from shared.database import Database
from shared.outbound import Failed, Forbidden, Outbound, TooBig

if TYPE_CHECKING:
    from shared.service import Workplace

log = structlog.get_logger()

SECONDS = 60.0
"""Of one request."""
STEPS = 3
"""Requests that a provider may need before the content itself."""
STEP_LIMIT = 1024 * 1024
HOPS = 3

_CLAIM = text("""
    WITH due AS (SELECT id FROM attachment WHERE next_at <= :now ORDER BY next_at LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE attachment a SET attempts = a.attempts + 1, next_at = :until FROM due WHERE a.id = due.id
    RETURNING a.id, a.channel, a.attempts, a.name, a.content_type, a.size, a.url, a.ref
""")
_KEEP = text("""
    UPDATE attachment SET status = 'kept', content = :content, sha256 = :sha256, size = :size,
        content_type = :content_type, stored_at = :now, reason = NULL, next_at = NULL
    WHERE id = :id AND status = 'waiting'
""")
_REFUSE = text("""
    UPDATE attachment SET status = 'refused', reason = :reason, next_at = NULL WHERE id = :id AND status = 'waiting'
""")
_WAIT = text("UPDATE attachment SET next_at = :next_at WHERE id = :id AND status = 'waiting'")


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed attachment. `attempts` counts this one; `line` None: its channel is no longer there."""

    id: UUID
    channel: str
    line: Line | None
    attempts: int
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class Brought:
    content_type: str
    content: bytes


def settled_type(answered: str | None, told: str | None) -> str:
    """What the answer says; where it says nothing, what the provider told us with the contact."""
    said = media_type(answered)
    return said if said and said != UNSAID else media_type(told) or UNSAID


def is_wanted(content_type: str, wanted: Sequence[str]) -> bool:
    """`wanted` holds types, and `image/*` for all of a kind."""
    return any(
        content_type.startswith(one[:-1]) if one.endswith("/*") else content_type == one
        for one in (name.strip().lower() for name in wanted)
    )


async def bring(outbound: Outbound, line: Line, attachment: Attachment, settings: IntakeSettings) -> Brought:
    """Raises Refused, NotNow."""
    if line.secrets is None:
        raise NotNow("this channel cannot open its access token at present")
    limit = settings.attachment_limit
    if attachment.size is not None and attachment.size > limit:
        raise Refused(f"it is longer than {limit} bytes")
    try:
        download = line.provider.locate(attachment, line.access_token)
        for _ in range(STEPS):
            if download.then is None:
                break
            download = download.then(await _get(outbound, download, STEP_LIMIT))
        return await _content(outbound, download, attachment, settings)
    except (NoDownload, Forbidden, TooBig) as error:
        raise Refused(str(error)) from error
    except Failed as error:
        raise NotNow(str(error)) from error


async def _get(outbound: Outbound, download: Download, limit: int) -> bytes:
    answer = await outbound.get(download.url, headers=download.headers, limit=limit, seconds=SECONDS, hops=HOPS)
    check_status(answer.status)
    return answer.body


async def _content(outbound: Outbound, download: Download, attachment: Attachment, settings: IntakeSettings) -> Brought:
    limit = settings.attachment_limit
    answer = await outbound.get(download.url, headers=download.headers, limit=limit, seconds=SECONDS, hops=HOPS)
    check_status(answer.status)
    content_type = settled_type(answer.headers.get("content-type"), attachment.content_type)
    if not is_wanted(content_type, settings.attachment_types):
        raise Refused(f"files of the type {content_type} are not kept")
    return Brought(content_type, answer.body)


class Downloads:
    def __init__(self, intake: Intake, database: Database) -> None:
        self._intake, self._database = intake, database

    async def claim(self, most: int) -> Sequence[Due]:
        """Some that are due, nobody else's for a while."""
        async with self._database.write() as session:
            values = {"now": session.now, "until": session.now + CLAIM, "most": most}
            rows = (await session.execute(_CLAIM, values)).all()
            lines = await self._intake.directory.read(session) if rows else {}
        return [
            Due(
                row.id,
                row.channel,
                lines.get(row.channel),
                row.attempts,
                Attachment(row.name, row.content_type, row.size, row.url, row.ref),
            )
            for row in rows
        ]

    async def work(self, due: Due) -> None:
        try:
            await self._keep(due, await self._brought(due))
        except Refused as refused:
            await self._refuse(due, str(refused))
        except NotNow as trouble:
            await self._postpone(due, str(trouble))

    async def _brought(self, due: Due) -> Brought:
        if due.line is None:
            raise Refused("its channel is no longer there")
        try:
            return await bring(self._intake.outbound, due.line, due.attachment, self._intake.settings)
        except (Refused, NotNow):
            raise
        except Exception as error:  # a fault of ours: the others are not held up, and nothing of the request is logged
            log.error("attachment.fault", channel=due.channel, id=str(due.id), error=type(error).__name__)
            raise NotNow("it could not be asked for") from error

    async def _keep(self, due: Due, brought: Brought) -> None:
        async with self._database.write() as session:
            await session.execute(
                _KEEP,
                {
                    "id": due.id,
                    "content": brought.content,
                    "sha256": sha256(brought.content).digest(),
                    "size": len(brought.content),
                    "content_type": brought.content_type,
                    "now": session.now,
                },
            )
        log.info("attachment.kept", channel=due.channel, id=str(due.id), size=len(brought.content))

    async def _refuse(self, due: Due, reason: str) -> None:
        async with self._database.write() as session:
            await session.execute(_REFUSE, {"id": due.id, "reason": reason})
        log.warning("attachment.refused", channel=due.channel, id=str(due.id), reason=reason)

    async def _postpone(self, due: Due, reason: str) -> None:
        again = next_try(due.attempts, self._intake.clock.now())
        log.info("attachment.not_yet", channel=due.channel, id=str(due.id), attempts=due.attempts, reason=reason)
        if again is None:
            await self._refuse(due, f"it could not be fetched: {reason}")
            return
        async with self._database.write() as session:
            await session.execute(_WAIT, {"id": due.id, "next_at": again})


async def run(intake: Intake, workplace: Workplace, stop: asyncio.Event) -> None:
    """The loop. Any number of workers may run it beside each other."""
    downloads = Downloads(intake, workplace.database)
    await keep_busy(stop, downloads.claim, downloads.work)
