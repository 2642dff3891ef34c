"""What programs may ask of notifications, and the tables they are asked of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from shared.security import CustomerLinks, CustomerPage, Tokens
from tests.notifications.conftest import DUE, Desk, customer, stated


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


async def test_what_was_kept_before_is_shown_without_the_customers_link(desk: Desk, api: httpx.AsyncClient) -> None:
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.send()
    link = CustomerLinks(desk.settings, desk.clock).url(CustomerPage.PROMISE, UUID(int=7), DUE)
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET reason = :link"), {"link": f"See {link}"})
        await session.execute(text("UPDATE attempt SET text = :link, reason = :link"), {"link": f"See {link}"})
    (shown,) = (await _get(api))["items"]
    assert shown["text"] == shown["reason"] == f"See [link: promise {UUID(int=7)}]"
    assert [one["reason"] for one in shown["history"]] == [shown["reason"]]


@pytest.mark.parametrize("query", ["state=eaten", "cursor=nonsense", "limit=0", "customer_id=1", "template=../x"])
async def test_a_question_that_makes_no_sense_is_told_so(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/notifications?{query}")
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_only_who_may_read_reads(desk: Desk, api: httpx.AsyncClient) -> None:
    assert (await api.get("/notifications", headers={"authorization": ""})).status_code == 401
    other = Tokens(desk.settings, desk.clock).issue("x", frozenset({"intake:read"}), lifetime=timedelta(hours=1))
    assert (await api.get("/notifications", headers={"authorization": f"Bearer {other}"})).status_code == 403


@pytest.mark.parametrize("left", [True, False])
async def test_a_person_says_whether_a_message_left(desk: Desk, api: httpx.AsyncClient, left: bool) -> None:
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.send()
    id_ = (await desk.row())["id"]
    assert (await api.post(f"/notifications/{id_}/settle", json={"left": left})).status_code == 409
    assert (await api.post(f"/notifications/{UUID(int=1)}/settle", json={"left": left})).status_code == 404
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET state = 'unknown'"))
        await session.execute(text("UPDATE attempt SET state = 'unknown', accepted_at = NULL, provider_id = NULL"))
    shown = (await api.post(f"/notifications/{id_}/settle", json={"left": left})).json()
    assert shown["state"] == ("sent" if left else "pending")
    assert "says test" in shown["history"][0]["reason"]
    await desk.send()
    assert (await desk.row())["state"] == "sent"
    assert len(desk.mail.mails) == (1 if left else 2)
    assert [type_ for type_, _ in await desk.events()] == ["kept.notification.sent.v1"] * 2


async def _get(api: httpx.AsyncClient, **query: Any) -> Any:
    answer = await api.get("/notifications", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()
