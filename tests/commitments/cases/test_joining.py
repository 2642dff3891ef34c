"""Contacts that come while an answer is owed join its promise: one promise, one answer for all. Rows: I4, I6."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.commitments.policies.contacts import joins
from services.commitments.promise.core import Promise, Status
from shared.contracts import commitments as told
from shared.contracts import intake as heard
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Terms
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments, known

HOUR = timedelta(hours=1)
DAY = 24 * HOUR


async def test_i4_five_short_chat_lines_are_one_promise_from_the_first(kept: Commitments) -> None:
    lan = new_id()
    case = kept.case(lan)
    lines = [kept.contact(lan, case_id=case.case_id, channel_kind="chat") for _ in range(5)]
    await kept.deliver(known(lan), case, *lines)
    promise = await kept.only(lan)
    assert (promise.interaction_id, promise.binds.due_at) == (lines[0].interaction_id, START + DAY)
    joined = await kept.facts(told.CommitmentJoined)
    assert [j.interaction_id for j in joined] == [line.interaction_id for line in lines[1:]]
    assert {j.commitment_id for j in joined} == {promise.id}


async def test_i4_a_robot_with_other_ids_each_time_gets_one_promise(kept: Commitments) -> None:
    robot = new_id()
    case = kept.case(robot)
    await kept.deliver(case)
    for n in range(30):
        mail = kept.contact(robot, case_id=case.case_id, channel_kind="email", message_id=f"<r{n}@other.example>")
        await kept.deliver(mail, kept.event(mail))
        await kept.pass_time(minutes=1)
    await kept.only(robot)
    joined = await kept.facts(told.CommitmentJoined)
    assert len(joined) == 29, "told again it joins no second time"
    assert joined[-1].heard.message_id == "<r29@other.example>"


@pytest.mark.parametrize("named", [(0,), (1,), (2,), (0, 1, 2), ()])
async def test_an_answer_to_any_of_them_answers_all_and_the_next_opens_a_clock(
    kept: Commitments, named: tuple[int, ...]
) -> None:
    lan = new_id()
    case = kept.case(lan)
    lines = [kept.contact(lan, case_id=case.case_id) for _ in range(3)]
    await kept.deliver(case, *lines)
    await kept.deliver(kept.answer(lan, answers=[lines[n].interaction_id for n in named]))
    assert (await kept.only(lan)).outcome is Outcome.KEPT
    await kept.pass_time(hours=2)
    await kept.deliver(kept.contact(lan, case_id=case.case_id))
    assert [p.outcome for p in await kept.all(lan)] == [Outcome.KEPT, None]
    assert (await kept.all(lan))[1].binds.due_at == START + 26 * HOUR


async def test_an_answer_to_something_else_answers_none_of_them(kept: Commitments) -> None:
    lan = new_id()
    one, other = kept.case(lan), kept.case(lan)
    elsewhere = kept.contact(lan, case_id=other.case_id)
    lines = [kept.contact(lan, case_id=one.case_id) for _ in range(2)]
    await kept.deliver(one, other, elsewhere, *lines)
    assert len(await kept.all(lan)) == 2, "each case has its own"
    await kept.deliver(kept.answer(lan, answers=[elsewhere.interaction_id]))
    assert [p.outcome for p in await kept.all(lan)] == [Outcome.KEPT, None]


async def test_a_machine_ends_no_conversation(kept: Commitments) -> None:
    lan = new_id()
    case = kept.case(lan)
    ours = kept.answer(lan, automatic=True)
    await kept.deliver(case, kept.contact(lan, case_id=case.case_id), ours, kept.contact(lan, case_id=case.case_id))
    await kept.only(lan)


async def test_when_its_time_has_passed_the_next_contact_is_owed_an_answer_anew(kept: Commitments) -> None:
    lan = new_id()
    case = kept.case(lan)
    await kept.deliver(case, kept.contact(lan, case_id=case.case_id))
    await kept.pass_time(hours=24, minutes=1)
    await kept.deliver(*(kept.contact(lan, case_id=case.case_id) for _ in range(2)))
    assert [p.status for p in await kept.all(lan)] == [Status.BROKEN, Status.STATED]


async def test_who_writes_from_two_addresses_is_owed_one_answer_in_one_case(kept: Commitments) -> None:
    lan, by_mail = new_id(), new_id()
    case = kept.case(lan)
    link = heard.CustomerMerged(customer_id=by_mail, into=lan, reason="same voice", by="minh")
    await kept.deliver(known(lan), known(by_mail), case, link)
    await kept.deliver(kept.contact(lan, case_id=case.case_id), kept.contact(by_mail, case_id=case.case_id))
    await kept.only(lan)
    assert await kept.all(by_mail) == []


async def test_nobody_is_answered_later_than_the_rule_for_their_contact_says(kept: Commitments) -> None:
    """A rule of the channel, of complaints, of later messages: the promise that is open is not enough for it."""
    rule = {"kind": "response", "channel_kind": "chat", "within_minutes": 60}
    await kept.call("PUT", "/policies", json=rule, expect=201)
    lan = new_id()
    case = kept.case(lan)
    mail, chat, again = (
        kept.contact(lan, case_id=case.case_id, channel_kind=kind) for kind in ("email", "chat", "email")
    )
    await kept.deliver(case, mail, chat, again, kept.event(chat))
    assert [p.binds.due_at - START for p in await kept.all(lan)] == [DAY, HOUR]
    (joined,) = await kept.facts(told.CommitmentJoined)
    assert joined.commitment_id == (await kept.all(lan))[1].id, "the one that is due first answers it"


async def test_c13_a_second_missed_call_joins_the_call_back(kept: Commitments) -> None:
    lan = new_id()
    first, second = kept.contact(lan, "missed_call"), kept.contact(lan, "missed_call")
    await kept.deliver(first, second)
    await kept.only(lan)
    (joined,) = await kept.facts(told.CommitmentJoined)
    assert (joined.interaction_id, joined.policy) == (second.interaction_id, "call_back")


def _promise(kept_case: object, **changes: object) -> Promise:
    terms = (Terms(revision=1, words="w", due_at=START + DAY, zone="UTC", cost="none"),)
    plain: dict[str, object] = {"kind": CommitmentKind.RESPONSE, "status": Status.STATED, "case_id": kept_case}
    plain |= {"interaction_id": new_id(), "stated_at": START}
    return Promise(id=new_id(), customer_id=new_id(), terms=terms, **(plain | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "due", "is_joined"),
    [
        ({}, 2 * DAY, True),
        ({}, DAY, True),
        ({}, DAY - HOUR, False),
        ({"status": Status.BROKEN}, 2 * DAY, False),
        ({"status": Status.FULFILLED}, 2 * DAY, False),
        ({"waiting_since": START}, 2 * DAY, False),
        ({"interaction_id": None}, 2 * DAY, False),
        ({"case_id": None}, 2 * DAY, False),
    ],
)
def test_what_a_contact_joins(
    kept_contact: heard.InteractionReceived, changes: object, due: timedelta, is_joined: bool
) -> None:
    promise = _promise(kept_contact.case_id, **changes)  # type: ignore[arg-type]
    assert joins(kept_contact, START + due, [promise]) is (promise if is_joined else None)


@pytest.fixture
def kept_contact(kept: Commitments) -> heard.InteractionReceived:
    return kept.contact(new_id(), case_id=new_id())
