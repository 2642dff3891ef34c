"""Live streams: what a browser that comes back hears, wherever it comes back to, and when a stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.web import stream as streams
from shared.web.stream import Stream

CHANGED = "event: changed\ndata: changed\n\n"


class Log:
    """What is looked at: a number that grows. `looks` are counted."""

    def __init__(self) -> None:
        self.last, self.looks = 1, 0

    async def look(self) -> int:
        self.looks += 1
        return self.last

    def stream(self, closing: asyncio.Event | None = None) -> Stream[int]:
        return Stream("toy", self.look, compare, closing or asyncio.Event(), pause=0.01)


def compare(seen: str, look: int) -> tuple[str, bool]:
    return str(look), str(look) != seen


async def events(lines: AsyncIterator[str], count: int) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            if "changed" in (line := await anext(lines)):
                found.append(line)
    return found


async def test_a_reader_who_comes_anew_is_told_at_once_and_after_each_change() -> None:
    log = Log()
    lines = log.stream().stream()
    assert await events(lines, 2) == [CHANGED, f"id: 1\n{CHANGED}"]
    log.last = 2
    assert await events(lines, 1) == [f"id: 2\n{CHANGED}"]
    await lines.aclose()  # type: ignore[attr-defined]


async def test_a_reader_who_comes_back_to_another_process_hears_what_came_since_and_nothing_else() -> None:
    log = Log()
    one, other = log.stream(), log.stream()
    first = one.stream()
    await events(first, 2)
    await first.aclose()  # type: ignore[attr-defined]
    again = other.stream("1")
    assert await anext(again) == "retry: 2000\n\n"
    waiting = asyncio.ensure_future(anext(again))
    looks = log.looks
    async with asyncio.timeout(10):
        while log.looks < looks + 3:
            await asyncio.sleep(0)
    assert not waiting.done(), "it has seen that already"
    log.last = 2
    assert await asyncio.wait_for(waiting, 10) == f"id: 2\n{CHANGED}"
    late = other.stream("1")
    assert await events(late, 1) == [f"id: 2\n{CHANGED}"], "it was away when that came"
    for lines in (again, late):
        await lines.aclose()  # type: ignore[attr-defined]


async def test_a_silent_stream_says_that_it_is_there_and_ends_with_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "STILL_HERE", 0.02)
    is_in = True

    async def still() -> bool:
        return is_in

    lines = Log().stream().stream("1", still)
    assert [await anext(lines), await anext(lines)] == ["retry: 2000\n\n", ": still here\n\n"]
    is_in = False
    async with asyncio.timeout(10):
        assert [line async for line in lines] == []


async def test_news_is_not_told_to_somebody_whose_session_has_ended() -> None:
    log, is_in = Log(), True

    async def still() -> bool:
        return is_in

    lines = log.stream().stream(None, still)
    await events(lines, 2)
    is_in = False
    log.last = 2
    async with asyncio.timeout(10):
        assert [line async for line in lines] == []


async def test_every_stream_ends_when_the_server_does() -> None:
    closing = asyncio.Event()
    stream = Log().stream(closing)
    readers = [stream.stream() for _ in range(5)]
    for lines in readers:
        await events(lines, 1)
    closing.set()
    async with asyncio.timeout(10):
        for lines in readers:
            assert [line async for line in lines] in ([], [f"id: 1\n{CHANGED}"])
