"""The loop of a queue: claim, do, settle.

    one transaction: settle what is done, claim what there is room for -> do it, several at once -> again

Nothing is in a transaction while work is done, so that a slow party outside holds no connection to the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from shared.database import Database, WriteSession
from shared.work.results import results_of

if TYPE_CHECKING:
    from shared.service import Workplace

T = TypeVar("T")
R = TypeVar("R")


class Queue(Protocol[T, R]):
    """The work of one kind. Any number of processes work on it side by side."""

    async def claim(self, session: WriteSession, most: int) -> Sequence[T]:
        """Claims up to `most` pieces that are due, so that nobody else takes them for longer than `do` needs."""
        ...

    async def do(self, piece: T) -> R:
        """Does a piece, outside of any transaction. A failure is a result too; what is raised ends the loop."""
        ...

    async def settle(self, session: WriteSession, done: Sequence[R]) -> None:
        """Writes down what came of some pieces: that they are over, or when they are tried again.

        A piece may be another worker's by now, where this one took longer than its claim.
        """
        ...


class Worker(Generic[T, R]):
    """Works on a queue in one process.

    What is in hand, and what is done and not yet settled, outlives a run that failed because the database was away.
    """

    def __init__(
        self,
        queue: Queue[T, R],
        kind: str,
        *,
        at_once: int,
        least: int = 1,
        look: float = 1.0,
        moment: float = 0.0,
        grace: float | None = None,
    ) -> None:
        """`kind` is that of the signals which say that work waits.

        `at_once`: pieces in hand at most. `least`: the room from which on more are claimed, so that few transactions
        claim many. All else is in seconds: `look` between two looks where no signals are heard, `moment` in which
        pieces that are done are settled together, `grace` for those in hand at the end; None: as long as they take.
        """
        self._queue, self._kind = queue, kind
        self._at_once, self._least = at_once, least
        self._look, self._moment, self._grace = look, moment, grace
        self._in_hand: set[asyncio.Task[R]] = set()
        self._done: list[R] = []

    async def run(self, workplace: Workplace, stop: asyncio.Event) -> None:
        """Works until told to stop; what is in hand then is finished and settled, within the grace.

        Raises what the database raises, and what `do` does.
        """
        try:
            while not stop.is_set():
                await self.step(workplace.database)
            await self._finish(workplace.database)
        except asyncio.CancelledError:
            await self._drop()
            raise

    async def step(self, database: Database) -> None:
        """Settles what is done and claims what there is room for, then waits for something to be done or to wait."""
        database.signals.of(self._kind).clear()
        room = self._at_once - len(self._in_hand)
        await self._turn(database, room if room >= self._least else 0)
        if self._in_hand:
            await self._collect(self._look)
        else:
            await database.signals.wait(self._kind, deaf=self._look)

    async def _turn(self, database: Database, room: int) -> None:
        """One transaction, where there is anything to do in it."""
        if not (room or self._done):
            return
        claimed: Sequence[T] = ()
        async with database.write() as session:
            if self._done:
                await self._queue.settle(session, self._done)
            if room:
                claimed = await self._queue.claim(session, room)
        self._done.clear()
        self._in_hand |= {asyncio.create_task(self._queue.do(piece)) for piece in claimed}

    async def _collect(self, timeout: float | None) -> None:
        """Takes what is done, once there is something, with what is done right after it. Raises what `do` raised."""
        done, _ = await asyncio.wait(self._in_hand, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if done and self._moment:
            await asyncio.sleep(self._moment)
        done = {task for task in self._in_hand if task.done()}
        self._in_hand -= done
        results, fault = results_of(done)
        self._done += results
        if fault is not None:
            raise fault

    async def _finish(self, database: Database) -> None:
        try:
            if self._in_hand:
                await asyncio.wait(self._in_hand, timeout=self._grace)
                await self._collect(0)
        finally:
            await self._turn(database, 0)
            await self._drop()

    async def _drop(self) -> None:
        """Gives up what is in hand: when its claim is over, somebody takes it up again."""
        for task in self._in_hand:
            task.cancel()
        await asyncio.gather(*self._in_hand, return_exceptions=True)
        self._in_hand.clear()
