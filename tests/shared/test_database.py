"""Sessions: one that reads, one that writes, and a unit of work that is all or nothing."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import Database, WriteSession
from shared.ids import new_id
from shared.timers import Timer
from shared.transient import is_transient
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import NOON, effects, fact, record_effect, rows

LATER = NOON + timedelta(hours=1)


async def test_a_unit_of_work_keeps_change_event_and_timer(database: Database) -> None:
    customer = new_id()
    async with database.write() as session:
        await record_effect(session, "k", "done")
        draft = session.emit(fact(customer, "told"))
        session.schedule(Timer("call", "k", LATER))
    assert await effects(database) == [("k", "done")]
    ((event_id, key),) = await rows(database, "SELECT event_id, key FROM event_log JOIN outbox USING (id)")
    assert (event_id, key) == (draft.id, str(customer))
    assert [tuple(r) for r in await rows(database, "SELECT kind, subject, due_at FROM timer")] == [("call", "k", LATER)]
    assert database.events_waiting.is_set()
    assert database.timers_moved.is_set()


async def test_what_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as session:
            await record_effect(session, "k", "undone")
            session.emit(fact(new_id(), "untold"))
            session.schedule(Timer("call", "k", LATER))
            raise ZeroDivisionError
    for table in ("effect", "event_log", "outbox", "stream_head", "timer"):
        assert await rows(database, f"SELECT * FROM {table}") == []
    assert not database.events_waiting.is_set()


async def test_a_read_session_cannot_write(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await session.execute(text("INSERT INTO effect (key, word) VALUES ('k', 'sneaked in')"))
    assert not isinstance(session, WriteSession)
    async with database.write() as writing:  # the connection it came by is as it was
        await record_effect(writing, "k", "allowed")
    assert await effects(database) == [("k", "allowed")]


async def test_all_of_a_unit_of_work_happens_at_one_instant(database: Database) -> None:
    async with database.write() as session:
        first = session.emit(fact(new_id(), "one"))
        database.clock.advance(timedelta(seconds=5))  # type: ignore[attr-defined]
        assert (session.emit(fact(new_id(), "two")).time, session.now) == (first.time, NOON)


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (["set", "cancel"], []),
        (["cancel", "set"], ["k"]),
        (["set", "cancel", "set"], ["k"]),
        (["set", "set"], ["k"]),
    ],
)
@pytest.mark.parametrize("before", [True, False], ids=["set before", "new"])
async def test_what_was_said_last_of_a_timer_holds(
    database: Database, steps: list[str], left: list[str], before: bool
) -> None:
    if before:
        async with database.write() as session:
            session.schedule(Timer("call", "k", NOON))
    async with database.write() as session:
        for step in steps:
            if step == "set":
                session.schedule(Timer("call", "k", LATER))
            else:
                session.cancel("call", "k")
    assert [tuple(r) for r in await rows(database, "SELECT subject, due_at FROM timer")] == [(k, LATER) for k in left]


async def test_a_value_that_cannot_be_stored_is_no_passing_failure(database: Database) -> None:
    for value in ("a\x00b", "\ud800"):
        with pytest.raises(DBAPIError) as caught:
            async with database.write() as session:
                await record_effect(session, "k", value)
        assert not is_transient(caught.value)


async def test_a_deadlock_passes(database: Database) -> None:
    locked = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> BaseException | None:
        try:
            async with database.write() as session:
                await session.execute(text(f"SELECT pg_advisory_xact_lock({first})"))
                await locked.wait()
                await session.execute(text(f"SELECT pg_advisory_xact_lock({second})"))
        except DBAPIError as error:
            return error
        return None

    failed = [e for e in await asyncio.gather(lock(1, 2), lock(2, 1)) if e is not None]
    assert len(failed) == 1
    assert is_transient(failed[0])


async def test_a_server_that_dies_and_starts_is_a_passing_failure(
    postgres: ScratchPostgres, database: Database
) -> None:
    if postgres.embedded is None:
        pytest.skip("the PostgreSQL is not ours to break")
    await database.answers()
    await asyncio.to_thread(postgres.embedded.kill)
    failures = [await _failure(database) for _ in range(2)]
    starting = asyncio.create_task(asyncio.to_thread(postgres.embedded.start))
    while not starting.done():  # refused, then "the database system is starting up"
        failures += [await _failure(database)]
        await asyncio.sleep(0.01)
    await starting
    assert [f for f in failures if f is not None and not is_transient(f)] == []
    assert failures[0] is not None
    assert await _failure(database) is None


async def _failure(database: Database) -> Exception | None:
    try:
        await database.answers()
    except Exception as error:
        return error
    return None
