"""Fires the timers that are due, many in one transaction. `SKIP LOCKED` lets several workers do so side by side."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text

from shared.crash import crash_point
from shared.database import Database, WriteSession
from shared.signals import TIMERS
from shared.telemetry import TIMERS_FIRED, TIMERS_LAG
from shared.timers import Timer
from shared.transient import is_transient
from shared.waiting import wait_for

log = structlog.get_logger()

POSTPONED_BY = timedelta(minutes=1)
"""How long a timer waits whose handler failed."""

LOCKED = 0.01
"""Seconds until the next look, where all that is due is in another worker's hands."""

TimerHandler = Callable[[WriteSession, Sequence[Timer]], Awaitable[None]]
"""Gets all due timers of its kind that one transaction took, in due order."""

_CLAIM = text("""
    DELETE FROM timer WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM timer WHERE due_at <= :now ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING kind, subject, due_at
""")
_NEXT = text("SELECT min(due_at) FROM timer")
_POSTPONE = text("""
    UPDATE timer SET due_at = :at, attempts = attempts + 1, last_error = :error
    WHERE kind = :kind AND subject = :subject AND due_at = :was
""")


class TimerWorker:
    """Fires due timers. `handlers` by kind; a kind nobody handles is put off and reported, not lost."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, TimerHandler],
        *,
        batch: int = 1000,
        lanes: int = 2,
        longest_sleep: float = 1.0,
    ) -> None:
        self.database, self.handlers = database, handlers
        self.batch, self.lanes, self.longest_sleep = batch, lanes, longest_sleep

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.database.signals.of(TIMERS).clear()
            self.database.signals.serve(TIMERS)
            if (seconds := await self._until_next()) > 0:
                await self._sleep(seconds)
            elif (fired := await self.fire_due()) == self.batch:
                await self._storm(stop)
            elif not fired:
                await self._sleep(LOCKED)

    async def _storm(self, stop: asyncio.Event) -> None:
        """Fires more timers than one batch: several side by side, one deciding while the database writes another's."""

        async def fire_all() -> None:
            while not stop.is_set() and await self.fire_due() == self.batch:
                pass

        ended = await asyncio.gather(*(fire_all() for _ in range(self.lanes)), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    async def fire_due(self) -> int:
        """Fires up to one batch in one transaction. Returns how many were due."""
        now = self.database.clock.now()
        try:
            async with self.database.write() as session:
                timers = await self._claim(session, now, self.batch)
                await self._dispatch(session, timers)
                if timers:
                    crash_point("after_fire")
        except Exception as error:
            if is_transient(error):
                raise
            log.exception("timers.batch_failed", error=str(error))
            return await self._fire_singly(now)
        if timers:
            TIMERS_FIRED.inc(len(timers))
            TIMERS_LAG.observe((now - timers[0].due_at).total_seconds())
        return len(timers)

    async def _claim(self, session: WriteSession, now: datetime, limit: int) -> list[Timer]:
        rows = await session.execute(_CLAIM, {"now": now, "limit": limit})
        timers = sorted((Timer(*row) for row in rows), key=lambda t: (t.due_at, t.subject))
        session.fired(timers)
        return timers

    async def _dispatch(self, session: WriteSession, timers: Sequence[Timer]) -> None:
        by_kind: dict[str, list[Timer]] = defaultdict(list)
        for timer in timers:
            by_kind[timer.kind].append(timer)
        for kind, group in by_kind.items():
            await self.handlers[kind](session, group)

    async def _fire_singly(self, now: datetime) -> int:
        """Fires the timers of a failed batch one by one; what fails alone is put off with its reason."""
        for fired in range(self.batch):
            timers: list[Timer] = []
            try:
                async with self.database.write() as session:
                    timers = await self._claim(session, now, 1)
                    await self._dispatch(session, timers)
            except Exception as error:
                if not timers or is_transient(error):
                    raise
                log.exception("timers.postponed", kind=timers[0].kind)
                await self._postpone(timers[0], now, error)
            if not timers:
                return fired
        return self.batch

    async def _postpone(self, timer: Timer, now: datetime, error: Exception) -> None:
        """Puts a timer off, unless it was moved meanwhile: then its new time holds."""
        async with self.database.write() as session:
            values = {"kind": timer.kind, "subject": timer.subject, "was": timer.due_at}
            await session.execute(_POSTPONE, values | {"at": now + POSTPONED_BY, "error": repr(error)[:500]})

    async def _until_next(self) -> float:
        """Seconds until the next timer is due, 0 or less where one is. One statement: most looks find nothing."""
        async with self.database.alone.connect() as connection:
            due = (await connection.execute(_NEXT)).scalar_one()
        if due is None:
            return self.longest_sleep
        return min(float((due - self.database.clock.now()).total_seconds()), self.longest_sleep)

    async def _sleep(self, seconds: float) -> None:
        await wait_for(self.database.signals.of(TIMERS), seconds)
