"""Apache Kafka by aiokafka.

What aiokafka needs to be told (0.14): commit nothing by itself; keep the membership through a long batch;
never run user code under a lock in the rebalance listener, whose exceptions it swallows; a rebalance takes
every partition away and forgets which were paused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError, TopicAlreadyExistsError

from shared.broker.protocol import BrokerLost, Consumer, Drain, Partition, Record

log = structlog.get_logger()

SESSION_TIMEOUT_MS = 10_000
REBALANCE_TIMEOUT_MS = 60_000


class KafkaBroker:
    """`servers` is a comma-separated list of host:port."""

    def __init__(
        self, servers: str, *, client: str, topics: Sequence[str], partitions: int = 12, replicas: int = 1
    ) -> None:
        self.servers, self.client, self.topics = servers, client, topics
        self.partitions, self.replicas = partitions, replicas
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        try:
            await self._create_topics()
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self.servers,
                client_id=self.client,
                enable_idempotence=True,
                acks="all",
                linger_ms=2,
                max_batch_size=256 * 1024,
                max_request_size=4 * 1024 * 1024,
            )
            await self._producer.start()
        except (KafkaError, OSError) as error:
            raise BrokerLost(str(error)) from error

    async def _create_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers, client_id=self.client)
        await admin.start()
        try:
            missing = sorted(set(self.topics) - set(await admin.list_topics()))
            new = [NewTopic(name, self.partitions, self.replicas) for name in missing]
            if new:
                await admin.create_topics(new)
        except TopicAlreadyExistsError:
            pass
        finally:
            await admin.close()

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def publish(self, records: Sequence[Record]) -> None:
        if self._producer is None:
            raise BrokerLost("not started")
        try:
            sent = [
                await self._producer.send(r.topic, value=r.value, key=r.key.encode(), headers=r.headers)
                for r in records
            ]
            await asyncio.gather(*sent)
        except (KafkaError, OSError) as error:
            raise BrokerLost(str(error)) from error

    def consumer(self, group: str, topics: Sequence[str], *, drain: Drain | None = None) -> Consumer:
        return KafkaConsumer(self.servers, self.client, group, topics, drain)

    async def answers(self) -> None:
        if self._producer is None:
            raise BrokerLost("not started")
        try:
            await asyncio.wait_for(self._producer.client.fetch_all_metadata(), 5)
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerLost(str(error)) from error


class KafkaConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, servers: str, client: str, group: str, topics: Sequence[str], drain: Drain | None) -> None:
        self._drain, self._topics = drain, topics
        self._paused: set[Partition] = set()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=servers,
            client_id=client,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(StickyPartitionAssignor,),
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            max_poll_interval_ms=300_000,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )

    async def start(self) -> None:
        self._consumer.subscribe(topics=list(self._topics), listener=self)
        try:
            await self._consumer.start()
        except (KafkaError, OSError) as error:
            raise BrokerLost(str(error)) from error

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
            raise BrokerLost(str(error)) from error
        return {
            Partition(tp.topic, tp.partition): [
                Record(
                    topic=m.topic,
                    key=(m.key or b"").decode(errors="replace"),
                    value=m.value,
                    headers=m.headers,
                    partition=m.partition,
                    offset=m.offset,
                )
                for m in messages
            ]
            for tp, messages in batches.items()
            if messages
        }

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        try:
            await self._consumer.commit({TopicPartition(*p): offset for p, offset in offsets.items()})
        except (KafkaError, OSError) as error:
            raise BrokerLost(str(error)) from error

    def rewind(self, partition: Partition, offset: int) -> None:
        try:
            self._consumer.seek(TopicPartition(*partition), offset)
        except IllegalStateError:
            return

    def pause(self, partition: Partition) -> None:
        if TopicPartition(*partition) in self._consumer.assignment():
            self._paused.add(partition)
            self._consumer.pause(TopicPartition(*partition))

    def resume(self, partition: Partition) -> None:
        if partition in self._paused and TopicPartition(*partition) in self._consumer.assignment():
            self._consumer.resume(TopicPartition(*partition))
        self._paused.discard(partition)

    async def lag(self) -> int:
        mine = self._consumer.assignment()
        if not mine:
            return 0
        try:
            ends = await self._consumer.end_offsets(list(mine))
            positions = {tp: await self._consumer.position(tp) for tp in mine}
        except (KafkaError, OSError) as error:
            raise BrokerLost(str(error)) from error
        return sum(max(0, end - positions[tp]) for tp, end in ends.items())
