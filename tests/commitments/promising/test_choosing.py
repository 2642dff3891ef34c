"""The customer chooses among what they were offered; a goal has two yeses; the unusual waits for its plan.

Rows: C20, C21, C23, C27, C28.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.errors import NoSuchOption, NotAGoal, PlanNotAgreed, StaleRevision, TooLate, WrongState
from services.commitments.promise import core
from services.commitments.promise.core import RULES, Command, Decision, Promise, Status
from services.commitments.wording.plain import unmet
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Money, Option, Progress
from tests.commitments.conftest import START, Commitments
from tests.commitments.people import vnd
from tests.commitments.promise.test_promise import NOW, TEN_HOURS, TICK, drafted, revised, stated

DAY = timedelta(days=1)
LATER = Option(name="later", words="Repaired by Friday", due_at=NOW + 3 * DAY, cost="no charge", kind="later")
DEARER = Option(
    name="dearer",
    words="A new one tomorrow",
    due_at=NOW + DAY,
    cost="500.000 ₫",
    charge=Money(amount="500000", currency="VND"),
    reason="it is in stock",
    kind="dearer",
)


def with_options(promise: Promise, **changes: Any) -> Promise:
    terms = promise.latest.model_copy(update={"options": (LATER, DEARER), **changes})
    return promise._replace(terms=(*promise.terms[:-1], terms))


def offered() -> Promise:
    return core.state(with_options(drafted(NOW + 2 * DAY)), NOW)[0]


def test_c20_the_choice_is_the_next_revision_and_agreed_by_that_act() -> None:
    chosen, (fact,) = core.choose(offered(), 1, "dearer", NOW + TICK, by="agent_record", recorded_by="minh")
    assert (chosen.status, chosen.binding, chosen.answered, chosen.agreed) == (Status.AGREED, 2, 2, 2)
    binds = chosen.binds
    assert (binds.revision, binds.chosen, binds.words) == (2, "dearer", "A new one tomorrow")
    assert (binds.due_at, binds.cost, binds.charge, binds.reason) == (
        DEARER.due_at, DEARER.cost, DEARER.charge, DEARER.reason,
    )  # fmt: skip
    assert isinstance(fact, told.CommitmentAgreed)
    assert (fact.terms, fact.by, fact.recorded_by) == (binds, "agent_record", "minh")
    assert chosen.terms[0] == offered().terms[0], "what was offered stays as it was said"


def test_c20_of_the_first_offer_it_is_what_was_first_promised_and_of_a_change_it_is_a_change() -> None:
    first, _ = core.choose(offered(), 1, "later", NOW)
    assert first.first_due_at == LATER.due_at
    assert core.fulfil(first, LATER.due_at, by="minh")[0].outcome is Outcome.KEPT
    agreed, _ = core.agree(stated(NOW + 2 * DAY), 1, NOW)
    proposed = with_options(revised(agreed, NOW + 4 * DAY))
    changed, _ = core.choose(proposed, 2, "later", NOW)
    assert changed.first_due_at == NOW + 2 * DAY
    assert core.fulfil(changed, LATER.due_at, by="minh")[0].outcome is Outcome.KEPT_CHANGED


def test_c20_its_clock_begins_with_the_choice() -> None:
    warned, _ = core.warn(offered(), NOW, early=True)
    chosen, _ = core.choose(warned, 1, "later", NOW + DAY)
    clocks = core.reset_clocks(warned, chosen)
    assert clocks["commitment_due"] == LATER.due_at + timedelta(milliseconds=1)
    assert clocks["commitment_warning"] == NOW + DAY + (LATER.due_at - NOW - DAY) * 0.75


def test_choosing_twice_is_choosing_once_and_there_is_no_second_choice() -> None:
    chosen, _ = core.choose(offered(), 1, "later", NOW)
    assert core.choose(chosen, 1, "later", NOW) == (chosen, ())
    with pytest.raises(StaleRevision):
        core.choose(chosen, 1, "dearer", NOW)
    with pytest.raises(WrongState, match="have been answered"):
        core.choose(chosen, 2, "dearer", NOW)
    with pytest.raises(WrongState, match="have been answered"):
        core.choose(core.agree(offered(), 1, NOW)[0], 1, "later", NOW)


def test_what_was_not_offered_is_not_chosen() -> None:
    with pytest.raises(NoSuchOption) as unknown:
        core.choose(offered(), 1, "free", NOW)
    assert unknown.value.extra["options"] == ["dearer", "later"]
    with pytest.raises(NoSuchOption):
        core.choose(stated(), 1, "later", NOW)


@pytest.mark.parametrize("at", [DEARER.due_at, NOW + 2 * DAY + TICK])
def test_what_can_no_longer_be_done_is_not_chosen(at: datetime) -> None:
    """An option whose time has come, and any option where the promise itself is due."""
    with pytest.raises(TooLate):
        core.choose(offered(), 1, "dearer", at)


def test_an_option_waits_as_the_promise_does() -> None:
    paused, _ = core.wait(offered(), NOW, reason="a photo", by="minh")
    resumed, _ = core.resume(paused, NOW + 3 * DAY, by="customer")
    chosen, _ = core.choose(resumed, 2, "dearer", NOW + 3 * DAY)
    assert chosen.binds.due_at == DEARER.due_at + 3 * DAY


def test_a_revision_after_the_choice_offers_it_no_more() -> None:
    chosen, _ = core.choose(offered(), 1, "later", NOW)
    moved = revised(chosen, NOW + 5 * DAY)
    assert (moved.latest.options, moved.latest.chosen) == ((), "later")
    assert revised(offered(), NOW + 5 * DAY).latest.options == (LATER, DEARER), "not chosen yet"


@pytest.mark.parametrize("status", Status)
def test_from_where_a_choice_is_made_is_what_the_rules_say(status: Status) -> None:
    promise = offered()._replace(status=status)
    if status in RULES[Command.CHOOSE].may:
        assert core.choose(promise, 1, "later", NOW)[0].status in RULES[Command.CHOOSE].to
    else:
        with pytest.raises((WrongState, TooLate)):
            core.choose(promise, 1, "later", NOW)


@given(
    dues=st.lists(st.timedeltas(TICK, timedelta(days=9)), min_size=1, max_size=5),
    pick=st.integers(0, 4),
    now=st.timedeltas(timedelta(0), timedelta(days=9)),
)
def test_a_choice_is_one_of_what_was_offered_in_time_or_nothing_at_all(
    dues: list[timedelta], pick: int, now: timedelta
) -> None:
    options = tuple(LATER.model_copy(update={"name": str(n), "due_at": NOW + due}) for n, due in enumerate(dues))
    promise = with_options(stated(NOW + 4 * DAY), options=options)
    try:
        chosen, _ = core.choose(promise, 1, str(pick), NOW + now)
    except (TooLate, NoSuchOption):
        assert pick >= len(dues) or now >= dues[pick] or now > 4 * DAY
        return
    assert chosen.binds.due_at == NOW + dues[pick] > NOW + now
    assert not chosen.awaits_answer
    assert chosen.terms[:1] == promise.terms


def test_c20_a_wish_we_cannot_meet_asks_for_options() -> None:
    wished = drafted().latest.model_copy(update={"expected_by": NOW + timedelta(hours=1)})
    (hint,) = unmet(wished)
    assert (hint.where, hint.rule) == ("options", "offer")
    assert unmet(wished.model_copy(update={"options": (LATER,)})) == []
    assert unmet(wished.model_copy(update={"expected_by": wished.due_at})) == []
    assert unmet(drafted().latest) == []


# ---- the unusual ----


def progress(steps_done: int) -> Progress:
    at = NOW + timedelta(hours=1)
    return Progress(at=NOW, now_doing="x", next_step="y", next_contact_at=at, steps_done=steps_done)


def unusual(promise: Promise) -> Promise:
    return promise._replace(terms=tuple(t.model_copy(update={"unusual": True}) for t in promise.terms))


def test_c23_what_is_unusual_does_not_begin_before_its_plan_is_agreed() -> None:
    planned = unusual(stated())
    core.tell_progress(planned, progress(0), NOW, by="minh")
    starts: list[Callable[[], Decision]] = [
        lambda: core.tell_progress(planned, progress(1), NOW, by="minh"),
        lambda: core.fulfil(planned, NOW, by="minh"),
        lambda: core.fulfil(core.wait(planned, NOW, reason="a photo", by="minh")[0], NOW, by="minh"),
    ]
    for start in starts:
        with pytest.raises(PlanNotAgreed):
            start()
    agreed, _ = core.agree(planned, 1, NOW)
    core.tell_progress(agreed, progress(1), NOW, by="minh")
    assert core.fulfil(agreed, NOW, by="minh")[0].outcome is Outcome.KEPT


def test_c23_what_is_routine_begins_at_once() -> None:
    core.tell_progress(stated(), progress(1), NOW, by="minh")
    assert core.fulfil(stated(), NOW, by="minh")[0].outcome is Outcome.KEPT


def test_c23_a_change_of_an_agreed_plan_does_not_stop_the_work() -> None:
    agreed, _ = core.agree(unusual(stated()), 1, NOW)
    core.tell_progress(revised(agreed, NOW + 2 * TEN_HOURS), progress(1), NOW, by="minh")


def test_c23_after_due_it_is_broken_and_what_was_done_all_the_same_is_not_denied() -> None:
    late = NOW + TEN_HOURS + TICK
    assert core.fulfil(unusual(stated()), late, by="minh")[0].outcome is Outcome.BROKEN_SILENT


# ---- goals ----


def goal(promise: Promise) -> Promise:
    return promise._replace(kind=CommitmentKind.GOAL)


def test_c27_a_goal_has_two_yeses_in_any_order() -> None:
    ours, (fact,) = core.confirm(goal(stated()), 1, NOW, by="minh")
    assert isinstance(fact, told.CommitmentReviewed)
    assert (fact.decision, fact.by, ours.by_both) == ("confirmed", "minh", {"us": True, "customer": False})
    both, _ = core.agree(ours, 1, NOW)
    theirs, _ = core.agree(goal(stated()), 1, NOW)
    assert theirs.by_both == {"us": False, "customer": True}
    assert both.by_both == core.confirm(theirs, 1, NOW, by="minh")[0].by_both == {"us": True, "customer": True}
    assert core.confirm(ours, 1, NOW, by="hoa") == (ours, ()), "twice is once"
    early, _ = core.confirm(goal(drafted()), 1, NOW, by="minh")
    assert early.by_both == {"us": True, "customer": False}
    assert stated().by_both is None


def test_c27_a_changed_goal_needs_both_again_and_one_that_waited_does_not() -> None:
    both, _ = core.agree(core.confirm(goal(stated()), 1, NOW, by="minh")[0], 1, NOW)
    changed = revised(both, NOW + 2 * TEN_HOURS)
    assert changed.by_both == {"us": True, "customer": True}, "the goal that binds is still the old one"
    agreed, _ = core.agree(changed, 2, NOW)
    assert agreed.by_both == {"us": False, "customer": True}
    assert core.confirm(agreed, 2, NOW, by="minh")[0].by_both == {"us": True, "customer": True}
    paused, _ = core.wait(both, NOW, reason="a photo", by="minh")
    resumed, _ = core.resume(paused, NOW + TEN_HOURS, by="customer")
    assert (resumed.binding, resumed.by_both) == (2, {"us": True, "customer": True})


def test_c27_only_a_goal_is_confirmed_and_only_as_it_is_now() -> None:
    with pytest.raises(NotAGoal):
        core.confirm(stated(), 1, NOW, by="minh")
    with pytest.raises(StaleRevision):
        core.confirm(revised(goal(stated()), NOW + 2 * TEN_HOURS), 1, NOW, by="minh")
    with pytest.raises(TooLate):
        core.confirm(goal(stated()), 1, NOW + TEN_HOURS + TICK, by="minh")


# ---- by HTTP ----

OPTIONS: list[dict[str, Any]] = [
    {"name": "later", "kind": "later", "words": "Repaired by Friday", "cost": "no charge",
     "due_at": (START + 3 * DAY).isoformat(), "reason": "the part comes on Thursday"},
    {"name": "less", "kind": "less", "words": "The pump alone", "cost": "no charge", "quality": "used part",
     "due_at": (START + DAY).isoformat()},
    {"name": "dearer", "kind": "dearer", "words": "A new one", "cost": "500.000 ₫", "charge": vnd("500000"),
     "due_at": (START + DAY).isoformat()},
]  # fmt: skip


async def test_c20_c21_counter_offers_are_recorded_and_the_choice_is_stored(kept: Commitments) -> None:
    wish = (START + timedelta(hours=3)).isoformat()
    made = await kept.promise(expected_by=wish)
    assert [h["where"] for h in made["hints"]] == ["options"]
    id_ = (await kept.promise(expected_by=wish, options=OPTIONS))["id"]
    (_, said) = await kept.facts(told.CommitmentStated)
    assert [(o.name, o.kind, o.cost, o.quality, o.reason) for o in said.terms.options] == [
        ("later", "later", "no charge", None, "the part comes on Thursday"),
        ("less", "less", "no charge", "used part", None),
        ("dearer", "dearer", "500.000 ₫", None, None),
    ]
    problem = await kept.call("POST", f"/{id_}/choose", json={"revision": 1, "option": "free"}, expect=422)
    assert (problem["type"], problem["options"]) == ("urn:kept:problem:no-such-option", ["dearer", "later", "less"])
    choice = {"revision": 1, "option": "later"}
    chosen = await kept.call("POST", f"/{id_}/choose", json=choice)
    assert (chosen["status"], chosen["binding"], chosen["awaits_answer"]) == ("agreed", 2, False)
    assert chosen["terms"][1]["chosen"] == "later"
    assert datetime.fromisoformat(chosen["due_at"]) == START + 3 * DAY
    assert chosen == await kept.call("POST", f"/{id_}/choose", json=choice), "twice is once"
    assert chosen == await kept.call("GET", f"/{id_}")
    (entry,) = await kept.call("GET", f"/{id_}/decisions")
    assert entry | {"at": None, "due_at": None} == {
        "at": None, "decision": "agreed", "by": "customer", "recorded_by": "lan",
        "reason": None, "revision": 2, "due_at": None, "chosen": "later",
    }  # fmt: skip


async def test_c28_each_disapproval_leads_to_the_next_revision_and_all_is_on_record(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    decisions: list[list[Any]] = []
    for revision in (1, 2):
        no = {"revision": revision, "reason": "Tôi đi làm lúc đó"}
        await kept.call("POST", f"/{id_}/decline", json=no)
        change = {"due_at": (START + revision * DAY).isoformat(), "reason": "another time"}
        terms = (await kept.call("POST", f"/{id_}/revise", json=change))["terms"]
        assert [t["revision"] for t in terms] == list(range(1, revision + 2))
        decisions.append(await kept.call("GET", f"/{id_}/decisions"))
    kept.clock.advance(timedelta(minutes=5))
    await kept.call("POST", f"/{id_}/agree", json={"revision": 3})
    log = await kept.call("GET", f"/{id_}/decisions")
    assert [(e["decision"], e["revision"], e["by"], e["recorded_by"], e["reason"]) for e in log] == [
        ("declined", 1, "customer", "lan", "Tôi đi làm lúc đó"),
        ("revised", 2, "lan", None, "another time"),
        ("declined", 2, "customer", "lan", "Tôi đi làm lúc đó"),
        ("revised", 3, "lan", None, "another time"),
        ("agreed", 3, "customer", "lan", None),
    ]
    assert datetime.fromisoformat(log[-1]["at"]) == START + timedelta(minutes=5)
    for earlier in decisions:
        assert log[: len(earlier)] == earlier, "what was decided stays on record as it was"


async def test_c23_work_on_the_unusual_is_refused_before_the_plan_is_agreed(kept: Commitments) -> None:
    id_ = (await kept.promise(unusual=True))["id"]
    said = {"now_doing": "x", "next_step": "y", "next_contact_at": (START + DAY).isoformat(), "steps_done": 1}
    for path, body in [("progress", said), ("fulfil", None)]:
        problem = await kept.call("POST", f"/{id_}/{path}", json=body, expect=409)
        assert problem["type"] == "urn:kept:problem:plan-not-agreed"
    assert len(await kept.facts()) == 2
    await kept.call("POST", f"/{id_}/agree", json={"revision": 1})
    await kept.call("POST", f"/{id_}/progress", json=said)
    assert (await kept.call("POST", f"/{id_}/fulfil"))["outcome"] == "kept"


async def test_c27_a_goal_shows_both_sides(kept: Commitments) -> None:
    id_ = (await kept.promise(kind="goal", words="All returns answered within two days"))["id"]
    problem = await kept.call("POST", f"/{(await kept.promise())['id']}/confirm", json={"revision": 1}, expect=409)
    assert problem["type"] == "urn:kept:problem:not-a-goal"
    ours = await kept.call("POST", f"/{id_}/confirm", json={"revision": 1})
    assert (ours["kind"], ours["by_both"]) == ("goal", {"us": True, "customer": False})
    await kept.call("POST", f"/{id_}/agree", json={"revision": 1})
    for seen in (await kept.call("GET", f"/{id_}"), *(await kept.call("GET", "", params={"kind": "goal"}))["items"]):
        assert seen["by_both"] == {"us": True, "customer": True}
    log = await kept.call("GET", f"/{id_}/decisions")
    assert [(e["decision"], e["by"]) for e in log] == [("confirmed", "lan"), ("agreed", "customer")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"options": [OPTIONS[0], OPTIONS[0]]},
        {"options": [OPTIONS[0] | {"due_at": START.isoformat()}]},
        {"options": [OPTIONS[0] | {"due_at": "9999-12-31T23:59:59-14:00"}]},
        {"options": [OPTIONS[0] | {"kind": "sooner"}]},
        {"expected_by": "2026-03-03T09:00:00"},
    ],
)
async def test_what_cannot_be_offered_is_refused(kept: Commitments, wrong: dict[str, Any]) -> None:
    id_ = (await kept.promise())["id"]
    change = {"due_at": (START + DAY).isoformat(), "reason": "rain"}
    await kept.call("POST", f"/{id_}/revise", json=change | wrong, expect=422)
    body = {"customer_id": id_, "words": "x", "due_at": change["due_at"], "cost": "0"}
    await kept.call("POST", "", json=body | wrong, expect=422)
    assert len(await kept.facts()) == 2
