"""A million open commitments, and those whose time has come: broken, told, and how late.

`timers.fire` and `timers.lag` run the service's own timer worker with its own handlers. A lag is from the due time
to the instant at which the transaction that broke the promise had been committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta
from time import perf_counter

from sqlalchemy import text

from shared.database import WriteSession
from shared.runtime import Runtime
from shared.timer_worker import TimerWorker
from shared.timers import Timer
from tests.load import rival
from tests.load.promises import make_open, many_open
from tests.load.sender import quantile
from tests.load.servers import Servers
from tests.load.table import Goal, Measured

GOALS = {
    "timers.fire": Goal("value", ">=", 10_000, "fired/s"),
    "timers.vs_procrastinate": Goal("ratio", ">=", 20),
    "timers.lag": Goal("value", "<=", 1_000, "ms"),
}
DUE = 100_000
RIVAL_DUE = 2_000
BURST = 5_000

_BROKEN = text("SELECT count(*) FROM event_log WHERE type = 'kept.commitment.broken.v1'")


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    found: dict[str, Measured] = {}
    async with many_open(servers) as (database, runtime):
        if not {"timers.fire", "timers.vs_procrastinate"}.isdisjoint(wanted):
            fired = await _fire(runtime)
            found["timers.fire"] = Measured(fired, "fired/s")
        if "timers.vs_procrastinate" in wanted:
            theirs = await rival.fire(servers.postgres.dsn(database), RIVAL_DUE)
            said = f"procrastinate: {theirs:,.0f} fired/s"
            found["timers.vs_procrastinate"] = Measured(fired, "fired/s", said, fired / theirs)
        if "timers.lag" in wanted:
            found["timers.lag"] = await _lag(runtime)
    return found


async def _fire(runtime: Runtime) -> float:
    now = runtime.clock.now()
    await make_open(runtime, DUE, now - timedelta(seconds=10), timedelta(seconds=5), warned=True)
    before, start = await _broken(runtime), perf_counter()
    fired = len(await _lags(runtime, DUE))
    seconds = perf_counter() - start
    told = await _broken(runtime) - before
    if not fired == told == DUE:
        raise RuntimeError(f"{fired} fired and {told} told of {DUE}")
    return fired / seconds


async def _broken(runtime: Runtime) -> int:
    async with runtime.database.read() as session:
        count: int = (await session.execute(_BROKEN)).scalar_one()
        return count


class Watched(TimerWorker):
    """The worker of every service, with a watch on what it fired and when that was committed."""

    def watch(self, expected: int, done: asyncio.Event) -> list[float]:
        self.lags: list[float] = []
        self._expected, self._all = expected, done
        self._held = ContextVar[list[datetime]]("held")  # batches are fired side by side, each in a task of its own
        return self.lags

    async def _dispatch(self, session: WriteSession, timers: Sequence[Timer]) -> None:
        self._held.set([timer.due_at for timer in timers])
        await super()._dispatch(session, timers)

    async def fire_due(self) -> int:
        self._held.set([])
        fired = await super().fire_due()
        now = self.database.clock.now()
        self.lags += [(now - due).total_seconds() for due in self._held.get()]
        if len(self.lags) >= self._expected:
            self._all.set()
        return fired


async def _lags(runtime: Runtime, expected: int) -> list[float]:
    """The worker at work until so many have fired. How late each was, in seconds."""
    worker = Watched(runtime.database, runtime.timers.handlers)
    stop = asyncio.Event()
    lags = worker.watch(expected, stop)
    async with asyncio.timeout(120):
        await worker.run(stop)
    return lags


async def _lag(runtime: Runtime) -> Measured:
    first = runtime.clock.now() + timedelta(seconds=5)
    await make_open(runtime, BURST, first, timedelta(seconds=1), warned=True)
    if runtime.clock.now() >= first:
        raise RuntimeError("the commitments could not be stored in time to wait for them")
    ordered = sorted(await _lags(runtime, BURST))
    said = f"5,000 due within a second: p50 {quantile(ordered, 0.5) * 1000:.0f} ms, worst {ordered[-1] * 1000:.0f} ms"
    return Measured(quantile(ordered, 0.99) * 1000, "ms", said)
