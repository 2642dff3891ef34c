"""Sessions of two types: one that reads, one that writes, and only one of them can change anything.

A `WriteSession` is a unit of work: what it changes, the events it emits and the timers it sets are one
transaction, committed when the `async with` block ends and before anybody is answered. No code calls
`commit()`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import URL, NullPool, text
from sqlalchemy.event import listen
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as CoreSession
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import eventlog, timers
from shared.clock import Clock
from shared.contracts import Payload
from shared.ids import derived_id, new_id
from shared.settings import BadSetting
from shared.signals import EVENTS, TIMERS, Signals
from shared.telemetry import STATEMENTS


class ReadSession(AsyncSession):
    """Runs in a READ ONLY transaction: PostgreSQL itself refuses a write. `now` is the one instant of what is read."""

    now: datetime

    if not TYPE_CHECKING:
        # SQLModel marks `execute` deprecated in favour of its `exec`, which takes no statement of text.
        execute = CoreSession.execute


class WriteSession(ReadSession):
    """A unit of work. `now` is the one instant at which all of it happens, `actor` who does it, where somebody does."""

    source: str
    actor: str | None
    is_again: bool = False
    """What is handled was handled once before, by a state of this database that a restore has taken away."""

    def begin_work(self, *, now: datetime, source: str, actor: str | None = None) -> None:
        self.now, self.source, self.actor = now, source, actor
        self._emitted: list[eventlog.Draft] = []
        self._timers: dict[tuple[str, str], timers.Timer | None] = {}
        self._fired: set[tuple[str, str]] = set()
        self._gone_off: dict[str, timers.Timer] = {}
        self._cause: tuple[str, datetime] | None = None
        self._made: dict[tuple[str, str], int] = {}
        self._signals: set[str] = set()

    def emit(self, payload: Payload) -> eventlog.Draft:
        """Appends an event to the service's log when this unit of work ends. Its id is known at once."""
        draft = eventlog.draft(payload, at=self.now, source=self.source, id=self.make_id(payload.type))
        self._emitted.append(draft)
        return draft

    def make_id(self, what: str) -> UUID:
        """A new id; for work with a cause, the one that the same work has each time it is done."""
        if self._cause is None:
            return new_id()
        cause, at = self._cause
        number = self._made[cause, what] = self._made.get((cause, what), 0) + 1
        return derived_id(at, self.source, cause, what, str(number))

    @contextmanager
    def because(self, cause: str, at: datetime) -> Iterator[None]:
        """What is done in the block is done for this cause, which came about `at`: done again, its ids are the same."""
        before, self._cause = self._cause, (cause, at)
        try:
            yield
        finally:
            self._cause = before

    def because_of(self, subject: object) -> AbstractContextManager[None]:
        """As `because`, of the timer of this subject that has gone off in this unit of work; of nothing where none."""
        timer = self._gone_off.get(str(subject)) if self._gone_off else None
        if timer is None:
            return nullcontext()
        return self.because(f"{timer.kind}/{timer.subject}/{timer.due_at.isoformat()}", timer.due_at)

    def signal(self, kind: str) -> None:
        """Says that work of this kind waits, when this unit of work has been committed."""
        self._signals.add(kind)

    def schedule(self, timer: timers.Timer) -> None:
        """Sets a timer, or moves the one of the same kind and subject."""
        self._timers[timer.kind, timer.subject] = timer

    def cancel(self, kind: str, subject: str) -> None:
        """Takes a timer away. What was said last of a kind and subject holds."""
        self._timers[kind, subject] = None

    def fired(self, taken: Iterable[timers.Timer]) -> None:
        """These timers go off in this unit of work: their rows are gone, so there is nothing left to cancel."""
        for timer in taken:
            self._fired.add((timer.kind, timer.subject))
            self._gone_off[timer.subject] = timer

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A step that may be refused while the unit of work goes on: after an exception nothing of it is left.

        What was executed is rolled back to a savepoint, and the events, timers and ids gathered in the block are put
        back. The exception is raised on. Wrap a command in this wherever its Problem is caught and answered.
        """
        emitted, set_before, made = len(self._emitted), dict(self._timers), dict(self._made)
        try:
            async with self.begin_nested():
                yield
        except BaseException:
            del self._emitted[emitted:]
            self._timers, self._made = set_before, made
            raise

    async def seal(self) -> None:
        """Writes what was gathered, in the order that cannot deadlock."""
        await self.flush()
        await timers.cancel(
            self, [known for known, timer in self._timers.items() if timer is None and known not in self._fired]
        )
        await timers.store(self, [timer for timer in self._timers.values() if timer is not None])
        await eventlog.append(self, self._emitted, actor=self.actor)
        self._signals |= {kind for kind, any_ in ((EVENTS, self._emitted), (TIMERS, self._timers)) if any_}


def engine_of(url: str | URL, **options: Any) -> AsyncEngine:
    """An engine for KEPT_DATABASE_URL, as SQLAlchemy makes it. Raises BadSetting where that is none."""
    try:
        return create_async_engine(url, **options)
    except (ArgumentError, ImportError, ValueError):
        raise BadSetting("KEPT_DATABASE_URL is no address: postgresql+asyncpg://user:password@host/name") from None


class Database:
    """One service's own database. `url` is an SQLAlchemy URL with the asyncpg driver."""

    def __init__(self, url: str, *, source: str, clock: Clock, pool_size: int = 10) -> None:
        self.source, self.clock = source, clock
        connecting: dict[str, Any] = {
            "hide_parameters": True,  # what customers write is not for logs
            "connect_args": {
                "timeout": 5,
                "server_settings": {
                    "application_name": source,
                    "idle_in_transaction_session_timeout": "60000",
                    "jit": "off",
                },
            },
        }
        self.engine = engine_of(
            url, pool_size=pool_size, max_overflow=0, pool_timeout=5, pool_pre_ping=False, **connecting
        )
        count = STATEMENTS.labels(source).inc
        listen(self.engine.sync_engine, "before_cursor_execute", lambda *_: count())
        self.alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        """For one statement that is a transaction of its own: one round trip, not three."""
        self.signals = Signals(
            self.alone, engine_of(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", **connecting)
        )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        async with ReadSession(self.engine, expire_on_commit=False) as session:
            session.now = self.clock.now()
            await session.connection(execution_options={"postgresql_readonly": True})
            yield session

    @asynccontextmanager
    async def write(self, *, actor: str | None = None) -> AsyncIterator[WriteSession]:
        """Commits when the block ends without an exception, else rolls everything back. Its events say who did it."""
        async with WriteSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            session.begin_work(now=self.clock.now(), source=self.source, actor=actor)
            yield session
            await session.seal()
            await session.commit()
        for kind in session._signals:
            self.signals.give(kind)

    async def answers(self) -> None:
        """Raises where the database cannot be reached."""
        async with self.alone.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()
