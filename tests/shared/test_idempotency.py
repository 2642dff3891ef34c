"""Idempotency-Key: the same request again is the same answer, and one effect."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from shared.clock import ManualClock
from shared.database import Database
from tests.support.scratch import rows, words

CUSTOMER = str(uuid4())


def note(word: str = "kept") -> dict[str, str]:
    return {"customer": CUSTOMER, "word": word}


async def post(client: httpx.AsyncClient, key: str, word: str = "kept", path: str = "/toy/notes", **headers: str):  # type: ignore[no-untyped-def]
    return await client.post(path, json=note(word), headers={"Idempotency-Key": key, **headers})


async def test_the_same_key_is_the_same_answer(client: httpx.AsyncClient, database: Database) -> None:
    first, again = await post(client, "a"), await post(client, "a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["content-type"]) == (first.json(), first.headers["content-type"])
    assert await words(database) == ["kept"]
    assert len(await rows(database, "SELECT 1 FROM event_log")) == 1


async def test_another_key_and_no_key_are_other_requests(client: httpx.AsyncClient, database: Database) -> None:
    await post(client, "a")
    await post(client, "b")
    await client.post("/toy/notes", json=note())
    await client.post("/toy/notes", json=note())
    assert len(await words(database)) == 4


async def test_the_same_key_with_another_request_is_refused(client: httpx.AsyncClient, database: Database) -> None:
    await post(client, "a")
    assert (await post(client, "a", "another word")).status_code == 422
    assert (await post(client, "a", path="/toy/raw")).status_code == 422
    assert await words(database) == ["kept"]


async def test_at_once_they_wait_for_the_first(client: httpx.AsyncClient, database: Database) -> None:
    answers = await asyncio.gather(*(post(client, "a") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await words(database) == ["kept"]


async def test_a_refused_request_may_be_sent_again_mended(client: httpx.AsyncClient, database: Database) -> None:
    assert (await post(client, "a", path="/toy/notes/word/refuse")).status_code == 409
    assert (await post(client, "a")).status_code == 201


async def test_two_who_choose_the_same_key_do_not_meet(client: httpx.AsyncClient, database: Database) -> None:
    one = await post(client, "a", Authorization="Bearer one")
    other = await post(client, "a", "other", Authorization="Bearer other")
    assert (one.status_code, other.status_code) == (201, 201)
    assert await words(database) == ["kept", "other"]


async def test_one_who_writes_their_token_otherwise_is_the_same(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    token = app.state.tokens.issue("crm", frozenset({"toy:write"}), lifetime=timedelta(hours=1))
    written = (f"Bearer {token}", f"bearer {token}", f"BEARER   {token}")
    answers = [await post(client, "a", Authorization=one) for one in written]
    assert len({answer.text for answer in answers}) == 1
    assert await words(database) == ["kept"]


async def test_after_a_day_it_is_forgotten(client: httpx.AsyncClient, database: Database, clock: ManualClock) -> None:
    await post(client, "a")
    clock.advance(timedelta(days=1, seconds=1))
    assert (await post(client, "a", "another word")).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x07b"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, key: str) -> None:
    assert (await post(client, key)).status_code == 400


async def test_a_kept_answer_is_not_for_a_token_that_has_expired(
    app: FastAPI, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    token = app.state.tokens.issue("crm", frozenset({"toy:write"}), lifetime=timedelta(hours=1))
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await post(client, "a", **bearer)).status_code == 201
    assert (await post(client, "a", **bearer)).status_code == 201
    clock.advance(timedelta(hours=2))
    assert (await post(client, "a", **bearer)).status_code == 401
