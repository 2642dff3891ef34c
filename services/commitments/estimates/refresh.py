"""Draws curves anew, each once an hour: what is due is in the rows themselves, so a restart neither loses nor doubles.

A loop beside the timers, and not one of them: reading a year of a busy category takes longer than a clock may be late.
"""

from __future__ import annotations

import asyncio

from services.commitments.estimates import store
from services.commitments.estimates.answer import WINDOW
from services.commitments.estimates.history import CATEGORIES
from shared.database import Database
from shared.service import Workplace
from shared.waiting import wait_for

PAUSE = 60.0
"""Seconds between two looks for categories that are new, or whose curves are an hour old."""


async def keep_fresh(window: int, work: Workplace, stop: asyncio.Event) -> None:
    """Keeps the curves fresh. `window`: the days to look back on, or more where they hold too little."""
    while not stop.is_set():
        await refresh(work.database, stop, window=window)
        await wait_for(stop, PAUSE)


async def refresh(database: Database, stop: asyncio.Event | None = None, *, window: int = WINDOW) -> int:
    """Draws stale curves anew once. Returns how many categories were drawn, each in a transaction of its own."""
    async with database.read() as session:
        names = list((await session.execute(CATEGORIES)).scalars())
        due = await store.stale(session, names, session.now)
    count = 0
    for name in due:
        if stop is not None and stop.is_set():
            break
        async with database.write() as session:
            count += await store.refit(session, name, window=window)
    return count
