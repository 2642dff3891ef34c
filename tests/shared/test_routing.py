"""The session rule: GET reads, everything else writes, and the commit comes before the answer."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from shared.broker import Record
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.contracts import Event
from shared.database import Database
from shared.eventlog.read import events_about
from shared.relay import Relay
from shared.security import Sessions, Tokens
from tests.shared.webapp import browser, make_app
from tests.support.scratch import effects, rows


async def test_a_write_is_there_when_the_answer_is(client: httpx.AsyncClient, database: Database) -> None:
    customer = uuid4()
    answer = await client.post("/toy/notes", json={"customer": str(customer), "word": "kept"})
    assert answer.status_code == 201
    assert await effects(database) == [(str(customer), "kept")]
    assert [str(r.event_id) for r in await rows(database, "SELECT event_id FROM event_log")] == [answer.json()["event"]]
    assert (await client.get("/toy/notes")).json() == {"items": ["kept"], "next": None}


async def test_every_event_says_who_asked_for_it_and_a_strangers_says_nobody(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    """X2: a program by its token, a person by their session; the event carries it wherever it goes."""
    note, sessions = {"customer": str(uuid4()), "word": "kept"}, app.state.sessions
    await client.post("/toy/notes", json=note)
    await client.post("/toy/private/notes", json=note, headers=bearer(app, "toy:write"))
    cookie = sessions.open("an@shop.example", {"toy:write"})
    headers = {"Cookie": f"{sessions.cookie.name}={cookie}", "X-CSRF-Token": sessions.read(cookie).csrf}
    assert (await client.post("/toy/private/notes", json=note, headers=headers)).status_code == 201
    async with database.read() as reading:
        told = await events_about(reading, [UUID(note["customer"])])
    assert [one.actor for one in told] == [None, "lan", "an@shop.example"]
    broker = Noting()
    await Relay(database, broker).publish_waiting()
    assert [Event.from_record(r.headers, r.value).actor for r in broker.records] == [None, "lan", "an@shop.example"]


class Noting(LocalBroker):
    """A broker that keeps what is published."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> None:
        self.records += records


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


def bearer(app: FastAPI, *scopes: str) -> dict[str, str]:
    tokens: Tokens = app.state.tokens
    return {"Authorization": f"Bearer {tokens.issue('lan', frozenset(scopes), lifetime=timedelta(days=1))}"}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_whoever_may_not_come_in_takes_no_connection(
    app: FastAPI, client: httpx.AsyncClient, method: str
) -> None:
    client.headers["Idempotency-Key"] = "one"
    taken: list[object] = []
    event.listen(app.state.runtime.database.engine.sync_engine.pool, "checkout", lambda *of: taken.append(of))
    cookie = app.state.sessions.cookie.name
    wrong = [{}, {"Authorization": "Bearer wrong"}, {"Cookie": f"{cookie}=wrong"}, bearer(app, "toy:read")]
    said = [(await client.request(method, "/toy/private", headers=headers)).status_code for headers in wrong * 5]
    assert (said, taken) == ([401, 401, 401, 403] * 5, [])
    assert (await client.request(method, "/toy/private", headers=bearer(app, "toy:write"))).status_code == 200
    assert taken, "and whoever may come in does take one"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_with_the_database_away_a_stranger_is_told_to_sign_in(clock: ManualClock, method: str) -> None:
    app, runtime = make_app("postgresql+asyncpg://nobody@127.0.0.1:1/nothing", clock)
    async with browser(app) as client:
        client.headers["Idempotency-Key"] = "one"
        said = [
            (await client.request(method, "/toy/private", headers=headers)).status_code
            for headers in ({}, bearer(app, "toy:read"), bearer(app, "toy:write"))
        ]
    await runtime.stop()
    assert said == [401, 403, 503]


async def test_a_form_of_a_session_can_be_sent_twice(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Its mark against forgery stands in the body, which is wanted whole to know the request again."""
    sessions: Sessions = app.state.sessions
    cookie = sessions.open("an", {"*"})
    client.cookies.set(sessions.cookie.name, cookie)
    session = sessions.read(cookie)
    assert session is not None
    for csrf, status in ((session.csrf, 200), (session.csrf, 200), ("wrong", 403)):
        answer = await client.post("/toy/private", data={"csrf": csrf}, headers={"Idempotency-Key": "one"})
        assert answer.status_code == status, answer.text
