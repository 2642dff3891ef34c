from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.intake.tables import Table
from tests.support.postgres import ScratchPostgres


def _differences(connection: Connection) -> list[str]:
    """Of the tables that intake names itself; indexes are the migrations' own."""
    context = MigrationContext.configure(connection, opts={"include_object": _is_ours, "compare_type": True})
    return [str(difference) for difference in compare_metadata(context, Table.metadata)]


def _is_ours(_: object, name: str | None, kind: str, is_reflected: bool, __: object) -> bool:
    return name in Table.metadata.tables if kind == "table" else kind != "index"


async def test_the_tables_are_what_the_migrations_make(postgres: ScratchPostgres, migrated: str) -> None:
    name = postgres.make_database(migrated)
    engine = create_async_engine(postgres.url(name), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()
    postgres.drop_database(name)
