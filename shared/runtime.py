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

log = structlog.get_logger()

Role = Literal["all", "api", "worker"]

GRACE = 20.0
"""Seconds a loop has to end by itself when the process is told to stop."""


class Runtime:
    """`broker` may be handed in, so that services in one process share it; else it is made and owned here."""

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
            self.database, self.broker, group=self.group, topics=service.topics, handle=service.handle
        )
        self.relay = Relay(self.database, self.broker)
        self.timers = TimerWorker(self.database, service.timers)
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.faults: dict[str, str] = {}
        """Loops that fail at present, with the reason."""
        self.closing = asyncio.Event()
        """Set when the server is told to end: an answer that stays open (a stream) ends then."""
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._broker_started = False
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Returns at once: a service starts, serves and catches up whoever else is down.

        Timers and the service's own loops do not wait for the broker.
        """
        if self.role == "api":
            return
        loops: dict[str, Callable[[asyncio.Event], Awaitable[None]]] = {
            "consumer": self.consumer.run,
            "relay": self._run_relay,
            "timers": self.timers.run,
            "housekeeping": partial(keep_house, self.database, self.settings.inbox_days),
        }
        for name, loop in self.service.loops.items():
            loops[name] = partial(loop, self)
        self._tasks = [asyncio.create_task(self._supervise(n, run), name=n) for n, run in loops.items()]

    async def _run_relay(self, stop: asyncio.Event) -> None:
        await lead(Lease(self.database, "relay", self.holder), stop, self.relay.step)

    async def _start_broker(self) -> None:
        async with self._starting:
            if self._owns_broker and not self._broker_started:
                await self.broker.start()
                self._broker_started = True

    async def _supervise(self, name: str, run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        failures = 0
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
                await self._pause(min(0.25 * 2**failures, 10.0))

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    async def stop(self) -> None:
        """Lets the loops finish what is in their hands, then closes."""
        self.closing.set()
        self._stop.set()
        self.database.events_waiting.set()
        self.database.timers_moved.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GRACE)
            for task in late:
                log.warning("loop.cancelled", service=self.service.name, loop=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._owns_broker and self._broker_started:
            await self.broker.stop()
        await self.database.close()


def _told_to_end() -> bool:
    """Whether this task was cancelled, or only what it awaited: a client that loses its server may cancel its parts."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
