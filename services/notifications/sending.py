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
from services.notifications.decisions import Ended, State, after_failure
from services.notifications.errors import Undelivered
from services.notifications.ledger import Handed, Settled
from services.notifications.providers import Letter, Provider
from services.notifications.settings import NotificationsSettings
from shared.clock import Clock
from shared.contracts import Event
from shared.crash import crash_point
from shared.database import Database, WriteSession
from shared.handling import BatchHandler
from shared.security import Marks
from shared.telemetry import span

if TYPE_CHECKING:
    from shared.service import Workplace

log = structlog.get_logger()

IDLE = 0.2
"""Seconds between two looks for what other processes have written or what has become due."""
MOMENT = 0.01
"""Seconds in which several sendings come back together, to be written down together."""


class Sender:
    """One a process; any number of processes side by side."""

    def __init__(self, providers: Sequence[Provider], settings: NotificationsSettings, clock: Clock) -> None:
        self.providers, self.settings, self.clock = providers, settings, clock
        self._marks = Marks(settings)
        self._written = asyncio.Event()
        self._in_hand: set[asyncio.Task[Settled]] = set()
        self._back: list[Settled] = []

    def waking(self, handle: BatchHandler) -> BatchHandler:
        """`handle`, which also wakes the sender when its transaction has been committed."""

        async def handle_and_wake(session: WriteSession, events: Sequence[Event]) -> None:
            await handle(session, events)
            event.listen(session.sync_session, "after_commit", lambda _: self._written.set(), once=True)

        return handle_and_wake

    async def run(self, workplace: Workplace, stop: asyncio.Event) -> None:
        """Sends until told to stop; what is in hand then is finished and written down.

        Fails where the database is away; what is in hand and what has come back waits for the next run.
        """
        while not stop.is_set():
            await self.step(workplace.database)
        while self._in_hand or self._back:
            await self._gather()
            await self._write(workplace.database, room=0)
        for provider in self.providers:
            await provider.close()

    async def step(self, database: Database) -> None:
        """One transaction: what has come back is written down, and what there is room for is taken up."""
        self._written.clear()
        room = self.settings.send_concurrency - len(self._in_hand)
        # Few large batches: a handful at a time would cost a transaction each.
        await self._write(database, room=room if room >= self.settings.send_concurrency / 4 else 0)
        if self._in_hand:
            await self._gather(timeout=IDLE)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._written.wait(), IDLE)

    async def _write(self, database: Database, *, room: int) -> None:
        async with database.write() as session:
            await ledger.settle(session, self._back)
            handed = await ledger.take_up(session, self.providers, self.settings, room) if room else []
        self._back.clear()
        self._in_hand |= {asyncio.create_task(self._hand(one)) for one in handed}

    async def _gather(self, timeout: float | None = None) -> None:
        """What has come back from the providers, once there is something, with what comes right after it."""
        if not self._in_hand:
            return
        done, _ = await asyncio.wait(self._in_hand, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if done:
            await asyncio.sleep(MOMENT)
        done = {task for task in self._in_hand if task.done()}
        self._in_hand -= done
        self._back += [task.result() for task in done]

    async def _hand(self, handed: Handed) -> Settled:
        row, send = handed.row, handed.send
        said = send.message
        letter = Letter(
            row.id,
            handed.attempt,
            send.address,
            said.subject,
            said.text,
            row.created_at,
            row.traceparent,
            self._marks.mark(row.case_id) if row.case_id else None,
        )
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
