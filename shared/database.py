"""Sessions of two types: one that reads, one that writes, and only one of them can change anything.

A `WriteSession` is a unit of work: what it changes, the events it emits and the timers it sets are one
transaction, committed when the `async with` block ends and before anybody is answered. No code calls
`commit()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as CoreSession
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import eventlog, timers
from shared.clock import Clock
from shared.contracts import Payload


class ReadSession(AsyncSession):
    """Runs in a READ ONLY transaction: PostgreSQL itself refuses a write."""

    if not TYPE_CHECKING:
        # SQLModel marks `execute` deprecated in favour of its `exec`, which takes no statement of text.
        execute = CoreSession.execute


class WriteSession(ReadSession):
    """A unit of work. `now` is the one instant at which all of it happens."""

    now: datetime
    source: str

    def begin_work(self, *, now: datetime, source: str) -> None:
        self.now, self.source = now, source
        self._emitted: list[eventlog.Draft] = []
        self._timers: dict[tuple[str, str], timers.Timer | None] = {}
        self._fired: set[tuple[str, str]] = set()

    def emit(self, payload: Payload) -> eventlog.Draft:
        """Appends an event to the service's log when this unit of work ends. Its id is known at once."""
        draft = eventlog.draft(payload, at=self.now, source=self.source)
        self._emitted.append(draft)
        return draft

    def schedule(self, timer: timers.Timer) -> None:
        """Sets a timer, or moves the one of the same kind and subject."""
        self._timers[timer.kind, timer.subject] = timer

    def cancel(self, kind: str, subject: str) -> None:
        """Takes a timer away. What was said last of a kind and subject holds."""
        self._timers[kind, subject] = None

    def fired(self, taken: Iterable[timers.Timer]) -> None:
        """These timers go off in this unit of work: their rows are gone, so there is nothing left to cancel."""
        self._fired.update((timer.kind, timer.subject) for timer in taken)

    async def seal(self) -> bool:
        """Writes what was gathered, in the order that cannot deadlock. True where there are events."""
        await self.flush()
        await timers.cancel(
            self, [known for known, timer in self._timers.items() if timer is None and known not in self._fired]
        )
        await timers.store(self, [timer for timer in self._timers.values() if timer is not None])
        await eventlog.append(self, self._emitted)
        return bool(self._emitted)


class Database:
    """One service's own database. `url` is an SQLAlchemy URL with the asyncpg driver."""

    def __init__(self, url: str, *, source: str, clock: Clock, pool_size: int = 10) -> None:
        self.source, self.clock = source, clock
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=False,
            hide_parameters=True,  # what customers write is not for logs
            connect_args={
                "timeout": 5,
                "server_settings": {
                    "application_name": source,
                    "idle_in_transaction_session_timeout": "60000",
                    "jit": "off",
                },
            },
        )
        self.events_waiting = asyncio.Event()
        self.timers_moved = asyncio.Event()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        async with ReadSession(self.engine, expire_on_commit=False) as session:
            await session.connection(execution_options={"postgresql_readonly": True})
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """Commits when the block ends without an exception, else rolls everything back."""
        async with WriteSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            session.begin_work(now=self.clock.now(), source=self.source)
            yield session
            has_events = await session.seal()
            has_timers = bool(session._timers)
            await session.commit()
        if has_events:
            self.events_waiting.set()
        if has_timers:
            self.timers_moved.set()

    async def answers(self) -> None:
        """Raises where the database cannot be reached."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()
