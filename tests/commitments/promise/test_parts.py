"""I20: a promise and its parts. And C35, the summary of a case; N10, what an owner must look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.commitments.cases.sentences import NOT_NEEDED, PART_LATE
from services.commitments.promise.core import Promise, Status
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments, known

LATER = (START + timedelta(days=20)).isoformat()


async def promise_of(kept: Commitments, id_: str) -> Promise:
    async with kept.runtime.database.read() as session:
        return (await kept.promises.load(session, [UUID(id_)]))[UUID(id_)]


async def test_i20_a_part_that_is_warned_of_warns_the_whole_early_and_its_whole_too(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(known(lan, language="en"))
    top = (await kept.promise(lan, due_at=LATER))["id"]
    whole = (await kept.promise(lan, due_at=LATER, parent_id=top))["id"]
    part = (await kept.promise(new_id(), parent_id=whole))["id"]
    assert await kept.pass_time(hours=7, minutes=30) == 1
    warnings = await kept.facts(told.CommitmentAtRisk)
    assert [str(fact.commitment_id) for fact in warnings] == [part, whole, top]
    assert [fact.reason for fact in warnings] == ["not_finished_yet", PART_LATE["en"], PART_LATE["en"]]
    await kept.pass_time(hours=5)
    assert (await promise_of(kept, part)).status is Status.BROKEN
    assert len(await kept.facts(told.CommitmentAtRisk)) == 3, "the whole is warned of once"
    assert {kind for kind, _ in await kept.timers()} == {"commitment_due"}


async def test_i20_a_part_that_breaks_without_warning_warns_the_whole(kept: Commitments) -> None:
    whole = (await kept.promise(due_at=LATER))["id"]
    parts = [(await kept.promise(parent_id=whole))["id"] for _ in range(3)]
    await kept.pass_time(hours=11)
    assert {p.status for p in [await promise_of(kept, part) for part in parts]} == {Status.BROKEN}
    (warning,) = await kept.facts(told.CommitmentAtRisk)
    assert str(warning.commitment_id) == whole
    assert warning.reason == PART_LATE["vi"], "the language of the installation, where theirs is not known"


async def test_i20_a_part_that_is_kept_or_of_a_whole_that_has_ended_warns_nobody(kept: Commitments) -> None:
    ended, whole = [(await kept.promise(due_at=LATER))["id"] for _ in range(2)]
    await kept.promise(parent_id=ended)
    kept_one = (await kept.promise(parent_id=whole))["id"]
    await kept.call("POST", f"/{ended}/fulfil")
    await kept.call("POST", f"/{kept_one}/fulfil")
    await kept.pass_time(hours=11)
    assert len(await kept.facts(told.CommitmentBroken)) == 1, "a part of ours stays ours when the whole is done"
    assert await kept.facts(told.CommitmentAtRisk) == []


async def test_i20_promises_without_a_parent_cost_no_statement_more(
    kept: Commitments, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import event

    await kept.promise()
    statements: list[str] = []
    engine = kept.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    await kept.pass_time(hours=7, minutes=30)
    on_promises = [s for s in statements if "commitment" in s and "timer" not in s and "event_log" not in s]
    assert len(on_promises) == 2, on_promises


@pytest.mark.parametrize("end", ["withdraw", "void"])
async def test_i20_the_end_of_the_whole_ends_its_open_parts_and_theirs(kept: Commitments, end: str) -> None:
    whole = (await kept.promise(due_at=LATER))["id"]
    part, draft, done = [(await kept.promise(parent_id=whole, tell=tell))["id"] for tell in (True, False, True)]
    below = (await kept.promise(parent_id=part))["id"]
    await kept.call("POST", f"/{done}/fulfil")
    body = {"words": "x", "due_at": LATER}
    task = (await kept.call("POST", f"/{whole}/tasks", json=body, expect=201))["id"]
    await kept.call("POST", f"/{whole}/{end}", json={"reason": "moved house"})
    for id_ in (part, draft, below, task):
        assert (await promise_of(kept, id_)).status is Status.WITHDRAWN
    assert (await promise_of(kept, done)).outcome is Outcome.KEPT
    reasons = {fact.reason for fact in await kept.facts(told.CommitmentWithdrawn)}
    assert reasons == {"moved house"}
    assert await kept.facts(told.CommitmentResumed) == []
    assert [kind for kind, _ in await kept.timers() if kind.startswith("commitment")] == []


async def test_i20_a_part_that_is_late_already_is_not_withdrawn_with_the_whole(kept: Commitments) -> None:
    whole = (await kept.promise(due_at=LATER))["id"]
    part = (await kept.promise(parent_id=whole))["id"]
    kept.clock.advance(timedelta(hours=11))
    await kept.call("POST", f"/{whole}/withdraw", json={"reason": "moved house"})
    await kept.fire()
    assert (await promise_of(kept, part)).status is Status.BROKEN


async def test_what_is_done_asks_nothing_more_of_the_customer(kept: Commitments) -> None:
    whole = (await kept.promise(due_at=LATER))["id"]
    part = (await kept.promise(parent_id=whole))["id"]
    tasks = []
    for blocks in (True, False):
        body = {"words": "x", "due_at": LATER, "blocks": blocks}
        tasks.append((await kept.call("POST", f"/{whole}/tasks", json=body, expect=201))["id"])
    kept.clock.advance(timedelta(hours=1))
    await kept.call("POST", f"/{whole}/fulfil")
    assert {(await promise_of(kept, task)).status for task in tasks} == {Status.WITHDRAWN}
    assert {fact.reason for fact in await kept.facts(told.CommitmentWithdrawn)} == {NOT_NEEDED["vi"]}
    assert (await promise_of(kept, part)).is_open
    assert (await promise_of(kept, whole)).outcome is Outcome.KEPT


async def test_i20_parts_are_listed_with_what_they_ask(kept: Commitments) -> None:
    whole = (await kept.promise())["id"]
    part = (await kept.promise(parent_id=whole))["id"]
    body = {"words": "x", "due_at": LATER, "wants": "upload"}
    task = (await kept.call("POST", f"/{whole}/tasks", json=body, expect=201))["id"]
    listed = await kept.call("GET", f"/{whole}/parts")
    assert [(p["id"], p["obligor"], p["wants"]) for p in listed] == [(part, "us", None), (task, "customer", "upload")]
    assert await kept.call("GET", f"/{part}/parts") == []
    await kept.call("GET", f"/{new_id()}/parts", expect=404)


async def test_c35_a_summary_lists_everything_that_was_promised_in_a_case_with_how_it_ended(kept: Commitments) -> None:
    lan = new_id()
    case = kept.case(lan)
    await kept.deliver(case)
    path = f"/cases/{case.case_id}/summary"
    assert await kept.call("GET", path) == {"case_id": str(case.case_id), "settled": True, "lines": []}
    made: dict[str, str] = {}
    for name in ("done", "late", "broken", "no", "gone", "void", "open"):
        made[name] = (await kept.promise(lan, words=name, case_id=str(case.case_id)))["id"]
    await kept.promise(lan, words="draft", case_id=str(case.case_id), tell=False)
    await kept.promise(lan, words="of another case", case_id=str(new_id()))
    body = {"words": "your photo", "due_at": LATER, "blocks": False}
    await kept.call("POST", f"/{made['open']}/tasks", json=body, expect=201)
    change: Any = {"due_at": LATER, "reason": "rain"}
    await kept.call("POST", f"/{made['open']}/revise", json=change)
    await kept.call("POST", f"/{made['open']}/agree", json={"revision": 2})
    await kept.call("POST", f"/{made['done']}/fulfil")
    await kept.call("POST", f"/{made['no']}/decline", json={"revision": 1, "reason": "no"})
    await kept.call("POST", f"/{made['gone']}/withdraw", json={"reason": "no"})
    await kept.call("POST", f"/{made['void']}/void", json={"reason": "no"})
    await kept.pass_time(hours=11)
    await kept.call("POST", f"/{made['late']}/fulfil")
    seen = await kept.call("GET", path)
    assert seen["settled"] is False
    assert [(line["words"], line["obligor"], line["result"]) for line in seen["lines"]] == [
        ("done", "us", "done"),
        ("late", "us", "done_late"),
        ("broken", "us", "not_done"),
        ("no", "us", "declined"),
        ("gone", "us", "withdrawn"),
        ("void", "us", "void"),
        ("open", "us", "open"),
        ("your photo", "customer", "open"),
    ]
    await kept.call("GET", f"/cases/{new_id()}/summary", expect=404)


async def test_n10_the_owner_sees_what_is_in_trouble_the_most_urgent_first(kept: Commitments) -> None:
    calm, risky, last, far = [
        (await kept.promise(owner="minh", due_at=(START + timedelta(hours=hours)).isoformat()))["id"]
        for hours in (100, 12, 10, 24 * 20)
    ]
    await kept.promise(owner="hoa")
    waits = (await kept.promise(owner="minh"))["id"]
    await kept.call("POST", f"/{waits}/wait", json={"reason": "a photo"})
    await kept.call("POST", f"/{far}/warn", json={"reason": "rain"})
    await kept.pass_time(hours=9)
    listed = await kept.call("GET", "/warnings", params={"owner": "minh"})
    assert [(one["why"], one["promise"]["id"]) for one in listed] == [("last_call", last), ("at_risk", risky)]
    assert calm not in str(listed)
    await kept.call("POST", f"/{last}/fulfil")
    assert len(await kept.call("GET", "/warnings", params={"owner": "minh"})) == 1
    assert await kept.call("GET", "/warnings") == [], "your own, if you name nobody"
