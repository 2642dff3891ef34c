"""Timers: each fires once, at its time, whoever dies (X12)."""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.clock import ManualClock, SystemClock
from shared.database import Database, WriteSession
from shared.ids import new_id
from shared.timer_worker import POSTPONED_BY, TimerWorker
from shared.timers import Timer
from tests.support.scratch import NOON, effects, fact, record_effect, rows, until, words

MINUTE = timedelta(minutes=1)

DYING = """
import asyncio, os, sys
from shared.clock import SystemClock
from shared.database import Database
from shared.timer_worker import TimerWorker
from tests.support.scratch import record_effect

async def fire(session, timers):
    for timer in timers:
        await record_effect(session, timer.kind, timer.subject)
    os._exit(137)

database = Database(sys.argv[1], source="/toy", clock=SystemClock())
asyncio.run(TimerWorker(database, {"call": fire}).fire_due())
"""
"""A worker that dies with its effects written and not committed."""


async def fire(session: WriteSession, timers: Sequence[Timer]) -> None:
    for timer in timers:
        await record_effect(session, timer.kind, timer.subject)


async def fire_and_tell(session: WriteSession, timers: Sequence[Timer]) -> None:
    await fire(session, timers)
    for timer in timers:
        session.emit(fact(new_id(), timer.subject))


async def schedule(database: Database, *timers: Timer) -> None:
    async with database.write() as session:
        for timer in timers:
            session.schedule(timer)


def at(subject: str, minutes: float, kind: str = "call") -> Timer:
    return Timer(kind, subject, NOON + minutes * MINUTE)


async def left(database: Database) -> list[str]:
    return [row.subject for row in await rows(database, "SELECT subject FROM timer ORDER BY subject")]


async def test_nothing_fires_before_its_time_and_all_at_it(database: Database, clock: ManualClock) -> None:
    worker = TimerWorker(database, {"call": fire})
    await schedule(database, at("a", 1), at("b", 2), at("c", 60))
    assert await worker.fire_due() == 0
    clock.advance(MINUTE - timedelta(microseconds=1))
    assert await worker.fire_due() == 0
    clock.advance(timedelta(microseconds=1))
    assert await worker.fire_due() == 1
    clock.advance(timedelta(days=400))
    assert await worker.fire_due() == 2
    assert await words(database) == ["a", "b", "c"]
    assert await worker.fire_due() == 0


async def test_they_fire_in_due_order(database: Database, clock: ManualClock) -> None:
    await schedule(database, at("late", 3), at("early", 1), at("middle", 2))
    clock.advance(5 * MINUTE)
    await TimerWorker(database, {"call": fire}).fire_due()
    assert await words(database) == ["early", "middle", "late"]


async def test_set_again_moves_and_cancel_takes_away(database: Database, clock: ManualClock) -> None:
    await schedule(database, at("moved", 1), at("cancelled", 1), at("kept", 1), at("cancelled", 1, "other kind"))
    await schedule(database, at("moved", 10))
    async with database.write() as session:
        session.cancel("call", "cancelled")
        session.cancel("call", "never set")
    worker = TimerWorker(database, {"call": fire, "other kind": fire})
    clock.advance(2 * MINUTE)
    await worker.fire_due()
    assert sorted(await effects(database)) == [("call", "kept"), ("other kind", "cancelled")]
    clock.advance(8 * MINUTE)
    await worker.fire_due()
    assert (await words(database))[-1] == "moved"


async def test_two_workers_fire_each_timer_once(database: Database, clock: ManualClock) -> None:
    await schedule(database, *(at(f"{n:04}", n % 5) for n in range(1000)))
    clock.advance(10 * MINUTE)

    async def drain() -> int:
        fired, worker = 0, TimerWorker(database, {"call": fire_and_tell}, batch=25)
        while await rows(database, "SELECT 1 FROM timer LIMIT 1"):
            fired += await worker.fire_due()
        return fired

    assert sum(await asyncio.gather(drain(), drain(), drain())) == 1000
    assert sorted(await words(database)) == [f"{n:04}" for n in range(1000)]
    assert len(await rows(database, "SELECT id FROM outbox")) == 1000


async def test_a_failing_handler_is_put_off_with_its_reason_and_others_fire(
    database: Database, clock: ManualClock
) -> None:
    bad = {"b"}

    async def picky(session: WriteSession, timers: Sequence[Timer]) -> None:
        await fire_and_tell(session, timers)
        if bad & {timer.subject for timer in timers}:
            raise ValueError("no such promise")

    worker = TimerWorker(database, {"call": picky})
    await schedule(database, at("a", 1), at("b", 1), at("c", 1), at("d", 1, "nobody handles it"))
    clock.advance(MINUTE)
    await worker.fire_due()
    assert await words(database) == ["a", "c"]
    assert len(await rows(database, "SELECT id FROM outbox")) == 2

    postponed = await rows(database, "SELECT subject, due_at, attempts, last_error FROM timer ORDER BY subject")
    assert [(r.subject, r.due_at, r.attempts) for r in postponed] == [
        (subject, clock.now() + POSTPONED_BY, 1) for subject in "bd"
    ]
    assert "no such promise" in postponed[0].last_error
    assert "nobody handles it" in postponed[1].last_error

    bad.clear()
    clock.advance(POSTPONED_BY)
    await worker.fire_due()
    assert await words(database) == ["a", "c", "b"]
    assert await left(database) == ["d"]


async def test_trouble_that_passes_puts_nothing_off(database: Database, clock: ManualClock) -> None:
    calls = 0

    async def cut_off(session: WriteSession, timers: Sequence[Timer]) -> None:
        nonlocal calls
        calls += 1
        await fire(session, timers)
        raise ValueError("once") if calls == 1 else ConnectionError("away")

    await schedule(database, at("a", 0))
    with pytest.raises(ConnectionError):
        await TimerWorker(database, {"call": cut_off}).fire_due()
    assert [tuple(r) for r in await rows(database, "SELECT due_at, attempts FROM timer")] == [(NOON, 0)]
    assert await words(database) == []


async def test_one_that_was_moved_while_it_failed_keeps_its_new_time(database: Database, clock: ManualClock) -> None:
    """A timer put off by a minute in place of its new time would fire hours early."""

    async def fail(_: WriteSession, __: Sequence[Timer]) -> None:
        if not moved.done():
            moved.set_result(None)
        raise ValueError

    class Moving(TimerWorker):
        async def _postpone(self, timer: Timer, now, error: Exception) -> None:  # type: ignore[no-untyped-def]
            await schedule(database, at("a", 480))
            await super()._postpone(timer, now, error)

    moved = asyncio.get_running_loop().create_future()
    await schedule(database, at("a", 0))
    await Moving(database, {"call": fail}).fire_due()
    assert [r.due_at for r in await rows(database, "SELECT due_at FROM timer")] == [NOON + 480 * MINUTE]


async def test_a_worker_that_dies_loses_and_doubles_nothing(database: Database, url: str) -> None:
    """X12: the crash is a rollback; the next worker fires all of it."""
    await schedule(database, *(at(f"{n}", n) for n in range(5)))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([".", *sys.path])}
    dying = await asyncio.create_subprocess_exec(sys.executable, "-c", DYING, url, env=environment)
    assert await dying.wait() == 137
    assert await words(database) == []

    again = Database(url, source="/toy", clock=SystemClock())
    assert await TimerWorker(again, {"call": fire}).fire_due() == 5
    await again.close()
    assert sorted(await words(database)) == list("01234")


async def test_a_running_worker_wakes_for_a_timer_set_meanwhile(url: str) -> None:
    """The next due time sets the sleep, and a timer set in this process ends it."""
    database = Database(url, source="/toy", clock=SystemClock())
    stop = asyncio.Event()
    worker = TimerWorker(database, {"call": fire}, longest_sleep=30)
    running = asyncio.create_task(worker.run(stop))
    await asyncio.sleep(0.2)
    soon = database.clock.now() + timedelta(milliseconds=300)
    await schedule(database, Timer("call", "soon", soon))
    await until(lambda: words(database), within=5)
    assert database.clock.now() >= soon
    stop.set()
    database.signals.wake()
    await asyncio.wait_for(running, 5)
    await database.close()


async def test_a_handler_may_set_the_next_one(database: Database, clock: ManualClock) -> None:
    async def again(session: WriteSession, timers: Sequence[Timer]) -> None:
        await fire(session, timers)
        for timer in timers:
            session.schedule(Timer(timer.kind, timer.subject, timer.due_at + MINUTE))

    worker = TimerWorker(database, {"call": again})
    await schedule(database, at("a", 0))
    for _ in range(3):
        await worker.fire_due()
        clock.advance(MINUTE)
    assert await words(database) == ["a", "a", "a"]


async def test_many_fire_in_batches_of_one_transaction(database: Database, clock: ManualClock) -> None:
    batches: list[int] = []

    async def count(_: WriteSession, timers: Sequence[Timer]) -> None:
        batches.append(len(timers))

    await schedule(database, *(at(f"{n}", 0) for n in range(250)))
    worker = TimerWorker(database, {"call": count}, batch=100)
    assert [await worker.fire_due() for _ in range(4)] == [100, 100, 50, 0]
    assert batches == [100, 100, 50]
