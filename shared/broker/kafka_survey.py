"""Apache Kafka looked at from outside a group: what is kept, where a group goes on, what was told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.broker.kafka_consumer import LARGEST, as_records
from shared.broker.protocol import Bounds, BrokerLost, Partition, Record, Survey


class Cluster(NamedTuple):
    """A Kafka, and who we are there: our client id, and what stands before each of our topics and groups."""

    servers: str
    client: str
    prefix: str


@asynccontextmanager
async def _reader(cluster: Cluster, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that joins no group: with a group's name it reads and writes that group's places alone."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=cluster.servers,
        client_id=cluster.client,
        group_id=cluster.prefix + group if group else None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=LARGEST,
    )
    try:
        await consumer.start()
        yield consumer
    except (KafkaError, OSError) as error:
        raise BrokerLost(str(error) or type(error).__name__) from error
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, cluster: Cluster, topics: Sequence[str]) -> list[TopicPartition]:
    """Assigns all partitions of a topic to this reader."""
    await consumer._client.force_metadata_update()
    names = [cluster.prefix + topic for topic in topics]
    found = [TopicPartition(name, number) for name in names for number in consumer.partitions_for_topic(name) or ()]
    consumer.assign(found)
    return found


def _ours(cluster: Cluster, partition: TopicPartition) -> Partition:
    return Partition(partition.topic.removeprefix(cluster.prefix), partition.partition)


async def _name(cluster: Cluster) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.servers, client_id=cluster.client)
    try:
        await admin.start()
        found = await admin.describe_cluster()
    except (KafkaError, OSError) as error:
        raise BrokerLost(str(error) or type(error).__name__) from error
    finally:
        await admin.close()
    return f"{found['cluster_id']}/{cluster.prefix}"


async def survey(cluster: Cluster, group: str, topics: Sequence[str]) -> Survey:
    async with _reader(cluster, group) as consumer:
        partitions = await _partitions(consumer, cluster, topics)
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        found = {_ours(cluster, p): Bounds(first[p], end[p], await consumer.committed(p)) for p in partitions}
    return Survey(await _name(cluster), found)


async def set_back(cluster: Cluster, group: str, offsets: Mapping[Partition, int]) -> None:
    """Sets a group back; Kafka refuses where the group has members."""
    async with _reader(cluster, group) as consumer:
        theirs = {TopicPartition(cluster.prefix + p.topic, p.number): offset for p, offset in offsets.items()}
        consumer.assign(list(theirs))
        await consumer.commit(theirs)


async def history(cluster: Cluster, topic: str, since: datetime) -> AsyncIterator[Sequence[Record]]:
    async with _reader(cluster) as consumer:
        partitions = await _partitions(consumer, cluster, [topic])
        ends = await consumer.end_offsets(partitions)
        begins = await consumer.offsets_for_times(dict.fromkeys(partitions, int(since.timestamp() * 1000)))
        for partition in partitions:
            consumer.seek(partition, begins[partition].offset if begins[partition] else ends[partition])
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            batches = await consumer.getmany(timeout_ms=500)
            for partition, messages in batches.items():
                yield as_records(_ours(cluster, partition), messages)
