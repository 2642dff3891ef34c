"""Brings one service's database to the newest revision."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from alembic.command import upgrade as alembic_upgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from shared.database import engine_of

log = structlog.get_logger()

# Two processes that start together migrate one after the other. The second asks again and again, in no transaction:
# one that stood open would hold up an index that the first makes without stopping the writers.
_LOCK = text("SELECT pg_try_advisory_lock(4205759404)")
PAUSE = 0.1
"""Seconds between two tries."""


def _run(connection: Connection, directory: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(directory).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    stands_at = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()  # Alembic opens and ends its own
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if stands_at is None or stands_at in known:
        alembic_upgrade(config, "head")
    else:
        log.warning("migrations.newer", directory=str(directory), stands_at=stands_at)


async def upgrade(url: str, directory: Path) -> None:
    """`directory` holds the service's `env.py` and `versions`.

    A database that a later version has migrated is left as it is: what it has beyond this version's hinders nothing,
    and whether it lacks anything is looked at before work begins. What was done before an error stays done: each
    revision is whole or not there, and one that fills old rows goes on where it ended.
    """
    engine = engine_of(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SET lock_timeout = '5s'"))
            while not (await connection.execute(_LOCK)).scalar_one():
                await connection.rollback()
                await asyncio.sleep(PAUSE)
            await connection.commit()
            await connection.run_sync(_run, directory)
    finally:
        await engine.dispose()


async def create_database(url: str) -> None:
    """Makes the database that `url` names where it is missing, by way of the server's `postgres` database."""
    wanted = engine_of(url).url
    engine = engine_of(wanted.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            quoted = engine.dialect.identifier_preparer.quote(wanted.database or "")
            await connection.execute(text(f"CREATE DATABASE {quoted}"))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != "42P04":  # duplicate_database
            raise
    finally:
        await engine.dispose()
