"""What a provider says later of a message: matched by its id, in any order, once, and told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.notifications.delivery import early
from services.notifications.delivery.ending import State
from services.notifications.delivery.receipts import Receipt, Tracked, Tracking, moves_to
from services.notifications.delivery.tracking import take_early
from services.notifications.delivery.upkeep import run_once
from services.notifications.providers.handover import Account, AttemptState
from services.notifications.providers.protocol import Repeat, Route
from shared.contracts import Payload
from shared.contracts.intake import ChannelKind, InteractionChanged, InteractionFact
from shared.contracts.notifications import Notification
from shared.database import WriteSession
from shared.ids import new_id
from tests.notifications.conftest import START, Desk, customer, stated
from tests.support.post import PostOffice
from tests.support.scratch import until
from tests.support.statements import counted

SENT, DELIVERED, READ, FAILED = (InteractionFact(name) for name in ("sent", "delivered", "read", "failed"))
LATER = START + timedelta(minutes=3)


def receipt(about: str | None, fact: InteractionFact = DELIVERED, **changes: Any) -> InteractionChanged:
    held: dict[str, Any] = {"customer_id": new_id(), "interaction_id": None, "channel": "mail", "fact": fact}
    times = {"occurred_at": LATER, "received_at": LATER}
    return InteractionChanged.model_validate(held | times | {"about": about} | changes)


async def mailed(desk: Desk) -> str:
    """The Message-ID of a mail that the server has taken."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.send()
    return str(desk.mail.mails[-1]["Message-ID"])


async def told(desk: Desk) -> list[str]:
    return [type_.split(".")[2] for type_, _ in await desk.events()]


async def test_a_mail_that_arrived_and_was_read_says_so_once(desk: Desk) -> None:
    id_ = await mailed(desk)
    for fact in (SENT, DELIVERED, READ, DELIVERED, READ):
        await desk.deliver(receipt(id_, fact))
    (attempt,) = await desk.attempts()
    assert (attempt["state"], attempt["delivered_at"], attempt["read_at"]) == (AttemptState.READ, LATER, LATER)
    assert await told(desk) == ["sent", "delivered", "read"]
    assert (await desk.row())["state"] == State.SENT
    (_, sent), (_, delivered), _ = await desk.events()
    assert sent["provider_id"] == id_
    assert (delivered["notification_id"], delivered["channel_kind"]) == (sent["notification_id"], "email")


async def test_a_mail_that_came_back_has_failed_with_the_reason(desk: Desk) -> None:
    id_ = await mailed(desk)
    await desk.deliver(receipt(id_, FAILED, text="550 5.1.1 no such user"))
    await desk.deliver(receipt(id_, DELIVERED), receipt(id_, FAILED))
    row, (attempt,) = await desk.row(), await desk.attempts()
    assert (row["state"], row["reason"]) == (State.FAILED, "550 5.1.1 no such user")
    assert (attempt["state"], attempt["failed_at"]) == (AttemptState.FAILED, LATER)
    assert await told(desk) == ["sent", "failed"]


async def test_what_is_not_known_whether_it_left_is_known_by_its_receipt(desk: Desk) -> None:
    id_ = await mailed(desk)
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET state = 'unknown', reason = 'restored'"))
        await session.execute(text("UPDATE attempt SET state = 'unknown', accepted_at = NULL"))
    await desk.deliver(receipt(id_))
    assert ((await desk.row())["state"], (await desk.row())["reason"]) == (State.SENT, None)
    assert await told(desk) == ["sent", "sent", "delivered"]


async def test_a_receipt_of_nobodys_message_changes_nothing_and_is_forgotten(desk: Desk) -> None:
    await mailed(desk)
    await desk.deliver(receipt("<other@kept.localhost>"), receipt(None), receipt("x", interaction_id=new_id()))
    await run_once(desk.database)
    assert await _waiting(desk) == ["<other@kept.localhost>"], "a contact of intake's is none of ours"
    desk.clock.advance(timedelta(days=1, minutes=1))
    await run_once(desk.database)
    assert await _waiting(desk) == []
    assert await told(desk) == ["sent"]


async def test_a_receipt_that_comes_before_the_answer_is_kept_until_then(desk: Desk) -> None:
    office = PostOffice(Repeat.NEVER)
    by = Desk(desk.database, desk.clock, desk.mail, desk.settings, [Route(office, Account("+84900000001", "Kept"))])
    lan = customer()
    await by.deliver(receipt("P1"))
    await by.deliver(lan, stated(lan.customer_id))
    await run_once(by.database)
    assert await _waiting(by) == ["P1"]
    await by.send()
    await run_once(by.database)
    assert ([one["state"] for one in await by.attempts()], await _waiting(by)) == ([AttemptState.DELIVERED], [])
    assert await told(by) == ["sent", "delivered"]


async def test_so_is_one_that_comes_while_the_message_is_in_hands(desk: Desk) -> None:
    """A mail's id is known before the server answers; what comes of it is written down first."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    desk.mail.delay = 0.3
    await desk.sender.step(desk.database)
    await asyncio.wait_for(desk.mail.arrived.wait(), 5)
    id_ = str(desk.mail.mails[0]["Message-ID"])
    await desk.deliver(receipt(id_, FAILED))
    assert [one["state"] for one in await desk.attempts()] == [AttemptState.HANDED]
    await desk.send()
    await run_once(desk.database)
    assert ((await desk.row())["state"], await told(desk)) == (State.FAILED, ["sent", "failed"])


async def ended_as(desk: Desk, state: State, attempt_state: AttemptState = AttemptState.UNKNOWN) -> str:
    """A mail of which nobody knows whether it left, while its message stands as it says."""
    id_ = await mailed(desk)
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET state = :state, reason = 'why'"), {"state": state})
        unknown = "UPDATE attempt SET state = :state, accepted_at = NULL"
        await session.execute(text(unknown), {"state": attempt_state})
        await session.execute(text("DELETE FROM event_log"))
    return id_


NOT_SENT = (State.UNKNOWN, State.PENDING, State.SUPPRESSED, State.FAILED)


@pytest.mark.parametrize("fact", [SENT, DELIVERED, READ])
@pytest.mark.parametrize("state", NOT_SENT)
async def test_a_message_that_did_leave_is_sent_whatever_was_thought_of_it(
    desk: Desk, state: State, fact: InteractionFact
) -> None:
    id_ = await ended_as(desk, state)
    begun = (await desk.attempts())[0]["begun_at"]
    desk.clock.advance(timedelta(hours=1))
    await desk.deliver(receipt(id_, fact))
    await desk.send()
    row, (attempt,) = await desk.row(), await desk.attempts()
    assert (row["state"], row["reason"], row["ended_at"]) == (State.SENT, None, desk.clock.now())
    assert attempt["accepted_at"] == begun
    (_, sent), *rest = await desk.events()
    assert sent["sent_at"] == begun.isoformat().replace("+00:00", "Z"), "it left when the attempt began"
    assert [type_.split(".")[2] for type_, _ in rest] == ([] if fact is SENT else [fact.value])
    assert len(desk.mail.mails) == 1


@pytest.mark.parametrize("state", [State.UNKNOWN, State.PENDING, State.SUPPRESSED])
async def test_what_left_and_came_back_has_failed_and_is_not_sent_again(desk: Desk, state: State) -> None:
    id_ = await ended_as(desk, state)
    await desk.deliver(receipt(id_, FAILED, text="550 5.1.1"))
    desk.clock.advance(timedelta(hours=1))
    await desk.send()
    assert ((await desk.row())["state"], (await desk.row())["reason"]) == (State.FAILED, "550 5.1.1")
    assert await told(desk) == ["failed"]
    assert len(desk.mail.mails) == 1


async def test_who_has_read_it_has_got_it_whatever_else_is_said(desk: Desk) -> None:
    id_ = await mailed(desk)
    await desk.deliver(receipt(id_, FAILED), receipt(id_, READ), receipt(id_, FAILED), receipt(id_, READ))
    assert ((await desk.row())["state"], (await desk.row())["reason"]) == (State.SENT, None)
    assert [one["state"] for one in await desk.attempts()] == [AttemptState.READ]
    assert await told(desk) == ["sent", "failed", "read"]


async def test_that_it_was_read_says_nothing_of_when_it_arrived(desk: Desk) -> None:
    id_ = await mailed(desk)
    await desk.deliver(receipt(id_, READ))
    (attempt,) = await desk.attempts()
    assert (attempt["state"], attempt["delivered_at"], attempt["read_at"]) == (AttemptState.READ, None, LATER)
    assert await told(desk) == ["sent", "read"]
    earlier = LATER - timedelta(minutes=1)
    await desk.deliver(receipt(id_, DELIVERED, occurred_at=earlier))
    (attempt,) = await desk.attempts()
    assert (attempt["state"], attempt["delivered_at"]) == (AttemptState.READ, earlier)
    assert await told(desk) == ["sent", "read", "delivered"]


class Heard:
    """Work that keeps what is emitted."""

    now, is_again = START, False

    def __init__(self) -> None:
        self.emitted: list[str] = []

    def emit(self, payload: Payload) -> None:
        self.emitted.append(payload.type.split(".")[2])


def tracked(attempt_state: AttemptState, message_state: State) -> Tracked:
    customer_id, id_ = new_id(), new_id()
    facts = Notification(customer_id=customer_id, notification_id=id_, template="x", cause_id=id_, language="en")
    accepted_at = START if attempt_state is AttemptState.ACCEPTED else None
    times = (START, accepted_at, None, None, None)
    said = ("smtp", "<1@x>", ChannelKind.EMAIL, "s", "t")
    return Tracked(id_, 1, *said, attempt_state, *times, None, message_state, None, 1, facts)


STARTS = [(AttemptState.ACCEPTED, State.SENT), *((AttemptState.UNKNOWN, state) for state in NOT_SENT)]
FACTS = st.lists(st.tuples(st.sampled_from((SENT, DELIVERED, READ, FAILED)), st.integers(0, 9)), min_size=1, max_size=7)


@given(start=st.sampled_from(STARTS), orders=FACTS.flatmap(lambda f: st.tuples(st.just(f), st.permutations(f))))
def test_receipts_in_any_order_end_the_same_and_tell_each_event_once(
    start: tuple[AttemptState, State], orders: tuple[list[Any], list[Any]]
) -> None:
    ends = []
    for facts in orders:
        picture, work = Tracking([tracked(*start)]), Heard()
        for fact, minute in facts:
            taken = picture.take(cast("Any", work), Receipt("<1@x>", fact, START + timedelta(minutes=minute)))
            assert taken
        end = picture.by_id["<1@x>"]
        assert len(set(work.emitted)) == len(work.emitted), work.emitted
        assert ("sent" in work.emitted) == (start[1] is not State.SENT and end.accepted_at is not None)
        assert ("delivered" in work.emitted) == (end.delivered_at is not None)
        ends.append((end.state, end.message_state))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("order", list(permutations((SENT, DELIVERED, READ))))
def test_receipts_in_any_order_lead_to_the_same_end(order: tuple[InteractionFact, ...]) -> None:
    state = AttemptState.ACCEPTED
    for fact in order:
        state = moves_to(state, fact) or state
    assert state is AttemptState.READ


@pytest.mark.parametrize(
    ("state", "fact", "to"),
    [
        (AttemptState.UNKNOWN, SENT, AttemptState.ACCEPTED),
        (AttemptState.DELIVERED, SENT, None),
        (AttemptState.DELIVERED, FAILED, AttemptState.FAILED),
        (AttemptState.READ, FAILED, None),
        (AttemptState.FAILED, READ, AttemptState.READ),
        (AttemptState.FAILED, DELIVERED, None),
        (AttemptState.HANDED, DELIVERED, None),
    ],
)
def test_where_a_receipt_leads(state: AttemptState, fact: InteractionFact, to: AttemptState | None) -> None:
    assert moves_to(state, fact) is to


async def test_a_batch_of_receipts_costs_the_same_however_many_there_are(desk: Desk) -> None:
    costs = []
    for count in (5, 10):
        people = [customer(f"p{n}-{count}@example.com") for n in range(count)]
        before = len(desk.mail.mails)
        await desk.deliver(*people, *(stated(one.customer_id) for one in people))
        await desk.send()
        ids = [str(mail["Message-ID"]) for mail in desk.mail.mails[before:]]
        with counted(desk.database) as statements:
            await desk.deliver(*map(receipt, ids))
        costs.append(len(statements))
    assert costs == [3, 3], "\n".join(statements)


async def test_early_receipts_are_taken_in_pieces_until_none_is_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(early, "PIECE", 2)
    people = [customer(f"p{n}@example.com") for n in range(5)]
    await desk.deliver(*people, *(stated(one.customer_id) for one in people))
    await desk.send()
    ids = [str(mail["Message-ID"]) for mail in desk.mail.mails]
    async with desk.database.write() as session:
        await early.wait(session, [Receipt(id_, DELIVERED, LATER) for id_ in ids])
    await run_once(desk.database)
    assert await _waiting(desk) == []
    assert {one["state"] for one in await desk.attempts()} == {AttemptState.DELIVERED}


_AGAIN = text("""
    WITH second AS (
        INSERT INTO attempt (notification_id, number, provider, form, channel_kind, provider_id, state, begun_at)
        SELECT notification_id, 2, provider, form, channel_kind, provider_id, 'handed', begun_at FROM attempt)
    UPDATE notification SET attempts = 2
""")
"""The mail is sent again: both of its attempts have one id, and the second is in somebody's hands."""


async def test_one_that_comes_while_the_message_is_sent_again_waits_for_that_too(desk: Desk) -> None:
    id_ = await ended_as(desk, State.SENDING)
    async with desk.database.write() as session:
        await session.execute(_AGAIN)
    await desk.deliver(receipt(id_))
    await run_once(desk.database)
    assert await _waiting(desk) == [id_]


async def test_one_whose_message_is_taken_up_again_meanwhile_goes_on_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look for receipts that can be taken and the taking, a sender begins another attempt."""
    id_ = await ended_as(desk, State.SENDING)
    async with desk.database.write() as session:
        await early.wait(session, [Receipt(id_, DELIVERED, LATER)])
    take = early.take

    async def taken(session: WriteSession) -> list[Receipt]:
        found = await take(session)
        await session.execute(_AGAIN)
        return found

    monkeypatch.setattr(early, "take", taken)
    async with desk.database.write() as session:
        assert await take_early(session) == 1
    assert await _waiting(desk) == [id_]


async def test_whoever_locks_a_message_and_its_attempt_locks_the_message_first(desk: Desk) -> None:
    """Else two wait for each other: a receipt has the attempt, and the sender the message."""
    id_ = await mailed(desk)
    async with desk.database.write() as sender:
        await sender.execute(text("SELECT FROM notification FOR UPDATE"))
        heard = asyncio.create_task(desk.deliver(receipt(id_)))
        await until(lambda: _is_blocked(desk))
        await sender.execute(text("SET LOCAL lock_timeout = '5s'"))
        await sender.execute(text("UPDATE attempt SET reason = 'the sender has it'"))
    await asyncio.wait_for(heard, 10)
    (attempt,) = await desk.attempts()
    assert (attempt["state"], attempt["reason"]) == (AttemptState.DELIVERED, "the sender has it")


async def _is_blocked(desk: Desk) -> bool:
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with desk.database.read() as session:
        return bool((await session.execute(text(waits))).scalar_one())


async def _waiting(desk: Desk) -> list[str]:
    async with desk.database.read() as session:
        return list((await session.execute(text("SELECT provider_id FROM receipt"))).scalars())
