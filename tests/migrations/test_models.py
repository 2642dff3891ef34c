"""The database that a service's migrations make is the one that its tables describe, and there is a way back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from services.host import registry
from shared import schema
from shared.backbone import BACKBONE
from shared.clock import SystemClock
from shared.migrations import upgrade
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import SECRET


def tables_of(service: str, url: str) -> MetaData:
    made = registry.find(service)
    values: dict[str, Any] = {"database_url": url, "broker": "local", "local_broker_url": url, "secret_key": SECRET}
    return made.build(made.settings(**values), SystemClock()).tables


def _drift(connection: Connection, tables: MetaData) -> list[object]:
    """Differences in tables and columns. Indexes are the migrations' own, but for those that make something unique."""
    both = MetaData()
    for table in (*BACKBONE.tables.values(), *tables.tables.values()):
        table.to_metadata(both)
    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "include_name": lambda name, kind, _: name != "alembic_version" or kind != "table"},
    )
    found = compare_metadata(context, both)
    return [change for change in found if isinstance(change, list) or "remove_index" not in change[0]]


def _down(connection: Connection, service: str) -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(registry.migrations(service)))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    downgrade(config, "base")
    return inspect(connection).get_table_names()


@pytest.mark.parametrize("service", registry.NAMES)
async def test_tables_are_as_migrated_and_a_second_upgrade_changes_nothing(
    postgres: ScratchPostgres, service: str
) -> None:
    name = postgres.make_database()
    for _ in range(2):
        await asyncio.gather(*(upgrade(postgres.url(name), registry.migrations(service)) for _ in range(2)))
    engine = create_async_engine(postgres.url(name))
    tables = tables_of(service, postgres.url(name))
    try:
        async with engine.begin() as connection:
            assert await connection.run_sync(_drift, tables) == []
            assert await connection.run_sync(_down, service) == ["alembic_version"], "there is a way back"
    finally:
        await engine.dispose()
        postgres.drop_database(name)


@pytest.mark.parametrize("service", registry.NAMES)
async def test_a_database_of_a_later_version_is_left_as_it_is_and_is_good_enough(
    postgres: ScratchPostgres, service: str
) -> None:
    """The way back after an upgrade: the version before runs on what the one after has made."""
    name = postgres.make_database()
    await upgrade(postgres.url(name), registry.migrations(service))
    engine = create_async_engine(postgres.url(name))
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
            await connection.exec_driver_sql("CREATE TABLE later (id int)")
            await connection.exec_driver_sql("ALTER TABLE timer ADD COLUMN later text NOT NULL DEFAULT ''")
        await upgrade(postgres.url(name), registry.migrations(service))
        async with engine.connect() as connection:
            assert schema.lacks(await schema.read(connection), tables_of(service, postgres.url(name))) == []
            stands_at = (await connection.exec_driver_sql("SELECT version_num FROM alembic_version")).scalar_one()
        assert stands_at == "9999"
    finally:
        await engine.dispose()
        postgres.drop_database(name)
