"""A million open commitments with their clocks, as the service itself would have stored them.

One is stored by the service; the others are copies of that row and of the event that told it, with ids, customers and
due times of their own, made by the database, because a million by the front door would take an hour.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import text

from services.commitments.promise.core import Promise, state
from services.commitments.promise.store import Promises
from shared.contracts.terms import CommitmentKind, Terms
from shared.ids import new_id
from shared.runtime import Runtime
from tests.load.servers import Servers

OPEN = 1_000_000
TOGETHER = 100_000

_COPY = text("""
    WITH pattern AS (SELECT * FROM commitment WHERE id = :pattern),
    due AS (SELECT uuidv7() AS id, gen_random_uuid() AS customer,
                   CAST(:first AS timestamptz) + CAST(:span AS interval) * n / :count AS at
            FROM generate_series(0, :count - 1) AS n),
    made AS (
        INSERT INTO commitment (id, customer_id, case_id, kind, obligor, owner, status, terms, binding, answered,
                                first, due_at, first_due_at, stated_at, warned_at)
        SELECT due.id, due.customer, p.case_id, p.kind, p.obligor, p.owner, p.status,
               jsonb_build_array(jsonb_set(p.terms -> 0, '{due_at}',
                   to_jsonb(to_char(due.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))),
               p.binding, p.answered, p.first, due.at, due.at, p.stated_at, CASE WHEN :warned THEN p.stated_at END
        FROM due CROSS JOIN pattern p RETURNING id, customer_id, due_at, stated_at, warned_at),
    head AS (INSERT INTO stream_head (key, last) SELECT customer_id, 1 FROM made),
    told AS (
        INSERT INTO event_log (event_id, type, topic, source, key, sequence, time, data)
        SELECT uuidv7(), e.type, e.topic, e.source, made.customer_id, 1, e.time,
               replace(replace(e.data, e.key, made.customer_id::text), CAST(:pattern AS text), made.id::text)
        FROM made, event_log e, pattern WHERE e.key = pattern.customer_id::text AND e.sequence = 1)
    INSERT INTO timer (kind, subject, due_at)
    SELECT 'commitment_due', id, due_at + interval '1 millisecond' FROM made
    UNION ALL
    SELECT 'commitment_warning', id, stated_at + (due_at - stated_at) * 0.75 FROM made WHERE warned_at IS NULL
""")
_VACUUM = (
    *(f"VACUUM (ANALYZE) {table}" for table in ("commitment", "timer", "event_log", "stream_head")),
    "CHECKPOINT",
)


@asynccontextmanager
async def many_open(servers: Servers) -> AsyncIterator[tuple[str, Runtime]]:
    """The database that holds them, made once a run, and commitments at work on it. All are due in the next month."""
    database = await servers.once("a million commitments", _million)
    async with servers.runtime("commitments", database) as runtime:
        yield database, runtime


async def _million(servers: Servers) -> str:
    database = await servers.keep_database("commitments")
    async with servers.runtime("commitments", database) as runtime:
        for start in range(0, OPEN, TOGETHER):
            first = datetime.now(UTC) + timedelta(days=1 + start / OPEN * 30)
            await make_open(runtime, TOGETHER, first, timedelta(days=3), warned=False)
        async with runtime.database.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in _VACUUM:
                await alone.execute(text(statement))
    return database


async def make_open(runtime: Runtime, count: int, first: datetime, span: timedelta, *, warned: bool) -> None:
    """So many open commitments, due one after the other from `first` on. `warned`: no warning is left to fire."""
    promises = cast("Promises", runtime.service.state)
    async with runtime.database.write() as session:
        due = session.now + timedelta(days=60)
        words = "Nhân viên của chúng tôi trả lời tin nhắn của anh/chị."
        terms = Terms(revision=1, words=words, due_at=due, zone="Asia/Ho_Chi_Minh", cost="không mất phí")
        drafted = Promise(
            id=new_id(), customer_id=new_id(), kind=CommitmentKind.RESPONSE, terms=(terms,), case_id=new_id()
        )
        await promises.add(session, [state(drafted, session.now)])
    async with runtime.database.write() as session:
        values = {"pattern": drafted.id, "count": count, "first": first, "span": span, "warned": warned}
        await session.execute(_COPY, values)
