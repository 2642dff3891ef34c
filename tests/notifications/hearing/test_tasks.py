"""What a customer is told of their own tasks: asked, reminded, thanked; and never as a promise of ours.

Rows: I4, N18.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifications.delivery.ending import State
from shared.contracts.commitments import (
    CommitmentAtRisk,
    CommitmentBroken,
    CommitmentFulfilled,
    CommitmentProgressed,
    CommitmentResumed,
    CommitmentRevised,
    CommitmentStated,
    CommitmentWithdrawn,
    Outcome,
)
from shared.contracts.terms import CommitmentKind, Progress
from shared.ids import new_id
from tests.notifications.conftest import DUE, START, Desk, customer, event_of, fact, stated, terms
from tests.support.mail import text_of

TASK = CommitmentKind.TASK
LINK = "http://127.0.0.1:8080/commitments/t/"
PHOTO = "Send us a photo of the meter"
HOUR = timedelta(hours=1)


def asked(customer_id: UUID, **changes: Any) -> CommitmentStated:
    held = {"terms": terms(words=PHOTO), "parent_id": new_id(), "blocks": True}
    return fact(CommitmentStated, customer_id, TASK, **held | changes)


def reminder(customer_id: UUID, **changes: Any) -> CommitmentAtRisk:
    held = {"terms": terms(words=PHOTO), "reason": "due_in_a_day", "next_contact_at": DUE}
    return fact(CommitmentAtRisk, customer_id, TASK, **held | changes)


def done(customer_id: UUID, words: str = PHOTO, **changes: Any) -> CommitmentFulfilled:
    held = {"terms": terms(words=words), "outcome": Outcome.KEPT, "fulfilled_at": START, "by": "customer"}
    return fact(CommitmentFulfilled, customer_id, TASK, **held | changes)


@pytest.mark.parametrize(
    ("language", "subject", "by", "waits"),
    [
        (
            "en",
            f"We need something from you: {PHOTO}",
            "Please do it by: 15:00, Tues",
            "Our own promise waits meanwhile.",
        ),
        (
            "vi",
            f"Chúng tôi cần anh/chị một việc: {PHOTO}",
            "làm trước: 15:00, Thứ Ba",
            "lời hứa của chúng tôi tạm dừng",
        ),
    ],
)
async def test_c25_a_task_is_told_with_its_time_its_link_and_that_our_promise_waits(
    desk: Desk, language: str, subject: str, by: str, waits: str
) -> None:
    lan = customer(language=language)
    told = event_of(asked(lan.customer_id))
    await desk.deliver(lan, told)
    await desk.deliver(told)
    await desk.send()
    (mail,) = desk.mail.mails
    assert mail["Subject"] == subject
    for part in (PHOTO, by, waits, LINK):
        assert part in text_of(mail)


@pytest.mark.parametrize("changes", [{"blocks": False}, {"parent_id": None}])
async def test_c25_waiting_is_claimed_only_where_something_waits(desk: Desk, changes: dict[str, Any]) -> None:
    lan = customer(language="en")
    await desk.deliver(lan, asked(lan.customer_id, **changes))
    await desk.send()
    assert "waits" not in text_of(desk.mail.mails[0])


async def test_n18_the_customer_is_reminded_before_it_is_due(desk: Desk) -> None:
    lan = customer(language="en")
    await desk.deliver(lan, reminder(lan.customer_id))
    await desk.send()
    (mail,) = desk.mail.mails
    assert mail["Subject"] == f"A reminder: {PHOTO}"
    for part in (PHOTO, "15:00, Tuesday 3 March 2026 (GMT+7)", LINK):
        assert part in text_of(mail)
    assert "due_in_a_day" not in text_of(mail)


async def test_n18_never_after_it_is_due_as_if_before(desk: Desk) -> None:
    lan = customer()
    desk.mail.answers = ["451 later"]
    await desk.deliver(lan, reminder(lan.customer_id))
    await desk.send()
    desk.clock.set(DUE)
    await desk.send()
    assert desk.mail.mails == []
    assert (await desk.row())["state"] == State.SUPPRESSED


@pytest.mark.parametrize("end", ["done", "withdrawn"])
async def test_n18_reminders_stop_at_once_when_it_is_done_or_taken_back(desk: Desk, end: str) -> None:
    """Also the request itself, where it still waits for the mail server."""
    lan, task = customer(language="en"), new_id()
    desk.mail.answers = ["451 later"] * 2
    await desk.deliver(lan, asked(lan.customer_id, commitment_id=task), reminder(lan.customer_id, commitment_id=task))
    await desk.send()
    gone = {"outcome": Outcome.VOID, "reason": "no longer needed", "by": "hoa", "commitment_id": task}
    taken_back = fact(CommitmentWithdrawn, lan.customer_id, TASK, **gone)
    await desk.deliver(done(lan.customer_id, commitment_id=task) if end == "done" else taken_back)
    desk.clock.advance(HOUR)
    await desk.send()
    assert [m["Subject"] for m in desk.mail.mails] == (["Thank you, we have it"] if end == "done" else [])


async def test_n18_of_two_reminders_that_wait_the_newer_one_is_sent(desk: Desk) -> None:
    lan, task = customer(), new_id()
    desk.mail.answers = ["451 later"]
    await desk.deliver(lan, reminder(lan.customer_id, commitment_id=task, reason="not_finished_yet"))
    await desk.send()
    await desk.deliver(reminder(lan.customer_id, commitment_id=task))
    desk.clock.advance(HOUR)
    await desk.send()
    assert len(desk.mail.mails) == 1


@pytest.mark.parametrize(
    ("language", "subject", "next_"),
    [
        ("en", "Thank you, we have it", "What happens next: we look at it"),
        ("vi", "Cảm ơn anh/chị, chúng tôi đã nhận được", "Việc tiếp theo: chúng tôi sẽ xem"),
    ],
)
async def test_i4_what_was_sent_on_the_page_is_thanked_for_with_what_happens_next(
    desk: Desk, language: str, subject: str, next_: str
) -> None:
    lan = customer(language=language)
    told = event_of(done(lan.customer_id))
    await desk.deliver(lan, told)
    await desk.deliver(told)
    await desk.send()
    (mail,) = desk.mail.mails
    assert mail["Subject"] == subject
    for part in (PHOTO, next_):
        assert part in text_of(mail)


async def test_i4_a_message_that_does_two_tasks_is_acknowledged_once_with_what_is_owed_for_it(desk: Desk) -> None:
    """Thanks for both, when we answer, and all of it once, also when it is delivered again."""
    lan, contact = customer(language="en"), new_id()
    first = event_of(done(lan.customer_id, evidence=contact))
    second = event_of(done(lan.customer_id, "Tell us your flat", evidence=contact))
    clock = event_of(stated(lan.customer_id, interaction_id=contact))
    await desk.deliver(lan, first, first, second, clock, clock)
    await desk.send()
    await desk.deliver(first, clock)
    await desk.send()
    (mail,) = desk.mail.mails
    assert mail["Subject"] == "We have your message"
    for part in (PHOTO, "Tell us your flat", "You hear from us by 15:00, Tuesday 3 March 2026"):
        assert text_of(mail).count(part) == 1
    row = await desk.row()
    assert (row["once_for"], row["expires_at"]) == (contact, DUE)


async def test_i4_thanks_that_were_sent_already_are_the_acknowledgement(desk: Desk) -> None:
    lan, contact = customer(), new_id()
    await desk.deliver(lan, done(lan.customer_id, evidence=contact))
    await desk.send()
    await desk.deliver(stated(lan.customer_id, interaction_id=contact))
    await desk.send()
    assert len(desk.mail.mails) == 1


@pytest.mark.parametrize("kind", list(CommitmentKind))
async def test_nothing_of_what_a_customer_is_to_do_is_told_as_a_promise_of_ours(
    desk: Desk, kind: CommitmentKind
) -> None:
    """C25: whatever is said of it, and of whatever kind it is."""
    lan = customer()
    theirs: dict[str, Any] = {"obligor": "customer", "terms": terms(words=PHOTO)}
    moved = {"previous_due_at": DUE - HOUR, "by": "hoa"}
    said = Progress(at=START, now_doing="-", next_step="-", next_contact_at=DUE)
    await desk.deliver(
        lan,
        fact(CommitmentStated, lan.customer_id, kind, **theirs),
        fact(CommitmentRevised, lan.customer_id, kind, **moved, **theirs),
        fact(CommitmentResumed, lan.customer_id, kind, waited_seconds=3600, **moved, **theirs),
        fact(CommitmentProgressed, lan.customer_id, kind, progress=said, by="hoa", **theirs),
        fact(CommitmentAtRisk, lan.customer_id, kind, reason="rain", next_contact_at=DUE, **theirs),
        fact(CommitmentBroken, lan.customer_id, kind, outcome=Outcome.BROKEN_SILENT, broken_at=DUE, **theirs),
        fact(CommitmentFulfilled, lan.customer_id, kind, outcome=Outcome.KEPT, fulfilled_at=DUE, by="x", **theirs),
    )
    told = ["task_stated", "task_reminder", "acknowledgement"] if kind is TASK else []
    assert [row["template"] for row in await desk.rows()] == told
