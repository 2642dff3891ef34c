"""A whole installation as production has it: four services, api and worker apart, each in its own process and
its own database, on a real Kafka and a real PostgreSQL, behind one address. Every process can be killed.
"""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

import httpx

from services.host import registry
from services.host.mailbox import Mailbox, application, known_to, listening
from shared.clock import SystemClock
from shared.embedded.child import spawn
from shared.migrations import upgrade
from shared.security import Tokens
from shared.settings import PublicSettings, ServiceSettings
from tests.support.gateway import serve_gateway
from tests.support.kafka import KafkaServer
from tests.support.kafka_broker import free_port
from tests.support.postgres import ScratchPostgres

ROOT = Path(__file__).parents[2]


class ServiceProcess:
    """One role of one service. Started again with the same settings, it goes on where it was killed."""

    def __init__(self, service: str, role: str, environment: Mapping[str, str], log: Path) -> None:
        self.service, self.role, self.port = service, role, free_port()
        self._environment, self._log = environment, log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, **extra: str) -> None:
        """`extra` are environment variables for this run alone, a crash point for instance."""
        command = [sys.executable, "-m", "services", "serve", self.service, "--role", self.role]
        self._process = spawn(
            [*command, "--port", str(self.port)],
            log=self._log,
            environment={**os.environ, **self._environment, **extra, "PYTHONPATH": str(ROOT)},
            last_signal=signal.SIGKILL,
        )

    def send(self, number: signal.Signals) -> None:
        """Sends it to the process, if there is one."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def ended(self, *, within: float = 30) -> int:
        """Waits for the end. Returns the exit code. Raises TimeoutExpired."""
        assert self._process is not None
        return self._process.wait(within)

    def signal(self, number: signal.Signals) -> int:
        """Sends it and waits for the end. Returns the exit code."""
        self.send(number)
        return self.ended()

    def kill(self) -> int:
        return self.signal(signal.SIGKILL)

    def stop(self) -> int:
        return self.signal(signal.SIGTERM)

    def said(self) -> str:
        return self._log.read_text(errors="replace")


class Installation:
    """`url` is the one address; `databases` are libpq addresses by service, `processes` are by (service, role)."""

    def __init__(self, url: str, token: str, databases: Mapping[str, str], mailbox: Mailbox) -> None:
        self.url, self.token, self.databases, self.mailbox = url, token, databases, mailbox
        self.processes: dict[tuple[str, str], ServiceProcess] = {}

    async def ready(self, *, seconds: float = 180) -> None:
        """Waits until every process says that it can work. Raises TimeoutError with what it said instead."""
        deadline = monotonic() + seconds
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            for process in self.processes.values():
                answer = "nothing"
                while True:
                    try:
                        response = await client.get(f"{process.url}/{process.service}/ready")
                        answer = response.text
                        if response.status_code == 200:
                            break
                    except httpx.TransportError as error:
                        answer = repr(error)
                    if monotonic() > deadline:
                        raise TimeoutError(f"{process.service} {process.role}: {answer}\n{process.said()[-4000:]}")
                    await asyncio.sleep(0.1)


@asynccontextmanager
async def installation(
    postgres: ScratchPostgres, kafka: KafkaServer, directory: Path, **settings: str
) -> AsyncIterator[Installation]:
    """Starts everything and waits until it is ready. `settings` are environment variables for every process."""
    key, gateway_port = secrets.token_urlsafe(48), free_port()
    url = f"http://127.0.0.1:{gateway_port}"
    databases = {name: postgres.make_database() for name in registry.NAMES}
    mailbox = Mailbox(directory / "mail")
    common = {
        "KEPT_BROKER": f"kafka://{kafka.bootstrap}?partitions=4&prefix=t{secrets.token_hex(4)}.",
        "KEPT_SECRET_KEY": key,
        "KEPT_PUBLIC_URL": url,
        **settings,
    }
    signing = ServiceSettings(database_url="unused", broker="local", secret_key=key)
    token = Tokens(signing, SystemClock()).issue("test", frozenset({"*"}), lifetime=timedelta(days=1))
    made = Installation(url, token, {n: postgres.dsn(d) for n, d in databases.items()}, mailbox)
    try:
        async with listening(mailbox, "127.0.0.1", 0) as smtp_port:
            common.setdefault("KEPT_SMTP_URL", f"smtp://127.0.0.1:{smtp_port}")
            for name, database in databases.items():
                await upgrade(postgres.url(database), registry.migrations(name))
                environment = {**common, "KEPT_DATABASE_URL": postgres.url(database)}
                for role in ("api", "worker"):
                    process = ServiceProcess(name, role, environment, directory / f"{name}-{role}.log")
                    process.start()
                    made.processes[name, role] = process
            addresses = {name: made.processes[name, "api"].url for name in registry.NAMES}
            async with (
                known_to(addresses["intake"]) as may_read,
                serve_gateway(gateway_port, addresses, application(mailbox, PublicSettings(public_url=url), may_read)),
            ):
                await made.ready()
                yield made
    finally:
        for process in made.processes.values():
            if process.alive:
                await asyncio.to_thread(process.stop)
        for database in databases.values():
            await asyncio.to_thread(postgres.drop_database, database)
