"""What a customer is told of our promises of every kind, once each, and what is told to nobody.

Rows: C10, C11, C12, C13, C25, I4, N1, N9, N16.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.notifications.delivery.ending import State
from shared.contracts.commitments import (
    CommitmentAtRisk,
    CommitmentBroken,
    CommitmentDeclined,
    CommitmentFulfilled,
    CommitmentProgressed,
    CommitmentResumed,
    CommitmentRevised,
    CommitmentStated,
    CommitmentWaiting,
    CommitmentWithdrawn,
    Outcome,
)
from shared.contracts.terms import CommitmentKind, Progress
from shared.ids import new_id
from tests.notifications.conftest import DUE, START, Desk, customer, event_of, fact, stated, terms
from tests.support.mail import text_of

LINK = "http://127.0.0.1:8080/commitments/p/"
HOUR = timedelta(hours=1)


def going(**changes: Any) -> Progress:
    held = {"at": START, "now_doing": "We pack it", "next_step": "The carrier fetches it", "next_contact_at": DUE}
    return Progress.model_validate(held | changes)


async def read(desk: Desk) -> tuple[str, str]:
    """The subject and the text of the only mail."""
    await desk.send()
    (mail,) = desk.mail.mails
    return mail["Subject"], text_of(mail)


@pytest.mark.parametrize(
    ("language", "subject", "old", "new"),
    [
        (
            "en",
            "We go on, with a new time: Your order reaches you",
            "Until now: 15:00, Tuesday 3",
            "time: 21:00, Tuesday",
        ),
        (
            "vi",
            "Chúng tôi làm tiếp, với thời hạn mới: Your order reaches you",
            "cũ: 15:00, Thứ Ba",
            "mới: 21:00, Thứ Ba",
        ),
    ],
)
async def test_c25_when_our_clock_runs_again_the_new_time_is_the_old_one_and_the_pause(
    desk: Desk, language: str, subject: str, old: str, new: str
) -> None:
    lan = customer(language=language)
    moved = terms(revision=2, due_at=DUE + 6 * HOUR, waited_seconds=6 * 3600, reason="waited_for_you")
    pause: dict[str, Any] = {"previous_due_at": DUE, "waited_seconds": 6 * 3600, "by": "customer"}
    await desk.deliver(lan, fact(CommitmentResumed, lan.customer_id, terms=moved, **pause))
    found, said = await read(desk)
    assert found == subject
    for part in (old, new, LINK):
        assert part in said
    assert "waited_for_you" not in said


async def test_n1_c10_how_it_goes_is_now_problems_solution_next_and_next_contact(desk: Desk) -> None:
    lan = customer(language="en")
    said = going(problems="The box is too small", solution="We take a larger one", steps_done=1)
    steps = [{"words": "We pack it"}, {"words": "We send it"}]
    await desk.deliver(
        lan, fact(CommitmentProgressed, lan.customer_id, terms=terms(steps=steps), progress=said, by="hoa")
    )
    subject, text = await read(desk)
    assert subject == "How it goes: Your order reaches you"
    for part in (
        "What we do now: We pack it",
        "Steps done: 1 of 2",
        "What stands in the way: The box is too small",
        "What we do about it: We take a larger one",
        "What is next: The carrier fetches it",
        "We speak again by: 15:00, Tuesday 3 March 2026 (GMT+7)",
    ):
        assert part in text
    assert "hoa" not in text


async def test_n1_without_trouble_nothing_is_said_of_trouble(desk: Desk) -> None:
    lan = customer(language="en")
    await desk.deliver(lan, fact(CommitmentProgressed, lan.customer_id, progress=going(), by="hoa"))
    _, text = await read(desk)
    assert "stands in the way" not in text
    assert "Steps" not in text


async def test_n1_how_it_goes_is_not_said_when_we_should_have_spoken_again(desk: Desk) -> None:
    lan = customer()
    desk.mail.answers = ["451 later"]
    await desk.deliver(
        lan, fact(CommitmentProgressed, lan.customer_id, progress=going(next_contact_at=START + HOUR), by="x")
    )
    await desk.send()
    desk.clock.set(START + HOUR)
    await desk.send()
    assert desk.mail.mails == []
    assert (await desk.row())["state"] == State.SUPPRESSED


async def test_c13_a_call_back_that_reached_nobody_is_told_with_the_next_try(desk: Desk) -> None:
    lan = customer(language="en")
    said = going(
        now_doing="We called you and reached nobody.", next_step="We call again.", next_contact_at=START + HOUR
    )
    await desk.deliver(
        lan, fact(CommitmentProgressed, lan.customer_id, CommitmentKind.CALL_BACK, progress=said, by="hoa")
    )
    subject, text = await read(desk)
    assert subject == "About our call back"
    for part in (
        "reached nobody",
        "We call again.",
        "16:00, Monday 2 March 2026 (GMT+7)",
        "When do we reach you best?",
    ):
        assert part in text


@pytest.mark.parametrize(("language", "who"), [("en", "- Who: Hoa"), ("vi", "- Người phụ trách: Hoa")])
async def test_c11_n16_an_escalation_is_told_as_an_outline_with_who_and_by_when(
    desk: Desk, language: str, who: str
) -> None:
    lan = customer(language=language)
    about = "The technician comes\nand looks at it"
    named: dict[str, Any] = {"owner": "Hoa", "parent_id": new_id(), "about": about}
    await desk.deliver(lan, fact(CommitmentStated, lan.customer_id, CommitmentKind.ESCALATION, **named))
    subject, text = await read(desk)
    assert "Hoa" in subject
    assert subject.endswith(": The technician comes and looks at it")
    assert who in text
    assert f"\n\n{about}\n\n" in text
    assert sum(line.startswith("- ") for line in text.splitlines()) == 4, "an outline"
    assert "15:00, " in text


async def test_c12_information_is_told_with_who_answers_what_and_by_when(desk: Desk) -> None:
    lan = customer(language="en")
    words = "Hoa gives you the information you asked for: when is it there?"
    asked = fact(CommitmentStated, lan.customer_id, CommitmentKind.INFORMATION, owner="Hoa", terms=terms(words=words))
    await desk.deliver(lan, asked)
    subject, text = await read(desk)
    assert subject == "Who answers your question, and by when"
    for part in ("- Who: Hoa", "when is it there?", "- By: 15:00, Tuesday 3 March 2026 (GMT+7)"):
        assert part in text


@pytest.mark.parametrize("kind", [CommitmentKind.ESCALATION, CommitmentKind.INFORMATION])
async def test_c11_c12_who_has_spoken_is_announced_no_more(desk: Desk, kind: CommitmentKind) -> None:
    lan = customer()
    desk.mail.answers = ["451 later"]
    given = fact(CommitmentStated, lan.customer_id, kind, owner="Hoa")
    await desk.deliver(lan, given)
    await desk.send()
    done = {"outcome": Outcome.KEPT, "fulfilled_at": START, "by": "Hoa", "commitment_id": given.commitment_id}
    await desk.deliver(fact(CommitmentFulfilled, lan.customer_id, kind, **done))
    desk.clock.advance(HOUR)
    await desk.send()
    assert desk.mail.mails == []


@pytest.mark.parametrize(
    ("language", "policy", "kind", "subject"),
    [
        ("en", "next_response", CommitmentKind.NEXT_RESPONSE, "We have your message"),
        ("vi", "next_response", CommitmentKind.NEXT_RESPONSE, "Chúng tôi đã nhận được tin của anh/chị"),
        ("en", "complaint", CommitmentKind.RESPONSE, "We have your complaint"),
        ("vi", "complaint", CommitmentKind.RESPONSE, "Chúng tôi đã nhận được khiếu nại của anh/chị"),
        ("en", None, CommitmentKind.RESPONSE, "We have your message"),
    ],
)
async def test_i4_later_messages_and_complaints_are_acknowledged_once_in_words_that_fit(
    desk: Desk, language: str, policy: str | None, kind: CommitmentKind, subject: str
) -> None:
    lan = customer(language=language)
    clock = event_of(stated(lan.customer_id, kind, policy=policy))
    await desk.deliver(lan, clock)
    await desk.deliver(clock)
    found, text = await read(desk)
    assert found == subject
    assert "15:00, " in text


@pytest.mark.parametrize("kind", [CommitmentKind.UPDATE, CommitmentKind.FOLLOW_UP])
async def test_the_clocks_that_are_ours_alone_are_told_to_nobody(desk: Desk, kind: CommitmentKind) -> None:
    lan = customer()
    due = {"previous_due_at": DUE, "by": "policy"}
    await desk.deliver(
        lan,
        stated(lan.customer_id, kind),
        fact(CommitmentRevised, lan.customer_id, kind, **due),
        fact(CommitmentResumed, lan.customer_id, kind, waited_seconds=1, **due),
        fact(CommitmentAtRisk, lan.customer_id, kind, reason="late", next_contact_at=DUE),
        fact(CommitmentBroken, lan.customer_id, kind, outcome=Outcome.BROKEN_SILENT, broken_at=DUE),
    )
    assert await desk.rows() == []


@pytest.mark.parametrize(
    ("language", "subject"),
    [("en", "Our goal together: Your order reaches you"), ("vi", "Mục tiêu chung: Your order reaches you")],
)
async def test_a_goal_is_told_with_its_words_its_time_and_a_link_to_agree(
    desk: Desk, language: str, subject: str
) -> None:
    lan = customer(language=language)
    await desk.deliver(lan, fact(CommitmentStated, lan.customer_id, CommitmentKind.GOAL))
    found, text = await read(desk)
    assert found == subject
    for part in ("Your order reaches you", "15:00, ", LINK):
        assert part in text


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (CommitmentKind.PROMISE, True),
        (CommitmentKind.GOAL, True),
        (CommitmentKind.INFORMATION, True),
        (CommitmentKind.ESCALATION, False),
        (CommitmentKind.RESPONSE, False),
    ],
)
async def test_n9_trouble_is_told_once_of_what_was_promised(desk: Desk, kind: CommitmentKind, told: bool) -> None:
    """An escalation's trouble is told as that of the promise it is a part of."""
    lan = customer()
    await desk.deliver(
        lan,
        fact(CommitmentAtRisk, lan.customer_id, kind, reason="the lorry is late", next_contact_at=DUE),
        fact(CommitmentBroken, lan.customer_id, kind, outcome=Outcome.BROKEN_WARNED, broken_at=DUE),
    )
    assert [row["template"] for row in await desk.rows()] == (["promise_at_risk", "promise_broken"] if told else [])


@pytest.mark.parametrize("kind", [CommitmentKind.RESPONSE, CommitmentKind.INFORMATION, CommitmentKind.ESCALATION])
async def test_n9_who_was_told_a_time_is_told_when_it_changes(desk: Desk, kind: CommitmentKind) -> None:
    lan = customer(language="en")
    new = terms(revision=2, due_at=DUE + HOUR, reason="Hoa is ill")
    await desk.deliver(lan, fact(CommitmentRevised, lan.customer_id, kind, terms=new, previous_due_at=DUE, by="hoa"))
    _, text = await read(desk)
    for part in ("Hoa is ill", "Until now: 15:00", "New time: 16:00"):
        assert part in text


async def test_what_is_gone_is_spoken_of_no_more(desk: Desk) -> None:
    """Withdrawn or void: nothing new is said, and what still waits is dropped; of other promises it is not."""
    lan, gone = customer(), new_id()
    about: dict[str, Any] = {"commitment_id": gone}
    desk.mail.answers = ["451 later"] * 4
    await desk.deliver(
        lan,
        fact(CommitmentStated, lan.customer_id, **about),
        fact(CommitmentRevised, lan.customer_id, previous_due_at=DUE - HOUR, by="hoa", **about),
        fact(CommitmentProgressed, lan.customer_id, progress=going(), by="hoa", **about),
        fact(CommitmentStated, lan.customer_id),
    )
    await desk.send()
    await desk.deliver(
        fact(CommitmentWithdrawn, lan.customer_id, outcome=Outcome.VOID, reason="told twice", by="hoa", **about)
    )
    desk.clock.advance(HOUR)
    await desk.send()
    assert [row["state"] for row in await desk.rows()] == [State.SUPPRESSED] * 3 + [State.SENT]


async def test_what_the_page_has_thanked_for_is_not_said_again(desk: Desk) -> None:
    """A "no" with another time, and the waiting that the task itself tells of."""
    lan = customer()
    await desk.deliver(
        lan,
        fact(CommitmentDeclined, lan.customer_id, reason="too late", proposed_due_at=DUE - HOUR),
        fact(CommitmentWaiting, lan.customer_id, since=START, reason="-", by="hoa", task_id=new_id()),
    )
    assert await desk.rows() == []
