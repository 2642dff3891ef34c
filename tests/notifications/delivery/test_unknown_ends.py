"""A hand-over of which nobody knows the end: its provider says what may be done. Message, attempt, restart."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.notifications.delivery import ledger
from services.notifications.delivery.by_person import settle
from services.notifications.delivery.ending import Ended, State, accepted, after_lookup
from services.notifications.delivery.hands import Handed, Settled
from services.notifications.providers.handover import Account, AttemptState, Status
from services.notifications.providers.protocol import Repeat, Route
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


async def unsure(desk: Desk, office: PostOffice, *, due: timedelta = timedelta(days=9)) -> Desk:
    """A message over which the provider broke down: it waits to be sent again, and may have left."""
    by, lan = desk_of(desk, office), customer()
    office.answers = ["500"] * 20
    await by.deliver(lan, stated(lan.customer_id, terms=terms(due_at=START + due)))
    await by.send()
    assert ((await by.row())["state"], await states(by)) == (State.PENDING, [AttemptState.UNKNOWN])
    return by


async def states(desk: Desk) -> list[str]:
    return [one["state"] for one in await desk.attempts()]


async def test_what_may_have_left_and_is_overtaken_is_not_said_to_be_unsent(desk: Desk) -> None:
    by = await unsure(desk, PostOffice(Repeat.SAFE), due=timedelta(seconds=3))
    by.clock.advance(timedelta(seconds=5))
    await by.send()
    assert (await by.row())["state"] == State.UNKNOWN
    ((type_, told),) = await by.events()
    assert (type_, told["attempts"], told["channel_kind"]) == ("kept.notification.unknown.v1", 1, "sms")
    assert told["reason"].startswith("it may have left, and is not sent again: what it says is no longer true")


async def test_nor_is_what_may_have_left_and_is_given_up(desk: Desk) -> None:
    by = await unsure(desk, PostOffice(Repeat.SAFE))
    await give_up(by)
    assert (await by.row())["state"] == State.UNKNOWN
    assert await ended(by) == ["kept.notification.unknown.v1"]
    assert "given up after 7 attempts" in str((await by.row())["reason"])


async def give_up(desk: Desk) -> None:
    for pause in desk.settings.retry_after:
        desk.clock.advance(timedelta(seconds=pause))
        await desk.send()


async def test_nor_is_what_workers_died_over_until_it_is_given_up(desk: Desk) -> None:
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id, terms=LATE))
    desk.mail.delay = 30
    for _ in range(len(desk.settings.retry_after) + 1):
        await desk.sender.step(desk.database)
        await desk.lose()
    await desk.send()
    assert ((await desk.row())["state"], await ended(desk)) == (State.UNKNOWN, ["kept.notification.unknown.v1"])


async def test_what_is_known_not_to_have_left_is_suppressed_or_has_failed(desk: Desk) -> None:
    """The channel is that of the last attempt."""
    lan = customer()
    desk.mail.answers = ["451 later"]
    await desk.deliver(lan, stated(lan.customer_id, terms=terms(due_at=START + timedelta(seconds=3))))
    await desk.send()
    desk.clock.advance(timedelta(seconds=5))
    await desk.send()
    ((type_, told),) = await desk.events()
    assert (type_, told["channel_kind"]) == ("kept.notification.suppressed.v2", "email")


async def test_an_end_is_told_once_where_two_results_of_a_message_come_back_together(desk: Desk) -> None:
    """A worker was taken for dead and was not: the first attempt's result says nothing any more."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    hand = desk.sender.routes, desk.settings, 1, desk.sender.prepare
    handed = []
    for _ in range(2):
        async with desk.database.write() as session:
            handed += await ledger.take_up(session, *hand)
        desk.clock.advance(timedelta(seconds=desk.settings.sending_timeout))
    results = [Settled.of(one, accepted(None)) for one in handed if isinstance(one, Handed)]
    async with desk.database.write() as session:
        await ledger.settle(session, [*results, results[-1]])
    assert await ended(desk) == ["kept.notification.sent.v1"]
    assert await states(desk) == [AttemptState.UNKNOWN, AttemptState.ACCEPTED]


async def test_a_person_who_says_that_it_did_not_leave_has_it_tried_once_more(desk: Desk) -> None:
    """However often it was tried before."""
    office = PostOffice(Repeat.SAFE)
    by = await unsure(desk, office)
    await give_up(by)
    office.answers.clear()
    async with by.database.write() as session:
        await settle(session, (await by.row())["id"], left=False, by="an")
    await by.send()
    assert ((await by.row())["state"], len(office.parcels)) == (State.SENT, 1)
    assert (await by.row())["attempts"] == len(by.settings.retry_after) + 2


@pytest.mark.parametrize("left", [True, False])
async def test_a_person_settles_a_message_that_has_no_attempt(desk: Desk, left: bool) -> None:
    """The version before had it in hand when it was restored, and wrote no attempt."""
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id))
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET state = 'unknown', ended_at = created_at"))
    async with desk.database.write() as session:
        await settle(session, (await desk.row())["id"], left=left, by="an")
    assert (await desk.row())["state"] == (State.SENT if left else State.PENDING)
    assert await states(desk) == [AttemptState.ACCEPTED if left else AttemptState.FAILED]
    await desk.send()
    assert ((await desk.row())["state"], len(desk.mail.mails)) == (State.SENT, 0 if left else 1)
    ((type_, told),) = await desk.events()
    assert (type_, told["attempt"]) == ("kept.notification.sent.v1", 1 if left else 2)


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


@pytest.mark.parametrize("state", [AttemptState.ACCEPTED, AttemptState.FAILED])
def test_what_a_provider_says_can_be_stored_whatever_is_in_it(state: AttemptState) -> None:
    looked_up = after_lookup(Status(state, "id\x00\udcee", "re\x00ason \udcee"), START)
    assert isinstance(looked_up, Ended)
    for said in (accepted("id\x00\udcee").provider_id, looked_up.provider_id, looked_up.reason or ""):
        assert said is not None
        assert "\x00" not in said
        said.encode()
