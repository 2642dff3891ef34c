"""What only Kafka can do to us: refuse a batch, send what we would never write, be away when we stop."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.broker import BrokerLost, Record
from shared.broker.kafka import STOP_WITHIN, KafkaBroker
from shared.broker.kafka_consumer import LARGEST
from tests.shared.broker.conftest import Member
from tests.support.kafka import KafkaServer


@pytest.fixture
async def broker(kafka: KafkaServer, topic: str) -> AsyncIterator[KafkaBroker]:
    broker = KafkaBroker(kafka.bootstrap, client="test", topics=[topic], partitions=1)
    await broker.start()
    yield broker
    await broker.stop()


async def read(broker: KafkaBroker, topic: str, count: int) -> list[Record]:
    consumer = broker.consumer(f"{topic}.group", [topic])
    await consumer.start()
    try:
        return await Member(consumer).take(count)
    finally:
        await consumer.stop()


async def test_a_large_event_goes_through(broker: KafkaBroker, topic: str) -> None:
    """Twice the body an API takes, and more than Kafka's own default of a mebibyte."""
    await broker.publish([Record(topic, "k", b"x" * 2 * 1024 * 1024, [])])
    (record,) = await read(broker, topic, 1)
    assert len(record.value or b"") == 2 * 1024 * 1024


async def test_a_refused_batch_does_not_close_the_partition(broker: KafkaBroker, topic: str) -> None:
    """The sequence numbers of a refused batch are spent; with the same producer all later ones would fail."""
    await broker.publish([Record(topic, "k", b"before", [])])
    await _limit(broker.servers, topic, 1000)
    with pytest.raises(BrokerLost):
        await broker.publish([Record(topic, "k", b"x" * 5000, [])])
    await broker.publish([Record(topic, "k", b"after", [])])
    assert [r.value for r in await read(broker, topic, 2)] == [b"before", b"after"]


async def _limit(servers: str, topic: str, size: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"max.message.bytes": str(size)})
    await admin.alter_configs([resource])
    await admin.close()
    await asyncio.sleep(0.5)  # the broker learns of it a moment later


async def test_a_record_over_every_limit_is_refused(broker: KafkaBroker, topic: str) -> None:
    with pytest.raises(BrokerLost):
        await broker.publish([Record(topic, "k", b"x" * (LARGEST + 1), [])])
    await broker.publish([Record(topic, "k", b"after", [])])
    assert len(await read(broker, topic, 1)) == 1


async def test_records_of_strangers_can_be_read(broker: KafkaBroker, topic: str) -> None:
    """No key, a key that is no text, a key PostgreSQL would refuse, a header without a value."""
    async with AIOKafkaProducer(bootstrap_servers=broker.servers) as stranger:
        for key in (None, b"\xff\xfe", b"a\x00b"):
            await stranger.send_and_wait(topic, b"?", key=key, headers=[("ce_id", None)])
    records = await read(broker, topic, 3)
    assert [r.key for r in records] == ["", "\ufffd\ufffd", "a\ufffdb"]
    assert {tuple(r.headers) for r in records} == {(("ce_id", b""),)}


async def test_stopping_ends_though_the_broker_is_away(
    kafka: KafkaServer, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "aiokafka")
    if not kafka.can_break:
        pytest.skip(f"the Kafka at {kafka.bootstrap} is not ours to break")
    broker = KafkaBroker(kafka.bootstrap, client="test", topics=[topic])
    await broker.start()
    await broker.publish([Record(topic, "k", b"before", [])])
    await asyncio.to_thread(kafka.kill)
    try:
        waiting = asyncio.create_task(broker.publish([Record(topic, "k", b"never sent", [])]))
        await asyncio.sleep(0.5)
        async with asyncio.timeout(STOP_WITHIN + 10):
            await broker.stop()
            with pytest.raises(BrokerLost):
                await waiting
    finally:
        await asyncio.to_thread(kafka.start)


async def test_a_topic_that_cannot_be_made_is_said_so(kafka: KafkaServer, topic: str) -> None:
    broker = KafkaBroker(kafka.bootstrap, client="test", topics=[topic], replicas=3)
    with pytest.raises(BrokerLost, match=topic):
        await broker.start()
    await broker.stop()


async def test_no_broker_is_no_crash(topic: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "aiokafka")
    broker = KafkaBroker("127.0.0.1:1", client="test", topics=[topic])
    with pytest.raises(BrokerLost):
        await broker.start()
    with pytest.raises(BrokerLost):
        await broker.consumer("group", [topic]).start()
    await broker.stop()
