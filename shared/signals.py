"""Signals between the processes of a service: that something of a kind waits in the database.

A loop that waits for work of others need not look for it ten times a second. Within a process a signal is an event;
to other processes it goes by PostgreSQL's NOTIFY, outside the transactions that made the work, at most ten times a
second: notifying transactions would commit one after the other. A signal that is lost costs a look later, nothing else.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.waiting import wait_for

log = structlog.get_logger()

CHANNEL = "kept_waiting"
EVENTS, TIMERS = "events", "timers"
LOOK = 1.0
"""Seconds between two looks of a loop that hears signals."""
PAUSE = 0.1
"""Seconds between two messages to other processes."""

_TELL = text(f"SELECT pg_notify('{CHANNEL}', kind) FROM unnest(CAST(:kinds AS text[])) AS k (kind)")


class Signals:
    """The signals of one process, by kind.

    `engine` commits each statement by itself; `own` makes a connection outside the pool, which hears.
    """

    def __init__(self, engine: AsyncEngine, own: AsyncEngine) -> None:
        self._engine, self._own = engine, own
        self._given: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._untold: set[str] = set()
        self._to_tell = asyncio.Event()
        self._here: dict[str, float] = {}
        self.heard = False
        """Whether other processes' signals arrive here."""

    def of(self, kind: str) -> asyncio.Event:
        """The event that is set when work of this kind waits. Whoever looks for it clears it first."""
        return self._given[kind]

    def give(self, kind: str) -> None:
        """Says that work of this kind has been committed."""
        self._given[kind].set()
        if self._here.get(kind, 0.0) < monotonic():
            self._untold.add(kind)
            self._to_tell.set()

    def serve(self, kind: str) -> None:
        """Says that this process looks after this kind for now: nobody else is told of it."""
        self._here[kind] = monotonic() + 2 * LOOK

    async def wait(self, kind: str, *, deaf: float) -> None:
        """Waits for a signal of this kind, or until it is time to look: after `deaf` seconds where none are heard."""
        await wait_for(self._given[kind], LOOK if self.heard else deaf)

    def wake(self) -> None:
        """Lets every loop look once, to go on or to end."""
        self._to_tell.set()
        for event in self._given.values():
            event.set()

    async def tell(self, stop: asyncio.Event) -> None:
        """Tells other processes, until told to stop. What cannot be told is found by their next look."""
        while not stop.is_set():
            await self._to_tell.wait()
            self._to_tell.clear()
            kinds, self._untold = sorted(self._untold), set()
            if not kinds:
                continue
            try:
                async with self._engine.connect() as connection:
                    await connection.execute(_TELL, {"kinds": kinds})
            except (SQLAlchemyError, OSError) as error:
                log.info("signals.untold", error=repr(error))
            await asyncio.sleep(PAUSE)

    async def hear(self, stop: asyncio.Event) -> None:
        """Hears other processes, until told to stop. Raises ConnectionError where its connection ends."""
        ended = asyncio.Event()

        def note(_connection: Any, _pid: int, _channel: str, kind: str) -> None:
            self._given[kind].set()

        async with self._own.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            driver.add_termination_listener(lambda _: ended.set())
            await driver.add_listener(CHANNEL, note)
            self.heard = True
            self.wake()
            try:
                waits = [asyncio.create_task(event.wait()) for event in (stop, ended)]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for task in waits:
                    task.cancel()
                if ended.is_set():
                    raise ConnectionError("the connection that hears signals has ended")
            finally:
                self.heard = False
                self.wake()
