"""Raw requests: made durable in batches before they are answered, and waiting until the worker has filed them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crash import crash_point
from shared.database import Database, WriteSession
from shared.problems import Unavailable
from shared.transient import is_transient

log = structlog.get_logger()

STORED = "raws"
"""The signal that raw requests wait."""
BATCH = 200
BATCH_BYTES = 8 * 1024 * 1024
FLUSHERS = 2
"""Commits under way at once: while one waits for the disk, the next is gathered and sent."""
MOST_BYTES = 256 * 1024 * 1024
"""Bodies held in memory before their commit. Over it a sender is told to come again."""

# One statement says both what is stored and what is not, because its channel is another by now: so a request that was
# proved by what has been changed meanwhile, in whichever process, is not taken, and the check costs no statement.
_IS_CURRENT = "version IS NULL OR version = (SELECT CAST(c.xmin AS text) FROM channel c WHERE c.name = g.channel)"
_STORE = text(f"""
    WITH stored AS (
        INSERT INTO raw_request (channel, received_at, method, path, headers, body, traceparent)
        SELECT channel, received_at, method, path, headers, body, traceparent
        FROM unnest(CAST(:channels AS text[]), CAST(:times AS timestamptz[]), CAST(:methods AS text[]),
                    CAST(:paths AS text[]), CAST(:headers AS text[]), CAST(:bodies AS bytea[]),
                    CAST(:traceparents AS text[]), CAST(:versions AS text[]))
             AS g (channel, received_at, method, path, headers, body, traceparent, version)
        WHERE {_IS_CURRENT}
        RETURNING id, length(body) AS size
    ), waiting AS (INSERT INTO raw_waiting (id, size) SELECT id, size FROM stored)
    SELECT place - 1 FROM unnest(CAST(:channels AS text[]), CAST(:versions AS text[])) WITH ORDINALITY
                          AS g (channel, version, place)
    WHERE NOT ({_IS_CURRENT}) IS TRUE
""")
# Waits for whoever holds the first ones, and does not pass them by: a customer's contacts keep their order even
# where a worker hangs that was the only one until then.
_TAKE = text("""
    WITH first AS (SELECT id, size FROM raw_waiting ORDER BY id LIMIT :limit FOR UPDATE),
    chosen AS (SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM first) f
               WHERE before < :bytes),
    taken AS (DELETE FROM raw_waiting WHERE id IN (SELECT id FROM chosen) RETURNING id, done)
    SELECT r.*, taken.done, CAST(c.xmin AS text) AS version
    FROM raw_request r JOIN taken USING (id) LEFT JOIN channel c ON c.name = r.channel ORDER BY r.id
""")
_PUT_BACK = text("""
    INSERT INTO raw_waiting (id, size, done)
    SELECT r.id, length(r.body), k.done
    FROM unnest(CAST(:ids AS bigint[]), CAST(:done AS int[])) AS k (id, done) JOIN raw_request r USING (id)
""")
_WAIT_AGAIN = text("""
    INSERT INTO raw_waiting (id, size) SELECT id, length(body) FROM raw_request WHERE id = :id ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Raw:
    """A webhook, or a mail, as it came. `headers` is a JSON object; `id` is 0 until it is stored.

    `version` is its channel's: of the one it was proved by, and once it is taken of the one there is then. None: it was
    not proved by anything that can change. `done` of its items are filed already.
    """

    channel: str
    received_at: datetime
    method: str
    path: str
    headers: str
    body: bytes
    traceparent: str | None
    id: int = 0
    version: str | None = None
    done: int = 0


class ChannelChanged(Exception):
    """The channel is not what it was when the request was proved. Nothing was stored."""


class RawStore:
    """Gathers what comes in at once into one INSERT. Whoever waits on `put` goes on after its own commit."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Raw, asyncio.Future[None]]] = deque()
        self._held = 0
        self._flushers: set[asyncio.Task[None]] = set()

    async def put(self, database: Database, raw: Raw) -> None:
        """Returns when it is durable.

        Raises ChannelChanged; Unavailable: then it may be durable or not.
        """
        if self._held > MOST_BYTES:
            raise Unavailable("too much is waiting to be stored")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((raw, done))
        self._held += len(raw.body)
        if len(self._flushers) < FLUSHERS:
            task = asyncio.create_task(self._flush(database))
            self._flushers.add(task)
            task.add_done_callback(self._flushers.discard)
        await done

    async def _flush(self, database: Database) -> None:
        await asyncio.sleep(0)  # those that are ready in this turn of the loop come along
        while batch := self._gather():
            try:
                async with database.alone.connect() as connection:
                    stale = await store(connection, [raw for raw, _ in batch])
                crash_point("after_raw")
            except Exception as error:
                say = log.warning if is_transient(error) else log.exception
                say("raw.not_stored", count=len(batch), error=repr(error))
                self._tell(batch, Unavailable("we cannot store anything at present; send it again"))
            else:
                self._tell([one for place, one in enumerate(batch) if place in stale], ChannelChanged())
                self._tell([one for place, one in enumerate(batch) if place not in stale], None)
                database.signals.give(STORED)

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


async def store(connection: AsyncConnection | WriteSession, raws: Sequence[Raw]) -> set[int]:
    """From now on they wait for the worker, in this order. Whoever stores through a session wakes it by `stored`.

    Returns the places of those that were not stored, because their channel has changed.
    """
    stale = await connection.execute(
        _STORE,
        {
            "channels": [r.channel for r in raws],
            "times": [r.received_at for r in raws],
            "methods": [r.method for r in raws],
            "paths": [r.path for r in raws],
            "headers": [r.headers for r in raws],
            "bodies": [r.body for r in raws],
            "traceparents": [r.traceparent for r in raws],
            "versions": [r.version for r in raws],
        },
    )
    return set(stale.scalars())


async def take(session: WriteSession, limit: int, most_bytes: int) -> list[Raw]:
    """The oldest that wait, theirs no longer to wait when this unit of work ends."""
    rows = await session.execute(_TAKE, {"limit": limit, "bytes": most_bytes})
    return [Raw(**row) for row in rows.mappings()]


async def put_back(session: WriteSession, raws: Sequence[Raw]) -> None:
    """They wait on, in their old place: the rest of them is filed in a later unit of work."""
    if raws:
        await session.execute(_PUT_BACK, {"ids": [one.id for one in raws], "done": [one.done for one in raws]})


async def wait_again(session: WriteSession, raw_id: int) -> None:
    await session.execute(_WAIT_AGAIN, {"id": raw_id})
