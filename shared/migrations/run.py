"""Brings one service's database to the newest revision."""

from __future__ import annotations

from pathlib import Path

from alembic.command import upgrade as alembic_upgrade
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

# Two processes that start together migrate one after the other.
_LOCK = text("SELECT pg_advisory_xact_lock(4205759404)")


def _run(connection: Connection, directory: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(directory).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    alembic_upgrade(config, "head")


async def upgrade(url: str, directory: Path) -> None:
    """`directory` holds the service's `env.py` and `versions`."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            await connection.execute(_LOCK)
            await connection.run_sync(_run, directory)
    finally:
        await engine.dispose()
