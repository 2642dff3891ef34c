"""Apache Kafka by aiokafka.

What aiokafka needs to be told (0.14): commit nothing by itself; keep the membership through a long batch;
never run user code under a lock in the rebalance listener, whose exceptions it swallows; a rebalance takes
every partition away and forgets which were paused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError, TopicAlreadyExistsError, for_code

from shared.broker.protocol import BrokerLost, Consumer, Drain, Partition, Record

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
STOP_WITHIN = 5.0
"""Seconds for what is on its way when the producer is stopped. What is not acknowledged is published again."""


class KafkaBroker:
    """`servers` is a comma-separated list of host:port.

    `prefix` stands before every topic and group, so that two installations can share one Kafka.
    """

    def __init__(
        self,
        servers: str,
        *,
        client: str,
        topics: Sequence[str],
        partitions: int = 12,
        replicas: int = 1,
        prefix: str = "",
        silence: timedelta = SILENCE,
    ) -> None:
        self.prefix = prefix
        self.servers, self.client, self.topics = servers, client, topics
        self.partitions, self.replicas, self.silence = partitions, replicas, silence
        self._producer: AIOKafkaProducer | None = None
        self._started = False
        self._renewing = asyncio.Lock()

    async def start(self) -> None:
        try:
            await self._create_topics()
            self._started = True
            await self._current()
        except (KafkaError, OSError) as error:
            self._started = False
            raise BrokerLost(str(error) or type(error).__name__) from error

    async def _create_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers, client_id=self.client)
        try:
            await admin.start()
            missing = sorted({self.prefix + topic for topic in self.topics} - set(await admin.list_topics()))
            settings = {"max.message.bytes": str(LARGEST)}
            new = [NewTopic(name, self.partitions, self.replicas, topic_configs=settings) for name in missing]
            if new:
                made = await admin.create_topics(new)
                for topic, code, *_ in made.topic_errors:
                    if code not in {0, TopicAlreadyExistsError.errno}:
                        raise for_code(code)(f"topic {topic} cannot be made")
        finally:
            await admin.close()

    async def _current(self) -> AIOKafkaProducer:
        """The producer, or a new one in place of one that failed."""
        if not self._started:
            raise BrokerLost("not started")
        async with self._renewing:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self.servers,
                    client_id=self.client,
                    enable_idempotence=True,
                    acks="all",
                    linger_ms=2,
                    max_batch_size=256 * 1024,
                    max_request_size=LARGEST,
                    retry_backoff_ms=RETRY_MS,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def stop(self) -> None:
        self._started = False
        if self._producer is not None:
            await self._end(self._producer)

    async def _end(self, producer: AIOKafkaProducer) -> None:
        """Stops it, and gives up what it has not got rid of in time: its own `stop` waits for ever."""
        if self._producer is producer:
            self._producer = None
        ending = asyncio.ensure_future(producer.stop())
        if not (await asyncio.wait([ending], timeout=STOP_WITHIN))[0]:
            # Its sender stumbles over batches that are done with; what matters is that it ends.
            producer._message_accumulator.fail_all(BrokerLost("stopped"))
            await producer.client.close()
            await asyncio.gather(ending, return_exceptions=True)

    async def publish(self, records: Sequence[Record]) -> None:
        try:
            producer = await self._current()
        except (KafkaError, OSError) as error:
            raise BrokerLost(str(error) or type(error).__name__) from error
        sent: list[asyncio.Future[object]] = []
        try:
            for r in records:
                future = await producer.send(
                    self.prefix + r.topic, value=r.value, key=r.key.encode(), headers=r.headers
                )
                sent.append(future)
            await asyncio.gather(*sent)
        except (KafkaError, OSError) as error:
            # The sequence numbers of a batch that was refused are spent: of this producer the broker takes
            # nothing more for that partition. Those who publish again begin with a new one.
            await self._end(producer)
            await asyncio.gather(*sent, return_exceptions=True)
            raise BrokerLost(str(error) or type(error).__name__) from error

    def consumer(self, group: str, topics: Sequence[str], *, drain: Drain | None = None) -> Consumer:
        return KafkaConsumer(self.servers, self.client, group, topics, drain, self.prefix, self.silence)

    async def answers(self) -> None:
        try:
            async with asyncio.timeout(5):
                producer = await self._current()
                await producer.client.fetch_all_metadata()
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerLost(str(error) or type(error).__name__) from error


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
        return {
            self._ours(tp): [
                Record(
                    topic=self._ours(tp).topic,
                    key=(m.key or b"").decode(errors="replace").replace("\0", "\ufffd"),
                    value=m.value,
                    headers=[(name, value or b"") for name, value in m.headers],
                    partition=m.partition,
                    offset=m.offset,
                )
                for m in messages
            ]
            for tp, messages in batches.items()
            if messages
        }

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
