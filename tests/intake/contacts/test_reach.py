"""Addresses that bounced and are written from again, and handles that were closed before anybody heard of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.intake.channels.items import Address, Contact, Item, Reach, SenderCheck, Writer
from services.intake.customers import reach, unreachable
from services.intake.customers.weighing import HandleReport, Kept, weigh
from shared.contracts.intake import (
    ChannelKind,
    CustomerCreated,
    Handle,
    HandleKind,
    HandleReachable,
    HandleUnreachable,
    InteractionKind,
    InteractionReceived,
    Reachability,
    Verdict,
)
from tests.intake.conftest import START, Running
from tests.intake.toy import sent, toy_provider
from tests.support.scratch import until

LAN = Address(HandleKind.EMAIL, "lan@example.com")
HOUR = timedelta(hours=1)
_UNTELL = text("UPDATE handle_reach SET told_at = NULL, refused_at = NULL")
_FORGET = text("DELETE FROM event_log")


def contact(external_id: str = "m1", address: Address | None = LAN, *, hours: int = 0, **more: Any) -> Contact:
    at = START + hours * HOUR
    more = {"text": "xin chào", "channel_kind": ChannelKind.EMAIL, **more}
    return Contact(external_id, InteractionKind.MESSAGE, address, at, **more)


def closed(reason: Reachability, *, hours: int = 0, address: Address = LAN) -> Reach:
    return Reach(f"{reason}:{hours}", address, reason, START + hours * HOUR)


@pytest.fixture
async def desk(kept: Running, monkeypatch: pytest.MonkeyPatch) -> Any:
    with toy_provider(monkeypatch):
        await kept.make_channel("toy", "toy", "toy-secret-of-ours")
        yield kept


async def take(desk: Running, *items: Item, hours: int = 0) -> None:
    desk.clock.set(max(desk.clock.now(), START + hours * HOUR))
    assert (await desk.send(sent(*items))).status_code == 200
    await desk.work()


async def test_who_writes_from_an_address_that_bounced_is_reachable_there_again(desk: Running) -> None:
    await take(desk, contact(), closed(Reachability.BOUNCED))
    await take(desk, contact("m2", hours=1), hours=1)
    (opened,) = await desk.facts(HandleReachable)
    assert (opened.reason, opened.handle.value, opened.occurred_at) == (
        Reachability.HEARD_FROM,
        "lan@example.com",
        START + HOUR,
    )
    await take(desk, contact("m3", hours=2), hours=2)
    assert len(await desk.facts(HandleReachable)) == 1
    await take(desk, closed(Reachability.BOUNCED, hours=3), hours=3)
    assert len(await desk.facts(HandleUnreachable)) == 2, "and it can bounce again"


async def test_a_contact_lifts_a_bounce_that_is_told_beside_it(desk: Running) -> None:
    await take(desk, contact())
    await take(desk, contact("m2", hours=2), closed(Reachability.BOUNCED, hours=1), hours=2)
    rows = await desk.rows("SELECT reachable FROM handle_reach")
    assert [row.reachable for row in rows] == [True]


async def test_a_clock_that_stopped_long_ago_keeps_nobody_closed(desk: Running) -> None:
    await take(desk, contact(), closed(Reachability.BOUNCED))
    await take(desk, contact("m2", hours=-8760), hours=25)
    assert len(await desk.facts(HandleReachable)) == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_a_report_without_a_time_that_is_read_again_is_no_new_one(desk: Running, times: int) -> None:
    undated = Reach("dsn:lan@example.com", LAN, Reachability.BOUNCED)
    await take(desk, contact(), *[undated] * times)
    await take(desk, contact("m2", hours=1), hours=1)
    await take(desk, undated, hours=2)
    assert len(await desk.facts(HandleUnreachable)) == 1
    await take(desk, Reach("another", LAN, Reachability.BOUNCED), hours=3)
    assert len(await desk.facts(HandleUnreachable)) == 2


@pytest.mark.parametrize("reason", [Reachability.OPTED_OUT, Reachability.BLOCKED, Reachability.COMPLAINED])
@pytest.mark.parametrize("bounces", [False, True])
async def test_who_refused_our_messages_has_not_asked_for_them_by_writing(
    desk: Running, reason: Reachability, bounces: bool
) -> None:
    """Nor where a bounce came after it."""
    await take(desk, contact(), closed(reason))
    if bounces:
        await take(desk, closed(Reachability.BOUNCED, hours=1), hours=1)
    await take(desk, contact("m2", hours=2), hours=2)
    assert await desk.facts(HandleReachable) == []


async def test_who_refused_before_the_upgrade_has_refused(desk: Running) -> None:
    await take(desk, contact(), closed(Reachability.OPTED_OUT))
    async with desk.runtime.database.write() as session:
        await session.execute(_UNTELL)
    await take(desk, closed(Reachability.BOUNCED, hours=1), hours=1)
    await take(desk, contact("m2", hours=2), hours=2)
    assert await desk.facts(HandleReachable) == []


@pytest.mark.parametrize(
    "more",
    [
        {"automatic": True},
        {"direction": "out"},
        {"hours": -1},
        {"channel_kind": ChannelKind.WEB},
        {"reply_to": Writer(LAN, None, False, False)},
        {"checked": SenderCheck("toy", dmarc=Verdict.FAIL)},
        {"checked": SenderCheck("toy", spf=Verdict.SOFTFAIL, dkim=Verdict.NONE, dmarc=Verdict.NONE)},
    ],
    ids=str,
)
async def test_what_is_not_written_there_by_a_person_proves_nothing(desk: Running, more: dict[str, Any]) -> None:
    await take(desk, contact(), closed(Reachability.BOUNCED))
    await take(desk, contact("m2", **{"hours": 1, **more}), hours=1)
    assert await desk.facts(HandleReachable) == []


async def test_a_contact_from_another_address_opens_no_other(desk: Running) -> None:
    other = Address(HandleKind.EMAIL, "lan@work.example")
    await take(desk, contact(aliases=(other,)), closed(Reachability.BOUNCED))
    await take(desk, contact("m2", other, hours=1), hours=1)
    assert await desk.facts(HandleReachable) == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_bounce_and_a_refusal_in_any_order_are_not_lifted_by_a_contact(order: tuple[int, ...]) -> None:
    handle = Handle(kind=HandleKind.EMAIL, value="lan@example.com")
    reasons = (Reachability.OPTED_OUT, Reachability.BOUNCED, Reachability.HEARD_FROM)
    told = [HandleReport(handle, reason, START + hour * HOUR, "toy", None) for hour, reason in enumerate(reasons)]
    kept: Kept | None = None
    for index in order:
        kept = weigh(kept, told[index])
    assert kept
    assert not weigh(kept, told[2]).report.reason.is_reachable  # type: ignore[union-attr]


_WILLS = {
    Reachability.OPTED_OUT: True,
    Reachability.BLOCKED: True,
    Reachability.COMPLAINED: True,
    Reachability.OPTED_IN: False,
    Reachability.UNBLOCKED: False,
}


def report(reason: Reachability, hours: int) -> HandleReport:
    handle = Handle(kind=HandleKind.EMAIL, value="lan@example.com")
    return HandleReport(handle, reason, START + hours * HOUR, "toy", None)


@given(
    told=st.lists(
        st.tuples(st.sampled_from([*_WILLS, Reachability.BOUNCED]), st.integers(0, 9)),
        min_size=1,
        max_size=8,
        unique_by=lambda one: one[1],
    ),
    again=st.lists(st.integers(0, 7), max_size=6),
    shuffled=st.randoms(use_true_random=False),
)
def test_the_last_will_holds_in_any_order_however_often_it_is_told(
    told: list[tuple[Reachability, int]], again: list[int], shuffled: Random
) -> None:
    order = told + [told[index % len(told)] for index in again]
    shuffled.shuffle(order)
    kept: Kept | None = None
    for reason, hours in order:
        kept = weigh(kept, report(reason, hours))
    kept = weigh(weigh(kept, report(Reachability.BOUNCED, 10)), report(Reachability.HEARD_FROM, 11))
    assert kept
    wills = sorted(((hours, reason) for reason, hours in told if reason in _WILLS), key=lambda one: one[0])
    is_refused = bool(wills) and _WILLS[wills[-1][1]]
    assert kept.is_refused is is_refused
    assert kept.report.reason.is_reachable is not is_refused
    again_late = weigh(kept, report(*told[0]))
    assert again_late
    assert again_late.report.reason is kept.report.reason


async def test_a_refusal_taken_back_under_the_version_before_is_taken_back(desk: Running) -> None:
    """It writes the report and leaves the newer columns as they were."""
    await take(desk, contact(), closed(Reachability.OPTED_OUT))
    opted_in = "UPDATE handle_reach SET reason = 'opted_in', reachable = true, occurred_at = :at"
    async with desk.runtime.database.write() as session:
        await session.execute(text(opted_in), {"at": START + HOUR})
    await take(desk, closed(Reachability.BOUNCED, hours=2), hours=2)
    await take(desk, closed(Reachability.OPTED_OUT), contact("m2", hours=3), hours=3)
    assert [one.reason for one in await desk.facts(HandleReachable)] == [Reachability.HEARD_FROM]


@pytest.mark.parametrize("before", [None, Reachability.OPTED_IN], ids=str)
async def test_reports_from_two_transactions_take_turns(desk: Running, before: Reachability | None) -> None:
    """A bounce that another transaction stores meanwhile does not overwrite a refusal."""
    await take(desk, contact(), *([closed(before)] if before else []))
    database = desk.runtime.database

    async def bounces() -> None:
        async with database.write() as session:
            await reach.store(session, [report(Reachability.BOUNCED, 1)])

    async with database.write() as session:
        await reach.store(session, [report(Reachability.OPTED_OUT, 2)])
        other = asyncio.create_task(bounces())
        await until(lambda: waits(desk, other))
    await other
    (row,) = await desk.rows("SELECT reason, refused_at FROM handle_reach")
    assert (row.reason, row.refused_at) == (Reachability.OPTED_OUT, START + 2 * HOUR)


async def waits(desk: Running, other: asyncio.Task[None]) -> bool:
    """Whether it is through, or waits for a lock in the database."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return other.done() or bool(await desk.rows(waiting))


async def test_what_was_closed_before_the_upgrade_is_told_once_in_pieces(
    desk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [Address(HandleKind.EMAIL, f"p{n}@example.com") for n in range(5)]
    await take(desk, *(contact(f"m{n}", who) for n, who in enumerate(people)))
    await take(desk, *(closed(Reachability.OPTED_OUT, hours=n, address=who) for n, who in enumerate(people)))
    await take(
        desk, closed(Reachability.BOUNCED, address=LAN), contact("c", Address(HandleKind.EMAIL, "q@example.com"))
    )
    before = await desk.facts(HandleUnreachable)
    async with desk.runtime.database.write() as session:
        await session.execute(_UNTELL)
        await session.execute(_FORGET)
    monkeypatch.setattr(unreachable, "PIECE", 2)
    assert await unreachable.tell_untold(desk.runtime.database) == 5, (
        "whose it is nobody knows, of that nothing is told"
    )
    assert sorted(one.handle.value for one in await desk.facts(HandleUnreachable)) == [who.value for who in people]
    assert {one.occurred_at for one in await desk.facts(HandleUnreachable)} == {one.occurred_at for one in before}
    assert await unreachable.tell_untold(desk.runtime.database) == 0
    await take(desk, closed(Reachability.OPTED_OUT, hours=0, address=people[0]))
    assert len(await desk.facts(HandleUnreachable)) == 5
    assert await unreachable.tell_all(desk.runtime.database) == 5, "for whoever has missed it"
    assert [one.handle.value for one in await desk.facts(HandleUnreachable)][5:] == [who.value for who in people]


async def test_a_closed_handle_is_told_when_it_gets_its_owner(desk: Running) -> None:
    phone = Address(HandleKind.PHONE, "+84901234567")
    await take(desk, closed(Reachability.OPTED_OUT), closed(Reachability.BLOCKED, address=phone))
    assert await desk.facts(HandleUnreachable) == []
    await take(desk, contact(aliases=(phone,)))
    kinds = [type(fact) for fact in await desk.facts(CustomerCreated, HandleUnreachable, InteractionReceived)]
    assert kinds == [CustomerCreated, HandleUnreachable, HandleUnreachable, InteractionReceived]
    assert await unreachable.tell_untold(desk.runtime.database) == 0
    await take(desk, contact("m2"))
    assert len(await desk.facts(HandleUnreachable)) == 2


async def test_so_is_one_of_a_customer_who_is_made_by_hand(desk: Running) -> None:
    await take(desk, closed(Reachability.OPTED_OUT))
    body = {"name": "Lan", "handles": [{"kind": "email", "value": "lan@example.com"}]}
    answer = await desk.http.post("/intake/customers", json=body, headers=desk.token("intake:write"))
    assert answer.status_code == 201, answer.text
    assert [one.reason for one in await desk.facts(HandleUnreachable)] == [Reachability.OPTED_OUT]
