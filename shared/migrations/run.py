"""Brings one service's database to the newest revision."""

from __future__ import annotations

from pathlib import Path

from alembic.command import upgrade as alembic_upgrade
from alembic.config import Config
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ProgrammingError
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


async def create_database(url: str) -> None:
    """Makes the database that `url` names where it is missing, by way of the server's `postgres` database."""
    target = make_url(url)
    engine = create_async_engine(target.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            quoted = engine.dialect.identifier_preparer.quote(target.database or "")
            await connection.execute(text(f"CREATE DATABASE {quoted}"))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != "42P04":  # duplicate_database
            raise
    finally:
        await engine.dispose()
