"""Sessions: one that reads, one that writes, and a unit of work that is all or nothing."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import Database, WriteSession
from shared.ids import new_id
from shared.problems import Conflict
from shared.signals import EVENTS, TIMERS
from shared.timers import Timer
from shared.transient import is_transient
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import NOON, effects, fact, record_effect, rows, words

LATER = NOON + timedelta(hours=1)
CUSTOMER = new_id()


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
    assert database.signals.of(EVENTS).is_set()
    assert database.signals.of(TIMERS).is_set()


async def test_what_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as session:
            await record_effect(session, "k", "undone")
            session.emit(fact(new_id(), "untold"))
            session.schedule(Timer("call", "k", LATER))
            raise ZeroDivisionError
    for table in ("effect", "event_log", "outbox", "stream_head", "timer"):
        assert await rows(database, f"SELECT * FROM {table}") == []
    assert not database.signals.of(EVENTS).is_set()


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


async def test_all_that_is_read_is_read_at_one_instant(database: Database) -> None:
    async with database.read() as session:
        database.clock.advance(timedelta(seconds=5))  # type: ignore[attr-defined]
        assert session.now == NOON


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


Step = tuple[str, Any]
"""What is done in a unit of work: ("change", word), ("emit", word), ("set" or "cancel", subject), ("id", what).

("attempt", steps) is granted, ("refused", steps) ends in a refusal.
"""


def _steps(random: Random, depth: int = 0) -> list[Step]:
    steps: list[Step] = []
    for _ in range(random.randint(2, 6)):
        kind = random.choice(["change", "emit", "set", "cancel", "id", *["attempt", "refused"] * (2 - depth)])
        if kind in {"attempt", "refused"}:
            steps.append((kind, _steps(random, depth + 1)))
        else:
            steps.append((kind, random.choice("abc")))
    return steps


def _granted(steps: Sequence[Step]) -> list[Step]:
    """The same without what is refused."""
    return [(kind, _granted(of) if kind == "attempt" else of) for kind, of in steps if kind != "refused"]


async def _do(session: WriteSession, steps: Sequence[Step]) -> None:
    for kind, of in steps:
        match kind:
            case "change":
                await record_effect(session, "k", of)
            case "emit":
                session.emit(fact(CUSTOMER, of))
            case "set":
                session.schedule(Timer("call", of, LATER))
            case "cancel":
                session.cancel("call", of)
            case "id":
                await record_effect(session, "id", str(session.make_id(of)))
            case "attempt":
                async with session.attempt():
                    await _do(session, of)
            case _:
                with pytest.raises(Conflict):
                    async with session.attempt():
                        await _do(session, of)
                        raise Conflict("it has moved")


async def _left_by(database: Database, steps: Sequence[Step]) -> list[Any]:
    """All that a unit of work leaves in a database where two timers stand already."""
    async with database.write() as session:
        await session.execute(text("TRUNCATE effect, event_log, outbox, stream_head, timer"))
        session.schedule(Timer("call", "a", NOON))
        session.schedule(Timer("call", "b", NOON))
    async with database.write() as session:
        with session.because("a test", NOON):
            await _do(session, steps)
    return [
        await effects(database),
        [tuple(row) for row in await rows(database, "SELECT event_id, key, sequence, data FROM event_log ORDER BY id")],
        [tuple(row) for row in await rows(database, "SELECT subject, due_at FROM timer ORDER BY subject")],
    ]


@pytest.mark.parametrize("seed", range(8))
async def test_a_refused_attempt_leaves_what_there_would_be_without_it(database: Database, seed: int) -> None:
    """Changes, events, timers set and taken away, and the ids that follow from a cause; attempts within attempts."""
    steps = [*_steps(Random(seed)), ("refused", [(kind, "a") for kind in ("change", "emit", "cancel", "set", "id")])]
    steps += [("id", "a"), ("emit", "last"), ("cancel", "b")]
    assert await _left_by(database, steps) == await _left_by(database, _granted(steps))


async def test_a_statement_that_fails_in_an_attempt_ends_only_the_attempt(database: Database) -> None:
    async with database.write() as session:
        await record_effect(session, "k", "before")
        with pytest.raises(DBAPIError):
            async with session.attempt():
                session.emit(fact(CUSTOMER, "untold"))
                await session.execute(text("SELECT 1 / 0"))
        await record_effect(session, "k", "after")
    assert await words(database) == ["before", "after"]
    assert await rows(database, "SELECT * FROM event_log") == []


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
