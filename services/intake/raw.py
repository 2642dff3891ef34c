"""Raw requests: made durable in batches before they are answered, and waiting until the worker has filed them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.crash import crash_point
from shared.database import WriteSession
from shared.problems import Unavailable
from shared.transient import is_transient

log = structlog.get_logger()

BATCH = 200
BATCH_BYTES = 8 * 1024 * 1024
FLUSHERS = 2
"""Commits under way at once: while one waits for the disk, the next is gathered and sent."""
MOST_BYTES = 256 * 1024 * 1024
"""Bodies held in memory before their commit. Over it a sender is told to come again."""

_STORE = text("""
    WITH stored AS (
        INSERT INTO raw_request (channel, received_at, method, path, headers, body, traceparent)
        SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:times AS timestamptz[]), CAST(:methods AS text[]),
                             CAST(:paths AS text[]), CAST(:headers AS text[]), CAST(:bodies AS bytea[]),
                             CAST(:traceparents AS text[]))
        RETURNING id, length(body) AS size
    )
    INSERT INTO raw_waiting (id, size) SELECT id, size FROM stored
""")
# Waits for whoever holds the first ones, and does not pass them by: a customer's contacts keep their order even
# where a worker hangs that was the only one until then.
_TAKE = text("""
    WITH first AS (SELECT id, size FROM raw_waiting ORDER BY id LIMIT :limit FOR UPDATE),
    chosen AS (SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM first) f
               WHERE before < :bytes),
    taken AS (DELETE FROM raw_waiting WHERE id IN (SELECT id FROM chosen) RETURNING id)
    SELECT r.* FROM raw_request r JOIN taken USING (id) ORDER BY r.id
""")
_WAIT_AGAIN = text("""
    INSERT INTO raw_waiting (id, size) SELECT id, length(body) FROM raw_request WHERE id = :id ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Raw:
    """A webhook, or a mail, as it came. `headers` is a JSON object; `id` is 0 until it is stored."""

    channel: str
    received_at: datetime
    method: str
    path: str
    headers: str
    body: bytes
    traceparent: str | None
    id: int = 0


class RawStore:
    """Gathers what comes in at once into one INSERT. Whoever waits on `put` goes on after its own commit.

    `stored` wakes a worker in this process.
    """

    def __init__(self) -> None:
        self.stored = asyncio.Event()
        self._waiting: deque[tuple[Raw, asyncio.Future[None]]] = deque()
        self._held = 0
        self._flushers: set[asyncio.Task[None]] = set()

    async def put(self, engine: AsyncEngine, raw: Raw) -> None:
        """Returns when it is durable; `engine` commits by itself. Raises Unavailable: then it may be or not."""
        if self._held > MOST_BYTES:
            raise Unavailable("too much is waiting to be stored")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((raw, done))
        self._held += len(raw.body)
        if len(self._flushers) < FLUSHERS:
            task = asyncio.create_task(self._flush(engine))
            self._flushers.add(task)
            task.add_done_callback(self._flushers.discard)
        await done

    async def _flush(self, engine: AsyncEngine) -> None:
        await asyncio.sleep(0)  # those that are ready in this turn of the loop come along
        while batch := self._gather():
            try:
                async with engine.connect() as connection:
                    await store(connection, [raw for raw, _ in batch])
                crash_point("after_raw")
            except Exception as error:
                say = log.warning if is_transient(error) else log.exception
                say("raw.not_stored", count=len(batch), error=repr(error))
                self._tell(batch, Unavailable("we cannot store anything at present; send it again"))
            else:
                self._tell(batch, None)
                self.stored.set()

    def _gather(self) -> list[tuple[Raw, asyncio.Future[None]]]:
        batch: list[tuple[Raw, asyncio.Future[None]]] = []
        size = 0
        while self._waiting and len(batch) < BATCH and size < BATCH_BYTES:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0].body)
        return batch

    def _tell(self, batch: Sequence[tuple[Raw, asyncio.Future[None]]], error: Exception | None) -> None:
        for raw, done in batch:
            self._held -= len(raw.body)
            if done.done():
                continue  # the sender has gone away
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)


async def store(connection: AsyncConnection | WriteSession, raws: Sequence[Raw]) -> None:
    """From now on they wait for the worker, in this order. Whoever stores through a session wakes it by `stored`."""
    await connection.execute(
        _STORE,
        {
            "channels": [r.channel for r in raws],
            "times": [r.received_at for r in raws],
            "methods": [r.method for r in raws],
            "paths": [r.path for r in raws],
            "headers": [r.headers for r in raws],
            "bodies": [r.body for r in raws],
            "traceparents": [r.traceparent for r in raws],
        },
    )


async def take(session: WriteSession, limit: int, most_bytes: int) -> list[Raw]:
    """The oldest that wait, theirs no longer to wait when this unit of work ends."""
    rows = await session.execute(_TAKE, {"limit": limit, "bytes": most_bytes})
    return [Raw(**row) for row in rows.mappings()]


async def wait_again(session: WriteSession, raw_id: int) -> None:
    await session.execute(_WAIT_AGAIN, {"id": raw_id})
