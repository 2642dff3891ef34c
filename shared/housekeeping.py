"""Housekeeping: removes seen event ids and answers to repeated writes after a while, a bounded piece at a time.

It also gives a subject to the events that the version before wrote into the log while this one began.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared import idempotency
from shared.eventlog.filling import fill_subjects
from shared.waiting import wait_for

if TYPE_CHECKING:
    from shared.database import Database

EVERY = 600.0
"""Seconds between two rounds."""
PIECE = 10_000
"""Rows one statement deletes, so that no transaction holds back vacuum for long."""

_INBOX = text("""
    DELETE FROM inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE received_at < :before LIMIT :piece))
""")
_KEYS = text("""
    DELETE FROM idempotency_key WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_key WHERE created_at < :before LIMIT :piece))
""")


async def keep_house(database: Database, inbox_days: int, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await sweep(database, timedelta(days=inbox_days))
        await fill_subjects(database)
        await wait_for(stop, EVERY)


async def sweep(database: Database, keep_inbox: timedelta) -> int:
    """Removes old rows once. Returns how many went. `keep_inbox` must be longer than the broker keeps records."""
    gone = 0
    now = database.clock.now()
    for statement, before in ((_INBOX, now - keep_inbox), (_KEYS, now - idempotency.KEEP)):
        while True:
            async with database.engine.begin() as connection:
                result = await connection.execute(statement, {"before": before, "piece": PIECE})
            gone += result.rowcount
            if result.rowcount < PIECE:
                break
    return gone
