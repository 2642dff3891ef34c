"""Who agreed, declined, chose or sent on a page: which link, when and from where is kept, the link itself is not."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shared.contracts import commitments as told
from shared.ids import new_id
from shared.security import CustomerPage
from shared.security.acts import hashed
from shared.security.customer_links import masked
from shared.settings import ServiceSettings
from tests.commitments.conftest import START, Commitments, known

PHONE = {"accept": "text/html", "user-agent": "Mozilla/5.0 (iPhone)"}
DAYS = timedelta(days=90)


async def submit(
    kept: Commitments, id_: str, path: str, page: CustomerPage = CustomerPage.PROMISE, **form: Any
) -> None:
    answer = await kept.http.post(kept.link(id_, page) + path, data=form, headers=PHONE)
    assert answer.status_code == 303, answer.text


async def evidence(kept: Commitments, id_: str, of: type) -> dict[str, Any]:
    """As staff see it in the history."""
    history = await kept.call("GET", f"/{id_}/history")
    (shown,) = [fact["data"]["act"] for fact in history if fact["type"] == of.type]  # type: ignore[attr-defined]
    assert masked(str(history)) == str(history)
    return dict(shown)


def expected(kept: Commitments, id_: str, page: str) -> dict[str, Any]:
    return {
        "page": page,
        "link_id": id_,
        "link_ends_at": (START + DAYS).isoformat().replace("+00:00", "Z"),
        "at": START.isoformat().replace("+00:00", "Z"),
        "user_agent": PHONE["user-agent"],
        "address": hashed("127.0.0.1", kept.runtime.settings),
    }


OTHER = {"name": "dearer", "words": "Today", "cost": "10 euros", "reason": "a van", "kind": "dearer"}


@pytest.mark.parametrize(
    ("path", "form", "of"),
    [
        ("/agree", {"revision": 1}, told.CommitmentAgreed),
        ("/decline", {"revision": 1, "reason": "too late"}, told.CommitmentDeclined),
        ("/decline", {"revision": 1, "act": "propose", "suit_day": "2026-03-05"}, told.CommitmentDeclined),
        ("/choose", {"revision": 1, "option": "dearer"}, told.CommitmentAgreed),
    ],
)
async def test_an_act_on_the_promises_page_keeps_its_evidence(
    kept: Commitments, path: str, form: dict[str, Any], of: type
) -> None:
    offer = OTHER | {"due_at": (START + timedelta(hours=5)).isoformat()}
    id_ = (await kept.promise(options=[offer]))["id"]
    await submit(kept, id_, path, **form)
    assert await evidence(kept, id_, of) == expected(kept, id_, "promise")


async def test_a_task_that_is_done_on_its_page_keeps_its_evidence(kept: Commitments) -> None:
    parent = (await kept.promise())["id"]
    body = {"words": "Send us a photo", "due_at": (START + timedelta(days=2)).isoformat()}
    task = await kept.call("POST", f"/{parent}/tasks", json=body, expect=201)
    assert "link" not in task
    await submit(kept, task["id"], "", CustomerPage.TASK, note="here", sent="1")
    assert await evidence(kept, task["id"], told.CommitmentFulfilled) == expected(kept, task["id"], "task")


async def test_what_an_agent_records_is_no_act_of_the_customer(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    await kept.call("POST", f"/{id_}/agree", json={"revision": 1})
    (agreed,) = await kept.facts(told.CommitmentAgreed)
    assert (agreed.by, agreed.recorded_by, agreed.act) == ("agent_record", "lan", None)


@pytest.mark.parametrize(
    ("agent", "shown"), [("x" * 5000, "x" * 200), ("a\tb", "a b"), ("", None), ("  ", None), ("\u00e9", "\u00e9")]
)
async def test_a_user_agent_is_cut_and_holds_no_control_characters(
    kept: Commitments, agent: str, shown: str | None
) -> None:
    id_ = (await kept.promise())["id"]
    headers = {b"accept": b"text/html", b"user-agent": agent.encode("latin-1")}
    await kept.http.post(kept.link(id_) + "/agree", data={"revision": 1}, headers=headers)
    assert (await evidence(kept, id_, told.CommitmentAgreed))["user_agent"] == shown


@pytest.mark.parametrize(("trusted", "believed"), [("127.0.0.1", "203.0.113.9"), ("10.0.0.1", "127.0.0.1")])
async def test_an_address_is_believed_of_the_proxy_that_is_trusted_alone(
    kept: Commitments, trusted: str, believed: str
) -> None:
    id_ = (await kept.promise())["id"]
    inner: Any = kept.http._transport
    transport = httpx.ASGITransport(ProxyHeadersMiddleware(inner.app, trusted_hosts=trusted))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://kept.example.com") as http:
        headers = {"accept": "text/html", "x-forwarded-for": "203.0.113.9"}
        await http.post(kept.link(id_) + "/agree", data={"revision": 1}, headers=headers)
    kept_address = (await evidence(kept, id_, told.CommitmentAgreed))["address"]
    assert kept_address == hashed(believed, kept.runtime.settings)
    assert believed not in kept_address


def test_whoever_lacks_the_key_cannot_try_addresses_against_what_is_kept() -> None:
    ours, theirs = (ServiceSettings(database_url="unused", broker="local", secret_key=key * 32) for key in "ab")
    assert hashed("203.0.113.9", ours) == hashed("203.0.113.9", ours) != hashed("203.0.113.8", ours)
    assert hashed("203.0.113.9", ours) != hashed("203.0.113.9", theirs)


async def test_what_was_told_before_is_shown_without_the_link(kept: Commitments) -> None:
    """The log is never changed: its readers leave the link out."""
    await kept.deliver(known(lan := new_id()))
    id_ = (await kept.promise(lan))["id"]
    async with kept.runtime.database.write() as session:
        from sqlalchemy import text

        await session.execute(
            text("UPDATE event_log SET data = jsonb_set(data::jsonb, '{link}', to_jsonb(CAST(:link AS text)))::text"),
            {"link": kept.link(id_)},
        )
    history = await kept.call("GET", f"/{id_}/history")
    assert {fact["data"]["link"] for fact in history} == {None}
    assert masked(str(history)) == str(history)
