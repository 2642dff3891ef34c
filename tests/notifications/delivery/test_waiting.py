"""C25: what we wait for is said once, and when we go on is said with the thanks for what let us. Rows: I4."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifications.delivery.ending import State
from shared.contracts.commitments import (
    CommitmentFulfilled,
    CommitmentResumed,
    CommitmentWaiting,
    CommitmentWithdrawn,
    Outcome,
)
from shared.contracts.terms import CommitmentKind
from shared.ids import new_id
from tests.notifications.conftest import DUE, START, Desk, customer, event_of, fact, stated, terms
from tests.support.mail import text_of

TASK = CommitmentKind.TASK
LINK = "http://127.0.0.1:8080/commitments/p/"
ORDER = "Your order reaches you"
PHOTO = "Send us a photo of the meter"
HOUR = timedelta(hours=1)


def waits(customer_id: UUID, kind: CommitmentKind = CommitmentKind.PROMISE, **changes: Any) -> CommitmentWaiting:
    said: dict[str, Any] = {"since": START, "reason": PHOTO, "by": "hoa"}
    return fact(CommitmentWaiting, customer_id, kind, **said | changes)


def goes_on(customer_id: UUID, promise: UUID, **changes: Any) -> CommitmentResumed:
    moved = terms(revision=2, due_at=DUE + 6 * HOUR, waited_seconds=6 * 3600, reason="waited_for_you")
    said: dict[str, Any] = {
        "previous_due_at": DUE,
        "waited_seconds": 6 * 3600,
        "by": "customer",
        "terms": moved,
    }
    return fact(CommitmentResumed, customer_id, **said | {"commitment_id": promise} | changes)


def done(customer_id: UUID, promise: UUID, words: str = PHOTO, **changes: Any) -> CommitmentFulfilled:
    said: dict[str, Any] = {
        "terms": terms(words=words),
        "outcome": Outcome.KEPT,
        "fulfilled_at": START,
        "by": "customer",
    }
    return fact(CommitmentFulfilled, customer_id, TASK, **said | {"parent_id": promise} | changes)


def subjects(desk: Desk) -> Sequence[str]:
    return [mail["Subject"] for mail in desk.mail.mails]


@pytest.mark.parametrize(
    ("language", "subject", "still", "later"),
    [
        ("en", "We wait for you: Your order reaches you", "it stands still until", "We tell you the new one"),
        ("vi", "Chúng tôi đang chờ anh/chị: Your order reaches you", "tạm dừng cho đến khi", "báo ngay thời hạn mới"),
    ],
)
async def test_c25_what_we_wait_for_and_that_our_time_stands_still_is_told_once(
    desk: Desk, language: str, subject: str, still: str, later: str
) -> None:
    lan = customer(language=language)
    told = event_of(waits(lan.customer_id))
    await desk.deliver(lan, told)
    await desk.deliver(told)
    await desk.send()
    assert subjects(desk) == [subject]
    for part in (PHOTO, still, later, LINK):
        assert part in text_of(desk.mail.mails[0])
    assert "hoa" not in text_of(desk.mail.mails[0]).replace(LINK, "").split("http")[0]


async def test_c25_a_task_that_we_wait_for_says_so_itself(desk: Desk) -> None:
    lan = customer()
    await desk.deliver(lan, waits(lan.customer_id, task_id=new_id()))
    assert await desk.rows() == []


@pytest.mark.parametrize("kind", [CommitmentKind.UPDATE, CommitmentKind.FOLLOW_UP])
async def test_c25_of_clocks_that_nobody_was_told_of_nothing_is_said(desk: Desk, kind: CommitmentKind) -> None:
    lan = customer()
    await desk.deliver(lan, waits(lan.customer_id, kind))
    assert await desk.rows() == []


async def test_c25_what_we_wait_for_no_longer_is_not_asked_for(desk: Desk) -> None:
    """The mail server was away until we went on: the new time is told alone."""
    lan, promise = customer(language="en"), new_id()
    desk.mail.answers = ["451 later"]
    await desk.deliver(lan, waits(lan.customer_id, commitment_id=promise))
    await desk.send()
    await desk.deliver(goes_on(lan.customer_id, promise))
    desk.clock.advance(HOUR)
    await desk.send()
    assert subjects(desk) == ["We go on, with a new time: Your order reaches you"]


@pytest.mark.parametrize(
    ("language", "subject", "old", "new"),
    [
        (
            "en",
            f"Thank you, we have it and go on: {ORDER}",
            "Until now: 15:00, Tuesday 3",
            "New time: 21:00, Tuesday 3",
        ),
        (
            "vi",
            f"Cảm ơn anh/chị, chúng tôi đã nhận được và làm tiếp: {ORDER}",
            "cũ: 15:00, Thứ Ba",
            "mới: 21:00, Thứ Ba",
        ),
    ],
)
async def test_c25_thanks_and_the_new_time_are_one_message(
    desk: Desk, language: str, subject: str, old: str, new: str
) -> None:
    """However often they are delivered, in one batch or in two, as long as the thanks have not left."""
    for apart in (False, True):
        lan, promise = customer(f"lan-{apart}@example.com", language=language), new_id()
        told = [event_of(done(lan.customer_id, promise)), event_of(goes_on(lan.customer_id, promise))]
        await desk.deliver(lan, *told[: 1 if apart else 2])
        await desk.deliver(*told)
        await desk.send()
        await desk.deliver(*told)
        await desk.send()
    assert subjects(desk) == [subject] * 2
    for mail in desk.mail.mails:
        for part in (PHOTO, ORDER, old, new, LINK):
            assert text_of(mail).count(part) == 1


async def test_c25_a_new_time_is_told_by_itself_where_the_thanks_have_left(desk: Desk) -> None:
    lan, promise = customer(language="en"), new_id()
    await desk.deliver(lan, done(lan.customer_id, promise))
    await desk.send()
    await desk.deliver(goes_on(lan.customer_id, promise))
    await desk.send()
    assert subjects(desk) == ["Thank you, we have it", "We go on, with a new time: Your order reaches you"]


async def test_c25_thanks_for_one_promise_say_nothing_of_another(desk: Desk) -> None:
    lan, mai = customer(language="en"), customer("mai@example.com", language="en")
    promise = new_id()
    await desk.deliver(lan, mai, done(lan.customer_id, new_id()), done(mai.customer_id, promise))
    await desk.deliver(goes_on(lan.customer_id, promise))
    await desk.send()
    assert sorted(subjects(desk)) == [
        "Thank you, we have it",
        "Thank you, we have it",
        "We go on, with a new time: Your order reaches you",
    ]


async def test_i4_c25_a_message_that_does_two_tasks_gets_one_answer_with_the_new_time(desk: Desk) -> None:
    """Thanks, the new time of each promise that goes on, and by when the message is answered."""
    lan, contact, promises = customer(language="en"), new_id(), (new_id(), new_id())
    both = ("Send us a photo", "Tell us your flat")
    await desk.deliver(
        lan,
        *(done(lan.customer_id, p, words, evidence=contact) for p, words in zip(promises, both, strict=True)),
        *(goes_on(lan.customer_id, promise) for promise in promises),
        stated(lan.customer_id, interaction_id=contact),
    )
    await desk.send()
    assert subjects(desk) == ["We have your message"]
    text = text_of(desk.mail.mails[0])
    for part in (*both, "You hear from us by 15:00, Tuesday 3 March 2026"):
        assert text.count(part) == 1
    assert text.count("New time: 21:00, Tuesday 3 March 2026") == 2


@pytest.mark.parametrize("end", ["kept", "withdrawn", "late"])
async def test_c25_a_new_time_that_holds_no_more_is_left_out_of_the_thanks(desk: Desk, end: str) -> None:
    """The mail server was away until the promise was kept, withdrawn, or past that time."""
    lan, promise = customer(language="en"), new_id()
    desk.mail.answers = ["451 later"]
    moved = goes_on(lan.customer_id, promise)
    await desk.deliver(lan, done(lan.customer_id, promise), moved)
    await desk.send()
    of: dict[str, Any] = {"commitment_id": promise, "terms": moved.terms, "by": "hoa"}
    if end == "kept":
        kept = {"outcome": Outcome.KEPT, "fulfilled_at": START}
        await desk.deliver(fact(CommitmentFulfilled, lan.customer_id, **of | kept))
    if end == "withdrawn":
        gone = {"outcome": Outcome.WITHDRAWN, "reason": "we move"}
        await desk.deliver(fact(CommitmentWithdrawn, lan.customer_id, **of | gone))
    desk.clock.set(moved.terms.due_at if end == "late" else START + HOUR)
    await desk.send()
    assert subjects(desk) == ["Thank you, we have it"]
    assert "New time" not in text_of(desk.mail.mails[0])
    assert {row["state"] for row in await desk.rows()} == {State.SENT}


async def test_c25_of_two_promises_in_one_message_the_one_that_still_holds_is_told(desk: Desk) -> None:
    lan, contact = customer(language="en"), new_id()
    first, second = new_id(), new_id()
    desk.mail.answers = ["451 later"]
    moved = [goes_on(lan.customer_id, promise) for promise in (first, second)]
    await desk.deliver(
        lan,
        done(lan.customer_id, first, evidence=contact),
        done(lan.customer_id, second, "Tell us your flat", evidence=contact),
        *moved,
    )
    await desk.send()
    kept: dict[str, Any] = {"outcome": Outcome.KEPT, "fulfilled_at": START, "by": "hoa", "terms": moved[0].terms}
    await desk.deliver(fact(CommitmentFulfilled, lan.customer_id, commitment_id=first, **kept))
    desk.clock.advance(HOUR)
    await desk.send()
    assert text_of(desk.mail.mails[0]).count("New time") == 1
