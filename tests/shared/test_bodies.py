"""Bodies of strangers: together within a budget, none slow for ever, and what says too much is not read."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from shared import bodies
from shared.bodies import SMALL, Budget, NoRoom, budget_of
from tests.support.scratch import toy_settings

KIND = {"Content-Type": "application/octet-stream"}
BUDGET = budget_of(toy_settings("postgresql+asyncpg://nowhere").unverified_bytes)


@pytest.fixture
def nothing_taken() -> None:
    assert BUDGET.taken == 0


async def held(size: int, go: asyncio.Event, began: asyncio.Event) -> AsyncIterator[bytes]:
    """A body that has come but for its end."""
    yield b"x" * size
    began.set()
    await go.wait()
    yield b"x"


@pytest.mark.usefixtures("nothing_taken")
async def test_all_bodies_together_stay_within_the_budget(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BUDGET, "most", 4 * SMALL)
    go, began = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(client.post("/toy/raw", content=held(2 * SMALL, go, began), headers=KIND))
    await began.wait()
    second = await client.post("/toy/raw", content=b"x" * 2 * SMALL, headers=KIND)
    assert (second.status_code, second.headers["retry-after"]) == (503, "5")
    assert second.json()["type"] == "urn:kept:problem:unavailable"
    small = await client.post("/toy/raw", content=b"x" * SMALL, headers=KIND)
    assert small.status_code == 200, "what large ones leave is for small ones"
    go.set()
    assert (await first).status_code == 200
    assert (await client.post("/toy/raw", content=b"x" * 2 * SMALL, headers=KIND)).status_code == 200
    assert BUDGET.taken == 0, "each gave back what it took"


def test_the_budget_is_one_for_a_process() -> None:
    assert budget_of(7) is budget_of(7)
    one = Budget(100 * SMALL)
    one.take(75 * SMALL, of=75 * SMALL)
    with pytest.raises(NoRoom):
        one.take(1, of=75 * SMALL + 1)
    one.take(25 * SMALL, of=SMALL)
    with pytest.raises(NoRoom):
        one.take(1, of=1)
    assert one.taken == 100 * SMALL


async def test_what_large_bodies_took_goes_back_to_the_system_at_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    trims: list[int] = []
    monkeypatch.setattr(bodies, "trim", lambda: trims.append(1))
    monkeypatch.setattr(bodies, "TRIM_SECONDS", 0.01)
    budget = Budget(100 * SMALL)
    for size, expected in ((SMALL, 0), (SMALL + 1, 1), (2 * SMALL, 2)):
        for _ in range(3):
            budget.take(size, of=size)
            budget.give_back(size)
        await asyncio.sleep(0.05)
        assert len(trims) == expected, "none for small ones, one for all that come together"


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize("path", ["/toy/raw", "/toy/notes", "/toy/form"])
async def test_a_length_that_says_too_much_is_refused_unread(client: httpx.AsyncClient, path: str) -> None:
    read: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x"

    kind = {"/toy/notes": "application/json", "/toy/form": "application/x-www-form-urlencoded"}.get(path, "text/plain")
    for claimed in (1024 * 1024 + 1, 10**18):
        headers = {"Content-Type": kind, "Content-Length": str(claimed)}
        answer = await client.post(path, content=body(), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:kept:problem:too-large")
    assert read == []


@pytest.mark.usefixtures("nothing_taken")
@pytest.mark.parametrize("path", ["/toy/raw", "/toy/notes", "/toy/form"])
async def test_a_body_that_does_not_come_is_given_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(bodies, "GRACE", 0.05)

    async def silent() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    kind = {"/toy/notes": "application/json", "/toy/form": "application/x-www-form-urlencoded"}.get(path, "text/plain")
    answer = await asyncio.wait_for(client.post(path, content=silent(), headers={"Content-Type": kind}), 10)
    assert (answer.status_code, answer.json()["type"]) == (408, "urn:kept:problem:too-slow")
    assert BUDGET.taken == 0


@pytest.mark.usefixtures("nothing_taken")
async def test_a_body_that_stops_is_given_up_however_much_came_before(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "GRACE", 0.1)

    async def stopping() -> AsyncIterator[bytes]:
        yield b"x" * 1_000_000
        await asyncio.sleep(30)

    answer = await asyncio.wait_for(client.post("/toy/raw", content=stopping(), headers=KIND), 10)
    assert answer.status_code == 408


async def test_a_body_ends_whatever_its_rate(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_SECONDS", 0.3)

    async def steady() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000
            await asyncio.sleep(0.05)

    answer = await asyncio.wait_for(client.post("/toy/raw", content=steady(), headers=KIND), 10)
    assert answer.status_code == 408


@pytest.mark.parametrize(("bytes_a_second", "status"), [(2_000, 408), (200_000, 200)])
async def test_a_body_comes_at_a_least_rate(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, bytes_a_second: int, status: int
) -> None:
    """One that always sends something is not held for ever; one that is fast enough may take longer than the grace."""
    monkeypatch.setattr(bodies, "GRACE", 0.2)

    async def dripping() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * (bytes_a_second // 50)
            await asyncio.sleep(0.02)

    answer = await client.post("/toy/raw", content=dripping(), headers=KIND)
    assert answer.status_code == status
