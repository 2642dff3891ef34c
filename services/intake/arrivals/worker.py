"""The worker: stored raw requests become events, in the order they came, copies and poison left aside.

    take -> parse (pure) -> fold calls -> file -> commit

One transaction a batch. A batch that breaks is done again one request at a time, and the one that breaks alone
goes to quarantine with its reason; the others are not held up by it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog

from services.intake.arrivals import confirmations, proofs, quarantine, raw, repeats
from services.intake.arrivals.arrival import Arrival, Told
from services.intake.arrivals.calls import callbook
from services.intake.arrivals.calls.callbook import Stepped
from services.intake.arrivals.raw import Raw
from services.intake.arrivals.storable import storable
from services.intake.channels.items import CallStep, Confirm, Contact, Item, Unread
from services.intake.channels.provider import Request, Unreadable
from services.intake.channels.setup import news
from services.intake.channels.setup.directory import Line
from services.intake.contacts import facts
from services.intake.contacts.filing import file
from services.intake.customers import reach
from services.intake.errors import Overtaken
from services.intake.state import Intake
from shared.crash import crash_point
from shared.database import Database, WriteSession
from shared.lease import Lease, lead
from shared.pace import Pace
from shared.timers import Timer
from shared.transient import is_transient

if TYPE_CHECKING:
    from shared.service import Workplace

log = structlog.get_logger()

ITEMS_AT_ONCE = 1000
"""Items that one unit of work files: what a request holds beyond that waits for the next, and others behind it."""
PAUSE = 0.1
"""Seconds between two looks at the database where no signals are heard."""


def read(raw_request: Raw, line: Line, url: str) -> Sequence[Item]:
    """The items of a raw request, in a form that can be stored. Raises Unreadable."""
    headers = line.provider.readable(json.loads(raw_request.headers))
    items = line.provider.parse(Request(url, headers, raw_request.body, raw_request.method))
    return storable([by_reply_to(item) for item in items] if line.reply_to_is_writer else items)


def by_reply_to(item: Item) -> Item:
    """A contact whose writer is whom its Reply-To names, where it names one other address."""
    if not isinstance(item, Contact) or item.reply_to is None or item.direction == "out":
        return item
    who = item.reply_to
    return replace(
        item,
        address=who.address,
        name=who.name,
        automatic=who.automatic,
        no_automatic_answer=who.no_automatic_answer,
        may_be_person=False,
    )


@dataclass
class _SortedOut:
    """`size` items, of requests that were `read` to their end; and what is `later`'s, the rest of one among it."""

    arrivals: list[Arrival] = field(default_factory=list)
    steps: list[Stepped] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    confirms: dict[str, str] = field(default_factory=dict)
    size: int = 0
    read: list[Raw] = field(default_factory=list)
    later: list[Raw] = field(default_factory=list)


class Worker:
    def __init__(self, intake: Intake, database: Database) -> None:
        self._intake, self._database, self._settings = intake, database, intake.settings
        self._pace = Pace()

    async def step(self) -> int:
        """Handles one batch. Returns how many raw requests it took; after none it has waited a little."""
        signals = self._database.signals
        await self._pace.keep()
        signals.of(raw.STORED).clear()
        signals.serve(raw.STORED)
        taken = await self.handle_batch()
        if not taken:
            await signals.wait(raw.STORED, deaf=PAUSE)
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
            if any(one.channel not in lines or lines[one.channel].version != one.version for one in raws):
                lines = await self._intake.directory.read(session)  # made or changed a moment ago
            if raws:
                await self._process(session, raws, lines)
                crash_point("after_parse")
        return len(raws)

    async def _process(self, session: WriteSession, raws: Sequence[Raw], lines: Mapping[str, Line]) -> None:
        sorted_out = await self._sort(session, await proofs.once(session, self._intake, raws, lines), lines)
        settings = self._intake.settings
        arrivals = sorted_out.arrivals + await callbook.advance(session, sorted_out.steps, settings.call_grace)
        filed = await file(session, arrivals, settings, self._intake.marks)
        told = await proofs.believed(session, sorted_out.told, settings, self._intake.marks)
        told = await repeats.dropped(session, told)
        await facts.apply(session, told, settings)
        await reach.apply(session, told, filed, settings)
        await confirmations.ask(session, sorted_out.confirms)
        await news.record(session, news.tally(sorted_out.read, arrivals, filed, sorted_out.told))
        await raw.put_back(session, sorted_out.later)

    async def _sort(self, session: WriteSession, raws: Sequence[Raw], lines: Mapping[str, Line]) -> _SortedOut:
        """What there is in them, by what is to be done with it. What cannot be read is quarantined."""
        found = _SortedOut()
        for place, one in enumerate(raws):
            room = ITEMS_AT_ONCE - found.size
            if room <= 0:
                found.later += raws[place:]
                break
            line = lines.get(one.channel)
            try:
                if line is None:
                    raise Unreadable("its channel is no longer there")
                items = read(one, line, self._intake.public(one.path))
            except Unreadable as error:
                await quarantine.put(session, one, str(error))
                found.read.append(one)
                continue
            page = items[one.done : one.done + room]
            await self._sort_one(session, one, line, page, found)
            if one.done + len(page) < len(items):
                found.later += [replace(one, done=one.done + len(page)), *raws[place + 1 :]]
                break
            found.read.append(one)
        return found

    async def _sort_one(
        self, session: WriteSession, one: Raw, line: Line, items: Sequence[Item], found: _SortedOut
    ) -> None:
        found.size += len(items)
        reasons: dict[str, None] = {}
        for item in items:
            match item:
                case Contact():
                    found.arrivals.append(Arrival(line.source, one.received_at, item, one.id, one.traceparent))
                case CallStep():
                    found.steps.append(Stepped(line, one.id, one.received_at, one.traceparent, item))
                case Confirm(url):
                    found.confirms[url] = line.name
                case Unread(reason):
                    reasons[reason] = None
                case _:
                    found.told.append(Told(line.source, one.received_at, one.id, one.traceparent, item))
        for reason in reasons:  # one row says it, however many of its items have the same fault
            await quarantine.put(session, one, reason)

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


async def file_overdue_calls(intake: Intake, session: WriteSession, timers: Sequence[Timer]) -> None:
    """A TimerHandler: calls whose missing steps have had their time."""
    lines = await intake.directory.read(session)
    arrivals = await callbook.give_up_waiting(session, [t.subject for t in timers], lines)
    filed = await file(session, arrivals, intake.settings, intake.marks)
    await reach.apply(session, [], filed, intake.settings)


async def run(intake: Intake, workplace: Workplace, stop: asyncio.Event) -> None:
    """The loop: one worker in the whole installation parses, others stand by."""
    worker = Worker(intake, workplace.database)

    async def step() -> None:
        await worker.step()

    await lead(Lease(workplace.database, "intake", workplace.holder), stop, step)
