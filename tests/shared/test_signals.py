"""Signals: what waits is known to every process at once, and looked for where a signal is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy import text

from shared import signals
from shared.clock import ManualClock
from shared.database import Database
from shared.ids import new_id
from shared.signals import EVENTS, TIMERS
from shared.timers import Timer
from tests.support.scratch import NOON, fact, until
from tests.support.statements import counted


@pytest.fixture
async def other(url: str, clock: ManualClock) -> AsyncIterator[Database]:
    """The same service in another process."""
    database = Database(url, source="/toy", clock=clock)
    yield database
    await database.close()


@asynccontextmanager
async def telling(teller: Database, hearer: Database) -> AsyncIterator[asyncio.Task[None]]:
    """`teller` tells and `hearer` hears. Gives the task that hears."""
    stop = asyncio.Event()
    hearing = asyncio.create_task(hearer.signals.hear(stop))
    tasks = [asyncio.create_task(teller.signals.tell(stop)), hearing]
    await until(lambda: hearer.signals.heard)
    for kind in (EVENTS, TIMERS):
        hearer.signals.of(kind).clear()
    yield hearing
    stop.set()
    teller.signals.wake()
    await asyncio.wait(tasks, timeout=5)


async def emit(database: Database) -> None:
    async with database.write() as session:
        session.emit(fact(new_id(), "told"))


async def test_another_process_hears_what_waits_by_its_kind(database: Database, other: Database) -> None:
    async with telling(database, other):
        await emit(database)
        await until(other.signals.of(EVENTS).is_set)
        assert not other.signals.of(TIMERS).is_set()
        async with database.write() as session:
            session.schedule(Timer("call", "k", NOON + timedelta(hours=1)))
        await until(other.signals.of(TIMERS).is_set)


async def test_many_are_told_in_few_messages(database: Database, other: Database) -> None:
    async with telling(database, other):
        with counted(database) as statements:
            until_then = monotonic() + 3 * signals.PAUSE
            while monotonic() < until_then:
                database.signals.give(EVENTS)
                await asyncio.sleep(0.001)
        assert other.signals.of(EVENTS).is_set()
    assert 1 <= len(statements) <= 5, "one at once, and then one a pause"


async def test_nobody_else_is_told_of_what_is_served_here(database: Database, other: Database) -> None:
    async with telling(database, other):
        database.signals.serve(EVENTS)
        database.signals.give(EVENTS)
        database.signals.give(TIMERS)
        await until(other.signals.of(TIMERS).is_set)
        assert not other.signals.of(EVENTS).is_set()
        assert database.signals.of(EVENTS).is_set()


async def test_who_hears_waits_longer_for_the_next_look(
    database: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "LOOK", 0.5)

    async def seconds() -> float:
        began = monotonic()
        await other.signals.wait(EVENTS, deaf=0.01)
        return monotonic() - began

    assert await seconds() < 0.5
    async with telling(database, other):
        assert await seconds() >= 0.5


async def test_a_connection_that_ends_is_said_and_looked_for_meanwhile(database: Database, other: Database) -> None:
    async with telling(database, other) as hearing:
        async with database.alone.connect() as connection:
            await connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
            )
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(asyncio.shield(hearing), 10)
        assert not other.signals.heard
        assert other.signals.of(EVENTS).is_set(), "something may have been missed: everybody looks once"


async def test_a_database_that_is_away_ends_no_telling() -> None:
    away = Database("postgresql+asyncpg://kept@127.0.0.1:1/kept", source="/toy", clock=ManualClock(NOON))
    stop = asyncio.Event()
    task = asyncio.create_task(away.signals.tell(stop))
    away.signals.give(EVENTS)
    await asyncio.sleep(0.3)
    assert not task.done()
    stop.set()
    away.signals.wake()
    await asyncio.wait_for(task, 5)
    await away.close()
