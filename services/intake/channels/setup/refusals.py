"""Counts of what each channel refused, by reason.

A refused request leaves no row of its own, so that a stranger can fill no table: reasons are few and fixed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime

import structlog
from sqlalchemy import text

from shared.clock import Clock
from shared.database import Database

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds in which refusals are gathered before they are written."""
MOST = 1000
"""Pairs of channel and reason that are held at once. More are only logged."""

_ADD = text("""
    INSERT INTO channel_refusal AS r (channel, reason, count, last_at)
    SELECT channel, reason, count, at
    FROM unnest(CAST(:channels AS text[]), CAST(:reasons AS text[]), CAST(:counts AS bigint[]),
                CAST(:times AS timestamptz[])) AS n (channel, reason, count, at)
    ON CONFLICT (channel, reason)
    DO UPDATE SET count = r.count + excluded.count, last_at = greatest(r.last_at, excluded.last_at)
""")


class Refusals:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last: dict[tuple[str, str], datetime] = {}
        self._writing: asyncio.Task[None] | None = None
        self._in_turn = asyncio.Lock()

    def note(self, database: Database, channel: str, reason: str) -> None:
        """Counted at its own time, written soon, the first at once. It holds nobody up, and is not worth an error."""
        if len(self._counts) < MOST or (channel, reason) in self._counts:
            self._counts[channel, reason] += 1
            self._last[channel, reason] = self._clock.now()
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(database))

    async def _write_all(self, database: Database) -> None:
        while self._counts:
            await self.write(database)
            await asyncio.sleep(PAUSE)

    async def close(self, database: Database) -> None:
        """Writes what was noted, and ends."""
        await self.write(database)
        if self._writing is not None:
            self._writing.cancel()

    async def write(self, database: Database) -> None:
        """Returns when what was noted before is written, or could not be."""
        async with self._in_turn:
            await self._write(database)

    async def _write(self, database: Database) -> None:
        counts, self._counts = self._counts, Counter()
        last, self._last = self._last, {}
        if not counts:
            return
        chosen = sorted(counts.items())
        columns = {
            "channels": [channel for (channel, _), _ in chosen],
            "reasons": [reason for (_, reason), _ in chosen],
            "counts": [count for _, count in chosen],
            "times": [last[key] for key, _ in chosen],
        }
        try:
            async with database.write() as session:
                await session.execute(_ADD, columns)
        except Exception as error:
            log.warning("refusals.not_written", count=len(counts), error=repr(error))
