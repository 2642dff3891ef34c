"""The same deadlines by procrastinate, the job queue on PostgreSQL: one deferred job a commitment.

A job marks its commitment broken and writes one event row, in one transaction, as a careful user of it would.
In its favour: its table holds the due jobs alone, where ours holds the clocks of every open commitment.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter

import procrastinate
import psycopg_pool
from procrastinate.types import JSONValue

CONCURRENCY = 20

_TABLE = """
    CREATE TABLE rival_event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, type text NOT NULL,
                              key text NOT NULL, time timestamptz NOT NULL, data text NOT NULL)
"""
_DUE = "SELECT id FROM commitment WHERE status = 'stated' ORDER BY due_at, id LIMIT %s"
_BREAK = """
    UPDATE commitment SET status = 'broken', outcome = 'broken_silently', closed_at = %s
    WHERE id = %s AND status IN ('stated', 'agreed') RETURNING customer_id, terms::text
"""
_TELL = "INSERT INTO rival_event (type, key, time, data) VALUES ('kept.commitment.broken.v1', %s, %s, %s)"


async def fire(dsn: str, count: int) -> float:
    """Fired per second: from the start of the worker to its last job done."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn, min_size=4, max_size=CONCURRENCY))
    pool = psycopg_pool.AsyncConnectionPool(dsn, min_size=4, max_size=CONCURRENCY, open=False)

    @app.task(name="break_promise")
    async def break_promise(commitment_id: str) -> None:
        now = datetime.now(UTC)
        async with pool.connection() as connection:
            row = await (await connection.execute(_BREAK, (now, commitment_id))).fetchone()
            if row is not None:
                await connection.execute(_TELL, (str(row[0]), now, row[1]))

    async with pool, app.open_async():
        await app.schema_manager.apply_schema_async()
        async with pool.connection() as connection:
            await connection.execute(_TABLE)
            rows = await (await connection.execute(_DUE, (count,))).fetchall()
        jobs: list[dict[str, JSONValue]] = [{"commitment_id": str(row[0])} for row in rows]
        due = datetime.now(UTC) - timedelta(seconds=1)
        await break_promise.configure(schedule_at=due).batch_defer_async(*jobs)
        start = perf_counter()
        await app.run_worker_async(
            concurrency=CONCURRENCY, wait=False, listen_notify=False, install_signal_handlers=False
        )
        seconds = perf_counter() - start
        async with pool.connection() as connection:
            told = await (await connection.execute("SELECT count(*) FROM rival_event")).fetchone()
    assert told == (count,), f"procrastinate fired {told} of {count}"
    return count / seconds
