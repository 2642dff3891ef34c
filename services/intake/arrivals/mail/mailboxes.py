"""The worker of mailboxes: one task and one thread for each, in one process of the installation.

    open -> what lies above the place -> raw requests and the new place, in one transaction -> wait for more

The place moves only from where it was read, so that two readers, should there ever be two, double nothing; a mail
that is read again is a copy by its Message-ID.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from math import ceil
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import structlog
from sqlalchemy import text

from services.intake.arrivals import raw
from services.intake.arrivals.mail.imap import Mail, OpenMailbox, Shut, Trouble
from services.intake.arrivals.raw import Raw
from services.intake.channels.providers.imap import mailbox_of
from services.intake.channels.setup.directory import Line
from services.intake.state import Intake
from shared.database import Database
from shared.lease import Lease, lead
from shared.problems import Unavailable
from shared.telemetry import fresh_traceparent
from shared.waiting import wait_for
from shared.work import Pauses

if TYPE_CHECKING:
    from shared.service import Workplace

log = structlog.get_logger()

PROVIDER = "imap"
LOOK = 1.0
"""Seconds between looks at which mailboxes there are."""
IDLE = 300.0
"""Seconds of waiting after which a mailbox is looked at unasked: a dead connection tells of nothing."""
PAUSES = Pauses.seconds(1, 2, 5, 15, 30, 60)
SHUT_PAUSE = 60.0
OVERLAP = timedelta(days=1)
"""Servers search by day, in a zone of their own."""
FAULT = "it could not be read for a reason on our side: see the log"
CUT = "a mail over the limit was taken in by its headers alone"

_PLACE = text("SELECT uid_validity, last_uid, as_of FROM mailbox_place WHERE channel = :channel")
_BEGIN = text("""
    INSERT INTO mailbox_place (channel, uid_validity, last_uid, as_of) VALUES (:channel, :validity, :uid, :now)
    ON CONFLICT DO NOTHING RETURNING channel
""")
_MOVE = text("""
    UPDATE mailbox_place SET uid_validity = :validity, last_uid = :uid, as_of = :now
    WHERE channel = :channel AND uid_validity = :old_validity AND last_uid = :old_uid RETURNING channel
""")

P = ParamSpec("P")
T = TypeVar("T")


class Elsewhere(Exception):
    """Somebody else has moved the place meanwhile: look again where it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """All up to `uid` has been read. UIDs mean something within one `validity`."""

    validity: int
    uid: int


class Reader:
    """Reads one mailbox until `is_over`, which is asked in any thread."""

    def __init__(self, intake: Intake, database: Database, line: Line, is_over: Callable[[], bool]) -> None:
        self._intake, self._database, self.line = intake, database, line
        self._is_over = is_over
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"mailbox-{line.name}")
        self._failures = 0

    async def run(self) -> None:
        """Whatever goes wrong is noted, and tried again: it is this mailbox's alone."""
        secrets = self.line.usable_secrets()
        try:
            for attempt in count():
                if self._is_over():
                    return
                try:
                    await self._read(secrets[attempt % len(secrets)])
                except Trouble as trouble:
                    self._note(str(trouble))
                    await self._pause(SHUT_PAUSE if isinstance(trouble, Shut) else self._next_pause())
                except Elsewhere:
                    await self._pause(LOOK)
                except Exception as error:
                    log.error("mailbox.fault", channel=self.line.name, error=type(error).__name__)
                    self._note(FAULT)
                    await self._pause(self._next_pause())
        finally:
            self._thread.shutdown(wait=False)

    async def _read(self, secret: str) -> None:
        """Raises Trouble, Elsewhere, and what the database raises."""
        box = await self._call(OpenMailbox, mailbox_of(secret))
        try:
            place = await self._begin(box)
            while not self._is_over():
                place = await self._take(box, place)
                self._failures = 0
                if box.can_idle:
                    await self._call(box.wait, IDLE, self._is_over)
                else:
                    await self._pause(self._intake.settings.mailbox_poll)
        finally:
            await asyncio.shield(self._call(box.close))

    async def _begin(self, box: OpenMailbox) -> Place:
        """Where it was read to. What is new here starts at its end; what was numbered anew, on the day of the last."""
        async with self._database.read() as session:
            known = (await session.execute(_PLACE, {"channel": self.line.name})).one_or_none()
        if known and known.uid_validity == box.validity:
            return Place(known.uid_validity, known.last_uid)
        if self._intake.settings.mailbox_from_start:
            uid = 0
        elif known:
            uid = await self._call(box.first_since, (known.as_of - OVERLAP).date()) - 1
        else:
            uid = box.next_uid - 1
        old = Place(known.uid_validity, known.last_uid) if known else None
        return await self._store(old, Place(box.validity, uid), [])

    async def _take(self, box: OpenMailbox, place: Place) -> Place:
        """All that is new, a batch a transaction, and what comes in meanwhile."""
        while not self._is_over() and (waiting := await self._call(box.after, place.uid)):
            mails, last = await self._call(box.fetch, waiting, self.line.provider.body_limit)
            place = await self._store(place, Place(box.validity, last), mails)
        return place

    async def _store(self, old: Place | None, new: Place, mails: list[Mail]) -> Place:
        """The mails and the new place, or neither. Raises Elsewhere."""
        async with self._database.write() as session:
            values = {"channel": self.line.name, "validity": new.validity, "uid": new.uid, "now": session.now}
            if old:
                values |= {"old_validity": old.validity, "old_uid": old.uid}
            if (await session.execute(_MOVE if old else _BEGIN, values)).first() is None:
                raise Elsewhere
            if mails:
                await raw.store(session, [self._raw(new, mail) for mail in mails])
        if mails:
            self._database.signals.give(raw.STORED)
            log.info("mailbox.read", channel=self.line.name, mails=len(mails))
        for mail in mails:
            if mail.is_cut:
                self._note(CUT)
        return new

    def _raw(self, place: Place, mail: Mail) -> Raw:
        content_type = "text/rfc822-headers" if mail.is_cut else "message/rfc822"
        return Raw(
            channel=self.line.name,
            received_at=self._intake.clock.now(),
            method="IMAP",
            path=f"/intake/mailboxes/{self.line.name}/{place.validity}/{mail.uid}",
            headers=json.dumps({"content-type": content_type}),
            body=mail.body,
            traceparent=fresh_traceparent(),
        )

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """In the thread of this mailbox."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(*args, **kwargs))

    def _note(self, reason: str) -> None:
        log.warning("mailbox.trouble", channel=self.line.name, reason=reason)
        self._intake.refusals.note(self._database, self.line.name, reason)

    def _next_pause(self) -> float:
        self._failures += 1
        return PAUSES.without_end(self._failures)

    async def _pause(self, seconds: float) -> None:
        for _ in range(ceil(seconds / LOOK)):
            if self._is_over():
                return
            await asyncio.sleep(min(seconds, LOOK))


class Mailboxes:
    """The readers of the mailboxes there are at present, as long as the lease is held."""

    def __init__(self, intake: Intake, lease: Lease, stop: asyncio.Event) -> None:
        self._intake, self._lease, self._stop = intake, lease, stop
        self._wanted: dict[str, Line] = {}
        self._tasks: dict[asyncio.Task[None], Reader] = {}

    async def step(self) -> None:
        """Starts and ends readers as channels are made, changed and switched off."""
        with suppress(Unavailable):
            lines = await self._intake.directory.lines(self._lease.database)
            self._wanted = {
                name: line for name, line in lines.items() if line.provider.name == PROVIDER and line.is_enabled
            }
        read = [reader.line for reader in self._tasks.values()]
        for line in self._wanted.values():
            if line.secrets and line not in read:
                self._start(line)
        await wait_for(self._stop, LOOK)

    def _start(self, line: Line) -> None:
        reader = Reader(self._intake, self._lease.database, line, lambda: self._is_over(line))
        task = asyncio.create_task(reader.run(), name=f"mailbox {line.name}")
        self._tasks[task] = reader
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("mailbox.ended", error=type(error).__name__)

    def _is_over(self, line: Line) -> bool:
        return self._stop.is_set() or not self._lease.held or self._wanted.get(line.name) != line

    async def close(self) -> None:
        self._wanted = {}
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=5.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def run(intake: Intake, workplace: Workplace, stop: asyncio.Event) -> None:
    """The loop."""
    lease = Lease(workplace.database, "mailboxes", workplace.holder)
    mailboxes = Mailboxes(intake, lease, stop)
    try:
        await lead(lease, stop, mailboxes.step)
    finally:
        await mailboxes.close()
