"""The pace of a loop that takes what waits: as much as comes within a moment is taken together."""

from __future__ import annotations

import asyncio
from time import monotonic

MOMENT = 0.05
"""Seconds."""


class Pace:
    """The least time between two batches, each of which has a price of its own. The first waits for none."""

    def __init__(self, seconds: float = MOMENT) -> None:
        self.seconds, self._next = seconds, 0.0

    async def keep(self) -> None:
        """Waits until the time has passed since this was last left."""
        if (rest := self._next - monotonic()) > 0:
            await asyncio.sleep(rest)
        self._next = monotonic() + self.seconds
