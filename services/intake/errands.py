"""What is fetched from others on behalf of a row: a few at once, and again by a schedule.

    claim -> fetch -> write down what came of it, or when to try again

A claim is a row whose `next_at` was moved ahead. So no transaction is open while somebody else is slow, two workers
take different rows, and a crash only delays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

SCHEDULE = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
)
"""Between one attempt in vain and the next."""
CLAIM = timedelta(minutes=10)
"""Longer than any attempt takes."""
AT_ONCE = 4
PAUSE = 1.0
"""Seconds between looks at the database while there is nothing to do."""
GRACE = 10.0
"""Seconds that attempts under way have when the process is told to stop."""

_PASSES = frozenset({408, 425, 429})

T = TypeVar("T")


class Refused(Exception):
    """It will not be had, with the reason: trying again would not help."""


class NotNow(Exception):
    """It cannot be had at present, with the reason."""


def next_try(attempts: int, now: datetime) -> datetime | None:
    """After so many attempts in vain; None: enough is enough."""
    return now + SCHEDULE[attempts - 1] if attempts <= len(SCHEDULE) else None


def check_status(status: int) -> None:
    """Raises Refused, NotNow."""
    if 300 <= status < 500 and status not in _PASSES:
        raise Refused(f"the answer is status {status}")
    if status != 200:
        raise NotNow(f"the answer is status {status}")


async def keep_busy(
    stop: asyncio.Event,
    claim: Callable[[int], Awaitable[Sequence[T]]],
    work: Callable[[T], Coroutine[Any, Any, None]],
) -> None:
    """Claims what is due and works on it, AT_ONCE at most, until told to stop. What `work` raises ends it."""
    running: set[asyncio.Task[None]] = set()
    try:
        while not stop.is_set():
            if room := AT_ONCE - len(running):
                running |= {asyncio.create_task(work(one)) for one in await claim(room)}
            running = await _some_done(running, stop)
        if running:
            await asyncio.wait(running, timeout=GRACE)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _some_done(running: set[asyncio.Task[None]], stop: asyncio.Event) -> set[asyncio.Task[None]]:
    """Those that still run, when one has ended, it was told to stop, or a little while has gone by."""
    told = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({told, *running}, timeout=PAUSE, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    for task in running & done:
        task.result()
    return running - done
