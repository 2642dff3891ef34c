"""A hand-over of which nobody knows the end: its provider says what may be done. Message, attempt, restart."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.notifications.delivery.ending import State
from services.notifications.providers.protocol import Account, AttemptState, Repeat, Route
from tests.notifications.conftest import START, Desk, customer, stated, terms
from tests.support.post import PostOffice

LATE = terms(due_at=START + timedelta(days=9))


def desk_of(desk: Desk, office: PostOffice) -> Desk:
    return Desk(desk.database, desk.clock, desk.mail, desk.settings, [Route(office, Account("+84900000001", "Kept"))])


async def handed(desk: Desk, office: PostOffice, *, arrives: bool = True) -> Desk:
    """A message of which the worker dies: the office has taken it, or it never got there."""
    by = desk_of(desk, office)
    lan = customer()
    office.is_silent = True
    await by.deliver(lan, stated(lan.customer_id, terms=LATE))
    await by.sender.step(by.database)
    await asyncio.wait_for(office.arrived.wait(), 5)
    assert [one["state"] for one in await by.attempts()] == [AttemptState.HANDED]
    if not arrives:
        office.parcels.clear()
    office.is_silent = False
    await by.lose()
    return by


async def ended(desk: Desk) -> list[str]:
    return [type_ for type_, _ in await desk.events()]


async def test_what_went_through_has_the_providers_id_and_its_words(desk: Desk) -> None:
    office = PostOffice(Repeat.NEVER)
    by, lan = desk_of(desk, office), customer(language="en")
    await by.deliver(lan, stated(lan.customer_id))
    await by.send()
    (attempt,) = await by.attempts()
    wanted: dict[str, Any] = {
        "number": 1,
        "provider": "post-never",
        "account": "+84900000001",
        "form": "text",
        "channel_kind": "sms",
        "address": "+84901234567",
        "provider_id": "P1",
        "reference": str(attempt["notification_id"]),
        "state": AttemptState.ACCEPTED,
        "accepted_at": START,
    }
    assert wanted.items() <= attempt.items()
    assert attempt["text"] == office.parcels[0].text
    ((_, told),) = await by.events()
    assert (told["channel_kind"], told["text"]) == ("sms", office.parcels[0].text)


async def test_what_may_not_be_repeated_is_put_before_a_person(desk: Desk) -> None:
    office = PostOffice(Repeat.NEVER)
    by = await handed(desk, office)
    await by.send()
    by.clock.advance(timedelta(days=1))
    await by.send()
    row = await by.row()
    assert (row["state"], len(office.parcels), office.asked) == (State.UNKNOWN, 1, 0)
    assert "it may have left, and is not sent again" in row["reason"]
    assert [one["state"] for one in await by.attempts()] == [AttemptState.UNKNOWN]


@pytest.mark.parametrize("code", ["500", "502"])
async def test_nor_is_it_where_the_provider_broke_down_over_it(desk: Desk, code: str) -> None:
    office = PostOffice(Repeat.NEVER)
    by, lan = desk_of(desk, office), customer()
    office.answers = [code]
    await by.deliver(lan, stated(lan.customer_id))
    await by.send()
    assert (await by.row())["state"] == State.UNKNOWN


async def test_what_is_known_not_to_have_left_is_sent_again_by_any_provider(desk: Desk) -> None:
    for repeat in Repeat:
        office = PostOffice(repeat)
        by, lan = desk_of(desk, office), customer()
        office.answers = ["429"]
        await by.deliver(lan, stated(lan.customer_id))
        await by.send()
        by.clock.advance(timedelta(seconds=5))
        await by.send()
        assert [one.to for one in office.parcels] == ["+84901234567"]
        assert office.asked == 0


async def test_what_the_provider_has_is_not_sent_again(desk: Desk) -> None:
    office = PostOffice(Repeat.LOOK_FIRST)
    by = await handed(desk, office)
    await by.send()
    (attempt,) = await by.attempts()
    assert (attempt["state"], attempt["provider_id"]) == (AttemptState.ACCEPTED, "P1")
    assert ((await by.row())["state"], len(office.parcels), office.asked) == (State.SENT, 1, 1)
    ((type_, told),) = await by.events()
    assert (type_, told["text"]) == ("kept.notification.sent.v1", office.parcels[0].text)


async def test_what_the_provider_does_not_have_is_sent_again(desk: Desk) -> None:
    office = PostOffice(Repeat.LOOK_FIRST)
    by = await handed(desk, office, arrives=False)
    await by.send()
    assert [one["state"] for one in await by.attempts()] == [AttemptState.FAILED, AttemptState.ACCEPTED]
    assert ((await by.row())["state"], len(office.parcels)) == (State.SENT, 1)
    assert await ended(by) == ["kept.notification.sent.v1"]


async def test_what_the_provider_gave_up_has_failed(desk: Desk) -> None:
    office = PostOffice(Repeat.LOOK_FIRST)
    by = await handed(desk, office)
    office.parcels[0].state = AttemptState.FAILED
    await by.send()
    assert ((await by.row())["state"], len(office.parcels)) == (State.FAILED, 1)


async def test_a_provider_that_cannot_be_asked_is_asked_again_and_in_the_end_a_person(desk: Desk) -> None:
    office = PostOffice(Repeat.LOOK_FIRST)
    by = await handed(desk, office)
    office.is_closed = True
    await by.send()
    assert (await by.row())["state"] == State.SENDING
    assert (await by.row())["next_attempt_at"] > by.clock.now()
    for _ in range(20):
        by.clock.set(max(by.clock.now(), (await by.row())["next_attempt_at"]))
        await by.send()
        if (await by.row())["state"] != State.SENDING:
            break
    assert ((await by.row())["state"], len(office.parcels)) == (State.UNKNOWN, 1)
    assert 3 < office.asked < 15


async def test_a_provider_that_is_gone_from_the_settings_is_as_one_that_may_not_repeat(desk: Desk) -> None:
    office = PostOffice(Repeat.SAFE)
    by = await handed(desk, office)
    await desk.send()
    assert ((await by.row())["state"], desk.mail.mails) == (State.UNKNOWN, [])


async def test_what_the_version_before_had_in_hand_is_sent_again(desk: Desk) -> None:
    """It knew mail alone, and wrote no attempt."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET state = 'sending', attempts = 1"))
    await desk.send()
    assert ((await desk.row())["state"], len(desk.mail.mails)) == (State.SENT, 1)
    assert [one["number"] for one in await desk.attempts()] == [2]


async def test_a_text_that_is_too_long_for_the_provider_is_not_cut(desk: Desk) -> None:
    office = PostOffice(Repeat.NEVER, most=20)
    by, lan = desk_of(desk, office), customer()
    await by.deliver(lan, stated(lan.customer_id))
    await by.send()
    assert ((await by.row())["state"], office.parcels) == (State.FAILED, [])
    assert "of 20 at most" in (await by.row())["reason"]
