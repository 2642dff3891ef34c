"""A database that any landed version made is brought to this one, loses nothing, and works."""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from services.demo.checks import examine, report
from services.demo.command import free_port
from services.demo.day import Day
from services.demo.interface import Interface
from services.host import registry
from services.host.house import House
from services.host.up import access_token, running
from shared import schema
from shared.contracts import parse, subject_of
from shared.contracts.intake import CaseUpdated
from shared.embedded import EmbeddedPostgres
from shared.embedded.cluster import psql
from shared.eventlog.read import COLUMNS, as_event
from shared.health import readiness
from shared.migrations import upgrade
from shared.runtime import Runtime
from tests.migrations.dump import DUMPS
from tests.migrations.test_models import tables_of
from tests.support.postgres import UNSAFE_BUT_FAST, ScratchPostgres, scratch_directory
from tests.support.scratch import until

VERSIONS = sorted(folder.name for folder in DUMPS.iterdir() if folder.is_dir())

_INDEXES = text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()")
_TELL = text("""
    INSERT INTO event_log (event_id, type, topic, source, key, sequence, time, data)
    VALUES (gen_random_uuid(), 'kept.case.updated.v1', 'kept.intake', '/intake', :key, 1, now(), :data)
""")
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")


def dump(version: str, service: str) -> str:
    return gzip.decompress((DUMPS / version / f"{service}.sql.gz").read_bytes()).decode()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def shape(connection: AsyncConnection) -> object:
    """All that can differ: columns with their types, and indexes as they are written."""
    found = await schema.read(connection)
    return found.tables, {tuple(row) for row in await connection.execute(_INDEXES)}


async def counts(connection: AsyncConnection) -> dict[str, int]:
    found = {}
    for name in (await connection.execute(_TABLES)).scalars().all():
        found[name] = (await connection.execute(text(f'SELECT count(*) FROM "{name}"'))).scalar_one()
    return found


@pytest.mark.parametrize("service", registry.NAMES)
async def test_each_database_becomes_what_a_new_one_is_and_keeps_its_rows(
    postgres: ScratchPostgres, service: str
) -> None:
    new = postgres.make_database()
    await upgrade(postgres.url(new), registry.migrations(service))
    async with connected(postgres.url(new)) as connection:
        wanted = await shape(connection)
    for version in VERSIONS:
        name = postgres.make_database()
        await asyncio.to_thread(psql, postgres.dsn(name), dump(version, service))
        async with connected(postgres.url(name)) as connection:
            before = await counts(connection)
        await upgrade(postgres.url(name), registry.migrations(service))
        async with connected(postgres.url(name)) as connection:
            assert schema.lacks(await schema.read(connection), tables_of(service, postgres.url(name))) == [], version
            assert await shape(connection) == wanted, version
            after = await counts(connection)
        lost = {table for table, rows in before.items() if after.get(table, 0) < rows}
        assert lost == set(), version
        postgres.drop_database(name)
    postgres.drop_database(new)


def _hostile() -> CaseUpdated:
    """What a customer wrote: words that look like a field, and a NUL that PostgreSQL has in no document."""
    return CaseUpdated(
        customer_id=uuid4(), case_id=uuid4(), kind="request", category=f'"case_id":"{uuid4()}"', stated_request="\0"
    )


@pytest.mark.parametrize("service", registry.NAMES)
async def test_each_event_that_was_told_before_has_its_subject(postgres: ScratchPostgres, service: str) -> None:
    for version in VERSIONS:
        name = postgres.make_database()
        await asyncio.to_thread(psql, postgres.dsn(name), dump(version, service))
        async with connected(postgres.url(name)) as connection:
            said = _hostile()
            await connection.execute(_TELL, {"key": str(said.customer_id), "data": said.model_dump_json()})
            await connection.commit()
        await upgrade(postgres.url(name), registry.migrations(service))
        async with connected(postgres.url(name)) as connection:
            rows = (await connection.execute(text(f"SELECT {COLUMNS} FROM event_log"))).all()
            assert {row.event_id: row.subject for row in rows} == {
                row.event_id: subject_of(parse(as_event(row))) for row in rows
            }, version
            assert len(rows) > 1, version
            await connection.execute(_TELL, {"key": str(uuid4()), "data": "{}"})  # as the version before still does
        postgres.drop_database(name)


@pytest.fixture
def house(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The data folder of `kept up` with the databases of a landed version in it."""
    version = request.param
    with scratch_directory() as directory:
        with EmbeddedPostgres(directory / "postgres", settings=UNSAFE_BUT_FAST) as postgres:
            for service in registry.NAMES:
                postgres.create_database(f"kept_{service}")
                psql(postgres.dsn(f"kept_{service}"), dump(version, service))
        (directory / "secret.key").write_text((DUMPS / version / "secret.key").read_text())
        yield directory


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("house", VERSIONS, indirect=True)
async def test_an_installation_of_each_version_comes_up_with_its_data_and_plays_a_day(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an incomplete database had put aside is handled too, by the start alone."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with running(house, port=port) as made:
        api = Interface(url, access_token(made))
        try:
            await _all_well(made)
            holds = report(await examine(api, await Day(api, url).play()), sys.stdout.write)
            assert holds, capsys.readouterr().out
            await _all_well(made)
        finally:
            await api.close()


async def _all_well(house: House) -> None:
    for runtime in house.runtimes.values():
        await until(partial(_is_well, runtime), within=60)


async def _is_well(runtime: Runtime) -> bool:
    return (await readiness(runtime))[0]
