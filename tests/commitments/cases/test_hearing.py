"""What others tell us opens clocks, and answers keep them. Rows: C13, I4, I5, I6."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.commitments.promise.core import Status
from shared.contracts import commitments as told
from shared.contracts import intake as heard
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments, known


async def test_i6_each_inbound_starts_a_clock_of_24_hours(kept: Commitments) -> None:
    lan = new_id()
    contact = kept.contact(lan)
    await kept.deliver(known(lan), contact)
    owed = await kept.only(lan)
    assert (owed.kind, owed.status, owed.interaction_id) == ("response", Status.STATED, contact.interaction_id)
    assert owed.binds.due_at == START + timedelta(hours=24)
    assert owed.binds.words == "Nhân viên của chúng tôi trả lời tin nhắn của anh/chị."
    (fact,) = await kept.facts(told.CommitmentStated)
    assert fact.interaction_id == contact.interaction_id


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        ({"hours": 23, "minutes": 59}, Outcome.KEPT),
        ({"hours": 24}, Outcome.KEPT),
        ({"hours": 24, "minutes": 1}, Outcome.BROKEN_WARNED),
    ],
)
async def test_i6_answered_at_2359_is_in_time_and_at_2401_late(
    kept: Commitments, after: dict[str, float], outcome: Outcome
) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan))
    await kept.pass_time(hours=18)
    kept.clock.set(START + timedelta(**after))
    await kept.fire()
    answer = kept.answer(lan)
    await kept.deliver(answer)
    promise = await kept.only(lan)
    assert promise.outcome is outcome
    assert promise.fulfilled_at == kept.now
    (fact,) = await kept.facts(told.CommitmentFulfilled)
    assert (fact.evidence, fact.by) == (answer.interaction_id, "minh")


async def test_i6_the_late_are_listed_live(kept: Commitments) -> None:
    await kept.deliver(kept.contact(new_id()))
    await kept.pass_time(hours=24, minutes=1)
    late = await kept.call("GET", "", params={"status": "broken", "kind": "response"})
    assert len(late["items"]) == 1


async def test_i6_a_rule_of_the_channel_is_used_from_the_instant_it_holds(kept: Commitments) -> None:
    rule = {"kind": "response", "channel_kind": "sms", "within_minutes": 60}
    await kept.call("PUT", "/policies", json=rule, expect=201)
    lan, hoa, an = new_id(), new_id(), new_id()
    before = kept.contact(an, received_at=START - timedelta(minutes=1))
    await kept.deliver(kept.contact(lan), kept.contact(hoa, channel_kind="email"), before)
    dues = [(await kept.only(customer)).binds.due_at - START for customer in (lan, hoa)]
    assert dues == [timedelta(hours=1), timedelta(hours=24)]
    x3 = (await kept.only(an)).binds.due_at
    assert x3 == START - timedelta(minutes=1) + timedelta(hours=24), "X3: the value valid when it came in"


async def test_i4_one_clock_per_inbound_however_often_it_is_delivered(kept: Commitments) -> None:
    lan = new_id()
    contact = kept.contact(lan)
    event = kept.event(contact)
    await kept.deliver(event, event)
    await kept.deliver(event)
    await kept.deliver(kept.event(contact))  # told again, under another event's id
    await kept.only(lan)
    assert len(await kept.facts(told.CommitmentStated)) == 1
    assert len(await kept.timers()) == 2
    await kept.deliver(kept.contact(lan))
    assert len(await kept.all(lan)) == 2, "what belongs to no case is answered by itself"


async def test_a_machines_mail_and_a_note_open_nothing(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan, automatic=True), kept.contact(lan, "note"), kept.contact(lan, "call"))
    assert await kept.all(lan) == []


async def test_what_an_automatic_answer_must_know_of_the_contact_travels_with_the_clock(kept: Commitments) -> None:
    """RFC 3834: which mail it answers, and whether it may be answered so."""
    contact = kept.contact(new_id(), message_id="<q1@kunde.example>", subject="Lamp", no_automatic_answer=True)
    await kept.deliver(contact)
    (fact,) = await kept.facts(told.CommitmentStated)
    assert fact.heard == told.Heard(message_id="<q1@kunde.example>", subject="Lamp", no_automatic_answer=True)


async def test_thanks_alone_open_no_clock(kept: Commitments) -> None:
    await kept.deliver(kept.contact(new_id(), only_thanks=True))
    assert await kept.facts(told.CommitmentStated) == []


async def test_c13_a_call_back_is_kept_only_by_a_call(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan, "missed_call"), kept.contact(lan, "missed_call"))
    owed = await kept.only(lan)
    assert (owed.kind, owed.binds.due_at) == (CommitmentKind.CALL_BACK, START + timedelta(hours=4))
    kept.clock.advance(timedelta(hours=1))
    for attempt in ("message", "missed_call", "note"):
        await kept.deliver(kept.answer(lan, attempt))
        assert (await kept.only(lan)).is_open, f"{attempt} is no call"
    await kept.deliver(kept.answer(lan, "call"))
    assert (await kept.only(lan)).outcome is Outcome.KEPT


async def test_c13_a_call_after_due_comes_too_late(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan, "missed_call"))
    await kept.pass_time(hours=4, seconds=1)
    await kept.deliver(kept.answer(lan, "call"))
    promise = await kept.only(lan)
    assert (promise.outcome, promise.fulfilled_at) == (Outcome.BROKEN_SILENT, kept.now)
    await kept.deliver(kept.contact(lan, "missed_call"))
    assert len(await kept.all(lan)) == 2, "a new missed call is a new debt"


async def test_c13_a_call_that_answers_something_else_is_a_call_back_too(kept: Commitments) -> None:
    lan = new_id()
    first, second = kept.contact(lan), kept.contact(lan)
    await kept.deliver(first, second, kept.contact(lan, "missed_call"))
    await kept.deliver(kept.answer(lan, "call", answers=(first.interaction_id,)))
    kept_of = {p.interaction_id: p.outcome for p in await kept.all(lan)}
    assert kept_of[first.interaction_id] is Outcome.KEPT
    assert kept_of[second.interaction_id] is None, "it was not this one that was answered"
    assert list(kept_of.values()).count(Outcome.KEPT) == 2


async def test_an_answered_call_of_the_customer_keeps_what_was_open(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan, "missed_call"), kept.contact(lan))
    await kept.deliver(kept.contact(lan, "call"))
    assert {p.outcome for p in await kept.all(lan)} == {Outcome.KEPT}


async def test_an_answer_keeps_no_promise_that_a_person_made(kept: Commitments) -> None:
    lan = new_id()
    await kept.promise(lan)
    await kept.deliver(kept.answer(lan, "call"))
    assert (await kept.only(lan)).is_open


async def test_an_answer_to_one_handle_keeps_what_was_asked_by_another_of_the_same_person(kept: Commitments) -> None:
    lan, lan_by_mail, other = new_id(), new_id(), new_id()
    await kept.deliver(known(lan), known(lan_by_mail), known(other))
    link = heard.CustomerMerged(customer_id=lan_by_mail, into=lan, reason="same voice", by="minh")
    await kept.deliver(link, kept.contact(lan), kept.contact(lan_by_mail), kept.contact(other))
    await kept.deliver(kept.contact(lan, "missed_call"), kept.contact(lan_by_mail, "missed_call"))
    assert len(await kept.all(lan) + await kept.all(lan_by_mail)) == 3, "one person is called back once"
    await kept.deliver(kept.answer(lan_by_mail))
    assert (await kept.only(lan_by_mail)).outcome is Outcome.KEPT
    assert (await kept.only(other)).outcome is None
    apart = heard.CustomerUnmerged(customer_id=lan_by_mail, from_customer=lan, reason="two people", by="minh")
    await kept.deliver(apart, kept.contact(lan), kept.answer(lan_by_mail))
    assert (await kept.all(lan))[-1].is_open


async def test_events_that_commitments_does_not_need_pass_by(kept: Commitments) -> None:
    lan = new_id()
    update = heard.CaseUpdated(customer_id=lan, case_id=new_id(), kind="request")
    await kept.deliver(update, known(lan, name=None, language="en"))
    assert (await kept.rows("SELECT name, language FROM customer"))[0] == (None, "en")


@pytest.mark.parametrize(
    ("clock", "believed"),
    [
        ({"days": 27000}, {}),  # 2099
        ({"days": -20000}, {"days": -1}),  # 1970
        ({"minutes": -10}, {"minutes": -10}),
        ({"minutes": 10}, {}),
    ],
)
async def test_a_providers_clock_that_is_wrong_neither_keeps_nor_breaks_a_promise(
    kept: Commitments, clock: dict[str, float], believed: dict[str, float]
) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan))
    await kept.pass_time(hours=23)
    answer = kept.answer(lan).model_copy(update={"occurred_at": kept.now + timedelta(**clock)})
    await kept.deliver(answer)
    promise = await kept.only(lan)
    assert promise.outcome is Outcome.KEPT
    assert promise.fulfilled_at == kept.now + timedelta(**believed)


async def test_i5_what_a_machine_says_is_no_answer(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan), kept.answer(lan).model_copy(update={"automatic": True}))
    assert (await kept.only(lan)).is_open
