"""A fresh database with the toy's tables for every test, at noon of a day that does not pass by itself."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI

from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.contracts.intake import TOPIC
from shared.database import Database
from tests.shared.webapp import browser, make_app
from tests.support.pool import Pools
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import MIGRATIONS, NOON


@pytest.fixture
def url(postgres: ScratchPostgres, pools: Pools) -> Iterator[str]:
    """The address of a database with the toy's tables, as newly migrated."""
    with pools.of(MIGRATIONS).lent() as name:
        yield postgres.url(name)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def database(url: str, clock: ManualClock) -> AsyncIterator[Database]:
    database = Database(url, source="/toy", clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def broker(url: str) -> AsyncIterator[LocalBroker]:
    """A local broker with its log in the test's database."""
    broker = LocalBroker(url, topics=[TOPIC, f"{TOPIC}.dlt"], partitions=4)
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def app(url: str, clock: ManualClock) -> AsyncIterator[FastAPI]:
    app, runtime = make_app(url, clock)
    yield app
    await runtime.stop()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        yield client
