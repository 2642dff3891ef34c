"""The customer's own tasks: our clock waits for them, a link does them, and reminders stop when they are done.

Rows: C25, C26, N18, X12.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.promise import core
from services.commitments.promise.core import Promise, Status
from services.commitments.tasks.files import LONGEST_NAME, MOST_BYTES, BadFile, check, plain_name
from services.commitments.tasks.forms import read_form
from services.commitments.tasks.model import APART, Task, TaskField, remind, second_reminder
from shared.contracts import commitments as told
from shared.contracts import intake as heard
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Terms
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments, known

LAN = UUID("018f0000-0000-7000-8000-000000000001")


async def asked(kept: Commitments, parent: str, **changes: Any) -> dict[str, Any]:
    """A task of two days under a promise."""
    body = {"words": "Send us a photo of the meter", "due_at": (kept.now + timedelta(days=2)).isoformat()}
    task: dict[str, Any] = await kept.call("POST", f"/{parent}/tasks", json=body | changes, expect=201)
    return task


async def promise_of(kept: Commitments, id_: str) -> Promise:
    async with kept.runtime.database.read() as session:
        return (await kept.promises.load(session, [UUID(id_)]))[UUID(id_)]


async def test_c25_our_promise_waits_for_a_task_and_goes_on_later_by_the_pause(kept: Commitments) -> None:
    parent = (await kept.promise(LAN, owner="minh"))["id"]
    kept.clock.advance(timedelta(hours=2))
    task = await asked(kept, parent)
    assert (task["obligor"], task["kind"], task["parent_id"], task["status"]) == ("customer", "task", parent, "stated")
    assert (task["owner"], task["wants"], task["blocks"], task["awaits_answer"]) == ("minh", "anything", True, False)
    assert (await promise_of(kept, parent)).waiting_since == kept.now
    (waiting,) = await kept.facts(told.CommitmentWaiting)
    assert (waiting.reason, str(waiting.task_id)) == ("Send us a photo of the meter", task["id"])
    assert [fact.blocks for fact in await kept.facts(told.CommitmentStated)] == [None, True]
    await kept.pass_time(hours=30)
    await kept.call("POST", f"/{task['id']}/fulfil")
    whole = await promise_of(kept, parent)
    assert whole.binds.due_at == START + timedelta(hours=10) + timedelta(hours=30)
    (resumed,) = await kept.facts(told.CommitmentResumed)
    assert resumed.previous_due_at == START + timedelta(hours=10)
    assert resumed.waited_seconds == 30 * 3600


async def test_c25_of_several_tasks_the_last_lets_it_go_on(kept: Commitments) -> None:
    parent = (await kept.promise(LAN))["id"]
    first, second, aside = [await asked(kept, parent, blocks=blocks) for blocks in (True, True, False)]
    kept.clock.advance(timedelta(hours=1))
    await kept.call("POST", f"/{aside['id']}/fulfil")
    await kept.call("POST", f"/{first['id']}/fulfil")
    assert (await promise_of(kept, parent)).waiting_since == START
    kept.clock.advance(timedelta(hours=1))
    await kept.call("POST", f"/{second['id']}/withdraw", json={"reason": "we found it"})
    assert (await promise_of(kept, parent)).binds.due_at == START + timedelta(hours=12)
    assert len(await kept.facts(told.CommitmentResumed)) == 1


async def test_c25_two_tasks_done_at_the_same_moment_let_it_go_on_once(kept: Commitments) -> None:
    for _ in range(5):
        parent = (await kept.promise(LAN))["id"]
        tasks = [await asked(kept, parent) for _ in range(3)]
        kept.clock.advance(timedelta(hours=1))
        await asyncio.gather(*(kept.call("POST", f"/{task['id']}/fulfil") for task in tasks))
        whole = await promise_of(kept, parent)
        assert whole.waiting_since is None
        assert [terms.waited_seconds for terms in whole.terms] == [0, 3600]


async def test_a_task_that_does_not_block_leaves_a_pause_that_somebody_else_began(kept: Commitments) -> None:
    parent = (await kept.promise(LAN))["id"]
    task = await asked(kept, parent, blocks=False)
    assert (await promise_of(kept, parent)).waiting_since is None
    await kept.call("POST", f"/{parent}/wait", json={"reason": "they are away"})
    (waiting,) = await kept.facts(told.CommitmentWaiting)
    assert (waiting.reason, waiting.task_id) == ("they are away", None)
    await kept.call("POST", f"/{task['id']}/fulfil")
    assert (await promise_of(kept, parent)).waiting_since == START


async def test_n18_reminded_at_three_quarters_and_a_day_before_once_each(kept: Commitments) -> None:
    parent = (await kept.promise(LAN))["id"]
    task = await asked(kept, parent, due_at=(START + timedelta(days=10)).isoformat())
    said: list[tuple[int, str]] = []
    for hour in range(1, 10 * 24):
        await kept.pass_time(hours=1)
        if len(facts := await kept.facts(told.CommitmentAtRisk)) > len(said):
            said.append((hour, facts[-1].reason))
    assert said == [(180, "not_finished_yet"), (216, "due_in_a_day")]
    assert {fact.obligor for fact in facts} == {"customer"}
    assert {str(fact.commitment_id) for fact in facts} == {task["id"]}


@pytest.mark.parametrize("end", ["fulfil", "withdraw", "void"])
async def test_n18_reminders_stop_at_once_when_it_is_done_or_taken_back(kept: Commitments, end: str) -> None:
    parent = (await kept.promise(LAN))["id"]
    task = await asked(kept, parent, due_at=(START + timedelta(days=10)).isoformat())
    await kept.call("POST", f"/{task['id']}/{end}", json={"reason": "x"})
    await kept.call("POST", f"/{parent}/fulfil")
    await kept.pass_time(days=9, hours=12)
    assert await kept.facts(told.CommitmentAtRisk) == []
    assert await kept.timers() == {}


async def test_x12_two_reminders_that_would_come_together_are_one(kept: Commitments) -> None:
    parent = (await kept.promise(LAN))["id"]
    await asked(kept, parent, due_at=(START + timedelta(days=4)).isoformat())
    await kept.pass_time(days=3, hours=23)
    assert len(await kept.facts(told.CommitmentAtRisk)) == 1
    await asked(kept, parent, due_at=(kept.now + timedelta(hours=20)).isoformat())
    assert not [kind for kind, _ in await kept.timers() if kind == "task_reminder"], "a day before is before it began"


async def test_a_late_task_is_broken_for_the_customer_and_ours_still_waits(kept: Commitments) -> None:
    parent = (await kept.promise(LAN, owner="minh"))["id"]
    task = await asked(kept, parent)
    await kept.pass_time(days=5)
    (broken,) = await kept.facts(told.CommitmentBroken)
    assert (str(broken.commitment_id), broken.obligor, broken.owner) == (task["id"], "customer", "minh")
    whole = await promise_of(kept, parent)
    assert (whole.status, whole.waiting_since) == (Status.STATED, START)
    (listed,) = await kept.call("GET", "/warnings", params={"owner": "minh"})
    assert (listed["why"], listed["promise"]["id"]) == ("task_late", task["id"])
    await kept.call("POST", f"/{task['id']}/fulfil")
    assert (await promise_of(kept, parent)).binds.due_at == START + timedelta(days=5, hours=10)
    assert await kept.call("GET", "/warnings", params={"owner": "minh"}) == []


FITS = [
    ("anything", "message", {}, True),
    ("anything", "call", {}, True),
    ("anything", "missed_call", {}, False),
    ("anything", "message", {"automatic": True}, False),
    ("message", "message", {}, True),
    ("message", "voicemail", {}, True),
    ("message", "call", {}, False),
    ("message", "message", {"automatic": True}, False),
    ("upload", "message", {}, False),
    ("upload", "message", {"attachments": [{"attachment_id": str(new_id())}]}, True),
    ("upload", "message", {"attachments": [{"attachment_id": str(new_id())}], "automatic": True}, False),
    ("upload", "message", {"attachments": [{"attachment_id": str(new_id()), "in_text": True}]}, False),
    ("message", "message", {"only_thanks": True}, False),
    ("form", "message", {}, False),
    ("message", "message", {"case_id": new_id()}, False),
]


@pytest.mark.parametrize(("wants", "kind", "changes", "does"), FITS)
async def test_c25_the_customers_own_act_on_any_channel_does_it(
    kept: Commitments, wants: str, kind: str, changes: dict[str, Any], does: bool
) -> None:
    parent = (await kept.promise(LAN, case_id=str(new_id())))["id"]
    fields = [{"name": "meter", "label": "Meter number", "kind": "text"}] if wants == "form" else []
    task = await asked(kept, parent, wants=wants, fields=fields)
    kept.clock.advance(timedelta(hours=3))
    contact = kept.contact(LAN, kind, **changes)
    await kept.deliver(contact)
    done = await promise_of(kept, task["id"])
    assert (done.fulfilled_at is not None) == does
    whole = await promise_of(kept, parent)
    assert (whole.waiting_since is None) == does
    if does:
        fact = next(f for f in await kept.facts(told.CommitmentFulfilled) if str(f.commitment_id) == task["id"])
        assert (fact.by, fact.evidence, fact.outcome) == ("customer", contact.interaction_id, Outcome.KEPT)


async def test_c25_an_act_of_the_same_person_under_another_id_counts_and_of_another_does_not(
    kept: Commitments,
) -> None:
    also_lan, mai = new_id(), new_id()
    parent = (await kept.promise(LAN))["id"]
    task = await asked(kept, parent, wants="message")
    await kept.deliver(*(known(c) for c in (LAN, also_lan, mai)))
    await kept.deliver(heard.CustomerMerged(customer_id=also_lan, into=LAN, reason="same phone", by="minh"))
    await kept.deliver(kept.contact(mai))
    assert (await promise_of(kept, task["id"])).is_open
    await kept.deliver(kept.contact(also_lan))
    assert (await promise_of(kept, task["id"])).status is Status.FULFILLED


async def test_what_was_sent_before_it_was_asked_does_not_do_it(kept: Commitments) -> None:
    early = kept.contact(LAN)
    kept.clock.advance(timedelta(minutes=5))
    task = await asked(kept, (await kept.promise(LAN))["id"], wants="message")
    await kept.deliver(early)
    assert (await promise_of(kept, task["id"])).is_open


async def test_a_contact_does_no_form_that_must_be_filled_in(kept: Commitments) -> None:
    field = {"name": "meter", "label": "Meter number", "kind": "text", "required": True}
    task = await asked(kept, (await kept.promise(LAN))["id"], wants="anything", fields=[field])
    await kept.deliver(kept.contact(LAN))
    assert (await promise_of(kept, task["id"])).is_open


async def test_a_contact_delivered_twice_does_it_once(kept: Commitments) -> None:
    parent = (await kept.promise(LAN))["id"]
    task = await asked(kept, parent)
    event = kept.event(kept.contact(LAN))
    await kept.deliver(event)
    await kept.deliver(event)
    done = [f for f in await kept.facts(told.CommitmentFulfilled) if str(f.commitment_id) == task["id"]]
    assert len(done) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"due_at": None},
        {"due_on": "2026-03-09"},
        {"words": " "},
        {"wants": "money"},
        {"wants": "form"},
        {"wants": "message", "fields": [{"name": "a", "label": "A", "kind": "text"}]},
        {"fields": [{"name": "A b", "label": "A", "kind": "text"}]},
        {"fields": [{"name": "a", "label": "A", "kind": "colour"}]},
        {"fields": [{"name": "a", "label": "A", "kind": "choice", "choices": ["one"]}]},
        {"fields": [{"name": "a", "label": "A", "kind": "choice", "choices": ["one", "one", "two"]}]},
        {"fields": [{"name": "a", "label": "A", "kind": "text", "choices": ["one", "two"]}]},
        {"fields": [{"name": "a", "label": "A", "kind": "text"}] * 2},
        {"fields": [{"name": f"a{i}", "label": "A", "kind": "text"} for i in range(21)]},
        {"zone": "Asia/Saigonn"},
        {"surprise": 1},
        {"due_at": START.isoformat()},
        {"due_at": (START + timedelta(days=9999)).isoformat()},
    ],
)
async def test_a_task_that_does_not_hold_together_is_refused_and_changes_nothing(
    kept: Commitments, change: dict[str, Any]
) -> None:
    parent = (await kept.promise(LAN))["id"]
    body = {"words": "x", "due_at": (START + timedelta(days=1)).isoformat()} | change
    await kept.call("POST", f"/{parent}/tasks", json=body, expect=422)
    assert len(await kept.all()) == 1
    assert (await promise_of(kept, parent)).waiting_since is None


async def test_what_can_have_no_task(kept: Commitments) -> None:
    body = {"words": "x", "due_at": (START + timedelta(days=1)).isoformat()}
    problem = await kept.call("POST", f"/{new_id()}/tasks", json=body, expect=404)
    assert problem["type"] == "urn:kept:problem:promise-not-found"
    ended, draft, parent = [(await kept.promise(LAN, tell=tell))["id"] for tell in (True, False, True)]
    await kept.call("POST", f"/{ended}/fulfil")
    for id_ in (ended, draft):
        problem = await kept.call("POST", f"/{id_}/tasks", json=body, expect=409)
        assert problem["type"] == "urn:kept:problem:wrong-state"
    task = await asked(kept, parent)
    problem = await kept.call("POST", f"/{task['id']}/tasks", json=body, expect=409)
    assert problem["type"] == "urn:kept:problem:not-for-tasks"
    assert (await kept.call("GET", f"/{parent}/task", expect=404))["type"] == "urn:kept:problem:task-not-found"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("agree", {"revision": 1}),
        ("decline", {"revision": 1, "reason": "no"}),
        ("revise", {"due_at": (START + timedelta(days=3)).isoformat(), "reason": "more time"}),
        ("wait", {"reason": "x"}),
        ("resume", None),
    ],
)
async def test_what_is_said_of_promises_of_ours_is_not_said_of_a_task(kept: Commitments, path: str, body: Any) -> None:
    task = await asked(kept, (await kept.promise(LAN))["id"])
    problem = await kept.call("POST", f"/{task['id']}/{path}", json=body, expect=409)
    assert problem["type"] == "urn:kept:problem:not-for-tasks"
    assert len((await promise_of(kept, task["id"])).terms) == 1


async def test_a_task_for_a_day_ends_with_the_day_where_the_promise_is(kept: Commitments) -> None:
    parent = (await kept.promise(LAN, zone="Asia/Tokyo"))["id"]
    task = await asked(kept, parent, due_at=None, due_on="2026-03-05")
    assert datetime.fromisoformat(task["due_at"]) == datetime.fromisoformat("2026-03-05T23:59:59.999+09:00")
    assert task["terms"][0]["due_on"] == "2026-03-05"


@given(
    lasts=st.timedeltas(timedelta(minutes=1), timedelta(days=400)), late=st.timedeltas(timedelta(0), timedelta(days=2))
)
def test_n18_a_second_reminder_is_before_due_after_it_was_asked_and_apart_from_the_first(
    lasts: timedelta, late: timedelta
) -> None:
    terms = Terms(revision=1, words="x", due_at=START + lasts, zone="UTC", cost="0")
    task, _ = core.state(Promise(LAN, LAN, CommitmentKind.TASK, (terms,), obligor="customer"), START)
    at = second_reminder(task)
    assert task.warns_at is not None
    if at is None:
        assert lasts <= timedelta(days=1) or abs(START + lasts - timedelta(days=1) - task.warns_at) < APART
        return
    assert START < at == START + lasts - timedelta(days=1)
    assert (remind(task, at + late) is not None) == (late < timedelta(days=1)), "never after due as if before"


@given(
    values=st.lists(st.tuples(st.sampled_from(["f_a", "f_b", "f_c", "f_d", "note", "sent", "x"]), st.text())),
    uploads=st.lists(st.tuples(st.text(), st.one_of(st.none(), st.binary(max_size=20)))),
    wants=st.sampled_from(["anything", "form", "upload", "message"]),
)
def test_c26_whatever_is_sent_is_taken_whole_or_answered_with_sentences(
    values: list[tuple[str, str]], uploads: list[tuple[str, bytes | None]], wants: Any
) -> None:
    fields = (
        TaskField(name="a", label="A", kind="text", required=True),
        TaskField(name="b", label="B", kind="date"),
        TaskField(name="c", label="C", kind="number"),
        TaskField(name="d", label="D", kind="choice", choices=("one", "two")),
    )
    filled = read_form(Task(LAN, wants, fields), values, uploads)
    assert all(wrong.sentence for wrong in filled.wrong.values())
    if not filled.wrong:
        assert filled.answers["a"]
        assert ("sent" in dict(values), len(filled.files)) == (True, len(uploads))
        assert "\0" not in str(filled.answers) + (filled.note or "")


@given(name=st.text(), content=st.binary(max_size=64))
def test_c26_a_file_is_of_a_known_kind_or_refused(name: str, content: bytes) -> None:
    with contextlib.suppress(BadFile):
        taken = check(name, content)
        assert 0 < len(taken.content) <= MOST_BYTES
        assert taken.name == plain_name(name)


@given(name=st.text(), ending=st.sampled_from([".pdf", ".jpeg", ""]))
def test_c26_a_files_name_can_be_stored_and_keeps_its_ending(name: str, ending: str) -> None:
    plain = plain_name(name + ending)
    assert len(plain) <= LONGEST_NAME
    assert plain.isprintable()
    assert not set(plain) & set('/\\"<>:|?*')
    assert plain.endswith(ending.lstrip("."))
    assert plain_name(plain) == plain
