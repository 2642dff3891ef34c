"""The loop of a queue: what is claimed is done outside of transactions, and settled once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import text

from shared.clock import ManualClock
from shared.database import Database, WriteSession
from shared.work import Worker
from shared.work.claims import claim
from tests.support.scratch import until

KIND = "toys"


@dataclass
class Toys:
    """A queue of numbers. Each is done when its gate is opened; `turns` are what was settled and claimed together."""

    waiting: list[int]
    gates: dict[int, asyncio.Event] = field(default_factory=dict)
    turns: list[tuple[list[int], list[int]]] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    fails: Callable[[], Exception | None] = lambda: None
    broken: frozenset[int] = frozenset()

    async def claim(self, session: WriteSession, most: int) -> Sequence[int]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        if self.turns and self.turns[-1][0] and not self.turns[-1][1]:
            self.turns[-1] = (self.turns[-1][0], taken)
        elif taken:
            self.turns.append(([], taken))
        self.gates |= {one: asyncio.Event() for one in taken}
        return taken

    async def do(self, piece: int) -> int:
        await self.gates[piece].wait()
        if piece in self.broken:
            raise RuntimeError(f"{piece} is broken")
        return piece

    async def settle(self, session: WriteSession, done: Sequence[int]) -> None:
        if (error := self.fails()) is not None:
            raise error
        self.settled += done
        self.turns.append((list(done), []))

    @property
    def in_hand(self) -> set[int]:
        return {one for one in self.gates if one not in self.settled}

    def open(self, *pieces: int) -> None:
        for piece in pieces:
            self.gates[piece].set()


@dataclass
class Place:
    database: Database
    holder: str = "here"
    placed: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def working(worker: Worker[int, int], database: Database) -> AsyncIterator[asyncio.Event]:
    """A run of the loop for a block, told to stop at its end."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(Place(database), stop))
    try:
        yield stop
    finally:
        stop.set()
        database.signals.wake()
        await asyncio.wait_for(task, 10)


def of(queue: Toys, **options: Any) -> Worker[int, int]:
    return Worker(queue, KIND, **{"at_once": 2, "look": 0.02, **options})


async def test_a_few_are_in_hand_at_once_and_one_that_is_done_makes_room(database: Database) -> None:
    queue = Toys([1, 2, 3, 4])
    async with working(of(queue), database):
        await until(lambda: queue.in_hand == {1, 2})
        queue.open(2)
        await until(lambda: queue.in_hand == {1, 3})
        queue.open(1, 3)
        await until(lambda: queue.in_hand == {4})
        queue.open(4)
    assert sorted(queue.settled) == [1, 2, 3, 4]


async def test_few_transactions_claim_many_where_it_is_asked_for(database: Database) -> None:
    queue = Toys([*range(8)])
    async with working(of(queue, at_once=4, least=3), database):
        await until(lambda: len(queue.in_hand) == 4)
        queue.open(0)
        await until(lambda: queue.settled == [0])
        queue.open(1)
        await until(lambda: queue.settled == [0, 1])
        assert queue.in_hand == {2, 3}, "there is room for two, and three are claimed at least"
        queue.open(2)
        await until(lambda: queue.in_hand == {3, 4, 5, 6})
        queue.waiting.clear()
        queue.open(3, 4, 5, 6)
    assert queue.turns[:4] == [([], [0, 1, 2, 3]), ([0], []), ([1], []), ([2], [4, 5, 6])]


async def test_what_is_done_is_settled_by_the_next_run_where_the_database_was_away(database: Database) -> None:
    away = [ConnectionError("away")]
    queue = Toys([1, 2], fails=lambda: away.pop() if away else None)
    worker = of(queue)
    task = asyncio.create_task(worker.run(Place(database), asyncio.Event()))
    await until(lambda: queue.in_hand == {1, 2})
    queue.open(1)
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(task, 10)
    assert queue.settled == []
    async with working(worker, database):
        await until(lambda: queue.settled == [1])
        queue.open(2)
    assert queue.settled == [1, 2]
    assert [piece for _, taken in queue.turns for piece in taken] == [1, 2], "nothing was claimed twice"


async def test_what_is_in_hand_at_the_end_is_finished_and_settled(database: Database) -> None:
    queue = Toys([1, 2, 3])
    async with working(of(queue), database) as stop:
        await until(lambda: queue.in_hand == {1, 2})
        stop.set()
        queue.open(1, 2)
    assert sorted(queue.settled) == [1, 2]
    assert queue.waiting == [3]


async def test_what_takes_longer_than_the_grace_is_given_up_and_not_settled(database: Database) -> None:
    queue = Toys([1, 2])
    async with working(of(queue, grace=0.2), database):
        await until(lambda: queue.in_hand == {1, 2})
        queue.open(1)
    assert queue.settled == [1]


async def test_what_raises_ends_the_loop_and_takes_no_others_result_along(database: Database) -> None:
    queue = Toys([1, 2], broken=frozenset({2}))
    worker = of(queue, moment=0.05)
    task = asyncio.create_task(worker.run(Place(database), asyncio.Event()))
    await until(lambda: queue.in_hand == {1, 2})
    queue.open(1, 2)
    with pytest.raises(RuntimeError, match="2 is broken"):
        await asyncio.wait_for(task, 10)
    async with working(worker, database):
        await until(lambda: queue.settled == [1])


async def test_a_piece_that_is_cancelled_takes_no_others_result_along(database: Database) -> None:
    queue = Toys([1, 2])
    async with working(of(queue, moment=0.05), database):
        await until(lambda: queue.in_hand == {1, 2})
        (cancelled,) = [task for task in asyncio.all_tasks() if _does(task, 2)]
        cancelled.cancel()
        queue.open(1)
        await until(lambda: queue.settled == [1])


def _does(task: asyncio.Task[Any], piece: int) -> bool:
    frame = task.get_stack(limit=1)
    return bool(frame) and frame[0].f_code is Toys.do.__code__ and frame[0].f_locals["piece"] == piece


async def test_a_signal_says_that_work_waits(database: Database) -> None:
    queue = Toys([])
    async with working(of(queue, look=3600), database):
        await asyncio.sleep(0)  # the loop has begun
        queue.waiting = [1]
        database.signals.give(KIND)
        await until(lambda: queue.in_hand == {1})
        queue.open(1)
    assert queue.settled == [1]


async def test_a_claim_takes_those_due_first_and_is_over_by_itself(database: Database, clock: ManualClock) -> None:
    now, minute = clock.now(), timedelta(minutes=1)
    due = {"a": now - minute, "b": now, "c": now + minute, "d": None, "e": now - 2 * minute}
    statement = text(claim("toy_work", "id", ("id", "attempts")))

    async def claimed(session: WriteSession, at: Any, most: int = 10) -> dict[str, int]:
        rows = await session.execute(statement, {"now": at, "until": at + 10 * minute, "most": most})
        return cast("dict[str, int]", {row.id: row.attempts for row in rows})

    async with database.write() as session:
        await session.execute(
            text("CREATE TEMP TABLE toy_work (id text, attempts int DEFAULT 0, next_at timestamptz) ON COMMIT DROP")
        )
        add = text("INSERT INTO toy_work (id, next_at) VALUES (:id, :next_at)")
        await session.execute(add, [{"id": id_, "next_at": at} for id_, at in due.items()])
        assert await claimed(session, now, most=2) == {"e": 1, "a": 1}
        assert await claimed(session, now) == {"b": 1}
        assert await claimed(session, now) == {}
        assert await claimed(session, now + 9 * minute) == {"c": 1}
        assert await claimed(session, now + 10 * minute) == {"a": 2, "b": 2, "e": 2}
