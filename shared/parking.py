"""Events put aside because they could not be handled, with the later events of the same customer.

Order per customer holds and nobody else waits. After a fix `redrive` hands a customer's parked events to
the handler again, in their order.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from string import punctuation
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from sqlalchemy import text

from shared.broker import Record
from shared.contracts import Event
from shared.transient import is_transient

if TYPE_CHECKING:
    from shared.database import Database, ReadSession, WriteSession
    from shared.handling import BatchHandler

# A lock on the row makes a consumer wait for a re-drive of the same customer to end, then look again.
_BLOCKED = text("SELECT key FROM parked_event WHERE key = ANY(CAST(:keys AS text[])) FOR KEY SHARE")
_PARK = text("""
    INSERT INTO parked_event (topic, partition, "offset", key, headers, value, reason, parked_at)
    VALUES (:topic, :partition, :offset, :key, CAST(:headers AS jsonb), :value, :reason, :at)
    ON CONFLICT (topic, partition, "offset") DO NOTHING
""")
_LIST = text("""
    SELECT id, topic, partition, "offset", key, reason, attempts, parked_at
    FROM parked_event ORDER BY id LIMIT :limit
""")
_COUNT = text("""
    SELECT count(*) AS events, count(DISTINCT key) AS keys, min(parked_at) AS since
    FROM parked_event WHERE CAST(:key AS text) IS NULL OR key = :key
""")
_KEYS = text("SELECT key FROM parked_event GROUP BY key ORDER BY min(id)")
_FIRST = text("SELECT * FROM parked_event WHERE key = :key ORDER BY id LIMIT 1 FOR UPDATE")
_DONE = text("DELETE FROM parked_event WHERE id = :id")
_AGAIN = text("UPDATE parked_event SET attempts = attempts + 1, reason = :reason WHERE id = :id")

_PLAIN = " " + punctuation.replace("%", "")

BEHIND = "waits behind an earlier event of the same customer"


@dataclass(frozen=True, slots=True)
class Parked:
    """The number of parked events and of their keys, and since when the oldest is parked."""

    events: int
    keys: int
    since: datetime | None

    def __str__(self) -> str:
        since = f" since {self.since.isoformat()}" if self.since else ""
        return f"{self.events} events of {self.keys} customers are put aside{since}"


async def count(session: ReadSession, key: str | None = None) -> Parked:
    """Counts parked events, of one key or of all."""
    return Parked(*(await session.execute(_COUNT, {"key": key})).one())


async def blocked_keys(session: WriteSession, keys: Sequence[str]) -> set[str]:
    if not keys:
        return set()
    rows = await session.execute(_BLOCKED, {"keys": sorted(set(keys))})
    return {row.key for row in rows}


async def park(session: WriteSession, record: Record, reason: str) -> None:
    await session.execute(
        _PARK,
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key,
            "headers": pack(record.headers),
            "value": record.value,
            "reason": reason.encode(errors="backslashreplace").decode().replace("\0", "")[:1000],
            "at": session.now,
        },
    )


def pack(headers: Sequence[tuple[str, bytes]]) -> str:
    """Any headers as JSON that PostgreSQL takes: bytes that are not plain text stand percent-encoded."""
    return json.dumps([[n.replace("\0", ""), quote_from_bytes(v, safe=_PLAIN)] for n, v in headers])


def unpack(headers: Sequence[Sequence[str]]) -> list[tuple[str, bytes]]:
    return [(name, unquote_to_bytes(value)) for name, value in headers]


async def list_parked(database: Database, limit: int = 100) -> list[dict[str, Any]]:
    """The oldest parked events: topic, partition, offset, key, reason, attempts, parked_at."""
    async with database.read() as session:
        return [dict(row._mapping) for row in await session.execute(_LIST, {"limit": limit})]


async def keys(database: Database) -> list[str]:
    """The customers with parked events, who has waited longest first."""
    async with database.read() as session:
        return list((await session.execute(_KEYS)).scalars())


async def redrive_all(database: Database, handle: BatchHandler, stop: asyncio.Event | None = None) -> int:
    """Every customer's parked events once more. Returns how many were handled; whose fail again stay parked."""
    done = 0
    for key in await keys(database):
        if stop is not None and stop.is_set():
            break
        done += await redrive(database, handle, key)
    return done


async def redrive(database: Database, handle: BatchHandler, key: str) -> int:
    """Handles the parked events of one customer in order, each in its own transaction.

    Returns how many were handled; stops at the first that fails again, whose reason is kept. Raises what
    is transient: then nothing is known against the event.
    """
    done = 0
    while True:
        row = None
        try:
            async with database.write() as session:
                row = (await session.execute(_FIRST, {"key": key})).first()
                if row is None:
                    return done
                await handle(session, [Event.from_record(unpack(row.headers), row.value)])
                await session.execute(_DONE, {"id": row.id})
        except Exception as error:
            if row is None or is_transient(error):
                raise
            async with database.write() as session:
                await session.execute(_AGAIN, {"id": row.id, "reason": repr(error)[:1000]})
            return done
        done += 1
