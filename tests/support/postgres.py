"""The PostgreSQL of the tests: one server a run, and a fresh database for whoever asks."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from shared.embedded import EmbeddedPostgres

SERVER = "KEPT_TEST_POSTGRES"
"""Names the environment variable with the URL of a server to use, by a user who can create databases."""

UNSAFE_BUT_FAST: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}
"""What was committed survives the death of every process, as commits stay synchronous, not the machine's."""


class ScratchPostgres:
    """A server and the databases made on it. Break `embedded` at will; it is None where one was given."""

    def __init__(self, url: str, embedded: EmbeddedPostgres | None = None) -> None:
        self._url = make_url(url)
        self.embedded = embedded

    def url(self, database: str) -> str:
        """The address of `database` for SQLAlchemy's asynchronous engine."""
        return self._address("postgresql+asyncpg", database)

    def dsn(self, database: str) -> str:
        """The address of `database` for asyncpg and libpq."""
        return self._address("postgresql", database)

    def make_database(self, template: str | None = None) -> str:
        """Create a database, a copy of `template` if given, and return its name.

        Nobody may be connected to the template meanwhile: dispose the engine that migrated it first.
        """
        name = f"test_{secrets.token_hex(6)}"
        self._run("CREATE DATABASE {name} TEMPLATE {template}", name=name, template=template or "template1")
        return name

    def drop_database(self, name: str) -> None:
        """Drop it if it is there, and whoever is connected to it."""
        self._run("DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name)

    def _run(self, statement: LiteralString, **names: str) -> None:
        """In this process: a thousand tests have a database each, and psql takes as long to start as one to copy."""
        composed = SQL(statement).format(**{name: Identifier(value) for name, value in names.items()})
        with psycopg.connect(self.dsn(self._url.database or "postgres"), autocommit=True) as connection:
            connection.execute(composed)

    def _address(self, driver: str, database: str) -> str:
        url = self._url.set(drivername=driver, database=database)
        return url.render_as_string(hide_password=False)


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A short-lived directory with a short path, which a server's user can be let into.

    Not pytest's own: that is long, and its parents are closed again by every run that starts beside this one.
    """
    directory = Path(tempfile.mkdtemp(prefix="kept-test-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def scratch_postgres(settings: Mapping[str, str] = UNSAFE_BUT_FAST) -> Iterator[ScratchPostgres]:
    """The server named by the environment, or an embedded one with `settings`, thrown away afterwards."""
    if given := os.environ.get(SERVER):
        yield ScratchPostgres(given)
        return
    with scratch_directory() as directory, EmbeddedPostgres(directory, settings=settings) as server:
        yield ScratchPostgres(server.url("postgres"), server)
