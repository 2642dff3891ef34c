"""Operations on a service's database by command: look, publish again, hand over again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.host import registry
from shared import parking
from shared.clock import SystemClock
from shared.database import Database
from shared.runtime import Runtime
from shared.security.customer_links import masked_event
from shared.settings import ServiceSettings

_NEWEST = text("SELECT coalesce(max(id), 0) FROM event_log")
_TAIL = text("""
    SELECT id, event_id, type, source, key, sequence, time, actor, data FROM event_log
    WHERE id > :after ORDER BY id LIMIT 500
""")
_REPLAY = text("""
    INSERT INTO outbox (id)
    SELECT id FROM event_log WHERE time >= :since AND (CAST(:key AS text) IS NULL OR key = :key) ORDER BY id
    ON CONFLICT DO NOTHING
""")


async def tail(url: str, *, lines: int, follow: bool, write: Callable[[str], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        after = max(0, (await connection.execute(_NEWEST)).scalar_one() - lines)
    while True:
        async with engine.connect() as connection:
            rows = (await connection.execute(_TAIL, {"after": after})).all()
        for row in rows:
            after = row.id
            event = {
                name: str(getattr(row, name)) for name in ("event_id", "type", "source", "key", "sequence", "time")
            }
            event |= {"actor": row.actor} if row.actor else {}
            write(json.dumps(event | {"data": json.loads(masked_event(row.data))}, ensure_ascii=False))
        if not rows and not follow:
            return
        await asyncio.sleep(0 if rows else 0.5)


async def replay(url: str, since: datetime, key: str | None) -> int:
    """How many events were put back into the outbox; the service's relay publishes them."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        return (await connection.execute(_REPLAY, {"since": since, "key": key})).rowcount


async def parked(url: str) -> list[str]:
    database = Database(url, source="/operations", clock=SystemClock(), pool_size=2)
    try:
        return [json.dumps(row, default=str, ensure_ascii=False) for row in await parking.list_parked(database)]
    finally:
        await database.close()


async def redrive(service: str, url: str, key: str | None, signing: ServiceSettings) -> tuple[int, int]:
    """(parked events that were handled, those that are parked still) of this customer; of all where `key` is None."""
    made = unstarted(service, url, signing)
    try:
        if key is None:
            done = await parking.redrive_all(made.database, made.service.handle)
        else:
            done = await parking.redrive(made.database, made.service.handle, key)
        async with made.database.read() as session:
            return done, (await parking.count(session, key)).events
    finally:
        await made.stop()


def unstarted(service: str, url: str, signing: ServiceSettings) -> Runtime:
    """A service on its database, none of whose loops run: for what a command does or asks."""
    values = signing.model_dump(include={"secret_key", "secret_keys", "public_url"}) | {
        "broker": "local",
        "local_broker_url": url,
    }
    return registry.runtime(service, SystemClock(), role="worker", database_url=url, **values)
