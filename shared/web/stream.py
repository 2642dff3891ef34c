"""Live streams of pages: server-sent events that say that something has changed.

One look in each pause serves all readers of a process, and nobody looks for no reader. An event's id says how far its
reader has seen, in terms of the database: a browser that comes back with it (`Last-Event-ID`), to this process or to
another one, hears of what came since, and of nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Generic, TypeVar

import structlog
from fastapi import Request
from fastapi.responses import StreamingResponse

from shared.security.access import is_still_known
from shared.transient import is_transient
from shared.waiting import wait_for

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds between two looks."""

STILL_HERE = 15.0
"""Seconds after which a silent stream says that it is there, so that no proxy ends it."""

LIFETIME = 600.0
"""Seconds after which a stream ends. The browser opens the next one, and shows its session again."""

Look = TypeVar("Look")
Still = Callable[[], Awaitable[bool]]


async def _always() -> bool:
    return True


class Stream(Generic[Look]):
    """One stream for all readers of a process, named `name`. `closing` ends it for every one of them at once.

    `look` looks at the database. `compare` is pure: for an id (empty where nothing was seen) and a look it returns the
    id from now on and whether there is news. The ids of one state of the database are the same in every process.
    """

    def __init__(
        self,
        name: str,
        look: Callable[[], Awaitable[Look]],
        compare: Callable[[str, Look], tuple[str, bool]],
        closing: asyncio.Event,
        *,
        pause: float = PAUSE,
    ) -> None:
        self._name, self._look, self._compare = name, look, compare
        self._closing, self._pause = closing, pause
        self._seen = ""
        self._bells: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    async def stream(self, after: str | None = None, still: Still = _always) -> AsyncIterator[str]:
        """Server-sent events: `changed` after each change.

        Without `after`, the id of what a reader has seen, it is said once at once: a page may be older than its stream.
        The stream ends where `still` does not hold.
        """
        loop = asyncio.get_running_loop()
        ends, seen = loop.time() + LIFETIME, after or ""
        with self._bell() as bell:
            yield "retry: 2000\n\n"
            if after is None:
                yield "event: changed\ndata: changed\n\n"
            while loop.time() < ends:
                rang = await wait_for(bell, STILL_HERE)
                if self._closing.is_set() or not await still():
                    return
                if not rang:
                    yield ": still here\n\n"
                    continue
                bell.clear()
                if self._seen and seen != self._seen:
                    seen = self._seen
                    yield f"id: {seen}\nevent: changed\ndata: changed\n\n"

    @contextmanager
    def _bell(self) -> Iterator[asyncio.Event]:
        """A bell that rings when there is news. The first one begins the watch."""
        bell = asyncio.Event()
        self._bells.add(bell)
        if self._task is None or self._task.done():
            self._seen = ""
            self._task = asyncio.create_task(self._watch(), name=self._name)
        else:
            bell.set()
        try:
            yield bell
        finally:
            self._bells.discard(bell)

    async def _watch(self) -> None:
        """Looks again and again for as long as anybody reads."""
        while self._bells and not self._closing.is_set():
            try:
                found = await self._look()
            except Exception as error:
                if not is_transient(error):
                    log.exception("stream.look_failed", stream=self._name)
            else:
                self._seen, is_news = self._compare(self._seen, found)
                if is_news:
                    self._ring()
            await wait_for(self._closing, self._pause)
        self._ring()

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()


def answer(stream: Stream[Look], request: Request) -> StreamingResponse:
    """The stream as the answer to a reader, for as long as their session holds."""
    lines = stream.stream(request.headers.get("last-event-id"), partial(is_still_known, request))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)
