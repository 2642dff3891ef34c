"""The database that migrations make is the one that the tables describe."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from services.commitments import service
from services.commitments.tables import Table
from shared.migrations import upgrade
from tests.support.postgres import ScratchPostgres

DIRECTORY = Path(service.__file__).parent / "migrations"


def _drift(connection: Connection) -> list[object]:
    """Differences in tables and columns. Indexes and the backbone's tables are the migrations' own."""
    ours = set(Table.metadata.tables)
    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in ours},
    )
    found = compare_metadata(context, Table.metadata)
    return [change for change in found if isinstance(change, list) or "index" not in change[0]]


def _down(connection: Connection) -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(DIRECTORY))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    downgrade(config, "base")
    return inspect(connection).get_table_names()


async def test_tables_are_as_migrated_and_a_second_upgrade_changes_nothing(
    postgres: ScratchPostgres, commitments_template: str
) -> None:
    name = postgres.make_database(commitments_template)
    await asyncio.gather(*(upgrade(postgres.url(name), DIRECTORY) for _ in range(2)))
    engine = create_async_engine(postgres.url(name))
    try:
        async with engine.begin() as connection:
            assert await connection.run_sync(_drift) == []
            assert await connection.run_sync(_down) == ["alembic_version"], "there is a way back"
    finally:
        await engine.dispose()
        postgres.drop_database(name)
