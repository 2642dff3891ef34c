"""What programs may ask of notifications, and the tables they are asked of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.notifications.tables import Table
from shared.http import create_app
from shared.migrations.backbone import _TABLES
from shared.runtime import Runtime
from shared.security import Tokens
from tests.notifications.conftest import Desk, customer, stated


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    settings = desk.settings.model_copy(update={"local_broker_url": desk.settings.database_url})
    runtime = Runtime(desk.service, settings, clock=desk.clock, role="api")
    app = create_app(runtime, manage_runtime=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    token = Tokens(settings, desk.clock).issue("test", frozenset({"notifications:read"}), lifetime=timedelta(hours=1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client
    await runtime.stop()


async def test_messages_are_listed_newest_first_page_by_page(desk: Desk, api: httpx.AsyncClient) -> None:
    lan, nam = customer(), customer("nam@example.com")
    for who in (lan, nam, lan, lan):
        await desk.deliver(who, stated(who.customer_id))
        desk.clock.advance(timedelta(seconds=1))
    await desk.send()
    first = await _get(api, customer_id=lan.customer_id, limit=2)
    rest = await _get(api, customer_id=lan.customer_id, limit=2, cursor=first["next"])
    seen = first["items"] + rest["items"]
    assert rest["next"] is None
    assert [row["customer_id"] for row in seen] == [str(lan.customer_id)] * 3
    assert [row["created_at"] for row in seen] == sorted((row["created_at"] for row in seen), reverse=True)
    assert seen[0]["state"] == "sent"
    assert seen[0]["subject"] == "Chúng tôi đã nhận được tin của anh/chị"
    assert (await _get(api, state="failed"))["items"] == []
    assert len((await _get(api, template="acknowledgement"))["items"]) == 4


@pytest.mark.parametrize("query", ["state=eaten", "cursor=nonsense", "limit=0", "customer_id=1", "template=../x"])
async def test_a_question_that_makes_no_sense_is_told_so(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/notifications?{query}")
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_only_who_may_read_reads(desk: Desk, api: httpx.AsyncClient) -> None:
    assert (await api.get("/notifications", headers={"authorization": ""})).status_code == 401
    other = Tokens(desk.settings, desk.clock).issue("x", frozenset({"intake:read"}), lifetime=timedelta(hours=1))
    assert (await api.get("/notifications", headers={"authorization": f"Bearer {other}"})).status_code == 403


async def test_the_migrated_database_is_what_the_tables_say(desk: Desk) -> None:
    def differences(connection: Any) -> list[Any]:
        def ours(name: str | None, kind: str, _: Any) -> bool:
            return kind != "table" or name not in {*_TABLES, "alembic_version"}

        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        return list(compare_metadata(context, Table.metadata))

    async with desk.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def _get(api: httpx.AsyncClient, **query: Any) -> Any:
    answer = await api.get("/notifications", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()
