"""A service at work: its database, its broker and, in the worker role, its loops under supervision."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Literal

import structlog

from shared import parking, schema
from shared.broker import Broker, connect
from shared.clock import Clock
from shared.database import Database
from shared.housekeeping import keep_house
from shared.inbox import InboxConsumer, TooManyParked
from shared.lease import Lease, lead
from shared.relay import Relay
from shared.service import Service
from shared.settings import ServiceSettings
from shared.timer_worker import TimerWorker
from shared.transient import is_transient
from shared.waiting import wait_for
from shared.work.pauses import Pauses

log = structlog.get_logger()

RESTARTS = Pauses.seconds(0.25, 0.5, 1, 2, 4, 8, 10)
"""Between a loop that failed and its next start; the first is for one that had run for a while."""
LOOK_AGAIN = 2.0
"""Seconds between two looks at a database that is not migrated."""

Role = Literal["all", "api", "worker"]

GRACE = 20.0
"""Seconds a loop has to end by itself when the process is told to stop."""


class Runtime:
    """A service at work. `broker` may be handed in, so that services in one process share it; else it is made here."""

    def __init__(
        self,
        service: Service,
        settings: ServiceSettings,
        *,
        clock: Clock,
        role: Role = "all",
        broker: Broker | None = None,
    ) -> None:
        self.service, self.settings, self.clock, self.role = service, settings, clock, role
        self.database = Database(
            settings.database_url, source=f"/{service.name}", clock=clock, pool_size=settings.pool_size
        )
        self._owns_broker = broker is None
        self.broker = broker or connect(
            settings.broker, client=f"kept-{service.name}", local_database=settings.local_broker_url
        )
        self.group = f"kept.{service.name}"
        self.consumer = InboxConsumer(
            self.database,
            self.broker,
            group=self.group,
            topics=service.topics,
            handle=service.handle,
            wants=service.wants,
            restored=service.restored,
        )
        self.placed = self.consumer.placed
        self.relay = Relay(self.database, self.broker)
        self.timers = TimerWorker(self.database, service.timers)
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.faults: dict[str, str] = {}
        """Loops that fail at present, with the reason."""
        self._fits = False
        self.closing = asyncio.Event()
        """Set when the server is told to end: an answer that stays open (a stream) ends then."""
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._broker_started = False
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Starts the service and returns at once: it serves and catches up whoever else is down.

        Timers and the service's own loops do not wait for the broker.
        """
        loops: dict[str, Callable[[asyncio.Event], Awaitable[None]]] = {"signals told": self.database.signals.tell}
        if self.role != "api":
            loops |= self._working_loops()
        self._tasks = [asyncio.create_task(self._supervise(n, run), name=n) for n, run in loops.items()]

    def _working_loops(self) -> dict[str, Callable[[asyncio.Event], Awaitable[None]]]:
        loops: dict[str, Callable[[asyncio.Event], Awaitable[None]]] = {
            "signals heard": self.database.signals.hear,
            "consumer": self.consumer.run,
            "relay": self._run_relay,
            "timers": self.timers.run,
            "parked": self._retry_parked,
            "housekeeping": partial(keep_house, self.database, self.settings.inbox_days),
        }
        for name, loop in self.service.loops.items():
            loops[name] = partial(loop, self)
        return loops

    async def lacking(self) -> list[str]:
        """The tables and columns that the database lacks for this version. Once it lacks none, nobody looks again."""
        if not self._fits:
            async with self.database.alone.connect() as connection:
                found = schema.lacks(await schema.read(connection), self.service.tables)
            self._fits = not found
            return found
        return []

    async def _until_it_fits(self) -> None:
        """Waits until the database is migrated: before that, events could not be handled and would be parked."""
        while not self._fits and not self._stop.is_set():
            try:
                if lacking := await self.lacking():
                    log.error("service.schema_differs", service=self.service.name, lacking=lacking[:10])
            except Exception as error:
                if not is_transient(error):
                    log.warning("service.schema_unknown", service=self.service.name, error=repr(error))
            if not self._fits:
                await self._pause(LOOK_AGAIN)

    async def _retry_parked(self, stop: asyncio.Event) -> None:
        """Retries parked events once at each start: this version may handle what the one before could not."""
        if done := await parking.redrive_all(self.database, self.service.handle, stop):
            log.info("parked.handled", service=self.service.name, events=done)
        await stop.wait()

    async def _run_relay(self, stop: asyncio.Event) -> None:
        await lead(Lease(self.database, "relay", self.holder), stop, self.relay.step)

    async def _start_broker(self) -> None:
        async with self._starting:
            if self._owns_broker and not self._broker_started:
                await self.broker.start()
                self._broker_started = True

    async def _supervise(self, name: str, run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        failures = 0
        await self._until_it_fits()
        while not self._stop.is_set():
            started = monotonic()
            try:
                if name in {"consumer", "relay"}:
                    await self._start_broker()
                self.faults.pop(name, None)
                await run(self._stop)
            except TooManyParked as error:
                self.faults[name] = str(error)
                log.critical("service.stands_still", service=self.service.name, loop=name, error=str(error))
                return
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and _told_to_end():
                    raise
                self.faults[name] = repr(error)
                failures = 0 if monotonic() - started > 30 else failures + 1
                say = log.warning if is_transient(error) else log.exception
                say("loop.failed", service=self.service.name, loop=name, error=repr(error))
                await self._pause(RESTARTS.without_end(failures + 1))

    async def _pause(self, seconds: float) -> None:
        await wait_for(self._stop, seconds)

    async def stop(self) -> None:
        """Lets the loops finish what is in their hands, then closes."""
        self.closing.set()
        self._stop.set()
        self.database.signals.wake()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GRACE)
            for task in late:
                log.warning("loop.cancelled", service=self.service.name, loop=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self.service.close is not None:
            await self.service.close(self.database)
        if self._owns_broker and self._broker_started:
            await self.broker.stop()
        await self.database.close()


def _told_to_end() -> bool:
    """Tells whether this task was cancelled, or only what it awaited: a client may cancel its own parts."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
