"""A notifications service on a database of its own, a clock that stands still, and a mail server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import col, select

from services.host import registry
from services.notifications import service
from services.notifications.delivery.sending import Sender
from services.notifications.providers.protocol import Route
from services.notifications.settings import NotificationsSettings
from services.notifications.tables import Attempt, Notification
from shared import eventlog
from shared.clock import ManualClock
from shared.contracts import Event, Payload
from shared.contracts.commitments import Commitment, CommitmentStated
from shared.contracts.intake import CustomerCreated, Handle, HandleKind
from shared.contracts.terms import CommitmentKind, Terms
from shared.database import Database
from shared.http import create_app
from shared.ids import new_id
from shared.runtime import Runtime
from shared.security import Tokens
from tests.support.mail import MailServer, mail_server
from tests.support.pool import Pools
from tests.support.postgres import ScratchPostgres

C = TypeVar("C", bound=Commitment)

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DUE = START + timedelta(hours=24)


def event_of(payload: Payload, *, traceparent: str | None = None) -> Event:
    draft = eventlog.draft(payload, at=START, source="/test", id=new_id())
    data = draft.data.encode()
    return Event(draft.id, draft.type, draft.source, draft.key, draft.time, 1, data, traceparent)


class Desk:
    """What a test does: deliver events, let the sender step, look at what became of it."""

    def __init__(
        self,
        database: Database,
        clock: ManualClock,
        mail: MailServer,
        settings: NotificationsSettings,
        routes: Sequence[Route] | None = None,
    ) -> None:
        self.database, self.clock, self.mail, self.settings = database, clock, mail, settings
        self.service = service.build(settings, clock, routes)
        loop: Any = self.service.loops["sender"]
        self.sender: Sender = loop.__self__
        self.stop = asyncio.Event()

    async def deliver(self, *payloads: Payload | Event) -> None:
        events = [p if isinstance(p, Event) else event_of(p) for p in payloads]
        async with self.database.write() as session:
            await self.service.handle(session, events)

    async def send(self) -> None:
        """Until nothing is due and nothing in hand."""
        for _ in range(100):
            before = (await self.rows(), len(self.mail.mails))
            await self.sender.step(self.database)
            if not (self.sender._in_hand or self.sender._back) and before == (await self.rows(), len(self.mail.mails)):
                return
        raise AssertionError("the sender finds no end")

    async def rows(self) -> list[dict[str, Any]]:
        async with self.database.read() as session:
            found = await session.exec(select(Notification).order_by(col(Notification.id)))
            return [row.model_dump() for row in found]

    async def attempts(self) -> list[dict[str, Any]]:
        async with self.database.read() as session:
            found = await session.exec(select(Attempt).order_by(col(Attempt.notification_id), col(Attempt.number)))
            return [attempt.model_dump() for attempt in found]

    async def row(self) -> dict[str, Any]:
        (only,) = await self.rows()
        return only

    async def lose(self) -> None:
        """The worker dies with what it has in hand: nothing comes back, and after a while it is taken for dead."""
        for task in self.sender._in_hand:
            task.cancel()
        await asyncio.gather(*self.sender._in_hand, return_exceptions=True)
        self.sender._in_hand.clear()
        self.clock.advance(timedelta(seconds=self.settings.sending_timeout))

    async def until(self, state: str) -> None:
        """Until the only message is in `state`."""
        for _ in range(500):
            if (await self.row())["state"] == state:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"it never came to be {state}")

    async def log(self) -> list[Event]:
        """The events of this service so far, as others get them."""
        async with self.database.read() as session:
            rows = (await session.execute(text("SELECT * FROM event_log ORDER BY id"))).all()
        return [Event(r.event_id, r.type, r.source, r.key, r.time, r.sequence, r.data.encode()) for r in rows]

    async def events(self) -> Sequence[tuple[str, dict[str, Any]]]:
        async with self.database.read() as session:
            found = await session.execute(text("SELECT type, CAST(data AS jsonb) FROM event_log ORDER BY id"))
            return [(type_, data) for type_, data in found]


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def desk(postgres: ScratchPostgres, pools: Pools, mail: MailServer, clock: ManualClock) -> AsyncIterator[Desk]:
    name = (pool := pools.of(registry.migrations("notifications"))).take()
    settings = NotificationsSettings(
        database_url=postgres.url(name), broker="local", secret_key="s" * 32, smtp_url=mail.url
    )
    database = Database(settings.database_url, source="/notifications", clock=clock)
    desk = Desk(database, clock, mail, settings)
    yield desk
    await desk.sender.close()
    await database.close()
    pool.give_back(name)


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    settings = desk.settings.model_copy(update={"local_broker_url": desk.settings.database_url})
    runtime = Runtime(desk.service, settings, clock=desk.clock, role="api")
    app = create_app(runtime, manage_runtime=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    token = Tokens(settings, desk.clock).issue(
        "test", frozenset({"notifications:read", "notifications:write"}), lifetime=timedelta(hours=1)
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client
    await runtime.stop()


def customer(
    email: str | None = "lan@example.com",
    *,
    id: UUID | None = None,  # noqa: A002
    language: Any = "vi",
    name: str | None = "Lan",
) -> CustomerCreated:
    handles = [Handle(kind=HandleKind.PHONE, value="+84901234567")]
    if email is not None:
        handles.append(Handle(kind=HandleKind.EMAIL, value=email))
    return CustomerCreated(customer_id=id or new_id(), name=name, language=language, handles=handles)


def terms(**changes: Any) -> Terms:
    held = {"revision": 1, "words": "Your order reaches you", "due_at": DUE, "zone": "Asia/Ho_Chi_Minh"}
    return Terms.model_validate(held | {"cost": "no charge"} | changes)


def stated(customer_id: UUID, kind: CommitmentKind = CommitmentKind.RESPONSE, **changes: Any) -> CommitmentStated:
    held: dict[str, Any] = {"commitment_id": new_id(), "kind": kind, "terms": terms(), "interaction_id": new_id()}
    return CommitmentStated.model_validate({"customer_id": customer_id} | held | changes)


def fact(of: type[C], customer_id: UUID, kind: CommitmentKind = CommitmentKind.PROMISE, **changes: Any) -> C:
    """What commitments tells of a promise of ours; of the customer's own, where its kind is a task."""
    obligor = "customer" if kind is CommitmentKind.TASK else "us"
    held: dict[str, Any] = {"commitment_id": new_id(), "kind": kind, "obligor": obligor, "terms": terms()}
    return of.model_validate({"customer_id": customer_id} | held | changes)
