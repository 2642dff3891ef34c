"""Upkeep once a minute: makes attempts of what the version before writes, and takes receipts that came early."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from services.notifications.delivery import early
from services.notifications.delivery.tracking import take_early
from services.notifications.migrations.keeping import KEEP, PIECE
from shared.database import Database
from shared.waiting import wait_for

if TYPE_CHECKING:
    from shared.service import Workplace

EVERY = 60.0
"""Seconds between two rounds."""


async def run(workplace: Workplace, stop: asyncio.Event) -> None:
    """Does a round after the other until told to stop."""
    while not stop.is_set():
        await run_once(workplace.database)
        await wait_for(stop, EVERY)


async def run_once(database: Database) -> None:
    """Does one round: attempts of the version before, and receipts that came early, each until none is left."""
    await keep_attempts(database)
    taken = early.PIECE
    while taken == early.PIECE:
        async with database.write() as session:
            taken = await take_early(session)
    async with database.write() as session:
        await early.forget(session)


async def keep_attempts(database: Database) -> None:
    """Makes attempts of what the version before wrote on messages: by an index in which there is nothing else."""
    moved = PIECE
    while moved == PIECE:
        async with database.engine.begin() as connection:
            moved = (await connection.execute(KEEP, {"piece": PIECE})).rowcount
