"""Everything on one machine: embedded PostgreSQL, local broker and the four services in one process.

The data directory holds what must survive: the database, the secret key and the mail that was caught.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette

from services import registry
from services.gateway import Gateway
from services.mailbox import Mailbox, listening, routes
from shared.broker import connect
from shared.clock import Clock
from shared.embedded import EmbeddedPostgres
from shared.http import create_app
from shared.migrations import upgrade
from shared.runtime import Runtime


@dataclass(frozen=True, slots=True)
class House:
    """`gateway` is the ASGI application that serves all four at one origin."""

    gateway: Gateway
    runtimes: dict[str, Runtime]
    has_mailbox: bool

    def close_streams(self) -> None:
        """Ends the answers that stay open, before the server waits for them."""
        for made in self.runtimes.values():
            made.closing.set()


def secret_key(directory: Path) -> str:
    """The installation's own key, made once and readable to its owner only."""
    path = directory / "secret.key"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(48))
        half.replace(path)
    return path.read_text().strip()


def last_public_url(directory: Path) -> str | None:
    """Where the house in this directory was opened last, for commands that make links."""
    path = directory / "public.url"
    return path.read_text().strip() if path.exists() else None


@asynccontextmanager
async def open_house(directory: Path, clock: Clock, *, public_url: str, smtp_url: str | None) -> AsyncIterator[House]:
    """Starts everything and stops it in the reverse order."""
    key = secret_key(directory)
    (directory / "public.url").write_text(public_url)
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(directory / "postgres")
        await asyncio.to_thread(postgres.start)
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
        for name in (*registry.NAMES, "broker"):
            await asyncio.to_thread(postgres.create_database, f"kept_{name}")
        mailbox = None
        if smtp_url is None:
            box = Mailbox(directory / "mail")
            mailbox = Starlette(routes=routes(box, public_url))
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
                smtp_url=smtp_url,
                log_json=False,
            )
        apps = {name: create_app(made, manage_runtime=False) for name, made in runtimes.items()}
        for made in runtimes.values():
            await made.start()
            stack.push_async_callback(made.stop)
        yield House(Gateway(apps, mailbox), runtimes, mailbox is not None)
