"""The clocks beside a first answer: later messages, complaints, call-backs tried, updates, follow-ups.

Rows: C13, C14, C15, I6, X3, X4, X12.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.commitments.cases.cadence import TIMER
from services.commitments.promise.core import Promise, Status
from shared.contracts import commitments as told
from shared.contracts import intake as heard
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind
from shared.ids import new_id
from shared.timers import Timer
from tests.commitments.calendars.test_routes import HCM, set_office
from tests.commitments.conftest import START, Commitments, known

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


async def rule(kept: Commitments, kind: str, within: timedelta | None, **of: Any) -> Any:
    minutes = None if within is None else int(within / timedelta(minutes=1))
    return await kept.call("PUT", "/policies", json={"kind": kind, "within_minutes": minutes, **of}, expect=201)


def case_of(kept: Commitments, customer: UUID, **changes: Any) -> heard.CaseOpened:
    return kept.case(customer).model_copy(update=changes)


def ended(kept: Commitments, case: heard.CaseOpened) -> heard.CaseResolved:
    facts = case.model_dump(exclude={"opened_at"})
    return heard.CaseResolved(**facts, resolved_at=kept.now, summary="repaired", by="minh")


def again(kept: Commitments, case: heard.CaseOpened) -> heard.CaseReopened:
    facts = case.model_dump(exclude={"opened_at"})
    return heard.CaseReopened(**facts, reopened_at=kept.now, reason="it leaks again", by="minh")


async def of_kind(kept: Commitments, customer: UUID, kind: CommitmentKind) -> list[Promise]:
    return [p for p in await kept.all(customer) if p.kind is kind]


async def dues(kept: Commitments, customer: UUID) -> list[timedelta]:
    return [p.binds.due_at - START for p in await kept.all(customer)]


# Answers


async def test_x4_open_time_counts_where_a_rule_names_a_calendar(kept: Commitments) -> None:
    await set_office(kept)
    await rule(kept, "response", 4 * HOUR, calendar="office")
    lan = new_id()
    await kept.deliver(kept.contact(lan))  # Monday 16:00 there: one hour today, three tomorrow
    assert (await kept.only(lan)).binds.due_at == datetime(2026, 3, 3, 4, 0, tzinfo=UTC)


async def test_x3_a_clock_keeps_the_calendar_that_was_valid_when_it_began(kept: Commitments) -> None:
    await set_office(kept)
    await rule(kept, "response", 4 * HOUR, calendar="office")
    lan, hoa = new_id(), new_id()
    before = kept.contact(lan)
    kept.clock.advance(timedelta(minutes=1))
    await set_office(kept, week={"fri": HCM["week"]["fri"]})
    await kept.deliver(before, kept.contact(hoa))
    assert (await kept.only(lan)).binds.due_at == datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
    assert (await kept.only(hoa)).binds.due_at == datetime(2026, 3, 6, 5, 0, tzinfo=UTC)


async def test_i6_the_most_specific_rule_counts(kept: Commitments) -> None:
    await rule(kept, "response", 8 * HOUR, channel_kind="sms")
    await rule(kept, "response", 2 * HOUR, customer_class="vip")
    await rule(kept, "response", 3 * HOUR, customer_class="internal")
    await rule(kept, "response", 1 * HOUR, category="billing")
    lan, hoa, an, vip = (new_id() for _ in range(4))
    inside = known(an).model_copy(update={"kind": "internal"})
    case = case_of(kept, lan, category="billing")
    await kept.deliver(known(vip), inside, case)
    await kept.call("PUT", f"/customers/{vip}", json={"customer_class": "vip"})
    await kept.deliver(kept.contact(lan, case_id=case.case_id), kept.contact(hoa), kept.contact(an), kept.contact(vip))
    assert [await dues(kept, customer) for customer in (lan, vip, an, hoa)] == [
        [1 * HOUR],
        [2 * HOUR],
        [3 * HOUR],
        [8 * HOUR],
    ]


async def test_the_class_of_whom_a_customer_is_merged_into_counts(kept: Commitments) -> None:
    await rule(kept, "response", 2 * HOUR, customer_class="vip")
    lan, by_mail = new_id(), new_id()
    await kept.deliver(known(lan), known(by_mail))
    await kept.call("PUT", f"/customers/{lan}", json={"customer_class": "vip"})
    link = heard.CustomerMerged(customer_id=by_mail, into=lan, reason="same voice", by="minh")
    await kept.deliver(link, kept.contact(by_mail))
    assert await dues(kept, by_mail) == [2 * HOUR]


async def test_later_messages_of_an_open_case_have_a_clock_of_their_own_where_policy_has_one(
    kept: Commitments,
) -> None:
    await rule(kept, "next_response", 2 * HOUR)
    lan = new_id()
    case = case_of(kept, lan, owner="minh")
    first, second = (kept.contact(lan, case_id=case.case_id) for _ in range(2))
    await kept.deliver(case, first, second, kept.event(first), kept.contact(lan))
    made = await kept.all(lan)
    assert [(p.kind.value, p.binds.due_at - START, p.owner) for p in made] == [
        ("response", DAY, "minh"),
        ("next_response", 2 * HOUR, "minh"),
        ("response", DAY, None),
    ]
    assert made[1].binds.words == "Nhân viên của chúng tôi trả lời tin nhắn tiếp theo của anh/chị."
    await kept.deliver(kept.answer(lan, answers=(second.interaction_id,)))
    assert [p.outcome for p in await kept.all(lan)] == [None, Outcome.KEPT, None]
    await kept.deliver(ended(kept, case), again(kept, case), kept.contact(lan, case_id=case.case_id))
    assert (await kept.all(lan))[-1].kind is CommitmentKind.RESPONSE, "opened again, it begins anew"


async def test_a_complaint_is_answered_as_its_own_rule_says(kept: Commitments) -> None:
    await rule(kept, "complaint", 2 * HOUR)
    await rule(kept, "next_response", 8 * HOUR)
    lan = new_id()
    case = case_of(kept, lan, kind="complaint")
    first, second = (kept.contact(lan, case_id=case.case_id) for _ in range(2))
    await kept.deliver(case, first)
    (watched,) = (await kept.call("GET", "/next-contacts"))["items"]
    assert datetime.fromisoformat(watched["next_contact_at"]) == START + 2 * HOUR
    await kept.deliver(kept.answer(lan), second)
    assert await dues(kept, lan) == [2 * HOUR, 2 * HOUR]
    promise = (await kept.all(lan))[0]
    assert promise.kind is CommitmentKind.RESPONSE
    assert "khiếu nại" in promise.binds.words
    assert {fact.policy for fact in await kept.facts(told.CommitmentStated)} == {"complaint"}


async def test_a_case_that_turns_into_a_complaint_is_one_from_then_on(kept: Commitments) -> None:
    await rule(kept, "complaint", 2 * HOUR)
    lan = new_id()
    case = case_of(kept, lan)
    changed = heard.CaseUpdated(**case.model_dump(exclude={"opened_at"}) | {"kind": "complaint"})
    message = kept.contact(lan, case_id=case.case_id)
    await kept.deliver(case, message, changed, kept.contact(lan, case_id=case.case_id))
    assert await dues(kept, lan) == [DAY, 2 * HOUR]


async def test_without_rules_of_their_own_complaints_and_later_messages_are_answered_as_any(
    kept: Commitments,
) -> None:
    await rule(kept, "complaint", 2 * HOUR)
    await rule(kept, "complaint", None)
    lan = new_id()
    case = case_of(kept, lan, kind="complaint")
    first, second = (kept.contact(lan, case_id=case.case_id) for _ in range(2))
    await kept.deliver(case, first, kept.answer(lan), second)
    assert await dues(kept, lan) == [DAY, DAY]


# Call-backs


async def test_c13_a_call_that_reached_nobody_is_an_attempt_and_asks_for_another_time(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(known(lan, language="en"), kept.contact(lan, "missed_call"))
    await kept.pass_time(hours=1)
    await kept.deliver(kept.answer(lan, "missed_call"))
    promise = await kept.only(lan)
    assert (promise.status, promise.binds.due_at) == (Status.STATED, START + 4 * HOUR), "due does not move by itself"
    (fact,) = await kept.facts(told.CommitmentProgressed)
    assert (fact.by, fact.progress.now_doing) == ("minh", "We called you and reached nobody.")
    assert fact.progress.next_contact_at == kept.now + 4 * HOUR
    assert promise.progress == fact.progress
    kept.clock.advance(timedelta(minutes=1))
    await kept.deliver(kept.answer(lan, "missed_call"))
    assert len(await kept.facts(told.CommitmentProgressed)) == 2, "each attempt is a fact"
    await kept.pass_time(hours=4)
    assert (await kept.only(lan)).status is Status.BROKEN, "trying is not calling"
    await kept.deliver(kept.answer(lan, "missed_call"), kept.answer(lan, "call"))
    promise = await kept.only(lan)
    assert (promise.outcome, promise.fulfilled_at) == (Outcome.BROKEN_SILENT, kept.now)


async def test_c13_a_new_time_that_the_customer_agrees_to_is_the_one_that_counts(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan, "missed_call"))
    id_ = (await kept.only(lan)).id
    await kept.deliver(kept.answer(lan, "missed_call"))
    change = {"due_at": (START + DAY).isoformat(), "reason": "you were not in"}
    await kept.call("POST", f"/{id_}/revise", json=change)
    await kept.call("POST", f"/{id_}/agree", json={"revision": 2})
    await kept.pass_time(hours=23)
    await kept.deliver(kept.answer(lan, "call"))
    assert (await kept.only(lan)).outcome is Outcome.KEPT_CHANGED


async def test_c13_a_machine_that_calls_is_no_attempt(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.answer(lan, "missed_call"), kept.contact(lan, "missed_call"))
    await kept.deliver(kept.answer(lan, "missed_call", automatic=True))
    assert await kept.facts(told.CommitmentProgressed) == []


# Updates


async def test_c15_each_update_promises_the_next_until_the_case_is_resolved(kept: Commitments) -> None:
    lan = new_id()
    case = case_of(kept, lan, owner="minh", category="repair")
    await kept.deliver(case)
    await kept.pass_time(days=2)
    await kept.deliver(kept.answer(lan))
    assert await kept.all(lan) == [], "a case that is younger than a week owes none"
    await kept.pass_time(days=5)
    first = await kept.only(lan)
    assert (first.kind, first.case_id, first.owner, first.category) == ("update", case.case_id, "minh", "repair")
    assert first.binds.due_at == START + 2 * DAY + WEEK, "a week after we last spoke"
    for n in range(3):
        await kept.pass_time(days=2)
        kept.clock.advance(4 * DAY * (n > 0))
        await kept.deliver(kept.answer(lan, "call"))
        updates = await kept.all(lan)
        assert [p.outcome for p in updates] == [Outcome.KEPT] * (n + 1) + [None]
        assert updates[-1].binds.due_at == kept.now + WEEK
    kept.clock.advance(DAY)
    await kept.deliver(ended(kept, case))
    assert {p.outcome for p in await kept.all(lan)} == {Outcome.KEPT}, "its end is its last update"
    await kept.deliver(kept.answer(lan))
    await kept.pass_time(days=30)
    assert len(await kept.all(lan)) == 4
    assert await kept.timers_are_gone()


async def test_c15_words_in_the_same_conversation_are_not_updates_of_so_many_weeks(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.case(lan))
    await kept.pass_time(days=7)
    await kept.pass_time(hours=10)
    assert (await kept.only(lan)).outcome is Outcome.BROKEN_SILENT, "nobody spoke for a week: it was owed that day"
    await kept.deliver(*(kept.answer(lan) for _ in range(5)))
    late, following = await kept.all(lan)
    assert (late.fulfilled_at, following.outcome) == (kept.now, None)


async def test_c15_an_update_by_hand_promises_the_next_too(kept: Commitments) -> None:
    lan = new_id()
    case = kept.case(lan)
    await kept.deliver(case, kept.answer(lan))
    await kept.pass_time(days=6)
    await kept.deliver(kept.answer(lan))
    await kept.pass_time(days=1)
    update = await kept.only(lan)
    done = await kept.call("POST", f"/{update.id}/fulfil")
    assert done["outcome"] == "kept"
    assert [p.status for p in await kept.all(lan)] == [Status.FULFILLED, Status.STATED]
    problem = await kept.call("POST", f"/{update.id}/fulfil", expect=409)
    assert problem["type"] == "urn:kept:problem:wrong-state"
    assert len(await kept.all(lan)) == 2


async def test_c15_an_answer_about_another_case_is_no_update_of_this_one(kept: Commitments) -> None:
    lan = new_id()
    one, other = kept.case(lan), kept.case(lan)
    await kept.deliver(one, other, kept.answer(lan))
    await kept.pass_time(days=6)
    await kept.deliver(kept.answer(lan))
    await kept.pass_time(days=1)
    await kept.pass_time(days=5)
    await kept.deliver(kept.answer(lan, case_id=one.case_id))
    outcomes = {(p.case_id, p.outcome) for p in await kept.all(lan)}
    assert outcomes == {(one.case_id, Outcome.KEPT), (one.case_id, None), (other.case_id, None)}


async def test_c15_policy_sets_the_cadence_or_that_there_is_none(kept: Commitments) -> None:
    await rule(kept, "update", 2 * DAY, category="outage")
    await rule(kept, "update", None)
    lan, hoa = new_id(), new_id()
    await kept.deliver(case_of(kept, lan, category="outage"), kept.case(hoa))
    await kept.deliver(kept.answer(lan))
    await kept.pass_time(days=1)
    await kept.deliver(kept.answer(lan))
    await kept.pass_time(days=1)
    assert (await kept.only(lan)).binds.due_at == START + 3 * DAY
    await kept.pass_time(days=30)
    assert await kept.all(hoa) == []


async def test_x12_the_end_of_a_period_that_comes_twice_or_late_promises_once(kept: Commitments) -> None:
    """A clock that was taken while the worker died goes off again; one of a resolved case does nothing."""
    lan, hoa = new_id(), new_id()
    case, gone = kept.case(lan), kept.case(hoa)
    await kept.deliver(case, gone, kept.answer(lan), ended(kept, gone))
    for _ in range(2):
        async with kept.runtime.database.write() as session:
            for one in (case, gone):
                session.schedule(told_timer(one.case_id, kept.now))
        assert await kept.fire() == 2
    assert len(await kept.all(lan)) == 1
    assert await kept.all(hoa) == []


def told_timer(case: UUID, at: datetime) -> Timer:
    return Timer(TIMER, str(case), at)


# Follow-ups


async def test_c14_a_follow_up_is_a_promise_as_any_other(kept: Commitments) -> None:
    await rule(kept, "follow_up", 4 * DAY)
    lan, hoa = new_id(), new_id()
    one, other = case_of(kept, lan, owner="minh"), kept.case(hoa)
    await kept.deliver(one, other, ended(kept, one), ended(kept, other))
    asked = await kept.only(lan)
    assert (asked.kind, asked.owner, asked.binds.due_at) == ("follow_up", "minh", START + 4 * DAY)
    assert asked.binds.words == "Chúng tôi hỏi lại anh/chị xem việc đã xử lý có còn ổn không."
    await kept.deliver(kept.answer(lan), kept.answer(hoa))
    assert (await kept.only(lan)).outcome is None, "that it is done is not whether it holds"
    await kept.pass_time(days=3)
    await kept.deliver(kept.answer(lan, "call"))
    await kept.pass_time(days=2)
    assert (await kept.only(lan)).outcome is Outcome.KEPT
    assert (await kept.only(hoa)).outcome is Outcome.BROKEN_WARNED
    broken = await kept.call("GET", "", params={"status": "broken"})
    assert [p["kind"] for p in broken["items"]] == ["follow_up"]


async def test_c14_a_case_that_is_opened_again_is_not_asked_whether_it_holds(kept: Commitments) -> None:
    await rule(kept, "follow_up", 4 * DAY)
    lan = new_id()
    case = kept.case(lan)
    await kept.deliver(case, ended(kept, case), again(kept, case))
    assert (await kept.only(lan)).outcome is Outcome.VOID
    await kept.deliver(ended(kept, case))
    (_, second) = await of_kind(kept, lan, CommitmentKind.FOLLOW_UP)
    assert second.is_open
