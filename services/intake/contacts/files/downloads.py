"""Downloads of attachments, after their contact is on the timeline, with the channel's own token.

What is refused keeps the reason, which holds neither an address nor a credential; `POST .../fetch` asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import structlog
from sqlalchemy import text

from services.intake.channels.items import Attachment
from services.intake.channels.provider import Download, NoDownload
from services.intake.channels.setup.directory import Line
from services.intake.contacts.files.filenames import UNSAID, media_type
from services.intake.errands import AT_ONCE, CLAIM, GRACE, PAUSES, NotNow, Refused, check_status
from services.intake.settings import IntakeSettings
from services.intake.state import Intake
from shared.database import WriteSession
from shared.outbound import Failed, Forbidden, Outbound, TooBig
from shared.work import Worker
from shared.work.claims import claim

log = structlog.get_logger()

SECONDS = 60.0
"""Of one request."""
STEPS = 3
"""Requests that a provider may need before the content itself."""
STEP_LIMIT = 1024 * 1024
HOPS = 3

_CLAIM = text(claim("attachment", "id", ("id", "channel", "attempts", "name", "content_type", "size", "url", "ref")))
_KEEP = text("""
    UPDATE attachment SET status = 'kept', content = :content, sha256 = :sha256, size = :size,
        content_type = :content_type, stored_at = :now, reason = NULL, next_at = NULL
    WHERE id = :id AND status = 'waiting'
""")
# Whoever took longer than their claim says nothing of what is another's by now.
_REFUSE = text("""
    UPDATE attachment SET status = 'refused', reason = :reason, next_at = NULL
    WHERE id = :id AND status = 'waiting' AND attempts = :attempts
""")
_WAIT = text("""
    UPDATE attachment SET next_at = :next_at WHERE id = :id AND status = 'waiting' AND attempts = :attempts
""")


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


@dataclass(frozen=True, slots=True)
class Fetched:
    """A claimed attachment, and what came of it."""

    due: Due
    outcome: Brought | Refused | NotNow


class Downloads:
    """The queue of attachments that are to be fetched."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def claim(self, session: WriteSession, most: int) -> Sequence[Due]:
        """Some that are due, nobody else's for a while."""
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

    async def do(self, piece: Due) -> Fetched:
        """Fetches it. Nothing of the request is logged."""
        try:
            if piece.line is None:
                raise Refused("its channel is no longer there")
            brought = await bring(self._intake.outbound, piece.line, piece.attachment, self._intake.settings)
        except (Refused, NotNow) as error:
            return Fetched(piece, error)
        except Exception as error:  # a fault of ours: the others are not held up
            log.error("attachment.fault", channel=piece.channel, id=str(piece.id), error=type(error).__name__)
            return Fetched(piece, NotNow("it could not be asked for"))
        return Fetched(piece, brought)

    async def settle(self, session: WriteSession, done: Sequence[Fetched]) -> None:
        for due, outcome in ((one.due, one.outcome) for one in done):
            match outcome:
                case Brought():
                    await self._keep(session, due, outcome)
                case Refused():
                    await self._refuse(session, due, str(outcome))
                case NotNow():
                    await self._postpone(session, due, str(outcome))

    async def _keep(self, session: WriteSession, due: Due, brought: Brought) -> None:
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

    async def _refuse(self, session: WriteSession, due: Due, reason: str) -> None:
        await session.execute(_REFUSE, {"id": due.id, "attempts": due.attempts, "reason": reason})
        log.warning("attachment.refused", channel=due.channel, id=str(due.id), reason=reason)

    async def _postpone(self, session: WriteSession, due: Due, reason: str) -> None:
        again = PAUSES.next_try(due.attempts, session.now)
        log.info("attachment.not_yet", channel=due.channel, id=str(due.id), attempts=due.attempts, reason=reason)
        if again is None:
            await self._refuse(session, due, f"it could not be fetched: {reason}")
            return
        await session.execute(_WAIT, {"id": due.id, "attempts": due.attempts, "next_at": again})


def worker(intake: Intake) -> Worker[Due, Fetched]:
    return Worker(Downloads(intake), "attachments", at_once=AT_ONCE, grace=GRACE)
