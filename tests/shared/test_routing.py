"""The session rule: GET reads, everything else writes, and the commit comes before the answer."""

from uuid import uuid4

import httpx
import pytest

from shared.database import Database
from tests.support.scratch import effects, rows


async def test_a_write_is_there_when_the_answer_is(client: httpx.AsyncClient, database: Database) -> None:
    customer = uuid4()
    answer = await client.post("/toy/notes", json={"customer": str(customer), "word": "kept"})
    assert answer.status_code == 201
    assert await effects(database) == [(str(customer), "kept")]
    assert [str(r.event_id) for r in await rows(database, "SELECT event_id FROM event_log")] == [answer.json()["event"]]
    assert (await client.get("/toy/notes")).json() == {"items": ["kept"], "next": None}


async def test_a_commit_that_fails_gives_no_2xx(client: httpx.AsyncClient, database: Database) -> None:
    """FastAPI runs what follows a `yield` after the answer: a commit there would be a lie."""
    answer = await client.post("/toy/uncommittable")
    assert answer.status_code == 500
    assert await rows(database, "SELECT 1 FROM pg_tables WHERE tablename = 'late'") == []


async def test_a_refusal_leaves_nothing(client: httpx.AsyncClient, database: Database) -> None:
    answer = await client.post("/toy/notes/word/refuse")
    assert answer.status_code == 409
    assert await effects(database) == []
    assert await rows(database, "SELECT 1 FROM event_log") == []


@pytest.mark.parametrize("path", ["/toy/writes-by-get", "/toy/asks-to-write-by-get"])
async def test_a_get_cannot_write(client: httpx.AsyncClient, database: Database, path: str) -> None:
    assert (await client.get(path)).status_code == 500
    assert await effects(database) == []
