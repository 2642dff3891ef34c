"""A lease: one holder of a name at a time, by a row with a term and an end.

Trust is anchored to the moment the attempt *started*, so that a slow answer cannot make the holder believe
longer than the database does; a holder that cannot renew steps down before its term ends. The instants are
the database's own: a lease is about liveness, not about the business's time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text

from shared.waiting import wait_for

if TYPE_CHECKING:
    from shared.database import Database

log = structlog.get_logger()

_ACQUIRE = text("""
    INSERT INTO lease AS l (name, holder, term, expires_at)
    VALUES (:name, :holder, 1, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (name) DO UPDATE SET
        term = l.term + CASE WHEN l.holder = excluded.holder THEN 0 ELSE 1 END,
        holder = excluded.holder, expires_at = excluded.expires_at
    WHERE l.holder = excluded.holder OR l.expires_at < clock_timestamp()
    RETURNING term
""")
_RELEASE = text("UPDATE lease SET expires_at = '-infinity' WHERE name = :name AND holder = :holder")


class Lease:
    def __init__(self, database: Database, name: str, holder: str, *, seconds: float = 6.0) -> None:
        self.database, self.name, self.holder, self.seconds = database, name, holder, seconds
        self._trusted_until = 0.0

    @property
    def held(self) -> bool:
        return monotonic() < self._trusted_until

    async def acquire(self) -> bool:
        """Takes or renews the lease. The answer is trusted for two thirds of the term, from before the question."""
        asked = monotonic()
        values = {"name": self.name, "holder": self.holder, "seconds": self.seconds}
        async with self.database.alone.connect() as connection:
            won = (await connection.execute(_ACQUIRE, values)).first() is not None
        self._trusted_until = asked + self.seconds * 2 / 3 if won else 0.0
        return won

    async def release(self) -> None:
        self._trusted_until = 0.0
        async with self.database.alone.connect() as connection:
            await connection.execute(_RELEASE, {"name": self.name, "holder": self.holder})


async def lead(lease: Lease, stop: asyncio.Event, step: Callable[[], Awaitable[None]]) -> None:
    """Calls `step` again and again while the lease is held; stands by while another holds it."""
    renew_at = 0.0
    try:
        while not stop.is_set():
            if monotonic() >= renew_at:
                await lease.acquire()
                renew_at = monotonic() + lease.seconds / 3
            if lease.held:
                await step()
            else:
                await wait_for(stop, lease.seconds / 3)
    finally:
        if lease.held:
            await lease.release()
