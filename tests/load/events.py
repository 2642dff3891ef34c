"""Events as intake's log has them: contacts of many customers, in the log or on Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import perf_counter

from shared.broker import Broker, Consumer, Partition, Record
from shared.contracts import Event
from shared.contracts.intake import TOPIC, ChannelKind, InteractionKind, InteractionReceived
from shared.handling import BatchHandler
from shared.ids import new_id
from shared.inbox import InboxConsumer
from shared.runtime import Runtime
from tests.load.servers import Servers

CUSTOMERS = 10_000
TOGETHER = 5_000
WORDS = "Xin chào, đơn hàng của tôi vẫn chưa đến. Khi nào thì tôi nhận được ạ?"
WITHIN = 300.0
"""Seconds after which a row is given up."""


def contacts(count: int) -> Iterator[InteractionReceived]:
    customers = [new_id() for _ in range(CUSTOMERS)]
    now = datetime.now(UTC)
    for index in range(count):
        yield InteractionReceived(
            customer_id=customers[index % CUSTOMERS],
            interaction_id=new_id(),
            case_id=new_id(),
            channel="sms",
            channel_kind=ChannelKind.SMS,
            kind=InteractionKind.MESSAGE,
            occurred_at=now,
            received_at=now,
            text=WORDS,
            language="vi",
        )


def records(count: int) -> Iterator[Record]:
    """As the relay publishes them."""
    now = datetime.now(UTC)
    for index, payload in enumerate(contacts(count)):
        data = payload.model_dump_json().encode()
        key, sequence = str(payload.customer_id), index // CUSTOMERS + 1
        event = Event(new_id(), payload.type, "/intake", key, now, sequence, data)
        yield Record(TOPIC, key, data, event.headers())


async def fill_log(runtime: Runtime, count: int) -> None:
    payloads = contacts(count)
    for _ in range(0, count, TOGETHER):
        async with runtime.database.write() as session:
            for _, payload in zip(range(TOGETHER), payloads, strict=False):
                session.emit(payload)


@asynccontextmanager
async def published(servers: Servers, count: int) -> AsyncIterator[Broker]:
    """A broker that has so many contacts on intake's topic. Raises Missing."""
    async with servers.broker(servers.broker_url()) as broker:
        waiting: list[Record] = []
        for record in records(count):
            waiting.append(record)
            if len(waiting) == TOGETHER:
                await broker.publish(waiting)
                waiting.clear()
        await broker.publish(waiting)
        yield broker


class Watched(InboxConsumer):
    """The consumer of every service, with a watch: from the first batch in hand to the last offset committed.

    Joining the group is not in it.
    """

    expected = 0
    taken = 0
    began = ended = 0.0

    async def catch_up(self, expected: int) -> float:
        """Events a second. Raises TimeoutError."""
        self.expected, self._finished = expected, asyncio.Event()
        async with asyncio.timeout(WITHIN):
            await self.run(self._finished)
        return self.taken / (self.ended - self.began)

    async def _consume(self, consumer: Consumer, batches: dict[Partition, Sequence[Record]]) -> None:  # type: ignore[override]
        if batches and not self.began:
            self.began = perf_counter()
        await super()._consume(consumer, batches)
        self.taken += sum(map(len, batches.values()))

    async def _commit(self, consumer: Consumer) -> None:
        await super()._commit(consumer)
        self.ended = perf_counter()
        if self.taken >= self.expected:
            self._finished.set()


async def consume(runtime: Runtime, broker: Broker, handle: BatchHandler, count: int) -> float:
    """Events a second from Kafka through the inbox and `handle`."""
    group = f"bench.{new_id()}"
    return await Watched(runtime.database, broker, group=group, topics=[TOPIC], handle=handle).catch_up(count)
