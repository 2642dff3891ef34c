"""The four services side by side, each on a database of its own, with a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.host import registry
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.http import create_app
from shared.runtime import Runtime
from shared.security import Tokens
from tests.support.pool import Pools
from tests.support.postgres import ScratchPostgres

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUBLIC_URL = "https://kept.example.com"
SECRET_KEY = "0123456789abcdef0123456789abcdef"
NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1/nothing"
SLOWEST = 2.0
"""Seconds of this processor that one request may take."""


def made(name: str, url: str = NOWHERE) -> tuple[Runtime, FastAPI]:
    runtime = registry.runtime(
        name,
        ManualClock(START),
        role="api",
        shared_broker=LocalBroker(url, topics=()),
        database_url=url,
        broker="local",
        secret_key=SECRET_KEY,
        public_url=PUBLIC_URL,
        pool_size=5,
    )
    return runtime, create_app(runtime, manage_runtime=False)


DOCUMENTS: dict[str, dict[str, Any]] = {name: made(name)[1].openapi() for name in registry.NAMES}


@dataclass
class Served:
    """All four. `say` sends a request and holds its answer to what every answer must be."""

    http: dict[str, httpx.AsyncClient]
    runtimes: dict[str, Runtime]

    def bearer(self, *scopes: str) -> dict[str, str]:
        runtime = self.runtimes["intake"]
        token = Tokens(runtime.settings, runtime.clock).issue("lan", frozenset(scopes), lifetime=timedelta(days=1))
        return {"Authorization": f"Bearer {token}"}

    async def say(self, service: str, method: str, path: str, **request: Any) -> httpx.Response:
        headers = self.bearer("*") | request.pop("headers", {})
        began = process_time()
        answer = await self.http[service].request(method, path, headers=headers, **request)
        took = process_time() - began
        asked = f"{method} {path[:200]} {str(request)[:300]}"
        assert answer.status_code < 500, f"{answer.status_code} to {asked}\n{answer.text}"
        assert took < SLOWEST, f"{took:.1f} s for {asked}"
        return answer


@pytest.fixture(scope="package")
def addresses(postgres: ScratchPostgres, pools: Pools) -> Iterator[dict[str, str]]:
    """A database of each service."""
    lent = {service: pools.of(registry.migrations(service)).lent() for service in registry.NAMES}
    with ExitStack() as stack:
        yield {service: postgres.url(stack.enter_context(database)) for service, database in lent.items()}


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def served(addresses: dict[str, str]) -> AsyncIterator[Served]:
    apps = {service: made(service, url) for service, url in addresses.items()}
    clients = {
        service: httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=PUBLIC_URL)
        for service, (_, app) in apps.items()
    }
    yield Served(clients, {service: runtime for service, (runtime, _) in apps.items()})
    for service, client in clients.items():
        await client.aclose()
        runtime, _ = apps[service]
        if service == "intake":
            await runtime.service.state.refusals.write(runtime.database)  # written a moment after the answer
        await runtime.stop()
