"""Queues worked on step by step, where the loop would work on them by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shared.database import Database
from shared.work import Queue

T = TypeVar("T")
R = TypeVar("R")


async def claimed(queue: Queue[T, R], database: Database, most: int = 100) -> list[T]:
    """Claims what is due."""
    async with database.write() as session:
        return list(await queue.claim(session, most))


async def worked(queue: Queue[T, R], database: Database, *, as_if: Callable[[T], T] = lambda piece: piece) -> int:
    """Claims what is due, does it, one piece after the other, and settles it. Returns how many pieces it was."""
    pieces = await claimed(queue, database)
    done = [await queue.do(as_if(piece)) for piece in pieces]
    async with database.write() as session:
        await queue.settle(session, done)
    return len(pieces)
