"""Intake as a whole, on a database of its own, with a clock that tests move and a broker that is not needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.host import registry
from services.intake.arrivals.worker import Worker
from services.intake.service import build
from services.intake.settings import IntakeSettings
from services.intake.state import Intake
from services.intake.timeline.projection import projection
from shared.broker import Broker
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.contracts import Event, Payload, parse
from shared.handling import Reactions
from shared.http import create_app
from shared.runtime import Runtime
from shared.security.customer_links import SESSION_PATH
from shared.security.sessions import LINK_LIFETIME
from tests.intake import senders
from tests.support.pool import Pools
from tests.support.postgres import ScratchPostgres

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUBLIC_URL = "https://kept.example.com"


@dataclass
class Running:
    """`app` has no worker running: tests call `work`, so that they know when it has happened."""

    http: httpx.AsyncClient
    runtime: Runtime
    clock: ManualClock
    intake: Intake

    def token(self, *scopes: str) -> dict[str, str]:
        from shared.security import Tokens

        token = Tokens(self.runtime.settings, self.clock).issue("lan", frozenset(scopes), lifetime=timedelta(hours=1))
        return {"Authorization": f"Bearer {token}"}

    async def work(self) -> None:
        """The worker until nothing waits, then the events of its log onto the timeline."""
        worker = Worker(self.intake, self.runtime.database)
        while await worker.handle_batch():
            pass
        async with self.runtime.database.write() as session:
            if events := await self.log():
                await Reactions(projection)(session, events)

    async def log(self) -> list[Event]:
        """The events of this service so far, in their order."""
        async with self.runtime.database.read() as session:
            rows = (await session.execute(text("SELECT * FROM event_log ORDER BY id"))).all()
        return [
            Event(r.event_id, r.type, r.source, r.key, r.time, r.sequence, r.data.encode(), r.traceparent) for r in rows
        ]

    async def facts(self, *types: type[Payload]) -> list[Any]:
        """Their payloads, of these types alone where some are named."""
        payloads = [parse(event) for event in await self.log()]
        return [p for p in payloads if not types or isinstance(p, types)]

    async def rows(self, statement: str, **values: object) -> Sequence[Any]:
        async with self.runtime.database.read() as session:
            return (await session.execute(text(statement), values)).all()

    async def person(self, subject: str = "an", *roles: str, **facts: Any) -> UUID:
        """One of our people, added by an admin: with these roles, or as an agent."""
        body = {"subject": subject, "name": subject.title(), "roles": roles or ["agent"], **facts}
        answer = await self.http.post("/intake/staff", json=body, headers=self.token("intake:admin"))
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    def link(self, person: UUID, lifetime: timedelta = LINK_LIFETIME) -> str:
        """The path of a one-time link by which this person signs in."""
        return SESSION_PATH + self.intake.person_links.token(person, lifetime=lifetime)

    async def make_channel(self, name: str, provider: str, *secrets: str) -> dict[str, Any]:
        body = {"name": name, "provider": provider, "secrets": list(secrets)}
        answer = await self.http.post("/intake/channels", json=body, headers=self.token("intake:admin"))
        assert answer.status_code == 201, answer.text
        return cast("dict[str, Any]", answer.json())

    async def send(self, webhook: senders.Webhook) -> httpx.Response:
        return await self.http.post(webhook.path, content=webhook.body, headers=webhook.headers)

    async def customer(self, handle: str) -> UUID:
        answer = await self.http.get("/intake/customers", params={"handle": handle}, headers=self.token("intake:read"))
        (found,) = answer.json()["items"]
        return UUID(found["id"])

    async def timeline(self, customer: UUID) -> list[dict[str, Any]]:
        answer = await self.http.get(
            f"/intake/customers/{customer}/timeline", params={"order": "oldest"}, headers=self.token("intake:read")
        )
        assert answer.status_code == 200, answer.text
        return cast("list[dict[str, Any]]", answer.json()["items"])


def settings_for(url: str) -> IntakeSettings:
    return IntakeSettings(
        database_url=url,
        broker="local",
        local_broker_url=url,
        secret_key="0123456789abcdef0123456789abcdef",
        public_url=PUBLIC_URL,
        pool_size=5,
    )


@pytest.fixture
async def kept(postgres: ScratchPostgres, pools: Pools) -> AsyncIterator[Running]:
    name = (pool := pools.of(registry.migrations("intake"))).take()
    settings, clock = settings_for(postgres.url(name)), ManualClock(START)
    service = build(settings, clock)
    broker: Broker = LocalBroker(postgres.url(name), topics=())
    runtime = Runtime(service, settings, clock=clock, role="api", broker=broker)
    app = create_app(runtime, manage_runtime=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"Accept-Language": "en"}) as http:
        yield Running(http, runtime, clock, cast("Intake", service.state))
    await runtime.stop()
    pool.give_back(name)
