"""What channels refuse, counted by reason: for whoever wonders why nothing comes in.

A refused request leaves no row of its own, so that a stranger can fill no table: reasons are few and fixed.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog
from sqlalchemy import text

from shared.database import Database

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds in which refusals are gathered before they are written."""
MOST = 1000
"""Pairs of channel and reason that are held at once. More are only logged."""

_ADD = text("""
    INSERT INTO channel_refusal AS r (channel, reason, count, last_at)
    SELECT channel, reason, count, :now
    FROM unnest(CAST(:channels AS text[]), CAST(:reasons AS text[]), CAST(:counts AS bigint[]))
         AS n (channel, reason, count)
    ON CONFLICT (channel, reason) DO UPDATE SET count = r.count + excluded.count, last_at = excluded.last_at
""")


class Refusals:
    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._writing: asyncio.Task[None] | None = None

    def note(self, database: Database, channel: str, reason: str) -> None:
        """Counted now, written in a moment. It holds nobody up, and is not worth an error."""
        if len(self._counts) < MOST or (channel, reason) in self._counts:
            self._counts[channel, reason] += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon(database))

    async def _write_soon(self, database: Database) -> None:
        await asyncio.sleep(PAUSE)
        await self.write(database)

    async def write(self, database: Database) -> None:
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        chosen = sorted(counts.items())
        columns = {
            "channels": [channel for (channel, _), _ in chosen],
            "reasons": [reason for (_, reason), _ in chosen],
            "counts": [count for _, count in chosen],
        }
        try:
            async with database.write() as session:
                await session.execute(_ADD, {"now": session.now, **columns})
        except Exception as error:
            log.warning("refusals.not_written", count=len(counts), error=repr(error))
