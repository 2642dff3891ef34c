"""What only a person can mend, and what strangers are told: parked events, a schema that differs, work that waits."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.database import Database
from shared.health import readiness
from shared.http import create_app
from shared.ids import new_id
from shared.migrations import upgrade
from shared.runtime import Runtime
from tests.shared.test_health import is_ready, known, ready, working
from tests.shared.test_inbox import _count
from tests.shared.test_parking import strange
from tests.shared.webapp import browser, make_app
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import MIGRATIONS, NOON, event_record, rows, toy_service, toy_settings, until


async def test_events_put_aside_are_said_by_a_worker_counted_and_tried_again_at_the_next_start(
    url: str, database: Database, broker: LocalBroker, clock: ManualClock
) -> None:
    await broker.publish([strange(new_id(), type=b"kept.moon.rose.v1"), event_record(new_id(), "fine")])
    async with working(url, clock, broker) as runtime:
        await until(lambda: _has_parked(runtime))
        is_so, report = await readiness(runtime)
        assert (is_so, report["state"], report["parked"]) == (False, "parked", 1)
        assert "1 events of 1 customers are put aside since 2026-03-02" in report["checks"]["parked"]
        async with browser(create_app(runtime, manage_runtime=False)) as client:
            stranger = await client.get("/toy/ready")
            assert stranger.json() == {"service": "toy", "role": "all", "ready": False, "state": "parked"}
            figures = (await client.get("/toy/metrics")).text
        assert 'kept_parked_events{service="kept.toy"} 1.0' in figures
        assert 'kept_check_failed{check="parked",service="toy"} 1.0' in figures
    async with database.engine.begin() as connection:  # what the next version can read
        await connection.exec_driver_sql(
            "UPDATE parked_event SET headers = replace(headers::text, 'moon.rose', 'case.updated')::jsonb"
        )
    async with working(url, clock, broker) as runtime:
        await until(lambda: is_ready(runtime))


async def _has_parked(runtime: Runtime) -> bool:
    return bool((await readiness(runtime))[1].get("parked"))


async def test_nothing_is_begun_in_a_database_that_is_not_migrated(
    postgres: ScratchPostgres, url: str, broker: LocalBroker, clock: ManualClock
) -> None:
    """The worker waits; whoever migrates meanwhile sets it to work, and nothing was parked."""
    name = postgres.make_database()
    await broker.publish([event_record(new_id(), "early")])
    settings = toy_settings(postgres.url(name))
    runtime = Runtime(toy_service(), settings, clock=clock, broker=broker)
    await runtime.start()
    try:
        await asyncio.sleep(0.3)
        is_so, report = await readiness(runtime)
        assert (is_so, report["state"]) == (False, "schema")
        await upgrade(postgres.url(name), MIGRATIONS)
        await until(lambda: is_ready(runtime))
        await until(lambda: _count(runtime.database, 1))
        assert await rows(runtime.database, "SELECT * FROM parked_event") == []
    finally:
        await runtime.stop()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE lease", "table lease is missing"),
        ("ALTER TABLE timer DROP COLUMN attempts", "column timer.attempts is missing"),
        ("ALTER TABLE timer ALTER COLUMN attempts TYPE bigint", "column timer.attempts is bigint, not integer"),
        (
            "ALTER TABLE event_log ALTER COLUMN time TYPE timestamp",
            "column event_log.time is timestamp without time zone, not timestamp with time zone",
        ),
        ("ALTER TABLE event_log ALTER COLUMN traceparent SET NOT NULL", "column event_log.traceparent takes no null"),
        ("ALTER TABLE inbox DROP CONSTRAINT inbox_pkey", "inbox has no unique key of event_id"),
        ("DROP INDEX event_log_key", "event_log has no unique key of key, sequence"),
        ("ALTER TABLE inbox ADD COLUMN who text NOT NULL", "column inbox.who is not ours and has no default"),
        ("ALTER TABLE inbox ADD COLUMN who text NOT NULL DEFAULT 'us', ADD COLUMN why text", None),
        ("CREATE TABLE later (id int NOT NULL)", None),
        ("CREATE INDEX more ON timer (attempts)", None),
        ("ALTER TABLE timer ALTER COLUMN attempts DROP NOT NULL", None),
    ],
)
async def test_what_a_database_lacks_is_said_and_what_it_has_beyond_is_not(
    url: str, database: Database, clock: ManualClock, change: str, said: str | None
) -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql(change)
    app, runtime = make_app(url, clock)
    async with browser(app) as client:
        status, checks = await ready(client)
    await runtime.stop()
    assert (status, checks["schema"]) == ((503, said) if said else (200, "ok"))


async def test_a_token_without_the_scope_is_told_a_word_like_a_stranger(client: httpx.AsyncClient) -> None:
    for headers in ({}, known("toy:read"), {"authorization": "Bearer nonsense"}):
        answer = await client.get("/toy/ready", headers=headers)
        assert answer.json() == {"service": "toy", "role": "api", "ready": True, "state": "ready"}
    assert "checks" in (await client.get("/toy/ready", headers=known("*"))).json()


async def test_work_that_waits_for_a_loop_is_said_by_its_word(url: str, database: Database, clock: ManualClock) -> None:
    waiting = {"spool": text("SELECT min(due_at) FROM timer WHERE kind = 'spool'")}
    async with working(url, clock, waiting=waiting, timers={"spool": _keep}) as runtime:
        await until(lambda: is_ready(runtime))
        async with database.engine.begin() as connection:
            since = NOON - timedelta(seconds=61)
            insert = text("INSERT INTO timer (kind, subject, due_at, attempts) VALUES ('spool', 's', :at, 1)")
            runtime.timers.handlers = {}
            await connection.execute(insert, {"at": since})
            report = (await readiness(runtime))[1]
            assert report["checks"]["spool"] == "ok", "not committed yet"
        report = (await readiness(runtime))[1]
        assert (report["state"], report["checks"]["spool"]) == ("spool", f"work waits since {since.isoformat()}")


async def _keep(*_: Any) -> None:
    raise AssertionError("stays")
