"""Intake's API for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.contracts.intake import (
    CaseReopened,
    CaseResolved,
    CaseUpdated,
    CustomerMerged,
    CustomerUnmerged,
    InteractionKind,
    InteractionReceived,
    InteractionSent,
)
from tests.intake import senders
from tests.intake.conftest import START, Running


class Client:
    def __init__(self, desk: Running) -> None:
        self._desk = desk
        self._token = desk.token("intake:write", "intake:read", "intake:admin")

    async def post(self, path: str, expect: int = 200, key: str | None = None, **body: Any) -> Any:
        headers = self._token | ({"Idempotency-Key": key} if key else {})
        return self._body(await self._desk.http.post(path, json=body, headers=headers), expect)

    async def get(self, path: str, expect: int = 200, **params: Any) -> Any:
        answer = await self._desk.http.get(path, params=params, headers=self._desk.token("intake:read"))
        return self._body(answer, expect)

    @staticmethod
    def _body(answer: httpx.Response, expect: int) -> Any:
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def customer(self, *phones: str, name: str | None = None) -> str:
        handles = [{"kind": "phone", "value": phone} for phone in phones]
        made = await self.post("/intake/customers", 201, name=name, handles=handles)
        return str(made["id"])


@pytest.fixture
def api(kept: Running) -> Client:
    return Client(kept)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/intake/channels"),
        ("POST", "/intake/channels"),
        ("GET", "/intake/customers"),
        ("POST", "/intake/interactions"),
        ("GET", "/intake/cases"),
        ("GET", "/intake/quarantine"),
        ("GET", f"/intake/customers/{UUID(int=1)}/timeline"),
    ],
)
async def test_who_may(kept: Running, method: str, path: str) -> None:
    assert (await kept.http.request(method, path)).status_code == 401
    wrong = kept.token("commitments:read", "commitments:write")
    assert (await kept.http.request(method, path, headers=wrong)).status_code == 403


class TestChannels:
    async def test_secrets_go_in_and_never_come_out(self, kept: Running, api: Client) -> None:
        made = await kept.make_channel("sms", "twilio", "s3cret-token-of-ours")
        assert made["webhook_url"] == "https://kept.example.com/intake/webhooks/sms"
        assert made["kind"] == "sms"
        listed = await api.get("/intake/channels")
        assert listed["items"] == [made] == [await api.get("/intake/channels/sms")]
        ((sealed,),) = await kept.rows("SELECT sealed_secrets FROM channel")
        assert "s3cret-token-of-ours" not in str(sealed) + str(listed)

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"provider": "pigeon"}, 422),
            ({"name": "Not A Slug"}, 422),
            ({"secrets": []}, 422),
            ({"secrets": ["a-fifteen-chars"]}, 422),
            ({"secrets": [" " * 20]}, 422),
            ({"secrets": ["a-secret-with-a-line\nbreak"]}, 422),
            ({"secrets": ["aaaaaaaaaaaaaaaaaaaa"]}, 422),
            ({"access_token": " "}, 422),
            ({"provider": "signed", "secrets": ["whsec_AA=="]}, 422),
            ({"provider": "postmark", "secrets": ["kept:short"]}, 422),
            ({"provider": "postmark"}, 422),
            ({"provider": "telephone"}, 422),
            ({}, 409),
        ],
    )
    async def test_refusals(self, kept: Running, api: Client, change: dict[str, Any], status: int) -> None:
        await kept.make_channel("taken", "twilio", "a-secret-that-is-taken")
        refused = await api.post(
            "/intake/channels",
            status,
            **{"name": "taken", "provider": "twilio", "secrets": ["a-secret-that-is-taken"], **change},
        )
        assert refused["type"].startswith("urn:kept:problem:")


class TestCustomers:
    async def test_found_by_a_handle_in_any_form(self, api: Client) -> None:
        id_ = await api.customer("0901 234 567", name="Lan")
        for written in ("phone:+84901234567", "phone: 84901234567", "phone:0901234567"):
            (found,) = (await api.get("/intake/customers", handle=written))["items"]
            assert found["id"] == id_
        assert (await api.get("/intake/customers", handle="phone:+84999999999"))["items"] == []
        await api.get("/intake/customers", 422, handle="pigeon:7")

    async def test_a_handle_is_one_customers(self, api: Client) -> None:
        await api.customer("+84901234567")
        handles = [{"kind": "phone", "value": "0901234567"}]
        await api.post("/intake/customers", 409, handles=handles)
        await api.post("/intake/customers", 422, handles=handles * 2)
        assert len((await api.get("/intake/customers"))["items"]) == 1

    async def test_the_same_key_makes_one(self, kept: Running, api: Client) -> None:
        made = [await api.post("/intake/customers", 201, key="k1", name="Lan") for _ in range(2)]
        assert made[0] == made[1]
        assert len(await kept.facts()) == 1
        await api.post("/intake/customers", 422, key="k1", name="Minh")

    async def test_pages(self, api: Client) -> None:
        made = [await api.customer() for _ in range(5)]
        first = await api.get("/intake/customers", limit=3)
        rest = await api.get("/intake/customers", limit=3, cursor=first["next"])
        assert [c["id"] for c in first["items"] + rest["items"]] == made[::-1]
        assert rest["next"] is None

    async def test_nobody(self, api: Client) -> None:
        for path in ("", "/timeline"):
            await api.get(f"/intake/customers/{uuid4()}{path}", 404)


class TestMerging:
    """X1"""

    async def test_a_link_that_can_be_taken_back(self, kept: Running, api: Client) -> None:
        one, other = await api.customer("+84901234567"), await api.customer("+84907654321")
        merged = await api.post(f"/intake/customers/{one}/merge", into=other, reason="same voice")
        assert merged["merged_into"] == other
        assert {m["id"] for m in merged["family"]} == {one, other}
        assert {m["id"] for m in (await api.get(f"/intake/customers/{other}"))["family"]} == {one, other}
        apart = await api.post(f"/intake/customers/{one}/unmerge", reason="two brothers")
        assert [m["id"] for m in apart["family"]] == [one]
        assert [m["id"] for m in (await api.get(f"/intake/customers/{other}"))["family"]] == [other]
        (was,) = await kept.facts(CustomerMerged)
        (undone,) = await kept.facts(CustomerUnmerged)
        assert (str(was.into), was.by, undone.from_customer) == (other, "lan", was.into)
        ((reason, undone_reason),) = await kept.rows("SELECT reason, undone_reason FROM customer_link")
        assert (reason, undone_reason) == ("same voice", "two brothers"), "X2: history stays"

    async def test_what_cannot_be_merged(self, api: Client) -> None:
        a, b, c = [await api.customer() for _ in range(3)]
        await api.post(f"/intake/customers/{a}/merge", 422, into=a, reason="?")
        await api.post(f"/intake/customers/{a}/merge", 404, into=str(uuid4()), reason="?")
        await api.post(f"/intake/customers/{a}/unmerge", 409, reason="?")
        await api.post(f"/intake/customers/{a}/merge", into=b, reason="?")
        await api.post(f"/intake/customers/{b}/merge", into=c, reason="?")
        await api.post(f"/intake/customers/{c}/merge", 409, into=a, reason="a circle")
        await api.post(f"/intake/customers/{a}/merge", 409, into=c, reason="again")

    async def test_a_branch_comes_off_whole(self, api: Client) -> None:
        a, b, c = [await api.customer() for _ in range(3)]
        await api.post(f"/intake/customers/{a}/merge", into=b, reason="?")
        await api.post(f"/intake/customers/{b}/merge", into=c, reason="?")
        assert len((await api.get(f"/intake/customers/{a}"))["family"]) == 3
        await api.post(f"/intake/customers/{b}/unmerge", reason="?")
        assert {m["id"] for m in (await api.get(f"/intake/customers/{a}"))["family"]} == {a, b}
        assert [m["id"] for m in (await api.get(f"/intake/customers/{c}"))["family"]] == [c]

    async def test_a_contact_joins_the_familys_case(self, kept: Running, api: Client) -> None:
        await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
        one, other = await api.customer("+84901234567"), await api.customer("+84907654321")
        await api.post(f"/intake/customers/{one}/merge", into=other, reason="same")
        case = await api.post("/intake/cases", 201, customer_id=other, stated_request="a chair")
        await kept.send(senders.sms("about my chair", sender="+84901234567"))
        await kept.work()
        (received,) = await kept.facts(InteractionReceived)
        assert (str(received.customer_id), str(received.case_id)) == (one, case["id"])


class TestCases:
    async def test_life(self, kept: Running, api: Client) -> None:
        customer = await api.customer()
        case = await api.post("/intake/cases", 201, customer_id=customer, kind="complaint")
        path = f"/intake/cases/{case['id']}"
        assert case["owner"] == "front-desk"
        assert (await api.post(f"{path}/assign", owner="minh"))["owner"] == "minh"
        assert (await api.post(f"{path}/assign", owner="minh"))["owner"] == "minh"
        await api.post(f"{path}/reopen", 409, reason="it is open")
        assert (await api.post(f"{path}/resolve", summary="a new chair"))["status"] == "resolved"
        await api.post(f"{path}/resolve", 409, summary="again")
        assert (await api.post(f"{path}/reopen", reason="it broke"))["status"] == "open"
        (assigned,), (resolved,), (reopened,) = [
            await kept.facts(fact) for fact in (CaseUpdated, CaseResolved, CaseReopened)
        ]
        assert assigned.owner == reopened.owner == "minh"
        assert (resolved.summary, resolved.by) == ("a new chair", "lan")

    async def test_lists(self, api: Client) -> None:
        customer = await api.customer()
        for _ in range(3):
            await api.post("/intake/cases", 201, customer_id=customer)
        page = await api.get("/intake/cases", limit=2, customer=customer)
        rest = await api.get("/intake/cases", limit=2, customer=customer, cursor=page["next"])
        assert len({c["id"] for c in page["items"] + rest["items"]}) == 3
        await api.post(f"/intake/cases/{rest['items'][0]['id']}/resolve", summary="done")
        assert len((await api.get("/intake/cases", status="open"))["items"]) == 2
        assert (await api.get("/intake/cases", owner="nobody"))["items"] == []
        await api.get("/intake/cases", 400, cursor="nonsense")


class TestInteractions:
    async def test_what_an_agent_did_is_told(self, kept: Running, api: Client) -> None:
        await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
        await kept.send(senders.sms("where is it?"))
        await kept.work()
        (asked,) = await kept.facts(InteractionReceived)
        said = await api.post(
            "/intake/interactions",
            201,
            customer_id=str(asked.customer_id),
            kind="message",
            channel_kind="sms",
            text="it is on its way",
            answers=[str(asked.interaction_id)],
        )
        (sent,) = await kept.facts(InteractionSent)
        assert (sent.answers, sent.case_id, sent.agent) == ((asked.interaction_id,), asked.case_id, "lan")
        assert (sent.kind, sent.occurred_at) == (InteractionKind.MESSAGE, START)
        assert await api.get(f"/intake/interactions/{said['id']}") == said
        await kept.work()
        assert [e["title"] for e in await kept.timeline(asked.customer_id)][-2:] == ["Wrote to us", "We wrote"]

    async def test_a_long_text_is_whole_in_its_row(self, kept: Running, api: Client) -> None:
        """I13"""
        note = {"customer_id": await api.customer(), "kind": "note", "channel_kind": "web", "text": "ă" * 20_000}
        said = await api.post("/intake/interactions", 201, **note)
        assert len((await api.get(f"/intake/interactions/{said['id']}"))["text"]) == 20_000
        (sent,) = await kept.facts(InteractionSent)
        assert (sent.kind, len(sent.text)) == (InteractionKind.NOTE, 16_000)

    async def test_refusals(self, api: Client) -> None:
        mine, theirs = await api.customer(), await api.customer()
        case = await api.post("/intake/cases", 201, customer_id=theirs)
        note: dict[str, Any] = {"customer_id": mine, "kind": "note", "channel_kind": "phone", "text": "x"}
        await api.post("/intake/interactions", 422, **{**note, "case_id": case["id"]})
        await api.post("/intake/interactions", 422, **{**note, "answers": [str(uuid4())]})
        await api.post("/intake/interactions", 422, **{**note, "text": "nul \x00"})
        await api.post("/intake/interactions", 404, **{**note, "customer_id": str(uuid4())})
        await api.get(f"/intake/interactions/{uuid4()}", 404)


async def test_the_timeline_pages_from_both_ends(kept: Running, api: Client) -> None:
    customer = await api.customer()
    for _ in range(3):
        await api.post("/intake/cases", 201, customer_id=customer)
    await kept.work()
    whole = [e["event_id"] for e in await kept.timeline(UUID(customer))]
    assert len(whole) == 4
    for order, expected in (("oldest", whole), ("newest", whole[::-1])):
        path = f"/intake/customers/{customer}/timeline"
        page = await api.get(path, order=order, limit=3)
        rest = await api.get(path, order=order, limit=3, cursor=page["next"])
        assert [e["event_id"] for e in page["items"] + rest["items"]] == expected
        assert rest["next"] is None
