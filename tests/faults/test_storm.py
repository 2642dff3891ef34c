"""A storm of deadlines: thousands fall due while the worker that fires them is killed again and again.

Only commitments and PostgreSQL, with the local broker. `KEPT_STORM=100000 make storms` makes it a larger one.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest

from services.host import registry
from shared.clock import SystemClock
from shared.runtime import Runtime
from tests.load.promises import make_open
from tests.support.installation import ServiceProcess
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import migrated_template, until

STORM = int(os.environ.get("KEPT_STORM", "5000"))
DEATHS = 10
pytestmark = [pytest.mark.storm, pytest.mark.timeout(300 + STORM // 200)]

_BROKEN = "SELECT count(*) FROM commitment WHERE status = 'broken'"
_WORKER_WAITS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = '/commitments' AND wait_event_type = 'Lock'
"""
_ONE_DUE = (
    "SELECT id FROM commitment WHERE status = 'stated' AND due_at < now() ORDER BY due_at DESC LIMIT 1 FOR UPDATE"
)
_EVENTS = """
    SELECT count(*) AS told, count(DISTINCT data::jsonb ->> 'commitment_id') AS promises
    FROM event_log WHERE type = 'kept.commitment.broken.v1'
"""
_ENDS = """
    SELECT outcome, count(*) FROM commitment c
    WHERE EXISTS (SELECT FROM event_log e WHERE e.key = c.customer_id::text AND e.type = 'kept.commitment.broken.v1'
                  AND e.data::jsonb ->> 'outcome' = c.outcome AND e.data::jsonb ->> 'commitment_id' = c.id::text)
    GROUP BY outcome
"""


@dataclass
class Storm:
    """`wave` lets some fall due; `worker` is the process that is killed."""

    runtime: Runtime
    worker: ServiceProcess
    sql: asyncpg.Connection
    random: Random

    async def wave(self, count: int, *, warned: bool) -> None:
        now = self.runtime.clock.now()
        await make_open(self.runtime, count, now - timedelta(seconds=10), timedelta(seconds=5), warned=warned)

    async def broken(self) -> int:
        return int(await self.sql.fetchval(_BROKEN))

    async def die_in_the_middle(self, dsn: str) -> None:
        """The worker has taken a batch and waits for one of its promises, which somebody else holds: then it dies."""
        holder = await asyncpg.connect(dsn)
        try:
            async with holder.transaction():
                assert await holder.fetchval(_ONE_DUE)
                self.worker.start()
                await until(lambda: self.sql.fetchval(_WORKER_WAITS), within=60)
                await asyncio.to_thread(self.worker.kill)
        finally:
            await holder.close()

    async def die_at_any_moment(self) -> None:
        """Before, in or after what follows its first batch."""
        before = await self.broken()
        self.worker.start()

        async def has_begun() -> bool:
            return await self.broken() > before

        await until(has_begun, within=60)
        await asyncio.sleep(self.random.random() * 0.05)
        await asyncio.to_thread(self.worker.kill)


@asynccontextmanager
async def storming(postgres: ScratchPostgres, directory: Path) -> AsyncIterator[tuple[Storm, str]]:
    template = await asyncio.to_thread(migrated_template, postgres, registry.migrations("commitments"))
    key = secrets.token_urlsafe(48)
    settings: dict[str, Any] = {
        "database_url": postgres.url(template),
        "broker": "local",
        "local_broker_url": postgres.url(template),
    }
    environment = {f"KEPT_{name.upper()}": value for name, value in settings.items()} | {"KEPT_SECRET_KEY": key}
    runtime = registry.runtime("commitments", SystemClock(), role="api", secret_key=key, **settings)
    worker = ServiceProcess("commitments", "worker", environment, directory / "worker.log")
    sql = await asyncpg.connect(postgres.dsn(template))
    try:
        yield Storm(runtime, worker, sql, Random(5000)), postgres.dsn(template)
    finally:
        if worker.alive:
            await asyncio.to_thread(worker.stop)
        await sql.close()
        await runtime.stop()
        await asyncio.to_thread(postgres.drop_database, template)


async def test_each_deadline_fires_once_whoever_dies(own_postgres: ScratchPostgres, tmp_path: Path) -> None:
    """One outcome and one event each, none lost, none twice; half of the customers had been warned."""
    wave = STORM // DEATHS
    async with storming(own_postgres, tmp_path) as (storm, dsn):
        for death in range(DEATHS):
            await storm.wave(wave, warned=death % 2 == 0)
            if death % 2:  # the last death too leaves work to do
                await storm.die_in_the_middle(dsn)
            else:
                await storm.die_at_any_moment()
        storm.worker.start()

        async def all_broken() -> bool:
            return await storm.broken() >= wave * DEATHS

        await until(all_broken, within=60 + STORM / 500)
        assert await asyncio.to_thread(storm.worker.stop) == 0
        told = await storm.sql.fetchrow(_EVENTS)
        assert (told["told"], told["promises"]) == (wave * DEATHS, wave * DEATHS)
        ends = dict(await storm.sql.fetch(_ENDS))
        assert sum(ends.values()) == wave * DEATHS, "the event says what the promise says"
        assert ends["broken_with_warning"] >= wave * DEATHS // 2
        left = "SELECT count(*) FROM timer WHERE due_at < now() + interval '30 days'"
        assert await storm.sql.fetchval(left) == 0
