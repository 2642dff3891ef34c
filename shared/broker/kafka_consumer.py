"""A member of a group of Apache Kafka's consumers, by aiokafka.

What aiokafka needs to be told (0.14): commit nothing by itself; keep the membership through a long batch;
never run user code under a lock in the rebalance listener, whose exceptions it swallows; a rebalance takes
every partition away and forgets which were paused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError

from shared.broker.protocol import BrokerLost, Drain, Partition, Record

log = structlog.get_logger()

SILENCE = timedelta(seconds=10)
"""After this long without a heartbeat a member's partitions go to others."""
REBALANCE_TIMEOUT_MS = 60_000
LARGEST = 4 * 1024 * 1024
"""Bytes of one record at most; the topics are made to take as much."""
RETRY_MS = 400
"""Between two tries of aiokafka's while the broker is away. Every try is a line in the log, by each of its tasks."""
LAG_WITHIN = 2.0
"""Seconds to ask how far behind we are: aiokafka itself would ask for 40, and nothing is consumed meanwhile."""


class KafkaConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(
        self,
        servers: str,
        client: str,
        group: str,
        topics: Sequence[str],
        drain: Drain | None,
        prefix: str = "",
        silence: timedelta = SILENCE,
    ) -> None:
        self._drain, self._prefix = drain, prefix
        self._topics = [prefix + topic for topic in topics]
        self._paused: set[Partition] = set()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=servers,
            client_id=client,
            group_id=prefix + group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(StickyPartitionAssignor,),
            session_timeout_ms=int(silence.total_seconds() * 1000),
            heartbeat_interval_ms=int(silence.total_seconds() * 300),
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            max_poll_interval_ms=300_000,
            max_partition_fetch_bytes=LARGEST,
            retry_backoff_ms=RETRY_MS,
        )

    async def start(self) -> None:
        self._consumer.subscribe(topics=self._topics, listener=self)
        try:
            await self._consumer.start()
        except (KafkaError, OSError) as error:
            await self._consumer.stop()
            raise BrokerLost(str(error) or type(error).__name__) from error

    async def stop(self) -> None:
        await self._consumer.stop()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._paused.clear()
        if self._drain is not None and revoked:
            await self._drain()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        log.info("kafka.assigned", partitions=len(list(assigned)))

    async def poll(self, *, limit: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        try:
            batches = await self._consumer.getmany(timeout_ms=int(timeout * 1000), max_records=limit)
        except (KafkaError, OSError) as error:
            raise BrokerLost(str(error) or type(error).__name__) from error
        found = {self._ours(tp): messages for tp, messages in batches.items() if messages}
        return {partition: as_records(partition, messages) for partition, messages in found.items()}

    def _ours(self, partition: TopicPartition) -> Partition:
        return Partition(partition.topic.removeprefix(self._prefix), partition.partition)

    def _theirs(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition.topic, partition.number)

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        if not offsets:
            return
        try:
            await self._consumer.commit({self._theirs(p): offset for p, offset in offsets.items()})
        except (KafkaError, OSError) as error:
            raise BrokerLost(str(error) or type(error).__name__) from error

    def rewind(self, partition: Partition, offset: int) -> None:
        try:
            self._consumer.seek(self._theirs(partition), offset)
        except IllegalStateError:
            return

    def pause(self, partition: Partition) -> None:
        if self._theirs(partition) in self._consumer.assignment():
            self._paused.add(partition)
            self._consumer.pause(self._theirs(partition))

    def resume(self, partition: Partition) -> None:
        if partition in self._paused and self._theirs(partition) in self._consumer.assignment():
            self._consumer.resume(self._theirs(partition))
        self._paused.discard(partition)

    async def lag(self) -> int:
        mine = self._consumer.assignment()
        if not mine:
            return 0
        try:
            async with asyncio.timeout(LAG_WITHIN):
                ends = await self._consumer.end_offsets(list(mine))
                return sum([max(0, end - await self._consumer.position(tp)) for tp, end in ends.items()])
        except IllegalStateError:
            return 0  # taken away while we asked: whoever has them now counts them
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerLost(str(error) or type(error).__name__) from error


def as_records(partition: Partition, messages: Sequence[Any]) -> list[Record]:
    return [
        Record(
            topic=partition.topic,
            key=(m.key or b"").decode(errors="replace").replace("\0", "\ufffd"),
            value=m.value,
            headers=[(name, value or b"") for name, value in m.headers],
            partition=partition.number,
            offset=m.offset,
        )
        for m in messages
    ]
