"""Commitments as a whole, on a database of its own, with a clock that tests move. Nothing runs by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.commitments import service
from services.commitments.errors import StaleRevision
from services.commitments.promise.core import Promise
from services.commitments.promise.store import Promises
from services.commitments.settings import CommitmentsSettings
from services.host import registry
from shared import eventlog
from shared.broker import Record
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.contracts import Event, Payload, parse
from shared.contracts import intake as heard
from shared.database import WriteSession
from shared.http import create_app
from shared.ids import new_id
from shared.runtime import Runtime
from shared.security import CustomerLinks, CustomerPage, Tokens
from tests.support.pool import Pools
from tests.support.postgres import ScratchPostgres

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUBLIC_URL = "https://kept.example.com"


@dataclass
class Commitments:
    """`deliver` is what Kafka would bring, `fire` what the worker would do, `http` what people ask."""

    http: httpx.AsyncClient
    runtime: Runtime
    clock: ManualClock
    promises: Promises
    _events: int = 0

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def link(self, id_: object, page: CustomerPage = CustomerPage.PROMISE) -> str:
        """What the customer is sent: their own way to the page of a promise, or of a task, for 90 days."""
        links = CustomerLinks(self.runtime.settings, self.clock)
        return links.url(page, UUID(str(id_)), self.now + timedelta(days=90))

    def token(self, *scopes: str) -> dict[str, str]:
        tokens = Tokens(self.runtime.settings, self.clock)
        return {"Authorization": f"Bearer {tokens.issue('lan', frozenset(scopes), lifetime=timedelta(days=1))}"}

    async def call(self, method: str, path: str, *, expect: int = 200, **options: Any) -> Any:
        """The JSON answer to a program that may do everything."""
        headers = self.token("commitments:read", "commitments:write", "commitments:admin") | options.pop("headers", {})
        answer = await self.http.request(method, f"/commitments{path}", headers=headers, **options)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def promise(self, customer: UUID | None = None, *, tell: bool = True, **changes: Any) -> dict[str, Any]:
        """A promise of ten hours, told at once."""
        body = {
            "customer_id": str(customer or new_id()),
            "words": "Your order reaches you",
            "due_at": (self.now + timedelta(hours=10)).isoformat(),
            "cost": "no charge",
            "tell": tell,
        }
        return cast("dict[str, Any]", await self.call("POST", "", json=body | changes, expect=201))

    async def deliver(self, *facts: Payload | Event) -> None:
        """Through the inbox, as one batch. An Event delivered again has the same id."""
        events = [fact if isinstance(fact, Event) else self.event(fact) for fact in facts]
        records = [Record("kept.intake", e.key, e.data, e.headers(), offset=i) for i, e in enumerate(events)]
        await self.runtime.consumer.inbox.handle_records(records)

    def event(self, payload: Payload) -> Event:
        """Each a millisecond after the one before: what is made for it is in the order of events."""
        self._events += 1
        at = self.now + timedelta(milliseconds=self._events)
        d = eventlog.draft(payload, at=at, source="/intake", id=new_id())
        return Event(d.id, d.type, d.source, d.key, d.time, 1, d.data.encode(), None)

    async def pass_time(self, **by: float) -> int:
        """Lets time pass, then fires what is due; the number of timers fired."""
        self.clock.advance(timedelta(**by))
        return await self.fire()

    async def fire(self) -> int:
        total = 0
        while fired := await self.runtime.timers.fire_due():
            total += fired
        return total

    async def all(self, customer: UUID | None = None) -> list[Promise]:
        """Every promise (of a customer), the oldest first."""
        rows = await self.rows(
            "SELECT id FROM commitment WHERE CAST(:c AS uuid) IS NULL OR customer_id = :c ORDER BY id", c=customer
        )
        async with self.runtime.database.read() as session:
            found = await self.promises.load(session, [row.id for row in rows])
        return [found[row.id] for row in rows]

    async def only(self, customer: UUID | None = None) -> Promise:
        (promise,) = await self.all(customer)
        return promise

    async def facts(self, *types: type[Payload]) -> list[Any]:
        """The payloads in the log, of these types alone where some are named."""
        rows = await self.rows("SELECT * FROM event_log ORDER BY id")
        payloads = [
            parse(Event(r.event_id, r.type, r.source, r.key, r.time, r.sequence, r.data.encode())) for r in rows
        ]
        return [p for p in payloads if not types or isinstance(p, types)]

    async def timers(self) -> dict[tuple[str, str], datetime]:
        return {(r.kind, r.subject): r.due_at for r in await self.rows("SELECT * FROM timer")}

    async def timers_are_gone(self) -> bool:
        return not await self.timers()

    async def rows(self, statement: str, **values: object) -> Sequence[Any]:
        async with self.runtime.database.read() as session:
            return (await session.execute(text(statement), values)).all()

    def contact(self, customer: UUID, kind: str = "message", **changes: Any) -> heard.InteractionReceived:
        """Something a customer sent us just now, by SMS."""
        held = self._interaction(customer, kind) | {"language": "vi"}
        return heard.InteractionReceived.model_validate(held | changes)

    def answer(self, customer: UUID, kind: str = "message", **changes: Any) -> heard.InteractionSent:
        """Something Minh said to a customer just now."""
        held = self._interaction(customer, kind) | {"agent": "minh"}
        return heard.InteractionSent.model_validate(held | changes)

    def _interaction(self, customer: UUID, kind: str) -> dict[str, Any]:
        return {
            "customer_id": customer,
            "interaction_id": new_id(),
            "case_id": None,
            "channel": "hotline",
            "channel_kind": "phone" if "call" in kind else "sms",
            "kind": kind,
            "occurred_at": self.now,
            "received_at": self.now,
            "text": "Hàng của tôi đâu?",
        }

    def case(self, customer: UUID) -> heard.CaseOpened:
        return heard.CaseOpened(customer_id=customer, case_id=new_id(), kind="request", opened_at=self.now)


def known(customer: UUID, name: str | None = "Lan", language: heard.Language = "vi") -> heard.CustomerCreated:
    return heard.CustomerCreated(customer_id=customer, name=name, language=language, handles=[])


def refuse_after_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on what is decided about a promise is written, and refused only then."""
    save = Promises.save

    async def save_and_refuse(self: Promises, session: WriteSession, *decided: Any) -> None:
        await save(self, session, *decided)
        raise StaleRevision("the promise has moved on")

    monkeypatch.setattr(Promises, "save", save_and_refuse)


def settings_for(url: str) -> CommitmentsSettings:
    return CommitmentsSettings(
        database_url=url,
        broker="local",
        local_broker_url=url,
        secret_key="0123456789abcdef0123456789abcdef",
        public_url=PUBLIC_URL,
        pool_size=5,
    )


@asynccontextmanager
async def opened(postgres: ScratchPostgres, name: str, clock: ManualClock) -> AsyncIterator[Commitments]:
    """Commitments on this database."""
    settings = settings_for(postgres.url(name))
    made = service.build(settings, clock)
    broker = LocalBroker(postgres.url(name), topics=())
    runtime = Runtime(made, settings, clock=clock, role="api", broker=broker)
    app = create_app(runtime, manage_runtime=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"Accept-Language": "en"}) as http:
        yield Commitments(http, runtime, clock, cast("Promises", made.state))
    await runtime.stop()


@pytest.fixture
async def kept(postgres: ScratchPostgres, pools: Pools) -> AsyncIterator[Commitments]:
    name = (pool := pools.of(registry.migrations("commitments"))).take()
    async with opened(postgres, name, ManualClock(START)) as made:
        yield made
    pool.give_back(name)
