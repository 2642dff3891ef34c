"""The HTTP interface: what programs and agents can do with a promise, and what is refused, and how.

Rows: C4, C7, C18, X2, X3.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts import commitments as told
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments

CUSTOMER = UUID("018f0000-0000-7000-8000-000000000001")


async def test_a_promise_from_draft_to_kept(kept: Commitments) -> None:
    drafted = await kept.promise(tell=False, owner="minh", scope="one parcel")
    assert (drafted["status"], drafted["owner"], drafted["terms"][0]["scope"]) == ("draft", "minh", "one parcel")
    assert drafted["terms"][0]["zone"] == kept.runtime.settings.default_zone
    assert await kept.timers() == {}, "nobody waits for what nobody was told"
    stated = await kept.call("POST", f"/{drafted['id']}/state")
    assert (stated["status"], stated["awaits_answer"]) == ("stated", True)
    agreed = await kept.call("POST", f"/{drafted['id']}/agree", json={"revision": 1})
    assert (agreed["status"], agreed["awaits_answer"]) == ("agreed", False)
    done = await kept.call("POST", f"/{drafted['id']}/fulfil")
    assert (done["status"], done["outcome"]) == ("fulfilled", "kept")
    assert done == await kept.call("GET", f"/{drafted['id']}")
    assert await kept.timers() == {}


@pytest.mark.parametrize("missing", ["due_at", "cost", "words"])
async def test_c4_a_promise_without_due_cost_or_words_is_refused_and_says_what_is_missing(
    kept: Commitments, missing: str
) -> None:
    body = {"customer_id": str(CUSTOMER), "words": "x", "due_at": (START + timedelta(days=1)).isoformat(), "cost": "0"}
    body.pop(missing)
    problem = await kept.call("POST", "", json=body, expect=422)
    (error,) = problem["errors"]
    if missing == "due_at":
        assert "needs a due time" in error["says"]
    else:
        assert error == {"at": f"body/{missing}", "says": "Field required"}
    assert await kept.all() == []


@pytest.mark.parametrize("cost", ["no charge", "not known until the technician has looked", "150.000 ₫"])
async def test_c4_a_cost_is_a_sentence(kept: Commitments, cost: str) -> None:
    assert (await kept.promise(cost=cost))["terms"][0]["cost"] == cost


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"due_at": START.isoformat()}, "due-in-the-past"),
        ({"due_at": "1970-01-02T00:00:00+14:00"}, "due-in-the-past"),
        ({"due_at": "2199-12-31T23:59:59.999999Z"}, "due-too-far"),
        ({"due_at": "2199-12-31T09:59:59-14:00"}, "due-too-far"),
        ({"due_at": "2026-03-03T09:00:00"}, "invalid"),
        ({"due_at": 10**30}, "invalid"),
        ({"zone": "Asia/Saigonn"}, "invalid"),
        ({"zone": "../../etc/passwd"}, "invalid"),
        ({"words": "a\0b"}, "invalid"),
        ({"cost": "\0"}, "invalid"),
        ({"owner": "\0"}, "invalid"),
        ({"words": " "}, "invalid"),
        ({"words": "x" * 2001}, "invalid"),
        ({"customer_id": "lan"}, "invalid"),
        ({"surprise": 1}, "invalid"),
    ],
)
async def test_what_cannot_be_promised_is_refused_with_a_reason(
    kept: Commitments, change: dict[str, Any], code: str
) -> None:
    body = {"customer_id": str(CUSTOMER), "words": "x", "due_at": (START + timedelta(days=1)).isoformat(), "cost": "0"}
    problem = await kept.call("POST", "", json=body | change, expect=422)
    assert problem["type"] == f"urn:kept:problem:{code}"
    assert await kept.all() == []


async def test_a_customer_we_have_not_heard_of_can_be_promised_something(kept: Commitments) -> None:
    """Intake's news of a new customer may be on its way."""
    assert (await kept.promise(CUSTOMER))["customer_id"] == str(CUSTOMER)


async def test_unknown_promises_are_not_found(kept: Commitments) -> None:
    for method, path in [("GET", ""), ("GET", "/history"), ("POST", "/state"), ("POST", "/fulfil")]:
        problem = await kept.call(method, f"/{new_id()}{path}", expect=404)
        assert problem["type"] == "urn:kept:problem:promise-not-found"
    await kept.call("GET", "/not-a-uuid", expect=422)


async def test_commands_where_they_do_not_apply_are_conflicts(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    assert (await kept.call("POST", f"/{id_}/state", expect=409))["allowed"] == ["draft"]
    await kept.call("POST", f"/{id_}/fulfil")
    for path, body in [
        ("fulfil", None),
        ("agree", {"revision": 1}),
        ("decline", {"revision": 1, "reason": "no"}),
        ("withdraw", {"reason": "no"}),
        ("revise", {"due_at": (START + timedelta(days=1)).isoformat(), "reason": "rain"}),
    ]:
        problem = await kept.call("POST", f"/{id_}/{path}", json=body, expect=409)
        assert (problem["type"], problem["status"], problem["state"]) == (
            "urn:kept:problem:wrong-state",
            409,
            "fulfilled",
        )


async def test_c18_a_change_comes_before_due_and_the_original_stays(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    due = (START + timedelta(hours=30)).isoformat()
    revised = await kept.call("POST", f"/{id_}/revise", json={"due_at": due, "reason": "Bão số 3"})
    assert [t["revision"] for t in revised["terms"]] == [1, 2]
    assert revised["terms"][1]["reason"] == "Bão số 3"
    assert revised["due_at"] == revised["terms"][0]["due_at"], "a change nobody agreed to moves nothing"
    agreed = await kept.call("POST", f"/{id_}/agree", json={"revision": 2})
    assert datetime.fromisoformat(agreed["due_at"]) == START + timedelta(hours=30)
    assert agreed["terms"][0] == revised["terms"][0]
    kept.clock.advance(timedelta(hours=20))
    assert (await kept.call("POST", f"/{id_}/fulfil"))["outcome"] == "kept_after_agreed_change"


async def test_c18_after_due_it_is_broken_and_not_rewritten(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    kept.clock.advance(timedelta(hours=10, seconds=1))
    change = {"due_at": (kept.now + timedelta(hours=1)).isoformat(), "reason": "rain"}
    for _ in range(2):  # before its clock has gone off, and after
        problem = await kept.call("POST", f"/{id_}/revise", json=change, expect=409)
        assert problem["type"] == "urn:kept:problem:too-late-to-revise"
        await kept.fire()
    assert (await kept.call("GET", f"/{id_}"))["outcome"] == "broken_silently"


async def test_c7_agreed_only_by_an_act_of_the_customer_silence_is_not_confirmed(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    await kept.pass_time(hours=9)
    assert (await kept.call("GET", f"/{id_}"))["status"] == "stated"
    await kept.call("POST", f"/{id_}/agree", json={"revision": 1})
    (fact,) = await kept.facts(told.CommitmentAgreed)
    assert fact.by == "agent_record"


async def test_c7_a_no_opens_renegotiation(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    said_no = await kept.call("POST", f"/{id_}/decline", json={"revision": 1, "reason": "Tôi đi làm lúc đó"})
    assert (said_no["status"], said_no["outcome"]) == ("declined", None)
    assert await kept.timers() == {}
    due = START + timedelta(hours=20)
    again = await kept.call("POST", f"/{id_}/revise", json={"due_at": due.isoformat(), "reason": "evening suits you"})
    assert (again["status"], again["binding"], again["awaits_answer"]) == ("stated", 2, True)
    await kept.call("POST", f"/{id_}/agree", json={"revision": 2})
    assert await kept.pass_time(hours=20) == 1, "its warning"
    assert (await kept.call("POST", f"/{id_}/fulfil"))["outcome"] == "kept"


async def test_agreeing_to_an_old_version_names_the_new_one(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    change = {"due_at": (START + timedelta(hours=30)).isoformat(), "reason": "rain"}
    await kept.call("POST", f"/{id_}/revise", json=change)
    problem = await kept.call("POST", f"/{id_}/agree", json={"revision": 1}, expect=409)
    assert (problem["type"], problem["revision"]) == ("urn:kept:problem:stale-revision", 2)


async def test_of_two_commands_at_once_one_wins(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    headers = kept.token("commitments:write")
    change = {"due_at": (START + timedelta(hours=30)).isoformat(), "reason": "rain", "revision": 1}
    answers = await asyncio.gather(
        *(kept.http.post(f"/commitments/{id_}/revise", json=change, headers=headers) for _ in range(4))
    )
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    assert {a.json()["revision"] for a in answers if a.status_code == 409} == {2}, "what changed is said"
    answers = await asyncio.gather(*(kept.http.post(f"/commitments/{id_}/fulfil", headers=headers) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    assert len(await kept.facts(told.CommitmentRevised, told.CommitmentFulfilled)) == 2


async def test_an_idempotency_key_makes_one_promise(kept: Commitments) -> None:
    body = {"customer_id": str(CUSTOMER), "words": "x", "due_at": (START + timedelta(days=1)).isoformat(), "cost": "0"}
    headers = kept.token("commitments:write") | {"Idempotency-Key": "once"}
    first = await kept.call("POST", "", json=body, headers=headers, expect=201)
    assert first == await kept.call("POST", "", json=body, headers=headers, expect=201)
    assert len(await kept.all()) == 1


async def test_scopes(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    reader = kept.token("commitments:read")
    assert (await kept.http.get(f"/commitments/{id_}", headers=reader)).status_code == 200
    assert (await kept.http.post(f"/commitments/{id_}/fulfil", headers=reader)).status_code == 403
    assert (await kept.http.get(f"/commitments/{id_}")).status_code == 401
    assert (await kept.http.get("/commitments", headers=kept.token("intake:read"))).status_code == 403


async def test_lists_page_by_cursor_the_soonest_due_first(kept: Commitments) -> None:
    for hours in (3, 1, 2, 2):
        await kept.promise(CUSTOMER, due_at=(START + timedelta(hours=hours)).isoformat(), owner="minh")
    await kept.promise(owner="hoa")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await kept.call("GET", "", params={"customer_id": str(CUSTOMER), "limit": 1, **cursor})
        seen += [p["due_at"] for p in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == 4
    assert seen == sorted(seen)
    for query, count in [({"owner": "hoa"}, 1), ({"status": "stated"}, 5), ({"status": "draft"}, 0), ({}, 5)]:
        assert len((await kept.call("GET", "", params=query))["items"]) == count
    assert len((await kept.call("GET", "", params={"kind": "promise"}))["items"]) == 5
    for wrong in ({"cursor": "%00"}, {"cursor": "e30"}):
        await kept.call("GET", "", params=wrong, expect=400)
    for wrong in ({"status": "lost"}, {"owner": "a\0"}, {"limit": "0"}):
        await kept.call("GET", "", params=wrong, expect=422)


async def test_x2_history_tells_every_fact_in_order(kept: Commitments) -> None:
    other = await kept.promise(CUSTOMER)
    id_ = (await kept.promise(CUSTOMER))["id"]
    before = await kept.call("GET", f"/{id_}/history")
    change = {"due_at": (START + timedelta(hours=30)).isoformat(), "reason": "rain"}
    await kept.call("POST", f"/{id_}/revise", json=change)
    await kept.call("POST", f"/{id_}/decline", json={"revision": 2, "reason": "quá muộn"})
    await kept.pass_time(hours=11)
    facts = await kept.call("GET", f"/{id_}/history")
    kinds = [fact["type"].split(".")[2] for fact in facts]
    assert kinds == ["drafted", "stated", "revised", "declined", "broken"]
    assert facts[: len(before)] == before, "nothing that was said is said otherwise later"
    assert facts[2]["data"]["by"] == "lan"
    assert all(fact["data"]["commitment_id"] == id_ for fact in facts)
    assert len(await kept.call("GET", f"/{other['id']}/history")) == 3


async def test_words_that_only_events_hold_do_not_spoil_the_history(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    for path, body in [("decline", {"revision": 1, "reason": "a\0b"}), ("withdraw", {"reason": "\0"})]:
        await kept.call("POST", f"/{id_}/{path}", json=body, expect=422)
    assert len(await kept.call("GET", f"/{id_}/history")) == 2


async def test_x3_a_policy_is_set_with_history_and_not_into_the_past(kept: Commitments) -> None:
    rule = {"kind": "response", "within_minutes": 60, "channel_kind": "sms"}
    made = await kept.call("PUT", "/policies", json=rule, expect=201)
    general = {"category": None, "customer_class": None, "calendar": None}
    assert made == rule | general | {"set_by": "lan", "valid_from": made["valid_from"]}
    assert datetime.fromisoformat(made["valid_from"]) == START
    past = rule | {"valid_from": (START - timedelta(seconds=1)).isoformat()}
    problem = await kept.call("PUT", "/policies", json=past, expect=422)
    assert problem["type"] == "urn:kept:problem:begins-in-the-past"
    for wrong in ({"within_minutes": 0}, {"within_minutes": 10**9}, {"kind": "promise"}, {"channel_kind": "pigeon"}):
        await kept.call("PUT", "/policies", json=rule | wrong, expect=422)
    rules = await kept.call("GET", "/policies")
    assert rules[0] == made
    assert len(rules) == 5
