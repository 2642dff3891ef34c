"""The Kafka of the tests is a real one: it keeps what it took through a restart and a crash."""

import asyncio
import logging
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.support.kafka import GIVEN, KIND, KafkaServer, NoKafka, find_kafka
from tests.support.kafka_java import kafka_jars

TOPIC = "kept.test"


async def send(bootstrap: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait(TOPIC, value)


async def receive(bootstrap: str, count: int) -> list[bytes]:
    """The first `count` values of the topic, read by a group of one."""
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        group_id="kept-test",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer:
        return [(await consumer.getone()).value for _ in range(count)]


async def test_messages_survive_a_restart_and_a_crash(kafka: KafkaServer) -> None:
    if not kafka.can_break:
        pytest.skip(f"the Kafka at {kafka.bootstrap} is not ours to break")
    await send(kafka.bootstrap, b"before")
    assert await receive(kafka.bootstrap, 1) == [b"before"]

    await asyncio.to_thread(kafka.restart)
    await send(kafka.bootstrap, b"after a restart")

    await asyncio.to_thread(kafka.kill)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*kafka.bootstrap.split(":"))
    await asyncio.to_thread(kafka.start)
    await send(kafka.bootstrap, b"after a crash")
    assert await receive(kafka.bootstrap, 3) == [b"before", b"after a restart", b"after a crash"]


def test_a_given_broker_is_taken_and_left_alone(kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GIVEN, kafka.bootstrap)
    given = find_kafka()
    assert not isinstance(given, NoKafka)
    assert (given.kind, given.bootstrap, given.can_break) == ("given", kafka.bootstrap, False)
    with pytest.raises(RuntimeError, match="not ours"):
        given.kill()


def test_no_kafka_says_what_was_tried(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv(GIVEN, raising=False)
    monkeypatch.delenv(KIND, raising=False)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("PATH", "/nowhere")
    with caplog.at_level(logging.WARNING):
        found = find_kafka()
    assert isinstance(found, NoKafka)
    assert "docker: " in found.reason
    assert "java: there is no java" in found.reason
    assert not found.demanded
    assert len(caplog.records) == 2


def test_a_kind_that_was_asked_for_by_name_is_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GIVEN, raising=False)
    monkeypatch.setenv(KIND, "java")
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_kafka() == NoKafka("java: there is no java", demanded=True)


@pytest.mark.process
def test_jars_that_cannot_be_fetched_leave_no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho no route to the repository; exit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no route to the repository"):
            kafka_jars()
