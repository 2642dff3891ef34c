"""Five providers at once, a database that dies again and again, and senders that come again as their providers do."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import asyncpg
import httpx
import pytest

from services.host import registry
from services.intake.channels.items import Contact
from services.intake.channels.provider import Request
from services.intake.channels.registry import providers
from shared.clock import SystemClock
from shared.migrations import upgrade
from shared.security import Tokens
from shared.settings import ServiceSettings
from tests.load.mix import PREFIX, SECRETS, Mix, Sent
from tests.support.installation import ServiceProcess
from tests.support.kafka_broker import free_port
from tests.support.postgres import ScratchPostgres, scratch_postgres
from tests.support.scratch import until

pytestmark = [pytest.mark.storm, pytest.mark.timeout(240)]

SENDERS = 12
CONTACTS = 1_200
DEATHS = 3
AGAIN_AFTER = 0.2
"""Seconds a sender waits after a no: what takes a provider minutes."""
TWICE = 10
"""Of so many messages one is sent twice: its 2xx got lost on its way."""


@pytest.fixture
def own_server() -> Iterator[ScratchPostgres]:
    with scratch_postgres({}) as server:
        yield server


@asynccontextmanager
async def intake(server: ScratchPostgres, directory: Path) -> AsyncIterator[tuple[str, str, str]]:
    """(address, token, database) of intake alone, api and worker apart, on the local broker."""
    key, port = secrets.token_urlsafe(48), free_port()
    database, broker = server.make_database(), server.make_database()
    environment = {
        "KEPT_DATABASE_URL": server.url(database),
        "KEPT_BROKER": "local",
        "KEPT_LOCAL_BROKER_URL": server.url(broker),
        "KEPT_SECRET_KEY": key,
        "KEPT_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    await upgrade(server.url(database), registry.migrations("intake"))
    processes = [ServiceProcess("intake", role, environment, directory / f"{role}.log") for role in ("api", "worker")]
    processes[0].port = port
    for process in processes:
        process.start()
    signing = ServiceSettings(database_url="unused", broker="local", secret_key=key)
    token = Tokens(signing, SystemClock()).issue("test", frozenset({"*"}), lifetime=timedelta(hours=1))
    try:
        yield processes[0].url, token, server.dsn(database)
    finally:
        for process in processes:
            await asyncio.to_thread(process.stop)


class Provider:
    """Sends until it hears 2xx; a connection that breaks or a 5xx is "later", a 4xx is "never" for most of them."""

    def __init__(self, client: httpx.AsyncClient, heard: Counter[str]) -> None:
        self._client, self.heard = client, heard

    async def deliver(self, one: Sent) -> None:
        rules = providers()[one.channel].rules
        while True:
            try:
                answer = await self._client.post(PREFIX + one.channel, content=one.body, headers=dict(one.headers))
            except httpx.TransportError:
                self.heard["broken"] += 1
            else:
                self.heard[str(answer.status_code)] += 1
                if answer.is_success:
                    return
                assert answer.status_code == rules.later, f"{one.channel}: {answer.status_code} {answer.text}"
                assert int(answer.headers["retry-after"]) == rules.retry_after
            await asyncio.sleep(AGAIN_AFTER)


async def test_nothing_that_got_a_2xx_is_lost_and_nothing_is_doubled(
    own_server: ScratchPostgres, tmp_path: Path
) -> None:
    """I2, I4: PostgreSQL is killed under the load; each message is one contact all the same."""
    heard: Counter[str] = Counter()
    async with intake(own_server, tmp_path) as (url, token, dsn):
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            await until(lambda: answers(client), within=60)
            for name, secret in SECRETS.items():
                body = {"name": name, "provider": name, "secrets": [secret]}
                made = await client.post("/intake/channels", json=body, headers={"Authorization": f"Bearer {token}"})
                assert made.status_code == 201, made.text
            sent = list(islice(Mix(url, customers=50).contacts(), CONTACTS))
            await storm(own_server, Provider(client, heard), sent)
        await until(lambda: is_quiet(dsn), within=60)
        found = await contacts_of(dsn)
    assert heard[str(200)] >= CONTACTS
    assert heard["503"] + heard["broken"] > 0, "the database was away while they were sending"
    assert set(found) == {external_id(one) for one in sent}
    assert set(found.values()) == {1}


async def storm(server: ScratchPostgres, provider: Provider, sent: Sequence[Sent]) -> None:
    waiting = asyncio.Queue[Sent]()
    for index, one in enumerate(sent):
        waiting.put_nowait(one)
        if index % TWICE == 0:
            waiting.put_nowait(one)

    async def send() -> None:
        while not waiting.empty():
            await provider.deliver(waiting.get_nowait())

    async def kill() -> None:
        embedded = server.embedded
        if embedded is None:
            pytest.skip("the PostgreSQL is not ours to break")
        for death in range(1, DEATHS + 1):
            await until(partial(part_sent, waiting, len(sent), death), within=60)
            await asyncio.to_thread(embedded.kill)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(embedded.start)

    async with asyncio.TaskGroup() as together:
        together.create_task(kill())
        for _ in range(SENDERS):
            together.create_task(send())


async def part_sent(waiting: asyncio.Queue[Sent], count: int, part: int) -> bool:
    return waiting.qsize() <= count * (DEATHS + 1 - part) / (DEATHS + 1)


async def answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/intake/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def is_quiet(dsn: str) -> bool:
    """Nothing waits for the worker."""
    try:
        connection = await asyncpg.connect(dsn)
    except (OSError, asyncpg.PostgresError):
        return False
    try:
        return bool(await connection.fetchval("SELECT NOT EXISTS (SELECT 1 FROM raw_waiting)"))
    finally:
        await connection.close()


async def contacts_of(dsn: str) -> Counter[tuple[str, str]]:
    """How often each contact was told, by channel and external id."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("""
            SELECT i.channel, i.external_id, count(*) AS told
            FROM interaction i JOIN event_log e ON e.data::jsonb ->> 'interaction_id' = i.id::text
            WHERE e.type = 'kept.interaction.received.v1' GROUP BY i.channel, i.external_id""")
        assert await connection.fetchval("SELECT count(*) FROM quarantine") == 0
        return Counter({(row["channel"], row["external_id"]): row["told"] for row in rows})
    finally:
        await connection.close()


def external_id(one: Sent) -> tuple[str, str]:
    (item,) = providers()[one.channel].parse(Request("https://kept.example.com/", {}, one.body))
    assert isinstance(item, Contact)
    return one.channel, item.external_id
