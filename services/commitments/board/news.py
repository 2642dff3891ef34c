"""The look that says whether an open board is out of date, and the comparison of two looks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from sqlalchemy import text

from shared.database import Database
from shared.service import Streaming
from shared.web.stream import PAUSE, Stream

NAME = "board"

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

    def __str__(self) -> str:
        return ".".join(str(part) for part in (self.last, self.unsettled) if part is not None)

    @classmethod
    def of(cls, said: str) -> Seen:
        """Reads what `str` wrote; what is nothing of the kind has seen nothing."""
        parts = said.split(".")
        if len(parts) > 2 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
            return cls()
        return cls(*map(int, parts))


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


class News(Stream[Look]):
    """The news of changes for all open boards of this process. `closing` ends every stream at once."""

    def __init__(self, database: Database, closing: asyncio.Event, *, pause: float = PAUSE) -> None:
        super().__init__("board news", partial(_look, database), _compare, closing, pause=pause)


def news(of: Streaming) -> News:
    return News(of.database, of.closing)


async def _look(database: Database) -> Look:
    async with database.alone.connect() as connection:
        row = (await connection.execute(_LOOK)).one()
    return Look(row.last, row.oldest, row.next)


def _compare(seen: str, look: Look) -> tuple[str, bool]:
    now, is_news = compare(Seen.of(seen), look)
    return str(now), is_news


def _here(request: Request) -> News:
    found: News = request.app.state.streams[NAME]
    return found


BoardNews = Annotated[News, Depends(_here)]
