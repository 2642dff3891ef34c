"""The house on one machine: embedded PostgreSQL, local broker and the four services in one process.

The data directory holds what must survive: the database, the secret key and the mail that was caught.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.host import registry
from services.host.everyday import Everyday
from services.host.gateway import Gateway
from services.host.mailbox import Mailbox, listening
from shared.broker import connect
from shared.clock import Clock
from shared.embedded import EmbeddedPostgres
from shared.http import create_app
from shared.migrations import upgrade
from shared.runtime import Runtime
from shared.settings import SHORTEST_KEY
from shared.waiting import wait_for

log = structlog.get_logger()

SESSIONS = "sessions.closed"
"""The name of the file in which closed sessions stand."""
LOOK = 1.0
"""Seconds between two looks at whether the database lives."""
KEY_FILE = "secret.key"


@dataclass(frozen=True, slots=True)
class House:
    """`gateway` is the ASGI application that serves all four at one origin."""

    gateway: Gateway
    runtimes: dict[str, Runtime]
    has_mailbox: bool
    postgres: EmbeddedPostgres
    directory: Path

    def remember_url(self, url: str) -> None:
        """Where commands that make links find the house, once it answers there."""
        (self.directory / "public.url").write_text(url)

    async def keep_database(self, stop: asyncio.Event) -> None:
        """Until told to stop, starts the database again where it has ended. Raises EmbeddedPostgresError."""
        while not stop.is_set():
            if not self.postgres.running:
                log.warning("house.database_ended")
                await asyncio.to_thread(self.postgres.start)
                log.warning("house.database_started")
            await wait_for(stop, LOOK)

    def close_streams(self) -> None:
        """Ends the answers that stay open, before the server waits for them."""
        for made in self.runtimes.values():
            made.closing.set()


def secret_key(directory: Path) -> str:
    """The installation's own key, made once and readable to its owner only."""
    path = directory / KEY_FILE
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(48))
        half.replace(path)
    return read_key(path)


def read_key(path: Path) -> str:
    """Raises Everyday where the file holds none: a new one would open nothing that the old one closed."""
    key = path.read_text().strip()
    if len(key) < SHORTEST_KEY:
        raise Everyday(f"{path} holds no key: put back a copy of it, or remove it and set every channel's secrets anew")
    return key


def last_public_url(directory: Path) -> str | None:
    """Where the house in this directory was opened last, for commands that make links."""
    path = directory / "public.url"
    return path.read_text().strip() if path.exists() else None


@asynccontextmanager
async def open_house(directory: Path, clock: Clock, *, public_url: str, smtp_url: str | None) -> AsyncIterator[House]:
    """Starts everything and stops it in the reverse order."""
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(directory / "postgres")
        await asyncio.to_thread(postgres.start)
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
        key = secret_key(directory)
        for name in (*registry.NAMES, "broker"):
            await asyncio.to_thread(postgres.create_database, f"kept_{name}")
        box = None
        if smtp_url is None:
            box = Mailbox(directory / "mail")
            smtp_url = f"smtp://127.0.0.1:{await stack.enter_async_context(listening(box, '127.0.0.1', 0))}"
        broker = connect("local", client="kept", local_database=postgres.url("kept_broker"))
        await broker.start()
        stack.push_async_callback(broker.stop)
        runtimes = {}
        for name in registry.NAMES:
            await upgrade(postgres.url(f"kept_{name}"), registry.migrations(name))
            runtimes[name] = registry.runtime(
                name,
                clock,
                role="all",
                shared_broker=broker,
                database_url=postgres.url(f"kept_{name}"),
                broker="local",
                secret_key=key,
                public_url=public_url,
                sessions_file=directory / SESSIONS,
                smtp_url=smtp_url,
                log_json=False,
            )
        apps = {name: create_app(made, manage_runtime=False) for name, made in runtimes.items()}
        for made in runtimes.values():
            await made.start()
            stack.push_async_callback(made.stop)
        gateway = Gateway(apps, box, runtimes["intake"].settings)
        yield House(gateway, runtimes, box is not None, postgres, directory)
