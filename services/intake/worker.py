"""The worker: stored raw requests become events, in the order they came, copies and poison left aside.

    take -> parse (pure) -> fold calls -> file -> commit

One transaction a batch. A batch that breaks is done again one request at a time, and the one that breaks alone
goes to quarantine with its reason; the others are not held up by it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog

from services.intake import callbook, quarantine, raw
from services.intake.arrival import Arrival
from services.intake.callbook import Stepped
from services.intake.channels.provider import Address, Attachment, CallStep, Contact, Item, Request, Unread, Unreadable
from services.intake.channels.reading import clean
from services.intake.directory import Line
from services.intake.errors import Overtaken
from services.intake.filing import file
from services.intake.raw import Raw
from services.intake.state import Intake
from shared.crash import crash_point
from shared.database import Database, WriteSession
from shared.lease import Lease, lead
from shared.timers import Timer
from shared.transient import is_transient

if TYPE_CHECKING:
    from shared.service import Workplace

log = structlog.get_logger()

PAUSE = 0.1
"""Seconds between looks at the database while nothing comes in through this process."""
LONGEST_ID = 200
"""Characters of an external id; a longer one stands as its digest."""


def read(raw_request: Raw, line: Line, url: str) -> Sequence[Item]:
    """The items of a raw request, in a form that can be stored. Raises Unreadable."""
    headers = json.loads(raw_request.headers)
    return [_storable(item) for item in line.provider.parse(Request(url, headers, raw_request.body))]


def _storable(item: Item) -> Item:
    if _is_storable(item):
        return item
    match item:
        case Contact():
            return replace(
                item,
                external_id=_short(clean(item.external_id)),
                address=Address(item.address.kind, clean(item.address.value)) if item.address else None,
                name=_clean(item.name),
                subject=_clean(item.subject),
                text=_clean(item.text),
                attachments=tuple(
                    Attachment(_clean(a.name), _clean(a.content_type), a.size, _clean(a.url)) for a in item.attachments
                ),
            )
        case CallStep():
            return replace(
                item,
                call_id=_short(clean(item.call_id)),
                caller=_clean(item.caller),
                called=_clean(item.called),
                answered_by=_clean(item.answered_by),
            )
        case Unread():
            return Unread(clean(item.reason))


def _is_storable(item: Item) -> bool:
    """Nearly always so, and quickly seen: no copy is made."""
    match item:
        case Contact(external_id=id_, address=address):
            more = [text for a in item.attachments for text in (a.name, a.content_type, a.url)]
            texts = [id_, address.value if address else None, item.name, item.subject, item.text, *more]
        case CallStep(call_id=id_):
            texts = [id_, item.caller, item.called, item.answered_by]
        case Unread(reason):
            id_, texts = "", [reason]
    whole = "".join(text for text in texts if text)
    return len(id_) <= LONGEST_ID and clean(whole) is whole


def _clean(value: str | None) -> str | None:
    return clean(value) if value is not None else None


def _short(external_id: str) -> str:
    return external_id if len(external_id) <= LONGEST_ID else sha256(external_id.encode()).hexdigest()


class Worker:
    def __init__(self, intake: Intake, database: Database) -> None:
        self._intake, self._database, self._settings = intake, database, intake.settings

    async def step(self) -> int:
        """Handles one batch. Returns how many raw requests it took; after none it has waited a little."""
        stored = self._intake.raws.stored
        stored.clear()
        taken = await self.handle_batch()
        if not taken:
            try:
                await asyncio.wait_for(stored.wait(), PAUSE)
            except TimeoutError:
                return 0
        return taken

    async def handle_batch(self) -> int:
        try:
            return await self._handle(self._settings.raw_batch)
        except Overtaken:
            return 1
        except Exception as error:
            if is_transient(error):
                raise
            log.exception("intake.batch_failed", error=repr(error))
            return await self._handle_singly()

    async def _handle(self, limit: int) -> int:
        lines = await self._intake.directory.lines(self._database)
        async with self._database.write() as session:
            raws = await raw.take(session, limit, self._settings.raw_batch_bytes)
            if any(one.channel not in lines for one in raws):
                lines = await self._intake.directory.read(session)  # made by another process a moment ago
            if raws:
                await self._process(session, raws, lines)
                crash_point("after_parse")
        return len(raws)

    async def _process(self, session: WriteSession, raws: Sequence[Raw], lines: Mapping[str, Line]) -> None:
        arrivals: list[Arrival] = []
        steps: list[Stepped] = []
        for one in raws:
            line = lines.get(one.channel)
            try:
                if line is None:
                    raise Unreadable("its channel is no longer there")
                items = read(one, line, self._intake.public(one.path))
            except Unreadable as error:
                await quarantine.put(session, one, str(error))
                continue
            for item in items:
                match item:
                    case Contact():
                        arrivals.append(_arrival(one, line, item))
                    case CallStep():
                        steps.append(Stepped(line, one.id, one.received_at, one.traceparent, item))
                    case Unread(reason):
                        await quarantine.put(session, one, reason)
        arrivals += await callbook.advance(session, steps, self._settings.call_grace)
        await file(session, arrivals, self._settings)

    async def _handle_singly(self) -> int:
        """After a batch broke: each alone, and what breaks alone is quarantined."""
        for done in range(self._settings.raw_batch):
            try:
                if not await self._handle(1):
                    return done
            except Overtaken:
                continue
            except Exception as error:
                if is_transient(error):
                    raise
                await self._set_aside(error)
        return self._settings.raw_batch

    async def _set_aside(self, error: Exception) -> None:
        async with self._database.write() as session:
            for one in await raw.take(session, 1, self._settings.raw_batch_bytes):
                log.error("intake.quarantined", raw_id=one.id, error=repr(error))
                await quarantine.put(session, one, f"it could not be filed: {type(error).__name__}")


def _arrival(one: Raw, line: Line, contact: Contact) -> Arrival:
    return Arrival(line.name, line.provider.kind, line.account, one.received_at, contact, one.id, one.traceparent)


async def file_overdue_calls(intake: Intake, session: WriteSession, timers: Sequence[Timer]) -> None:
    """A TimerHandler: calls whose missing steps have had their time."""
    lines = await intake.directory.read(session)
    arrivals = await callbook.give_up_waiting(session, [t.subject for t in timers], lines)
    await file(session, arrivals, intake.settings)


async def run(intake: Intake, workplace: Workplace, stop: asyncio.Event) -> None:
    """The loop: one worker in the whole installation parses, others stand by."""
    worker = Worker(intake, workplace.database)

    async def step() -> None:
        await worker.step()

    await lead(Lease(workplace.database, "intake", workplace.holder), stop, step)
