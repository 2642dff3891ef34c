"""Clocks going off: in time, in their order, all of them once, over restarts too (N10, X12)."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from services.commitments import service
from services.commitments.promise import core
from services.commitments.promise.core import Promise
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Terms
from shared.database import Database
from shared.ids import new_id
from shared.timer_worker import TimerWorker
from shared.timers import Timer
from tests.commitments.conftest import START, Commitments
from tests.support.scratch import until

DUE = START + timedelta(hours=10)


async def state_many(kept: Commitments, count: int) -> None:
    """`count` promises of as many customers, all due at once."""
    terms = (Terms(revision=1, words="x", due_at=DUE, zone="Asia/Ho_Chi_Minh", cost="no charge"),)
    promises = [Promise(new_id(), new_id(), CommitmentKind.PROMISE, terms) for _ in range(count)]
    async with kept.runtime.database.write() as session:
        await kept.promises.add(session, [core.state(p, START) for p in promises])


async def test_n10_warned_at_three_quarters_then_broken_at_due(kept: Commitments) -> None:
    id_ = UUID((await kept.promise(owner="minh"))["id"])
    assert await kept.pass_time(hours=7, minutes=29) == 0
    assert await kept.pass_time(minutes=1) == 1
    (warning,) = await kept.facts(told.CommitmentAtRisk)
    assert (warning.commitment_id, warning.owner, warning.next_contact_at) == (id_, "minh", DUE)
    assert await kept.pass_time(hours=2, minutes=30) == 0, "exactly on time is not late"
    assert await kept.pass_time(seconds=1) == 1
    (broken,) = await kept.facts(told.CommitmentBroken)
    assert (broken.outcome, broken.broken_at) == (Outcome.BROKEN_WARNED, kept.now)
    assert await kept.timers() == {}


async def test_n10_a_warning_that_comes_after_due_is_none(kept: Commitments) -> None:
    """The worker was down over both instants."""
    await kept.promise()
    assert await kept.pass_time(hours=11) == 2
    assert await kept.facts(told.CommitmentAtRisk) == []
    assert (await kept.only()).outcome is Outcome.BROKEN_SILENT


async def test_what_ended_or_moved_has_no_clock_left(kept: Commitments) -> None:
    done, gone, no, moved = [(await kept.promise())["id"] for _ in range(4)]
    await kept.call("POST", f"/{done}/fulfil")
    await kept.call("POST", f"/{gone}/withdraw", json={"reason": "moved house"})
    await kept.call("POST", f"/{no}/decline", json={"revision": 1, "reason": "too late for me"})
    later = {"due_at": (DUE + timedelta(days=1)).isoformat(), "reason": "rain"}
    await kept.call("POST", f"/{moved}/revise", json=later)
    assert set(await kept.timers()) == {("commitment_due", moved)}, "the change was the warning"
    await kept.call("POST", f"/{moved}/agree", json={"revision": 2})
    assert (await kept.timers())["commitment_due", moved] == DUE + timedelta(days=1, milliseconds=1)
    before = await kept.facts()
    assert await kept.pass_time(hours=11) == 0
    assert await kept.facts() == before


async def test_a_clock_that_goes_off_for_what_ended_moved_or_is_unknown_does_nothing(kept: Commitments) -> None:
    """It was claimed in the same moment in which the promise was changed."""
    done, moved = [(await kept.promise())["id"] for _ in range(2)]
    await kept.call("POST", f"/{done}/fulfil")
    later = {"due_at": (DUE + timedelta(days=1)).isoformat(), "reason": "rain"}
    await kept.call("POST", f"/{moved}/revise", json=later)
    await kept.call("POST", f"/{moved}/agree", json={"revision": 2})
    before = (await kept.all(), await kept.facts())
    stale = [(kind, subject) for kind in ("commitment_due", "commitment_warning") for subject in (done, moved)]
    async with kept.runtime.database.write() as session:
        for kind, subject in [*stale, ("commitment_due", str(new_id()))]:
            session.schedule(Timer(kind, subject, DUE))
    assert await kept.pass_time(hours=10, seconds=1) == 5
    assert (await kept.all(), await kept.facts()) == before


async def test_x12_two_thousand_at_once_fire_once_each_by_two_workers_and_over_a_restart(kept: Commitments) -> None:
    await state_many(kept, 2000)
    kept.clock.set(DUE + timedelta(seconds=1))
    database = kept.runtime.database
    handlers = kept.runtime.service.timers
    attempts = 0

    async def crashes(session: Any, timers: Any) -> None:
        nonlocal attempts
        attempts += 1
        await handlers["commitment_due"](session, timers)
        raise DBAPIError("the server went away", None, OSError(), connection_invalidated=True)

    doomed = TimerWorker(database, {**handlers, "commitment_due": crashes}, batch=300)
    while not attempts:  # the warnings come first, too late to be any
        with contextlib.suppress(DBAPIError):
            await doomed.fire_due()
    assert attempts == 1

    restarted = Database(kept.runtime.settings.database_url, source="/commitments", clock=kept.clock)
    workers = [TimerWorker(db, handlers, batch=300) for db in (database, restarted)]

    async def work(worker: TimerWorker) -> int:
        total = 0
        while fired := await worker.fire_due():
            total += fired
        return total

    await asyncio.gather(*(work(worker) for worker in workers))
    await restarted.close()
    broken = await kept.facts(told.CommitmentBroken)
    assert len(broken) == len({fact.commitment_id for fact in broken}) == 2000
    assert await kept.facts(told.CommitmentAtRisk) == []
    assert await kept.timers() == {}
    assert {p.outcome for p in await kept.all()} == {Outcome.BROKEN_SILENT}


async def test_x12_clocks_are_there_after_a_restart_of_everything(kept: Commitments) -> None:
    await kept.promise()
    settings: Any = kept.runtime.settings
    again = service.build(settings, kept.clock)
    database = Database(settings.database_url, source="/commitments", clock=kept.clock)
    kept.clock.set(DUE + timedelta(seconds=1))
    assert await TimerWorker(database, again.timers).fire_due() == 2
    assert await TimerWorker(database, again.timers).fire_due() == 0
    await database.close()
    assert len(await kept.facts(told.CommitmentBroken)) == 1


async def test_the_worker_sleeps_until_the_next_is_due_and_wakes_when_one_is_set(kept: Commitments) -> None:
    kept.runtime.timers.longest_sleep = 60.0
    stop = asyncio.Event()
    running = asyncio.create_task(kept.runtime.timers.run(stop))
    await asyncio.sleep(0.05)
    kept.clock.advance(timedelta(minutes=1))
    await kept.promise(due_at=(kept.now + timedelta(microseconds=50)).isoformat())
    kept.clock.advance(timedelta(seconds=1))
    kept.runtime.database.signals.wake()
    await until(kept.timers_are_gone)
    stop.set()
    kept.runtime.database.signals.wake()
    await running
    assert len(await kept.facts(told.CommitmentBroken)) == 1
