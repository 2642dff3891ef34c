"""The sender: takes messages up, hands them to their providers side by side, and writes down how it went.

Between taking up and writing down nothing is in a transaction, so that a slow provider holds no connection to
the database. Dying in between leaves rows marked as being sent, which `ledger` brings back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import event

from services.notifications import ledger
from services.notifications.decisions import Ended, after_failure
from services.notifications.errors import Undelivered
from services.notifications.ledger import Handed, Settled
from services.notifications.providers import Letter, Provider
from services.notifications.settings import NotificationsSettings
from services.notifications.tables import State
from shared.clock import Clock
from shared.contracts import Event
from shared.crash import crash_point
from shared.database import Database, WriteSession
from shared.inbox import BatchHandler
from shared.telemetry import span
from shared.transient import is_transient

if TYPE_CHECKING:
    from shared.runtime import Runtime

log = structlog.get_logger()

IDLE = 0.2
"""Seconds between two looks for what other processes have written or what has become due."""


class Sender:
    """One a process; any number of processes side by side."""

    def __init__(self, providers: Sequence[Provider], settings: NotificationsSettings, clock: Clock) -> None:
        self.providers, self.settings, self.clock = providers, settings, clock
        self._written = asyncio.Event()
        self._in_hand: set[asyncio.Task[Settled]] = set()

    def waking(self, handle: BatchHandler) -> BatchHandler:
        """`handle`, which also wakes the sender when its transaction has been committed."""

        async def handle_and_wake(session: WriteSession, events: Sequence[Event]) -> None:
            await handle(session, events)
            event.listen(session.sync_session, "after_commit", lambda _: self._written.set(), once=True)

        return handle_and_wake

    async def run(self, runtime: Runtime, stop: asyncio.Event) -> None:
        """Sends until told to stop; what is in hand then is finished and written down."""
        database = runtime.database
        try:
            while not stop.is_set():
                await self.step(database, stop)
            while self._in_hand:
                await self._write_down(database, stop, timeout=None)
        finally:
            for task in self._in_hand:
                task.cancel()
            self._in_hand.clear()
            for provider in self.providers:
                await provider.close()

    async def step(self, database: Database, stop: asyncio.Event) -> None:
        self._written.clear()
        room = self.settings.send_concurrency - len(self._in_hand)
        if room:
            async with database.write() as session:
                handed = await ledger.take_up(session, self.providers, self.settings, room)
            self._in_hand |= {asyncio.create_task(self._hand(one)) for one in handed}
        if self._in_hand:
            await self._write_down(database, stop, timeout=IDLE)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._written.wait(), IDLE)

    async def _hand(self, handed: Handed) -> Settled:
        row, send = handed.row, handed.send
        said = send.message
        letter = Letter(row.id, handed.attempt, send.address, said.subject, said.text, row.created_at, row.traceparent)
        crash_point("before_send")
        try:
            with span(f"send {row.template}", row.traceparent):
                await send.provider.send(letter)
        except Exception as error:
            tell = log.warning if isinstance(error, Undelivered) else log.exception
            tell("notification.not_taken", notification=str(row.id), attempt=handed.attempt, error=str(error))
            return Settled.of(handed, after_failure(error, handed.attempt, self.settings, self.clock.now()))
        crash_point("after_send")
        return Settled.of(handed, Ended(State.SENT))

    async def _write_down(self, database: Database, stop: asyncio.Event, *, timeout: float | None) -> None:
        """All that has come back by now, in one transaction. A database that is away is waited for."""
        done, self._in_hand = await asyncio.wait(self._in_hand, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        settled = [task.result() for task in done]
        while settled:
            try:
                async with database.write() as session:
                    await ledger.settle(session, settled)
            except Exception as error:
                if not is_transient(error) or stop.is_set():
                    raise
                log.warning("notification.not_written_down", count=len(settled), error=repr(error))
                await asyncio.sleep(1)
            else:
                return
