"""Open boards are told of changes: what is news, what a look costs, and how a stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import psycopg
import pytest
from sqlalchemy import event

from services.commitments.board.news import Look, News, Seen, compare
from shared.security import Sessions
from shared.security.sessions import LIFETIME
from tests.commitments.conftest import Commitments
from tests.support.scratch import until
from tests.support.serving import serving

_END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '/commitments'"


def told(*looks: Look) -> list[bool]:
    seen, found = Seen(), []
    for look in looks:
        seen, news = compare(seen, look)
        found.append(news)
    return found


def test_a_longer_log_is_news_once() -> None:
    assert told(Look(0, 9, 9), Look(0, 9, 9), Look(3, 12, 12), Look(3, 12, 12)) == [True, False, True, False]


def test_what_was_under_way_beside_it_is_news_when_it_has_ended() -> None:
    """Id 4 was given to a transaction that is still open; id 5 is visible before it."""
    looks = (Look(3, 10, 10), Look(5, 10, 12), Look(5, 11, 14), Look(5, 12, 14), Look(5, 14, 14))
    assert told(*looks) == [True, True, False, True, False]


@pytest.mark.parametrize("seen", [Seen(), Seen(0), Seen(5), Seen(5, 12)])
def test_what_was_seen_is_the_id_of_an_event(seen: Seen) -> None:
    assert Seen.of(str(seen)) == seen


@pytest.mark.parametrize("said", ["x", "5.x", "1.2.3", "-1", "٣", "9" * 40, "5."])
def test_an_id_that_is_none_of_ours_has_seen_nothing(said: str) -> None:
    assert Seen.of(said) == Seen()


@asynccontextmanager
async def listening(url: str, kept: Commitments) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream, read as a browser does."""
    sessions = Sessions(kept.runtime.settings, kept.clock)
    cookies = {sessions.cookie.name: sessions.open("an", {"commitments:read"})}
    async with (
        httpx.AsyncClient(base_url=url, cookies=cookies, trust_env=False, timeout=10) as client,
        client.stream("GET", "/commitments/board/stream") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield answer.aiter_lines()


async def changes(lines: AsyncIterator[str], count: int) -> None:
    """Waits for so many."""
    async for line in lines:
        count -= line == "event: changed"
        if count == 0:
            return
    raise AssertionError("the stream ended")


async def test_a_change_is_told_within_a_moment_and_the_stream_ends_with_the_server(kept: Commitments) -> None:
    async with serving(kept.runtime) as url, listening(url, kept) as lines:
        async with asyncio.timeout(5):
            await changes(lines, 2)  # the page may be older than the stream, and the first look
            await kept.promise()
            await changes(lines, 1)
        kept.runtime.closing.set()
        async with asyncio.timeout(2):
            assert [line async for line in lines if line.startswith("event")] == []


async def test_a_server_that_is_told_to_stop_does_not_wait_for_its_readers(kept: Commitments) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(20):
        served = serving(kept.runtime)
        url = await served.__aenter__()
        async with listening(url, kept) as lines:
            await changes(lines, 1)
            began = loop.time()
            await served.__aexit__(None, None, None)
    assert loop.time() - began < 3, "well before the fifteen seconds that it would wait"


async def test_a_stream_ends_with_the_session_of_its_reader(kept: Commitments) -> None:
    async with serving(kept.runtime) as url, listening(url, kept) as lines:
        async with asyncio.timeout(10):
            await changes(lines, 2)
            kept.clock.advance(LIFETIME)
            await kept.promise()
            assert [line async for line in lines if line.startswith("event")] == []


async def test_one_look_for_all_and_none_for_nobody(kept: Commitments) -> None:
    looks, loop = 0, asyncio.get_running_loop()

    @event.listens_for(kept.runtime.database.engine.sync_engine, "before_cursor_execute")
    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        nonlocal looks
        looks += "pg_current_snapshot" in statement

    news = News(kept.runtime.database, asyncio.Event(), pause=0.2)
    streams = [news.stream() for _ in range(20)]
    for stream in streams:
        assert await anext(stream) == "retry: 2000\n\n"
        assert await anext(stream) == "event: changed\ndata: changed\n\n"
    began, since = looks, loop.time()
    await until(lambda: looks >= began + 4)
    assert looks - began <= (loop.time() - since) / 0.2 + 1, "a look in each pause, however many watch"
    for stream in streams:
        await stream.aclose()  # type: ignore[attr-defined]
    await until(_nobody_looks)


def _nobody_looks() -> bool:
    return not [task for task in asyncio.all_tasks() if task.get_name() == "board news"]


@pytest.mark.parametrize("cookie", [None, "forged"])
async def test_the_stream_is_for_staff(kept: Commitments, cookie: str | None) -> None:
    if cookie:
        kept.http.cookies.set(Sessions(kept.runtime.settings, kept.clock).cookie.name, cookie)
    assert (await kept.http.get("/commitments/board/stream")).status_code == 401
    assert (await kept.http.get("/commitments/board/stream", headers=kept.token("intake:read"))).status_code == 403


async def test_a_database_that_is_away_does_not_end_the_watch(kept: Commitments) -> None:
    news = News(kept.runtime.database, asyncio.Event(), pause=0.05)
    stream = news.stream()
    await anext(stream)
    await anext(stream)
    broken: list[object] = []
    event.listen(kept.runtime.database.engine.sync_engine, "handle_error", broken.append)

    def look_broken() -> bool:
        """A connection that ends while it goes back to the pool breaks no look: the next does."""
        if not broken:
            with psycopg.connect(kept.runtime.settings.database_url.replace("+asyncpg", "")) as other:
                other.execute(_END_ALL)
        return bool(broken)

    await until(look_broken)
    await kept.promise()
    async with asyncio.timeout(5):
        while "changed" not in await anext(stream):
            continue
    await stream.aclose()  # type: ignore[attr-defined]
    await until(_nobody_looks)
