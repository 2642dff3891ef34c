"""The tables of the local broker in PostgreSQL, and connections to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg

from shared.broker.protocol import BrokerLost

PARTITIONS = 8
SILENCE = timedelta(seconds=6)
"""After this long without a sign of life a member's partitions go to others."""
KEEP = timedelta(days=7)

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS broker_identity (id uuid PRIMARY KEY);
    INSERT INTO broker_identity SELECT gen_random_uuid() WHERE NOT EXISTS (SELECT FROM broker_identity);
    CREATE TABLE IF NOT EXISTS broker_partition (
        topic text, number int, next_offset bigint NOT NULL DEFAULT 0, PRIMARY KEY (topic, number));
    CREATE TABLE IF NOT EXISTS broker_record (
        topic text, partition int, "offset" bigint, key text NOT NULL, value bytea, headers text NOT NULL,
        published_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (topic, partition, "offset"));
    CREATE TABLE IF NOT EXISTS broker_offset (
        "group" text, topic text, partition int, next_offset bigint NOT NULL,
        PRIMARY KEY ("group", topic, partition));
    CREATE TABLE IF NOT EXISTS broker_member (
        "group" text, member text, seen_at timestamptz NOT NULL, PRIMARY KEY ("group", member));
    CREATE TABLE IF NOT EXISTS broker_claim (
        "group" text, topic text, partition int, member text NOT NULL,
        PRIMARY KEY ("group", topic, partition));
"""
_LOST = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)
"""What passes by itself: no server, a server that starts or stops, a full one, a deadlock."""


class LocalLog:
    """The log of the local broker. `url` is the URL of the database that holds it."""

    def __init__(
        self, url: str, *, topics: Sequence[str], partitions: int = PARTITIONS, silence: timedelta = SILENCE
    ) -> None:
        self.dsn = url.replace("postgresql+asyncpg", "postgresql")
        self.topics, self.partitions, self.silence = topics, partitions, silence
        self.published = asyncio.Condition()
        self._pool: asyncpg.Pool | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        if self._pool is None:
            raise BrokerLost("not started")
        try:
            async with self._pool.acquire(timeout=5) as connection, connection.transaction():
                yield connection
        except _LOST as error:
            raise BrokerLost(str(error) or type(error).__name__) from error

    async def start(self) -> None:
        if self._pool is None:
            try:
                self._pool = await asyncpg.create_pool(self.dsn, min_size=1, max_size=8, timeout=5)
            except (OSError, asyncpg.PostgresError, TimeoutError) as error:
                raise BrokerLost(str(error) or type(error).__name__) from error
        async with self.connection() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(7205759403)")
            await connection.execute(_SCHEMA)
            await connection.execute(
                "INSERT INTO broker_partition (topic, number) "
                "SELECT t, n FROM unnest($1::text[]) t, generate_series(0, $2 - 1) n ON CONFLICT DO NOTHING",
                list(self.topics),
                self.partitions,
            )
            await connection.execute(
                "DELETE FROM broker_record WHERE published_at < clock_timestamp() - $1::interval", KEEP
            )

    async def stop(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
