"""A feedback service on a database of its own, with a clock that stands still and its HTTP interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.feedback import service
from services.feedback.settings import FeedbackSettings
from services.host import registry
from shared import eventlog
from shared.clock import ManualClock
from shared.contracts import Event, Payload
from shared.contracts.commitments import CommitmentFulfilled, Outcome
from shared.contracts.intake import CustomerCreated
from shared.contracts.terms import CommitmentKind, Terms
from shared.database import Database
from shared.http import create_app
from shared.ids import new_id
from shared.runtime import Runtime
from shared.security import CustomerLinks, CustomerPage, Tokens
from shared.timer_worker import TimerWorker
from tests.support.pool import Pools
from tests.support.postgres import ScratchPostgres

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PHONE = {"accept": "text/html", "accept-language": "en"}


class Desk:
    """What a test does: deliver events, let time pass, ask by HTTP, look at the log."""

    def __init__(self, runtime: Runtime, clock: ManualClock, http: httpx.AsyncClient) -> None:
        self.runtime, self.clock, self.http = runtime, clock, http
        self.database: Database = runtime.database
        self.service = runtime.service

    async def deliver(self, *payloads: Payload) -> None:
        drafts = [eventlog.draft(p, at=START, source="/test", id=new_id()) for p in payloads]
        events = [Event(d.id, d.type, d.source, d.key, d.time, 1, d.data.encode()) for d in drafts]
        async with self.database.write() as session:
            await self.service.handle(session, events)

    async def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by)
        await TimerWorker(self.database, self.service.timers).fire_due()

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        async with self.database.read() as session:
            found = await session.execute(text("SELECT type, CAST(data AS jsonb) FROM event_log ORDER BY id"))
            return [(type_, data) for type_, data in found]

    async def link(self) -> str:
        """The path of the newest survey's page."""
        requested = [data for type_, data in await self.events() if type_ == "kept.survey.requested.v1"]
        links, ends = CustomerLinks(self.runtime.settings, self.clock), requested[-1]["answer_by"]
        link = links.url(CustomerPage.SURVEY, UUID(requested[-1]["survey_id"]), datetime.fromisoformat(ends))
        return link.removeprefix("http://127.0.0.1:8080")

    def bearer(self, *scopes: str) -> dict[str, str]:
        tokens = Tokens(self.runtime.settings, self.clock)
        return {"authorization": f"Bearer {tokens.issue('agent', frozenset(scopes), lifetime=timedelta(days=30))}"}


@pytest.fixture
async def desk(postgres: ScratchPostgres, pools: Pools) -> AsyncIterator[Desk]:
    pool, clock = pools.of(registry.migrations("feedback")), ManualClock(START)
    url = postgres.url(name := pool.take())
    settings = FeedbackSettings(database_url=url, broker="local", local_broker_url=url, secret_key="s" * 32)
    runtime = Runtime(service.build(settings, clock), settings, clock=clock, role="api")
    transport = httpx.ASGITransport(create_app(runtime, manage_runtime=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        yield Desk(runtime, clock, http)
    await runtime.stop()
    pool.give_back(name)


def customer(language: Any = "vi") -> CustomerCreated:
    return CustomerCreated(customer_id=new_id(), name="Lan", language=language, handles=[])


def fulfilled(who: CustomerCreated | None = None, **changes: Any) -> CommitmentFulfilled:
    held: dict[str, Any] = {
        "customer_id": who.customer_id if who else new_id(),
        "commitment_id": new_id(),
        "kind": CommitmentKind.PROMISE,
        "terms": Terms(
            revision=1, words="Your order <b>reaches</b> you", due_at=START, zone="Asia/Ho_Chi_Minh", cost="no charge"
        ),
        "outcome": Outcome.KEPT,
        "fulfilled_at": START,
        "by": "agent",
    }
    return CommitmentFulfilled.model_validate(held | changes)
