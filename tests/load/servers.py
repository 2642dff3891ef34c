"""The servers of a run: PostgreSQL as in production, a real Kafka, databases with a service's tables, processes."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.request import ProxyHandler, build_opener

from services.host import registry
from services.host.serve import settle_memory
from shared.broker import Broker, connect
from shared.clock import SystemClock
from shared.migrations import upgrade
from shared.runtime import Role, Runtime
from tests.support.kafka import KafkaServer, NoKafka, find_kafka
from tests.support.kafka_broker import free_port
from tests.support.postgres import ScratchPostgres, scratch_directory, scratch_postgres

ROOT = Path(__file__).parents[2]
PRODUCTION = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "track_commit_timestamp": "on",
}
"""Nothing that was committed can be lost, and the memory and log of a small production server."""
PUBLIC_URL = "https://kept.example.com"
READY_WITHIN = 30.0
"""Seconds."""

_direct = build_opener(ProxyHandler({})).open


class Missing(Exception):
    """Something the row needs cannot be had on this machine."""


@dataclass(frozen=True, slots=True)
class Process:
    url: str
    pid: int


class Servers:
    """Each is started when it is first asked for, and all are ended with the run."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._postgres: ScratchPostgres | None = None
        self._kafka: KafkaServer | NoKafka | None = None
        self._templates: dict[str, str] = {}
        self._made: dict[str, str] = {}
        self.secret_key = secrets.token_urlsafe(48)

    def __enter__(self) -> Self:
        self.directory = self._stack.enter_context(scratch_directory())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def postgres(self) -> ScratchPostgres:
        if self._postgres is None:
            self._postgres = self._stack.enter_context(scratch_postgres(PRODUCTION))
        return self._postgres

    @property
    def kafka(self) -> KafkaServer:
        """Raises Missing."""
        if self._kafka is None:
            self._kafka = find_kafka()
            if not isinstance(self._kafka, NoKafka):
                self._stack.callback(self._kafka.discard)
        if isinstance(self._kafka, NoKafka):
            raise Missing(f"no Kafka ({self._kafka.reason})")
        return self._kafka

    def broker_url(self) -> str:
        """The run's Kafka, with topics that nobody else uses. Raises Missing."""
        return f"kafka://{self.kafka.bootstrap}?prefix=b{secrets.token_hex(4)}."

    @asynccontextmanager
    async def broker(self, url: str) -> AsyncIterator[Broker]:
        broker = connect(url, client="bench")
        await broker.start()
        try:
            yield broker
        finally:
            await broker.stop()

    async def once(self, what: str, make: Callable[[Self], Awaitable[str]]) -> str:
        """What `make` gave when it was first asked for in this run."""
        if what not in self._made:
            self._made[what] = await make(self)
        return self._made[what]

    async def keep_database(self, service: str) -> str:
        """The name of a fresh database with the tables of a service, there as long as the run."""
        if service not in self._templates:
            name = self.postgres.make_database()
            await upgrade(self.postgres.url(name), registry.migrations(service))
            self._templates[service] = name
        return self.postgres.make_database(self._templates[service])

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[str]:
        """As `keep_database`, dropped afterwards."""
        name = await self.keep_database(service)
        try:
            yield name
        finally:
            await asyncio.to_thread(self.postgres.drop_database, name)

    @asynccontextmanager
    async def runtime(
        self, service: str, database: str, *, role: Role = "api", **settings: Any
    ) -> AsyncIterator[Runtime]:
        """A service in this process, its memory settled as if it served, no loop of it running: a row runs its own."""
        made = registry.runtime(
            service,
            SystemClock(),
            role="api",
            database_url=self.postgres.url(database),
            **{"broker": "kafka://127.0.0.1:9", "secret_key": self.secret_key, "public_url": PUBLIC_URL, **settings},
        )
        settle_memory()
        try:
            yield made
        finally:
            await made.stop()

    @asynccontextmanager
    async def serving(self, service: str, database: str, *, role: Role = "api", **extra: str) -> AsyncIterator[Process]:
        """A service in a process of its own, as it is served in production."""
        environment = {
            "KEPT_DATABASE_URL": self.postgres.url(database),
            "KEPT_BROKER": "kafka://127.0.0.1:9",
            "KEPT_SECRET_KEY": self.secret_key,
            "KEPT_PUBLIC_URL": PUBLIC_URL,
            **extra,
        }
        port = free_port()
        command = ["services", "serve", service, "--role", role, "--port", str(port)]
        async with self.process(command, environment, ready=f"http://127.0.0.1:{port}/{service}/health") as process:
            yield process

    @asynccontextmanager
    async def process(
        self, module: Sequence[str], environment: dict[str, str], *, ready: str
    ) -> AsyncIterator[Process]:
        """`python -m module...`, from when `ready` answers 200 until it is killed."""
        log = self.directory / f"{module[0]}-{secrets.token_hex(3)}.log"
        child = _start(module, environment, log)
        try:
            await _until_ready(child, ready, log)
            yield Process(ready[: ready.index("/", len("http://"))], child.pid)
        finally:
            child.kill()
            child.wait()


def _start(module: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *module], cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


async def _until_ready(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = monotonic() + READY_WITHIN
    while True:
        try:
            with await asyncio.to_thread(_direct, url, timeout=5):
                return
        except OSError:
            if child.poll() is not None or monotonic() > deadline:
                raise RuntimeError(f"{url} does not answer:\n{_tail(log)}") from None
        await asyncio.sleep(0.05)
