"""C19: one cause, each customer told once and each owner one digest; the time from "we know" to "you know" is kept.

Rows: N10.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.commitments.promise import core
from services.commitments.promise.core import Promise
from shared.contracts import commitments as told
from shared.contracts.terms import CommitmentKind, Terms
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments

WORDS = "Kho bị ngập, hàng giao chậm"


async def file(kept: Commitments, *ids: str, expect: int = 202, **changes: Any) -> dict[str, Any]:
    body = {"class": "delivery_delay", "words": WORDS, "known_at": kept.now.isoformat()}
    if ids:
        body["commitment_ids"] = list(ids)  # type: ignore[assignment]
    filed: dict[str, Any] = await kept.call("POST", "/incidents", json=body | changes, expect=expect)
    return filed


async def test_c19_each_customer_is_warned_once_with_the_reason_and_owners_read_one_digest(kept: Commitments) -> None:
    hit = [(await kept.promise(category="delivery", owner=owner))["id"] for owner in ("minh", "minh", "hoa")]
    await kept.promise(category="repair", owner="minh")
    draft = (await kept.promise(category="delivery", owner="hoa", tell=False))["id"]
    incident = await file(kept, filter={"category": "delivery"})
    for _ in range(2):
        await kept.fire()
    warnings = await kept.facts(told.CommitmentAtRisk)
    assert sorted(str(fact.commitment_id) for fact in warnings) == sorted(hit)
    assert {fact.reason for fact in warnings} == {WORDS}
    assert draft not in hit
    (hoa, minh) = (await kept.call("GET", f"/incidents/{incident['id']}"))["digests"]
    assert (hoa["owner"], hoa["promises"], hoa["warned"]) == ("hoa", 1, 1)
    assert (minh["owner"], minh["promises"], minh["warned"], minh["pending"], minh["to_call"]) == ("minh", 2, 2, 0, [])
    (listed,) = await kept.call("GET", "/incidents", params={"owner": "minh"})
    assert [digest["owner"] for digest in listed["digests"]] == ["minh"]
    assert await kept.call("GET", "/incidents", params={"owner": "nobody"}) == []
    assert await kept.pass_time(hours=8) == 1, "the clock of the one that was not hit"
    assert len(await kept.facts(told.CommitmentAtRisk)) == 4


async def test_c19_with_a_new_date_they_are_moved_and_asked_and_those_due_later_left_alone(kept: Commitments) -> None:
    soon = (await kept.promise(owner="minh"))["id"]
    later = (await kept.promise(owner="minh", due_at=(START + timedelta(days=9)).isoformat()))["id"]
    new_due = START + timedelta(days=3)
    await file(kept, filter={"owner": "minh"}, new_due_at=new_due.isoformat())
    await kept.fire()
    (fact,) = await kept.facts(told.CommitmentRevised)
    assert (str(fact.commitment_id), fact.terms.due_at, fact.terms.reason) == (soon, new_due, WORDS)
    assert (await kept.call("GET", f"/{soon}"))["awaits_answer"]
    assert (await kept.call("GET", f"/{later}"))["warned_at"] is None
    named = await file(kept, soon, later, new_due_at=(START + timedelta(days=4)).isoformat())
    await kept.fire()
    (digest,) = (await kept.call("GET", f"/incidents/{named['id']}"))["digests"]
    assert (digest["revised"], [left["commitment_id"] for left in digest["to_call"]]) == (1, [later])


async def test_c19_who_cannot_be_told_is_named_with_the_reason(kept: Commitments) -> None:
    ended, draft, broken, waits, warned = [
        (await kept.promise(owner="minh", tell=tell))["id"] for tell in (True, False, True, True, True)
    ]
    task_body = {"words": "x", "due_at": (START + timedelta(days=2)).isoformat(), "blocks": False}
    task = (await kept.call("POST", f"/{waits}/tasks", json=task_body, expect=201))["id"]
    await kept.call("POST", f"/{ended}/fulfil")
    await kept.call("POST", f"/{waits}/wait", json={"reason": "a photo"})
    later = {"due_at": (START + timedelta(days=5)).isoformat(), "reason": "rain"}
    await kept.call("POST", f"/{warned}/revise", json=later)
    await kept.call("POST", f"/{warned}/agree", json={"revision": 2})
    await kept.pass_time(days=1)
    await kept.call("POST", f"/{warned}/warn", json={"reason": "rain"})
    incident = await file(kept, ended, draft, broken, waits, warned, task)
    await kept.fire()
    (digest,) = (await kept.call("GET", f"/incidents/{incident['id']}"))["digests"]
    assert digest["warned"] == 1, "another cause is news even to those who have been warned"
    assert {left["commitment_id"]: left["why"].split()[1] for left in digest["to_call"]} == {
        ended: "promise",
        draft: "promise",
        broken: "promise",
        waits: "promise",
        task: "is",
    }
    assert len({left["why"] for left in digest["to_call"]}) == 5
    assert [fact.reason for fact in await kept.facts(told.CommitmentAtRisk)][-2:] == ["rain", WORDS]


async def test_c19_the_time_from_known_to_told_is_measured_against_the_limit_that_was_valid(kept: Commitments) -> None:
    await kept.call("PUT", "/incidents/limits", json={"class": "data_leak", "within_minutes": 60}, expect=201)
    leak: dict[str, Any] = {"class": "data_leak"}
    before = kept.now
    kept.clock.advance(timedelta(hours=2))
    ids = [(await kept.promise())["id"] for _ in range(10)]
    for minutes, these in ((30, ids[:8]), (61, ids[8:9]), (120, ids[9:])):
        known = (kept.now - timedelta(minutes=minutes)).isoformat()
        filed = await file(kept, *these, **leak, known_at=known)
        assert filed["limit_minutes"] == 60
    await kept.call("PUT", "/incidents/limits", json={"class": "data_leak", "within_minutes": 600}, expect=201)
    await file(kept, ids[0], known_at=(kept.now - timedelta(hours=1)).isoformat())
    await kept.fire()
    by_class = {one["class"]: one for one in await kept.call("GET", "/incidents/summary")}
    assert by_class.keys() == {"data_leak", "delivery_delay"}
    assert (by_class["data_leak"]["incidents"], by_class["data_leak"]["not_told"]) == (3, 0)
    assert by_class["data_leak"]["n"] == 10
    assert by_class["data_leak"]["median_seconds"] == 1800.0
    assert by_class["data_leak"]["p90_seconds"] == pytest.approx(61 * 60 + 0.1 * 59 * 60)
    assert by_class["data_leak"]["within_limit"] == 0.8
    assert by_class["delivery_delay"]["within_limit"] == 1.0, "the general limit is a day"
    assert await kept.call("GET", "/incidents/summary", params={"until": before.isoformat()}) == []


async def test_c19_who_was_not_told_counts_against_the_limit(kept: Commitments) -> None:
    told_, ended = [(await kept.promise())["id"] for _ in range(2)]
    await kept.call("POST", f"/{ended}/fulfil")
    await file(kept, told_, ended)
    await kept.fire()
    (summary,) = await kept.call("GET", "/incidents/summary")
    assert (summary["n"], summary["not_told"], summary["within_limit"]) == (1, 1, 0.5)


async def test_an_incident_that_hits_nobody_is_on_record(kept: Commitments) -> None:
    filed = await file(kept, filter={"category": "nothing"})
    await kept.fire()
    assert filed["digests"] == []
    (summary,) = await kept.call("GET", "/incidents/summary")
    assert (summary["incidents"], summary["n"], summary["within_limit"]) == (1, 0, None)


async def test_n10_a_storm_is_told_in_parts_and_once_each(kept: Commitments) -> None:
    terms = (Terms(revision=1, words="x", due_at=START + timedelta(days=2), zone="UTC", cost="0"),)
    made = [Promise(new_id(), new_id(), CommitmentKind.PROMISE, terms, category="storm") for _ in range(1200)]
    async with kept.runtime.database.write() as session:
        await kept.promises.add(session, [core.state(p, START) for p in made])
    incident = await file(kept, filter={"category": "storm"})
    parts = []
    while await kept.runtime.timers.fire_due():
        parts.append(len(await kept.facts(told.CommitmentAtRisk)))
    assert parts == [500, 1000, 1200]
    assert len({fact.commitment_id for fact in await kept.facts(told.CommitmentAtRisk)}) == 1200
    (digest,) = (await kept.call("GET", f"/incidents/{incident['id']}"))["digests"]
    assert (digest["owner"], digest["promises"], digest["warned"]) == (None, 1200, 1200)


async def test_c19_the_subscribers_of_a_feature_are_hit_by_name_of_the_feature(kept: Commitments) -> None:
    body = {"title": "x", "words": "x", "cost": "0", "due_at": (START + timedelta(days=9)).isoformat()}
    feature = (await kept.call("POST", "/features", json=body, expect=201))["id"]
    subscribers = {"customer_ids": [str(new_id()), str(new_id())]}
    await kept.call("POST", f"/features/{feature}/subscribers", json=subscribers)
    await kept.promise()
    await file(kept, filter={"feature": feature})
    await kept.fire()
    assert len(await kept.facts(told.CommitmentAtRisk)) == 2


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"filter": {}}, 422, "invalid"),
        ({}, 422, "invalid"),
        ({"filter": {"owner": "minh"}, "commitment_ids": [str(new_id())]}, 422, "invalid"),
        ({"commitment_ids": []}, 422, "invalid"),
        ({"commitment_ids": [str(UUID(int=7))]}, 404, "promise-not-found"),
        ({"filter": {"owner": "minh"}, "class": "Data Leak"}, 422, "invalid"),
        ({"filter": {"owner": "minh"}, "known_at": (START + timedelta(seconds=1)).isoformat()}, 422, "wrong-known-at"),
        ({"filter": {"owner": "minh"}, "known_at": "1999-12-31T00:00:00Z"}, 422, "wrong-known-at"),
        ({"filter": {"owner": "minh"}, "new_due_at": START.isoformat()}, 422, "due-in-the-past"),
        ({"filter": {"owner": "minh"}, "new_due_at": "2199-01-01T00:00:00Z"}, 422, "due-too-far"),
    ],
)
async def test_an_incident_that_does_not_hold_is_refused_and_not_on_record(
    kept: Commitments, changes: dict[str, Any], status: int, code: str
) -> None:
    problem = await file(kept, expect=status, **changes)
    assert problem["type"] == f"urn:kept:problem:{code}"
    assert await kept.rows("SELECT 1 FROM incident") == []


async def test_limits_have_a_history_and_unknown_incidents_are_not_found(kept: Commitments) -> None:
    past = {"class": "outage", "within_minutes": 5, "valid_from": (START - timedelta(days=1)).isoformat()}
    assert (await kept.call("PUT", "/incidents/limits", json=past, expect=422))["type"].endswith("begins-in-the-past")
    await kept.call("PUT", "/incidents/limits", json={"within_minutes": 5}, expect=201)
    newest, first = await kept.call("GET", "/incidents/limits")
    assert (newest["class"], newest["within_minutes"], newest["set_by"]) == (None, 5, "lan")
    assert (first["within_minutes"], first["set_by"]) == (1440, "default")
    await kept.call("GET", f"/incidents/{new_id()}", expect=404)
