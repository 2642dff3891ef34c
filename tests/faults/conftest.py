"""One installation for all of these tests, which therefore stand together, whatever order the others have."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.scene import Scene
from tests.faults.stand import Stand, standing
from tests.support.kafka import KafkaServer
from tests.support.postgres import ScratchPostgres, scratch_postgres

HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """At the end: nobody else runs beside eight processes."""
    items.sort(key=lambda item: item.path.is_relative_to(HERE))


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[ScratchPostgres]:
    """A server to break, which syncs to the disk as in production."""
    with scratch_postgres({}) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stand(
    own_postgres: ScratchPostgres, kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stand]:
    async with standing(own_postgres, kafka, tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def scene(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    made = Scene(stand, seed=sum(request.node.name.encode()))
    await made.world.open()
    try:
        yield made
    finally:
        await made.world.close()
