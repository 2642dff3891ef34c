"""From an event to a mail in the customer's hands, and every way in which that can go wrong."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notifications.delivery import attempts, ledger
from services.notifications.delivery.ending import Ended, State, accepted
from services.notifications.delivery.hands import Handed, Settled
from shared.contracts.commitments import CommitmentAtRisk, CommitmentFulfilled, CommitmentRevised, Heard, Outcome
from shared.contracts.intake import CustomerMerged, CustomerUnmerged
from shared.contracts.terms import CommitmentKind
from shared.database import Database
from shared.ids import new_id
from tests.notifications.conftest import DUE, START, Desk, customer, event_of, stated, terms
from tests.support.mail import text_of
from tests.support.scratch import until

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_a_contact_is_acknowledged_once_in_the_customers_language(desk: Desk) -> None:
    """I4: exactly one acknowledgement, which says what happens next and when we speak again."""
    lan = customer(language="vi")
    told = event_of(stated(lan.customer_id), traceparent=TRACE)
    await desk.deliver(lan, told)
    await desk.send()
    (mail,) = desk.mail.mails
    assert mail["To"] == "lan@example.com"
    assert mail["Subject"] == "Chúng tôi đã nhận được tin của anh/chị"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["traceparent"] == TRACE
    assert mail["Date"].datetime == START
    assert "Chào Lan," in text_of(mail)
    assert "15:00, Thứ Ba ngày 3 tháng 3 năm 2026 (GMT+7)" in text_of(mail)
    ((type_, sent),) = await desk.events()
    assert type_ == "kept.notification.sent.v1"
    assert (sent["subject"], sent["text"]) == (mail["Subject"], text_of(mail))
    assert sent["cause_id"] == str(told.id)
    assert mail["Message-ID"] == f"<{sent['notification_id']}@kept.localhost>"


HEARD = Heard(message_id="<q1@kunde.example>", subject="Re: Where is my lamp?")


async def test_an_acknowledgement_of_a_mail_stands_in_its_thread(desk: Desk) -> None:
    """RFC 3834, 3.1.5 to 3.1.7; what Exchange goes by; and a subject that names theirs."""
    lan = customer(language="en")
    await desk.deliver(lan, stated(lan.customer_id).model_copy(update={"heard": HEARD}))
    await desk.send()
    (mail,) = desk.mail.mails
    assert mail["In-Reply-To"] == mail["References"] == "<q1@kunde.example>"
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert mail["Subject"] == "Re: Where is my lamp?"


@pytest.mark.parametrize(
    "subject",
    [
        None,
        "",
        "Re:",
        "Cheap at http://bad.example",
        "www.bad.example",
        "Win at bad.example today",
        "Win at bad\u200b.example",
        "ｗｗｗ．ｂａｄ．ｃｏｍ",
        "bad\u3002com",
        "call tel:+84901234567",
        "to 10.0.0.1/x",
        "mail a@bad.example",
    ],
)
async def test_a_subject_that_is_none_or_leads_somewhere_is_not_repeated(desk: Desk, subject: str | None) -> None:
    lan = customer(language="en")
    heard = HEARD.model_copy(update={"subject": subject, "message_id": "<a b>\r\nBcc: x@y"})
    await desk.deliver(lan, stated(lan.customer_id).model_copy(update={"heard": heard}))
    await desk.send()
    (mail,) = desk.mail.mails
    assert mail["Subject"] == "We have your message"
    assert (mail["In-Reply-To"], mail["Bcc"]) == (None, None), "an id that is none is left out"


async def test_what_no_machine_may_answer_is_not_acknowledged_and_says_why(desk: Desk) -> None:
    """I4: else the reason is stored."""
    lan = customer()
    heard = HEARD.model_copy(update={"no_automatic_answer": True})
    await desk.deliver(lan, stated(lan.customer_id).model_copy(update={"heard": heard}))
    await desk.send()
    assert desk.mail.mails == []
    ((type_, told),) = await desk.events()
    assert type_ == "kept.notification.suppressed.v2"
    assert "no machine may answer" in told["reason"]


async def test_what_is_delivered_twice_is_acknowledged_once(desk: Desk) -> None:
    """I4: the same event again, and another clock opened by the same contact."""
    lan = customer()
    first = stated(lan.customer_id)
    again = event_of(first)
    other = stated(lan.customer_id, CommitmentKind.CALL_BACK, interaction_id=first.interaction_id)
    await desk.deliver(lan, again, again, other)
    await desk.deliver(again)
    await desk.send()
    assert len(desk.mail.mails) == 1


async def test_contacts_that_share_no_case_have_their_own_acknowledgement(desk: Desk) -> None:
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id), stated(lan.customer_id))
    await desk.send()
    assert len(desk.mail.mails) == 2


async def test_who_is_not_known_yet_is_waited_for(desk: Desk) -> None:
    """Topics race: the clock may be heard of before the customer."""
    lan = customer(language="en")
    await desk.deliver(stated(lan.customer_id))
    await desk.send()
    assert (await desk.row())["state"] == State.PENDING
    await desk.deliver(lan)
    desk.clock.advance(timedelta(seconds=5))
    await desk.send()
    assert (await desk.row())["attempts"] == 1
    assert desk.mail.mails[0]["Subject"] == "We have your message"


async def test_without_an_address_it_is_suppressed_after_the_grace(desk: Desk) -> None:
    lan = customer(email=None)
    await desk.deliver(lan, stated(lan.customer_id))
    for _ in range(20):
        await desk.send()
        assert desk.clock.now() - START <= timedelta(seconds=30)
        row = await desk.row()
        if row["state"] == State.SUPPRESSED:
            break
        assert row["next_attempt_at"] > desk.clock.now()
        desk.clock.set(row["next_attempt_at"])
    assert desk.clock.now() - START == timedelta(seconds=30)
    ((type_, told),) = await desk.events()
    assert type_ == "kept.notification.suppressed.v2"
    assert told["reason"] == "no address we can send to"


async def test_a_merged_customer_is_reached_at_the_others_address_and_no_longer_when_it_is_undone(desk: Desk) -> None:
    caller, writer = customer(email=None, language="vi"), customer("mai@example.com", language="en")
    merged = CustomerMerged(customer_id=caller.customer_id, into=writer.customer_id, reason="same", by="agent")
    await desk.deliver(caller, writer, merged, stated(caller.customer_id))
    await desk.send()
    assert [m["To"] for m in desk.mail.mails] == ["mai@example.com"]
    undone = CustomerUnmerged(
        customer_id=caller.customer_id, from_customer=writer.customer_id, reason="not the same", by="agent"
    )
    await desk.deliver(undone, stated(caller.customer_id))
    await desk.send()
    assert len(desk.mail.mails) == 1


async def test_a_customer_is_reached_at_the_nearest_address_of_those_they_are_merged_into(desk: Desk) -> None:
    caller, near, far = customer(email=None), customer("near@example.com"), customer("far@example.com")
    beside = customer("beside@example.com", id=UUID(int=1))
    pairs = ((caller, near), (near, far), (beside, far))
    merged = [
        CustomerMerged(customer_id=one.customer_id, into=into.customer_id, reason="same", by="an")
        for one, into in pairs
    ]
    await desk.deliver(caller, near, far, beside, *merged, stated(caller.customer_id))
    await desk.send()
    assert [m["To"] for m in desk.mail.mails] == ["near@example.com"]


async def test_a_warning_is_not_sent_after_the_due_time_as_if_before(desk: Desk) -> None:
    """N9: in time when it was asked for, too late when the mail server was back."""
    lan = customer()
    warning = CommitmentAtRisk(
        customer_id=lan.customer_id,
        commitment_id=new_id(),
        kind=CommitmentKind.PROMISE,
        terms=terms(),
        reason="the lorry is late",
        next_contact_at=DUE - timedelta(hours=1),
    )
    desk.mail.answers = ["451 later"]
    await desk.deliver(lan, warning)
    await desk.send()
    assert (await desk.row())["state"] == State.PENDING
    desk.clock.set(DUE)
    await desk.send()
    assert desk.mail.mails == []
    ((type_, told),) = await desk.events()
    assert type_ == "kept.notification.suppressed.v2"
    assert told["reason"].startswith("what it says is no longer true")


async def test_a_warning_says_why_and_when_we_speak_again(desk: Desk) -> None:
    """N9, N10."""
    lan = customer(language="en")
    warning = CommitmentAtRisk(
        customer_id=lan.customer_id,
        commitment_id=new_id(),
        kind=CommitmentKind.PROMISE,
        terms=terms(),
        reason="the lorry is late",
        next_contact_at=DUE - timedelta(hours=1),
    )
    await desk.deliver(lan, warning)
    await desk.send()
    said = text_of(desk.mail.mails[0])
    for part in ("the lorry is late", "14:00, Tuesday 3 March 2026 (GMT+7)", "http://127.0.0.1:8080/commitments/p/"):
        assert part in said


async def test_a_warning_that_waits_is_dropped_when_the_promise_is_kept(desk: Desk) -> None:
    lan, promise = customer(), new_id()
    held = {"customer_id": lan.customer_id, "commitment_id": promise, "kind": CommitmentKind.PROMISE, "terms": terms()}
    desk.mail.answers = ["451 later"]
    await desk.deliver(lan, CommitmentAtRisk.model_validate(held | {"reason": "rain", "next_contact_at": DUE}))
    await desk.send()
    done = {"outcome": Outcome.KEPT, "fulfilled_at": START, "by": "agent"}
    await desk.deliver(CommitmentFulfilled.model_validate(held | done))
    desk.clock.advance(timedelta(hours=1))
    await desk.send()
    assert desk.mail.mails == []
    ((type_, told),) = await desk.events()
    assert type_ == "kept.notification.suppressed.v2"
    assert told["reason"].startswith("what it says is no longer true")


async def test_a_new_time_told_after_the_old_one_says_so(desk: Desk) -> None:
    """N9: reason, old and new time; and no pretending when the old time has passed meanwhile."""
    lan = customer(language="en")
    new = terms(revision=2, due_at=DUE + timedelta(days=1), reason="the lorry broke down")
    revised = CommitmentRevised(
        customer_id=lan.customer_id,
        commitment_id=new_id(),
        kind=CommitmentKind.PROMISE,
        terms=new,
        previous_due_at=DUE,
        by="agent",
    )
    await desk.deliver(lan, revised)
    await desk.send()
    in_time = text_of(desk.mail.mails[0])
    assert "in good time" in in_time
    assert "the lorry broke down" in in_time
    assert "15:00, Tuesday 3 March 2026 (GMT+7)" in in_time
    assert "15:00, Wednesday 4 March 2026 (GMT+7)" in in_time
    await desk.deliver(revised)
    desk.clock.set(DUE + timedelta(minutes=1))
    await desk.send()
    assert "has passed" in text_of(desk.mail.mails[1])


async def test_trouble_that_passes_is_tried_again_by_the_schedule_with_the_same_id(desk: Desk) -> None:
    lan = customer()
    desk.mail.answers = ["451 greylisted", "421 too busy"]
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.send()
    row = await desk.row()
    assert (row["state"], row["attempts"]) == (State.PENDING, 1)
    assert row["next_attempt_at"] == START + timedelta(seconds=5)
    assert "451" in row["reason"]
    desk.clock.advance(timedelta(seconds=5))
    await desk.send()
    assert (await desk.row())["next_attempt_at"] == START + timedelta(seconds=35)
    desk.clock.advance(timedelta(seconds=30))
    await desk.send()
    assert (await desk.row())["state"] == State.SENT
    assert len(desk.mail.mails) == 1


async def test_a_refusal_for_good_fails_at_once(desk: Desk) -> None:
    lan = customer()
    desk.mail.answers = ["550 no such user"]
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.send()
    ((type_, told),) = await desk.events()
    assert type_ == "kept.notification.failed.v2"
    assert "550 no such user" in told["reason"]
    desk.clock.advance(timedelta(days=1))
    await desk.send()
    assert len(await desk.events()) == 1


async def test_what_a_mail_server_says_in_any_bytes_stops_nobody(desk: Desk) -> None:
    """A relay quotes a name in an old charset, or a NUL: the reason is kept as it can be, and others are sent."""
    lan, hoa = customer(), customer("hoa@example.com")
    desk.mail.answers = [b"550 5.7.1 Bo\xeete \x00 \x1b[31m inconnue"]
    await desk.deliver(lan, hoa, stated(lan.customer_id), stated(hoa.customer_id))
    await desk.send()
    states = {row["state"]: row["reason"] for row in await desk.rows()}
    assert states.keys() == {State.SENT, State.FAILED}
    assert states[State.FAILED].endswith("550 5.7.1 Bo\ufffdte \ufffd [31m inconnue")


async def test_after_the_last_attempt_it_has_failed(desk: Desk) -> None:
    lan = customer()
    desk.mail.answers = ["451 later"] * 20
    await desk.deliver(lan, stated(lan.customer_id, terms=terms(due_at=START + timedelta(days=3))))
    for pause in (0, *desk.settings.retry_after):
        desk.clock.advance(timedelta(seconds=pause))
        await desk.send()
    ((type_, told),) = await desk.events()
    assert type_ == "kept.notification.failed.v2"
    assert told["attempts"] == len(desk.settings.retry_after) + 1


async def test_a_mail_server_that_is_away_is_waited_for(desk: Desk) -> None:
    lan = customer()
    desk.mail.hang_up()
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.send()
    row = await desk.row()
    assert (row["state"], row["attempts"]) == (State.PENDING, 1)
    assert "cannot be reached" in row["reason"]
    await desk.mail.listen()
    desk.clock.advance(timedelta(seconds=5))
    await desk.send()
    assert len(desk.mail.mails) == 1


async def test_what_a_dead_worker_left_is_sent_again_with_the_same_message_id(desk: Desk) -> None:
    """At least once for mail: the mark is committed before the call, so the row is found by the next worker."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    desk.mail.delay = 0.3
    await desk.sender.step(desk.database)
    assert (await desk.row())["state"] == State.SENDING
    await asyncio.wait_for(desk.mail.arrived.wait(), 5)
    for task in desk.sender._in_hand:
        task.cancel()
    await asyncio.gather(*desk.sender._in_hand, return_exceptions=True)
    desk.sender._in_hand.clear()
    desk.mail.delay = 0
    await desk.send()
    assert len(desk.mail.mails) == 1, "not before its worker is taken for dead"
    desk.clock.advance(timedelta(seconds=desk.settings.sending_timeout))
    await desk.send()
    first, second = desk.mail.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert [type_ for type_, _ in await desk.events()] == ["kept.notification.sent.v1"]
    assert (await desk.row())["attempts"] == 2


async def test_a_worker_that_was_taken_for_dead_and_was_not_settles_nothing(desk: Desk) -> None:
    """The row is another's by then, who has it in hand: what came of the first try is not written over it."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    hand = desk.sender.routes, desk.settings, 1, desk.sender.prepare
    async with desk.database.write() as session:
        (slow,) = await ledger.take_up(session, *hand)
    desk.clock.advance(timedelta(seconds=desk.settings.sending_timeout))
    async with desk.database.write() as session:
        (second,) = await ledger.take_up(session, *hand)
    assert isinstance(slow, Handed)
    assert isinstance(second, Handed)
    assert (slow.number, second.number) == (1, 2)
    async with desk.database.write() as session:
        await ledger.settle(session, [Settled.of(slow, Ended(State.FAILED, "nobody there", is_dead=True))])
    assert ((await desk.row())["state"], await desk.events()) == (State.SENDING, [])
    async with desk.database.read() as session:
        assert (await session.execute(text("SELECT value FROM suppression"))).all() == []
    async with desk.database.write() as session:
        await ledger.settle(session, [Settled.of(second, accepted(None))])
    assert (await desk.row())["state"] == State.SENT
    assert [type_ for type_, _ in await desk.events()] == ["kept.notification.sent.v1"]


async def test_one_that_raises_takes_no_other_result_along(desk: Desk) -> None:
    """Nor one that is cancelled: what left is written down."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))

    async def breaks() -> Settled:
        raise RuntimeError("broken")

    await desk.sender._write(desk.database, room=10)
    broken, cancelled = asyncio.create_task(breaks()), asyncio.create_task(breaks())
    cancelled.cancel()
    await asyncio.wait({*desk.sender._in_hand, broken, cancelled})
    desk.sender._in_hand |= {broken, cancelled}
    with pytest.raises(RuntimeError, match="broken"):
        await desk.sender._gather()
    await desk.send()
    assert (await desk.row())["state"] == State.SENT
    assert len(desk.mail.mails) == 1


async def test_names_and_words_cannot_write_headers(desk: Desk) -> None:
    evil = "Lan\r\nBcc: all@example.com\r\n\r\nhello"
    lan = customer(name=evil, language="en")
    promise = stated(lan.customer_id, CommitmentKind.PROMISE, terms=terms(words=evil))
    await desk.deliver(lan, promise)
    await desk.send()
    (mail,) = desk.mail.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Our promise: Lan Bcc: all@example.com hello"
    assert message_from_bytes(mail.as_bytes()).keys() == mail.keys()


@pytest.mark.parametrize(
    "email", ["a b@example.com", "x@example.com\r\nDATA", "<x@example.com>", "x@nowhere", "ü@example.com"]
)
async def test_an_address_that_could_do_harm_is_none(desk: Desk, email: str) -> None:
    lan = customer(email)
    await desk.deliver(lan, stated(lan.customer_id))
    desk.clock.advance(timedelta(seconds=30))
    await desk.send()
    assert (await desk.row())["state"] == State.SUPPRESSED
    assert desk.mail.mails == []


async def test_two_workers_share_the_work_and_connections_are_used_again(desk: Desk) -> None:
    other = Desk(desk.database, desk.clock, desk.mail, desk.settings)
    people = [customer(f"lan{n}@example.com") for n in range(200)]
    await desk.deliver(*people, *[stated(one.customer_id) for one in people])
    await asyncio.gather(desk.send(), other.send())
    await other.sender.close()
    assert len(desk.mail.mails) == 200
    assert len({m["Message-ID"] for m in desk.mail.mails}) == 200
    assert desk.mail.connections <= 2 * desk.settings.smtp_connections


async def test_a_database_that_is_away_makes_nothing_be_sent_twice(desk: Desk) -> None:
    """What came back from the provider meanwhile is written down by the next run."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.sender.step(desk.database)
    assert len(desk.mail.mails) == 1
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", source="/notifications", clock=desk.clock)
    with pytest.raises(OSError):  # noqa: PT011 - whichever the driver says
        await desk.sender.step(away)
    await away.close()
    await desk.send()
    desk.clock.advance(timedelta(hours=1))
    await desk.send()
    assert (await desk.row())["state"] == State.SENT
    assert len(desk.mail.mails) == 1


async def test_the_loop_wakes_when_something_is_written_and_finishes_what_it_holds(desk: Desk) -> None:
    class _Runtime:
        database, placed = desk.database, asyncio.Event()

    _Runtime.placed.set()
    running = asyncio.create_task(desk.sender.run(_Runtime(), desk.stop))  # type: ignore[arg-type]
    lan = customer()
    await asyncio.sleep(0.05)
    desk.mail.delay = 0.2
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.until(State.SENDING)
    desk.stop.set()
    await asyncio.wait_for(running, 5)
    assert (await desk.row())["state"] == State.SENT


async def test_ends_of_several_messages_lock_them_in_one_order(desk: Desk) -> None:
    """Whoever has the first of them gets the others too: nobody holds one and waits for one before it."""
    lan, hoa = customer(), customer("hoa@example.com")
    await desk.deliver(lan, hoa, stated(lan.customer_id), stated(hoa.customer_id))
    first, last = [row["id"] for row in await desk.rows()]
    nothing = dict.fromkeys(("ended_at", "again_at", "attempt_state", "provider_id"))
    ends = [{"id": id_, "number": 0, "state": "suppressed", "reason": "", **nothing} for id_ in (last, first)]
    lock = text("SELECT id FROM notification WHERE id = :id FOR UPDATE")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    async def end() -> None:
        async with desk.database.write() as session:
            assert await attempts.end(session, ends) == {(first, 0), (last, 0)}

    async def waits() -> bool:
        async with desk.database.read() as session:
            return bool((await session.execute(text(waiting))).scalar_one())

    async with desk.database.write() as session:
        await session.execute(lock, {"id": first})
        ending = asyncio.create_task(end())
        await until(waits)
        await session.execute(lock, {"id": last})
    await ending
