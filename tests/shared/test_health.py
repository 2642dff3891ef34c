"""Health says that the process lives; readiness whether it can work, and why not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

import httpx
import pytest

from shared.broker import BrokerLost, Partition
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.contracts.intake import TOPIC
from shared.database import Database
from shared.health import readiness
from shared.http import create_app
from shared.ids import new_id
from shared.runtime import Runtime
from shared.security import Tokens
from shared.timers import Timer
from shared.tolerance import TOLERANCE
from tests.shared.test_inbox import _count
from tests.shared.test_parking import strange
from tests.shared.webapp import browser, make_app
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import NOON, event_record, fact, toy_service, toy_settings, until

LONG = timedelta(days=3650)
WELL = {"database": "ok", "schema": "ok", "outbox": "ok", "timers": "ok"}
"""What an api finds; a worker looks at more."""


def known(scope: str = "operations:read") -> dict[str, str]:
    token = Tokens(toy_settings("unused"), ManualClock(NOON)).issue("ops", frozenset({scope}), lifetime=LONG)
    return {"authorization": f"Bearer {token}"}


async def ready(client: httpx.AsyncClient) -> tuple[int, dict[str, str]]:
    answer = await client.get("/toy/ready", headers=known())
    return answer.status_code, answer.json()["checks"]


@asynccontextmanager
async def working(url: str, clock: ManualClock, broker: Any = None, **parts: Any) -> AsyncIterator[Runtime]:
    settings = toy_settings(url, stale_after=parts.pop("stale_after", 60))
    runtime = Runtime(toy_service(**parts), settings, clock=clock, broker=broker)
    await runtime.start()
    try:
        yield runtime
    finally:
        await runtime.stop()


async def is_ready(runtime: Runtime) -> bool:
    return (await readiness(runtime))[0]


async def test_a_database_that_is_away_is_503_until_it_is_back(
    client: httpx.AsyncClient, postgres: ScratchPostgres
) -> None:
    if postgres.embedded is None:
        pytest.skip("the PostgreSQL is not ours to break")
    note = {"customer": str(new_id()), "word": "kept"}
    assert await ready(client) == (200, WELL)
    await asyncio.to_thread(postgres.embedded.stop)
    status, checks = await ready(client)
    assert (status, "does not answer" in checks["database"]) == (503, True)
    assert (await client.get("/toy/health")).status_code == 200
    for answer in (await client.post("/toy/notes", json=note), await client.get("/toy/notes")):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["type"] == "urn:kept:problem:unavailable"

    await asyncio.to_thread(postgres.embedded.start)
    assert await ready(client) == (200, WELL)
    assert (await client.post("/toy/notes", json=note)).status_code == 201


async def test_a_database_without_tables_is_said_and_no_500(postgres: ScratchPostgres, clock: ManualClock) -> None:
    missing = ["event_log", "outbox", "stream_head", "inbox", "parked_event", "timer", "lease", "idempotency_key"]
    lacks = "; ".join(f"table {name} is missing" for name in [*missing, "consumer_position"])
    for name, found in ((postgres.make_database(), lacks), ("not_there", "cannot be used: DBAPIError")):
        app, runtime = make_app(postgres.url(name), clock)
        async with browser(app) as client:
            status, checks = await ready(client)
            assert (status, checks.get("schema", checks["database"])) == (503, found)
        await runtime.stop()


async def test_events_that_nobody_publishes_and_timers_that_nobody_fires(
    client: httpx.AsyncClient, database: Database, clock: ManualClock
) -> None:
    async with database.write() as session:
        session.emit(fact(new_id(), "told"))
    clock.advance(timedelta(seconds=60))
    assert (await ready(client))[0] == 200
    clock.advance(timedelta(seconds=1))
    status, checks = await ready(client)
    assert (status, "unpublished since 2026-03-02T05:00:00" in checks["outbox"]) == (503, True)
    assert (await client.get("/toy/ready", headers=known())).json()["oldest_unpublished_seconds"] == 61

    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM outbox")
    async with database.write() as session:
        session.schedule(Timer("call", "k", NOON))
    status, checks = await ready(client)
    assert (status, "overdue since" in checks["timers"]) == (503, True)


async def test_a_worker_is_ready_when_it_has_joined(url: str, database: Database, clock: ManualClock) -> None:
    async with working(url, clock) as runtime:
        await until(lambda: is_ready(runtime))
        is_so, report = await readiness(runtime)
        assert (is_so, report["lag"], report["checks"]) == (
            True,
            0,
            {**WELL, "parked": "ok", "replay": "ok", "broker": "ok", "consumer": "ok"},
        )
        app = create_app(runtime, manage_runtime=False)
        async with browser(app) as client:
            assert (await client.get("/toy/ready")).status_code == 200


async def test_a_consumer_that_parked_too_many_says_so(
    url: str, database: Database, broker: LocalBroker, clock: ManualClock
) -> None:
    enough = broker.partitions * (TOLERANCE.in_a_row - 1) + 1  # so that one partition has too many
    await broker.publish([strange(new_id(), type=b"kept.moon.rose.v1") for _ in range(enough)])
    async with working(url, clock, broker) as runtime:
        await until(lambda: "events in a row of kept." in runtime.faults.get("consumer", ""), within=30)
        is_so, report = await readiness(runtime)
        assert (is_so, "50 events in a row" in report["checks"]["consumer"]) == (False, True)


async def test_a_consumer_that_stands_still_and_a_partition_that_is_held_up(
    url: str, database: Database, broker: LocalBroker, clock: ManualClock
) -> None:
    async with working(url, clock, broker) as runtime:
        await until(lambda: is_ready(runtime))
        runtime.consumer.held_up[Partition(TOPIC, 3)] = monotonic() - 61, "OSError"
        assert "kept.intake/3 is held up for 61 s: OSError" in (await readiness(runtime))[1]["checks"]["consumer"]

    hung = Runtime(toy_service(), toy_settings(url), clock=clock, broker=broker)
    hung.consumer.last_poll = monotonic() - 61
    assert "stands still for 61 s" in (await readiness(hung))[1]["checks"]["consumer"]
    await hung.stop()


class Away:
    """A broker that cannot be reached."""

    async def start(self) -> None:
        raise BrokerLost("away")

    async def stop(self) -> None: ...

    async def answers(self) -> None:
        raise BrokerLost("away")

    async def survey(self, *_: Any) -> Any:
        raise BrokerLost("away")

    def consumer(self, *_: Any, **__: Any) -> Any:
        raise BrokerLost("away")


async def test_without_a_broker_timers_fire_and_own_loops_run(
    url: str, database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X2: a service starts, serves and catches up whoever else is down."""
    from tests.shared.test_timers import fire

    looped = asyncio.Event()

    async def loop(_: Runtime, stop: asyncio.Event) -> None:
        looped.set()
        await stop.wait()

    async with database.write() as session:
        session.schedule(Timer("call", "k", NOON))
    monkeypatch.setattr("shared.runtime.connect", lambda *_, **__: Away())
    async with working(url, clock, timers={"call": fire}, loops={"own": loop}) as runtime:
        await until(lambda: _count(database, 1))
        await asyncio.wait_for(looped.wait(), 5)
        is_so, report = await readiness(runtime)
        assert (is_so, report["checks"]["broker"]) == (False, "does not answer: away")


async def test_a_service_does_its_whole_work_and_stops_cleanly(
    url: str, database: Database, broker: LocalBroker, clock: ManualClock
) -> None:
    """An event in, its effect and an event out, by the loops of one runtime."""
    async with working(url, clock, broker):
        await broker.publish([event_record(new_id(), "in")])
        async with database.write() as session:
            session.emit(fact(new_id(), "out"))
        await until(lambda: _count(database, 2))  # its own event comes back to it, as it listens to that topic


async def test_a_loop_that_fails_is_started_again(
    url: str, database: Database, broker: LocalBroker, clock: ManualClock
) -> None:
    starts = 0

    async def loop(_: Runtime, stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts < 3:
            raise RuntimeError("a bug")
        await stop.wait()

    async with working(url, clock, broker, loops={"own": loop}) as runtime:
        await until(lambda: "own" in runtime.faults)
        assert (await readiness(runtime))[1]["checks"]["own"] == "RuntimeError('a bug')"
        await until(lambda: starts == 3)
        await until(lambda: is_ready(runtime))
