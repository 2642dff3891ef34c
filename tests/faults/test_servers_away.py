"""A server or a service that is away: what is said meanwhile, and that all goes on by itself afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.faults.scene import Scene
from tests.faults.stand import Stand
from tests.support.installation import ServiceProcess
from tests.support.scratch import until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(240)]


@asynccontextmanager
async def postgres_away(stand: Stand) -> AsyncIterator[None]:
    server = stand.postgres.embedded
    if server is None:
        pytest.skip("the PostgreSQL is not ours to break")
    await asyncio.to_thread(server.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(server.start)


@asynccontextmanager
async def kafka_away(stand: Stand) -> AsyncIterator[None]:
    if not stand.kafka.can_break:
        pytest.skip("the Kafka is not ours to break")
    await asyncio.to_thread(stand.kafka.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(stand.kafka.start)


async def look(scene: Scene, process: ServiceProcess, what: str) -> httpx.Response:
    who = {"authorization": f"Bearer {scene.stand.made.token}"}
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        return await client.get(f"{process.url}/{process.service}/{what}", headers=who)


async def test_without_the_database_senders_are_told_to_come_again(scene: Scene) -> None:
    """Rule 1: transient trouble is 503 with Retry-After, never 4xx; the same request counts once afterwards."""
    contact, (sms,) = scene.world.sms(scene.world.new_phone())
    api = scene.stand.process("intake", "api")
    async with postgres_away(scene.stand):
        answer = await scene.world.providers.post(sms.path, content=sms.body, headers=sms.headers)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["content-type"] == "application/problem+json"
        unable = await look(scene, api, "ready")
        assert unable.status_code == 503
        assert unable.json()["checks"]["database"].startswith("does not answer")
        assert (await look(scene, api, "health")).status_code == 200
    await scene.world.contact((contact, [sms]))
    assert scene.ledger.contacts == [contact]
    await scene.stand.made.ready(seconds=60)
    await scene.holds()


async def test_without_kafka_contacts_are_accepted_and_flow_when_it_is_back(scene: Scene) -> None:
    """In the order in which they came."""
    worker = scene.stand.process("intake", "worker")
    async with kafka_away(scene.stand):
        await scene.contacts(3)
        assert scene.ledger.tries == {"200": 3 * 2 + 2, "201": 3}, "each at the first try"
        assert len(scene.ledger.contacts) == 6
        unable = (await look(scene, worker, "ready")).json()
        assert unable["checks"]["broker"].startswith("does not answer"), unable
        assert (await look(scene, scene.stand.process("intake", "api"), "ready")).status_code == 200
    await scene.stand.made.ready(seconds=90)
    await scene.holds()


async def test_a_service_that_is_down_holds_nobody_up_and_catches_up(scene: Scene) -> None:
    """Commitments is away: the timeline goes on. It comes back: the clocks open, the customer hears of it."""
    for role in ("api", "worker"):
        scene.stand.process("commitments", role).kill()
    await scene.contacts(2)
    customer = await scene.customer()
    await until(lambda: has(scene, customer, "kept.interaction.received.v1"), within=30)
    assert not await has(scene, customer, "kept.commitment.stated.v1")
    for role in ("api", "worker"):
        scene.stand.process("commitments", role).start()
    await scene.holds()
    assert await has(scene, customer, "kept.notification.sent.v1")


async def has(scene: Scene, customer: str, type_: str) -> bool:
    """Whether the customer's timeline shows an event of this type."""
    page = await scene.world.ask(f"/intake/customers/{customer}/timeline", method="GET")
    return any(entry["event_type"] == type_ for entry in page["items"])


async def test_told_to_stop_under_load_every_process_ends_well_and_loses_nothing(scene: Scene) -> None:
    crowding = asyncio.create_task(scene.crowd.run())
    await asyncio.sleep(2)
    processes = list(scene.stand.made.processes.values())
    codes = await asyncio.gather(*(asyncio.to_thread(process.stop) for process in processes))
    for process in processes:
        process.start()
    scene.crowd.stop()
    await crowding
    assert codes == [0] * len(processes)
    assert len(scene.ledger.contacts) > 10
    await scene.holds()
