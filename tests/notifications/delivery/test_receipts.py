"""What a provider says later of a message: matched by its id, in any order, once, and told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from services.notifications.delivery.ending import State
from services.notifications.delivery.receipts import moves_to
from services.notifications.delivery.upkeep import round_
from services.notifications.providers.protocol import Account, AttemptState, Repeat, Route
from shared.contracts.intake import InteractionChanged, InteractionFact
from shared.ids import new_id
from tests.notifications.conftest import START, Desk, customer, stated
from tests.support.post import PostOffice
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
    await round_(desk.database)
    assert await _waiting(desk) == ["<other@kept.localhost>"], "a contact of intake's is none of ours"
    desk.clock.advance(timedelta(days=1, minutes=1))
    await round_(desk.database)
    assert await _waiting(desk) == []
    assert await told(desk) == ["sent"]


async def test_a_receipt_that_comes_before_the_answer_is_kept_until_then(desk: Desk) -> None:
    office = PostOffice(Repeat.NEVER)
    by = Desk(desk.database, desk.clock, desk.mail, desk.settings, [Route(office, Account("+84900000001", "Kept"))])
    lan = customer()
    await by.deliver(receipt("P1"))
    await by.deliver(lan, stated(lan.customer_id))
    await round_(by.database)
    assert await _waiting(by) == ["P1"]
    await by.send()
    await round_(by.database)
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
    await round_(desk.database)
    assert ((await desk.row())["state"], await told(desk)) == (State.FAILED, ["sent", "failed"])


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


async def _waiting(desk: Desk) -> list[str]:
    async with desk.database.read() as session:
        return list((await session.execute(text("SELECT provider_id FROM receipt"))).scalars())
