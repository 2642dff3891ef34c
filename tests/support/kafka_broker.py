"""What every Kafka of the tests has in common: its settings, its port, and how one knows that it answers."""

import asyncio
import secrets
import socket
import struct
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

VERSION = "4.1.1"
HEAP = "-Xms256M -Xmx512M"
READY_WITHIN = 60.0
"""Seconds, recovery after a kill included."""

SETTINGS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
}
"""One node that is broker and controller, and makes no test wait for members that never come.

After a crash it comes back when its own session before has run out, hence the short one.
"""

_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""A request: 10 bytes follow, of kind 18, version 0, number 1, from a client without a name."""


def free_port() -> int:
    """A free TCP port below those which the system lends to outgoing connections.

    A lent one could be taken while the broker is down, and a restarted broker must come back where it was.
    """
    while True:
        port = 15_000 + secrets.randbelow(15_000)  # not `random`: workers of one run share its seed
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_until_answers(
    bootstrap: str, *, within: float = READY_WITHIN, alive: Callable[[], bool] = lambda: True
) -> None:
    """Return when the broker at `bootstrap` lists itself, which it does once it takes requests of every kind.

    A connection proves nothing: Docker's proxy accepts before the broker listens. Works below a running event
    loop too. Raises TimeoutError after `within` seconds, ConnectionError once it is no longer `alive`.
    """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _wait(bootstrap, within, alive)).result()


async def _wait(bootstrap: str, within: float, alive: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(within):
            while not await _answers(bootstrap):
                if not alive():
                    raise ConnectionError(f"Kafka at {bootstrap} ended while it started")
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise TimeoutError(f"Kafka at {bootstrap} did not answer in {within:.0f} s") from None


async def _answers(bootstrap: str) -> bool:
    if not await _speaks_kafka(bootstrap):
        return False
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except KafkaError:
        return False
    finally:
        await client.close()


async def _speaks_kafka(bootstrap: str) -> bool:
    """Ask for the versions the broker speaks: aiokafka asks that too, but logs an error for every try."""
    host, _, port = bootstrap.rpartition(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(_API_VERSIONS)
            await reader.readexactly(8)
        finally:
            writer.close()
            await writer.wait_closed()
    except (OSError, EOFError):
        return False
    return True
