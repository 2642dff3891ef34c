"""One broker of each kind, a topic of its own for every test, and consumers that are stopped at its end."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress

import pytest

from shared.broker import Broker, BrokerLost, Consumer, Partition, Record
from shared.broker.protocol import Drain
from tests.shared.broker.servers import BrokerServer, KafkaBrokerServer, LocalBrokerServer, connect

Join = Callable[..., Awaitable["Member"]]


class Member:
    """A consumer, with what tests do to one again and again."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer

    async def take(self, count: int, *, within: float = 15.0, commit: bool = True) -> list[Record]:
        """Polls until `count` records came, committing each batch. Raises TimeoutError with those that came."""
        taken: list[Record] = []
        try:
            async with asyncio.timeout(within):
                while len(taken) < count:
                    taken += await self.poll(commit=commit)
        except TimeoutError:
            raise TimeoutError(f"{len(taken)} of {count} records in {within:.0f} s") from None
        return taken

    async def poll(self, *, timeout: float = 0.2, limit: int = 1000, commit: bool = True) -> list[Record]:
        batches = await self.consumer.poll(limit=limit, timeout=timeout)
        if commit and batches:
            await self.consumer.commit(after(batches))
        return [record for batch in batches.values() for record in batch]

    async def settle(self) -> None:
        """Polls until the partitions are ours: a group's first poll may come back before."""
        await self.poll(timeout=0.5)


def after(batches: Mapping[Partition, Sequence[Record]]) -> dict[Partition, int]:
    return {partition: batch[-1].offset + 1 for partition, batch in batches.items()}


@pytest.fixture(
    params=[pytest.param("local", marks=pytest.mark.database), pytest.param("kafka", marks=pytest.mark.kafka)]
)
def server(request: pytest.FixtureRequest) -> BrokerServer:
    if request.param == "kafka":
        return KafkaBrokerServer(request.getfixturevalue("kafka"))
    return LocalBrokerServer(request.getfixturevalue("postgres"))


@pytest.fixture
def breakable(server: BrokerServer) -> BrokerServer:
    if not server.can_break:
        pytest.skip(f"the {server.kind} server at {server.address} is not ours to break")
    return server


@pytest.fixture
def topic() -> str:
    return f"kept.test.{secrets.token_hex(4)}"


@pytest.fixture
async def broker(server: BrokerServer, topic: str) -> AsyncIterator[Broker]:
    broker = connect(server.kind, server.address, [topic])
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def join(broker: Broker, topic: str) -> AsyncIterator[Join]:
    """Adds a member to a group of the test's topic."""
    async with AsyncExitStack() as stack:

        async def add(group: str = "group", drain: Drain | None = None) -> Member:
            consumer = broker.consumer(f"{topic}.{group}", [topic], drain=drain)
            await consumer.start()
            stack.push_async_callback(_leave, consumer)
            return Member(consumer)

        yield add


async def _leave(consumer: Consumer) -> None:
    with suppress(BrokerLost):
        await consumer.stop()
