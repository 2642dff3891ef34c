"""The sender: takes messages up, hands them to their providers side by side, and writes down how it went.

Between taking up and writing down nothing is in a transaction, so that a slow provider holds no connection to
the database. Dying in between leaves rows marked as being sent, which `ledger` brings back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from services.notifications.delivery import ledger
from services.notifications.delivery.decisions import Send
from services.notifications.delivery.ending import accepted, after_failure, after_lookup, after_no_lookup
from services.notifications.delivery.hands import Asking, Handed, Settled
from services.notifications.delivery.waiting import Waiting
from services.notifications.errors import Undelivered
from services.notifications.providers.handover import Outgoing, Prepared
from services.notifications.providers.protocol import Route
from services.notifications.settings import NotificationsSettings
from services.notifications.tables import MESSAGES
from shared.clock import Clock
from shared.crash import crash_point
from shared.database import Database
from shared.security import CustomerLinks, Marks
from shared.telemetry import span
from shared.waiting import wait_for
from shared.work.results import results_of

if TYPE_CHECKING:
    from shared.service import Workplace

log = structlog.get_logger()

IDLE = 0.2
"""Seconds between two looks where no signals are heard."""
MOMENT = 0.01
"""Seconds in which several sendings come back together, to be written down together."""


class Sender:
    """The sender of a process; any number of processes run side by side."""

    def __init__(self, routes: Sequence[Route], settings: NotificationsSettings, clock: Clock) -> None:
        self.routes, self.settings, self.clock = routes, settings, clock
        self._marks, self._links = Marks(settings), CustomerLinks(settings, clock)
        self._in_hand: set[asyncio.Task[Settled]] = set()
        self._back: list[Settled] = []

    async def run(self, workplace: Workplace, stop: asyncio.Event) -> None:
        """Runs until told to stop; what is in hand then is finished and written down.

        Begins when it is known whether the database was restored: what left meanwhile is not sent again.

        Fails where the database is away; what is in hand and what has come back waits for the next run.
        """
        while not (workplace.placed.is_set() or stop.is_set()):
            await wait_for(workplace.placed, IDLE)
        while not stop.is_set():
            await self.step(workplace.database)
        while self._in_hand or self._back:
            await self._gather()
            await self._write(workplace.database, room=0)
        await self.close()

    async def close(self) -> None:
        """Lets go of the providers' connections."""
        for provider in {id(route.provider): route.provider for route in self.routes}.values():
            await provider.close()

    async def step(self, database: Database) -> None:
        """Does one transaction: what has come back is written down, and what there is room for is taken up."""
        database.signals.of(MESSAGES).clear()
        room = self.settings.send_concurrency - len(self._in_hand)
        # Few large batches: a handful at a time would cost a transaction each.
        await self._write(database, room=room if room >= self.settings.send_concurrency / 4 else 0)
        if self._in_hand:
            await self._gather(timeout=IDLE)
        else:
            await database.signals.wait(MESSAGES, deaf=IDLE)

    async def _write(self, database: Database, *, room: int) -> None:
        async with database.write() as session:
            await ledger.settle(session, self._back)
            taken = await ledger.take_up(session, self.routes, self.settings, room, self.prepare) if room else []
        self._back.clear()
        self._in_hand |= {
            asyncio.create_task(self._hand(one) if isinstance(one, Handed) else self._ask(one)) for one in taken
        }

    async def _gather(self, timeout: float | None = None) -> None:
        """Collects what has come back from the providers, once there is something, with what comes right after it.

        Raises what one of them raised, when the others are collected.
        """
        if not self._in_hand:
            return
        done, _ = await asyncio.wait(self._in_hand, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if done:
            await asyncio.sleep(MOMENT)
        done = {task for task in self._in_hand if task.done()}
        self._in_hand -= done
        results, fault = results_of(done)
        self._back += results
        if fault is not None:
            raise fault

    def prepare(self, row: Waiting, send: Send) -> Prepared:
        """Makes what goes to the provider, with the customer's links, which stand nowhere else. Raises ValueError."""
        said = send.message
        message = Outgoing(
            row.id,
            said.subject,
            self._links.fill(said.text, send.details.mentions, send.links_end),
            row.created_at,
            row.traceparent,
            self._marks.mark(row.case_id) if row.case_id else None,
            send.answers,
        )
        return send.route.provider.prepare(message, send.route.account, send.address)

    async def _hand(self, handed: Handed) -> Settled:
        row, provider = handed.row, handed.send.route.provider
        crash_point("before_send")
        try:
            with span(f"send {row.template}", row.traceparent):
                taken = await provider.send(handed.prepared)
        except Exception as error:
            tell = log.warning if isinstance(error, Undelivered) else log.exception
            tell("notification.not_taken", notification=str(row.id), attempt=handed.number, error=str(error))
            now = self.clock.now()
            return Settled.of(handed, after_failure(error, handed.number, provider.repeat, self.settings, now))
        crash_point("after_send")
        return Settled.of(handed, accepted(taken.provider_id))

    async def _ask(self, asking: Asking) -> Settled:
        row, ask = asking.row, asking.ask
        try:
            with span(f"look up {row.template}", row.traceparent):
                status = await ask.provider.lookup(ask.last.sought)
        except Exception as error:
            log.warning("notification.not_looked_up", notification=str(row.id), error=str(error))
            return Settled.of_last(row, ask.last, after_no_lookup(error, ask.last, self.settings, self.clock.now()))
        return Settled.of_last(row, ask.last, after_lookup(status, self.clock.now()))
