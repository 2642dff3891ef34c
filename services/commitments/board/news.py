"""Tells every open board of this process that something has changed: one look a second for all, none for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import text

from shared.database import Database
from shared.transient import is_transient

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds between two looks."""

STILL_HERE = 15.0
"""Seconds after which a silent stream says that it is there, so that no proxy ends it."""

LIFETIME = 600.0
"""Seconds after which a stream ends. The browser opens the next one, and shows its session again."""

_LOOK = text("""
    SELECT coalesce((SELECT max(id) FROM event_log), 0) AS last,
           CAST(CAST(pg_snapshot_xmin(s) AS text) AS bigint) AS oldest,
           CAST(CAST(pg_snapshot_xmax(s) AS text) AS bigint) AS next
    FROM pg_current_snapshot() AS s
""")


class Look(NamedTuple):
    """The last id in the event log, the oldest transaction still running, and the one that begins next."""

    last: int
    oldest: int
    next: int


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the log was read. `unsettled`: transactions before this one may still write before `last` in the log."""

    last: int | None = None
    unsettled: int | None = None


def compare(seen: Seen, look: Look) -> tuple[Seen, bool]:
    """Compares two looks at the log: what is seen now, and whether that is news.

    Ids are given out before the commit, so that a later one can be visible first. Once all that ran beside it has
    ended, it is news again.
    """
    if look.last != seen.last:
        return Seen(look.last, look.next if look.oldest < look.next else None), True
    if seen.unsettled is not None and look.oldest >= seen.unsettled:
        return Seen(look.last), True
    return seen, False


class News:
    """The news of changes for all open boards of this process. `closing` ends every stream at once."""

    def __init__(self, database: Database, closing: asyncio.Event, *, pause: float = PAUSE) -> None:
        self._database, self._closing, self._pause = database, closing, pause
        self._bells: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events: `changed` at once, as the page may be older than the stream, and after each change."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + LIFETIME
        with self._bell() as bell:
            bell.set()
            yield "retry: 2000\n\n"
            while loop.time() < ends:
                try:
                    await asyncio.wait_for(bell.wait(), STILL_HERE)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if self._closing.is_set():
                    return
                bell.clear()
                yield "event: changed\ndata: changed\n\n"

    @contextmanager
    def _bell(self) -> Iterator[asyncio.Event]:
        bell = asyncio.Event()
        self._bells.add(bell)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="board news")
        try:
            yield bell
        finally:
            self._bells.discard(bell)

    async def _watch(self) -> None:
        """Looks at the log again and again for as long as anybody watches."""
        seen = Seen()
        while self._bells and not self._closing.is_set():
            seen, news = await self._looked(seen)
            if news:
                self._ring()
            try:
                await asyncio.wait_for(self._closing.wait(), self._pause)
            except TimeoutError:
                continue
        self._ring()

    async def _looked(self, seen: Seen) -> tuple[Seen, bool]:
        try:
            async with self._database.alone.connect() as connection:
                row = (await connection.execute(_LOOK)).one()
        except Exception as error:
            if not is_transient(error):
                log.exception("board.look_failed")
            return seen, False
        return compare(seen, Look(row.last, row.oldest, row.next))

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()
