"""Sessions that were closed before their end: in a file that the APIs of all services read.

A session is a signed cookie, so that a page costs no look into a database, and a service needs no other to know it.
What closes one must therefore reach every service: a file (KEPT_SESSIONS_FILE) that each looks at again after a moment.
Its lines are `all INSTANT`, which closes whatever began until then, and `ID SECOND`: one session, and when it ends; or
one person, and when the last of their sessions ends that is closed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from shared.clock import Clock

log = structlog.get_logger()

LOOK = timedelta(seconds=2)
"""How long what was read is taken for true."""
LARGEST = 64 * 1024
"""Bytes over which a file is written anew without what has ended."""

_Mark = tuple[int, int]
Until = float
"""Seconds since 1970; whatever began until then is closed."""


class Closings:
    """Without a file, this process alone knows what was closed in it."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._closed: dict[str, int] = {}
        self._until: Until = 0.0
        self._looked_at: datetime | None = None
        self._mark: _Mark | None = None

    def has(self, id: str, began: int) -> bool:  # noqa: A002
        """Tells whether a session is closed. While the file cannot be read, all of them are."""
        self._look()
        return began <= self._until or id in self._closed

    def end_of(self, id: str) -> int:  # noqa: A002
        """The second at which what was closed under this name ends; 0 where nothing was."""
        self._look()
        return self._closed.get(id, 0)

    def are_closed(self, began: int) -> bool:
        """Tells whether sessions, and the links that open one, are closed if they began then."""
        self._look()
        return began <= self._until

    def close(self, id: str, ends: int) -> None:  # noqa: A002
        """Closes one session. Raises OSError."""
        now = self._clock.now().timestamp()
        self._closed = {one: end for one, end in self._closed.items() if end > now} | {id: ends}
        self._write(f"{id} {ends}")

    def close_all(self) -> None:
        """Closes all sessions. Raises OSError."""
        now = self._clock.now()
        self._until = now.timestamp()
        self._write(f"all {now.isoformat()}")

    def _write(self, line: str) -> None:
        if self._path is None:
            return
        with suppress(FileNotFoundError):
            if self._path.stat().st_size > LARGEST:
                self._write_anew()
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640), "w") as file:
            file.write(f"{line}\n")

    def _write_anew(self) -> None:
        assert self._path is not None
        closed, until = _read(self._path.read_text())
        now = self._clock.now().timestamp()
        lines = [f"{id_} {ends}" for id_, ends in closed.items() if ends > now]
        if until:
            lines.insert(0, f"all {datetime.fromtimestamp(until, self._clock.now().tzinfo).isoformat()}")
        half = self._path.with_suffix(".new")
        half.write_text("".join(f"{line}\n" for line in lines))
        half.replace(self._path)

    def _look(self) -> None:
        now = self._clock.now()
        if self._path is None or (self._looked_at is not None and now - self._looked_at < LOOK):
            return
        self._looked_at = now
        try:
            stat = self._path.stat()
            mark = (stat.st_mtime_ns, stat.st_size)
            if mark != self._mark:
                self._closed, self._until = _read(self._path.read_text())
                self._mark = mark
        except FileNotFoundError:
            self._mark = None
        except (OSError, ValueError) as error:
            log.error("sessions.unreadable", path=str(self._path), error=repr(error))
            self._mark, self._until = None, now.timestamp()


def _read(text: str) -> tuple[dict[str, int], Until]:
    """Reads the file. Raises ValueError."""
    closed, until = {}, 0.0
    for line in text.splitlines():
        what, _, when = line.partition(" ")
        if what == "all":
            until = max(until, datetime.fromisoformat(when).timestamp())
        else:
            closed[what] = int(when)
    return closed, until
