"""Apache Kafka by aiokafka: topics, the producer, and what is asked of it from outside a group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.partitioner import murmur2

from shared.broker import kafka_survey
from shared.broker.kafka_consumer import LARGEST, RETRY_MS, SILENCE, KafkaConsumer
from shared.broker.protocol import BrokerLost, Consumer, Drain, Partition, Record, Survey

STOP_WITHIN = 5.0
"""Seconds for what is on its way when the producer is stopped. What is not acknowledged is published again."""


class KafkaBroker:
    """The broker on Apache Kafka. `servers` is a comma-separated list of host:port.

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
        self._cluster = kafka_survey.Cluster(servers, client, prefix)
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
        """Stops a producer, and gives up what it has not sent in time: its own `stop` waits for ever."""
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
            sizes = {t: len(await producer.partitions_for(self.prefix + t)) for t in {r.topic for r in records}}
            for r in records:
                future = await producer.send(
                    self.prefix + r.topic,
                    value=r.value,
                    key=r.key.encode(),
                    partition=_hash(r.key) % sizes[r.topic],
                    headers=r.headers,
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

    async def survey(self, group: str, topics: Sequence[str]) -> Survey:
        return await kafka_survey.survey(self._cluster, group, topics)

    async def set_back(self, group: str, offsets: Mapping[Partition, int]) -> None:
        await kafka_survey.set_back(self._cluster, group, offsets)

    def history(self, topic: str, since: datetime) -> AsyncIterator[Sequence[Record]]:
        return kafka_survey.history(self._cluster, topic, since)

    async def answers(self) -> None:
        try:
            async with asyncio.timeout(5):
                producer = await self._current()
                await producer.client.fetch_all_metadata()
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerLost(str(error) or type(error).__name__) from error


@lru_cache(maxsize=100_000)
def _hash(key: str) -> int:
    """Puts a key where every Kafka client does. aiokafka's murmur2 is Python, too slow to ask each time."""
    return int(murmur2(key.encode())) & 0x7FFFFFFF
