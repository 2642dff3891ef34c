"""Who opted out, or cannot be reached, is not written to again; who wants no advertising is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.notifications.delivery.ending import State
from shared.contracts import Payload
from shared.contracts.intake import (
    CustomerCreated,
    CustomerMerged,
    Handle,
    HandleKind,
    HandleReachable,
    HandleUnreachable,
    InteractionChanged,
    InteractionFact,
    Reachability,
)
from tests.notifications.conftest import START, Desk, customer, stated

LAN = Handle(kind=HandleKind.EMAIL, value="lan@example.com")
NO = [reason for reason in Reachability if not reason.is_reachable]


def said(of: CustomerCreated, reason: Reachability, *, at: int = 0, handle: Handle = LAN) -> Payload:
    kind: Any = HandleReachable if reason.is_reachable else HandleUnreachable
    when = START + timedelta(minutes=at)
    told: Payload = kind(customer_id=of.customer_id, handle=handle, channel="mail", reason=reason, occurred_at=when)
    return told


async def states(desk: Desk) -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason"]) for row in await desk.rows()]


@pytest.mark.parametrize("reason", NO)
async def test_who_is_not_to_be_written_to_is_not(desk: Desk, reason: Reachability) -> None:
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id), said(lan, reason))
    await desk.send()
    why = f"the address is not to be written to: {reason.value.replace('_', ' ')}"
    assert (await states(desk), desk.mail.mails) == ([(State.SUPPRESSED, why)], [])
    ((type_, told),) = await desk.events()
    assert (type_, told["channel_kind"], told["reason"]) == ("kept.notification.suppressed.v2", None, why)


async def test_it_holds_until_the_address_can_be_reached_again(desk: Desk) -> None:
    lan = customer()
    await desk.deliver(lan, said(lan, Reachability.OPTED_OUT), said(lan, Reachability.OPTED_IN, at=1))
    await desk.deliver(said(lan, Reachability.BOUNCED), stated(lan.customer_id))
    await desk.send()
    assert len(desk.mail.mails) == 1, "what is older holds no longer, however late it comes"
    await desk.deliver(said(lan, Reachability.COMPLAINED, at=2), said(lan, Reachability.OPTED_IN, at=2))
    await desk.deliver(stated(lan.customer_id))
    await desk.send()
    assert len(desk.mail.mails) == 1, "of two at one instant the one that says no holds"


async def test_another_address_of_the_same_person_is_written_to(desk: Desk) -> None:
    lan, other = customer(), customer("lan@work.example")
    same = CustomerMerged(customer_id=other.customer_id, into=lan.customer_id, reason="same", by="an")
    await desk.deliver(lan, other, same, said(lan, Reachability.BOUNCED), stated(lan.customer_id))
    await desk.send()
    assert [mail["To"] for mail in desk.mail.mails] == ["lan@work.example"]


async def test_an_account_of_a_chat_says_nothing_of_the_same_words_elsewhere(desk: Desk) -> None:
    lan = customer()
    elsewhere = Handle(kind=HandleKind.CHAT, account="page-1", value="lan@example.com")
    await desk.deliver(lan, said(lan, Reachability.BLOCKED, handle=elsewhere), stated(lan.customer_id))
    await desk.send()
    assert len(desk.mail.mails) == 1


async def test_who_wants_no_advertising_hears_of_promises_all_the_same(desk: Desk) -> None:
    lan = customer()
    stopped = InteractionChanged(
        customer_id=lan.customer_id,
        interaction_id=None,
        channel="mail",
        fact=InteractionFact.MARKETING_STOPPED,
        about=None,
        occurred_at=START,
        received_at=START,
    )
    await desk.deliver(lan, stopped, stopped.model_copy(update={"about": "<x@y>"}), stated(lan.customer_id))
    await desk.send()
    assert len(desk.mail.mails) == 1


async def test_an_address_that_the_mail_server_knows_to_be_none_is_not_tried_again(desk: Desk) -> None:
    lan, nam = customer(), customer("nam@example.com")
    desk.mail.answers = ["550 5.1.1 no such user", "550 5.7.1 not this text"]
    await desk.deliver(lan, stated(lan.customer_id))
    await desk.send()
    await desk.deliver(nam, stated(nam.customer_id))
    await desk.send()
    await desk.deliver(stated(lan.customer_id), stated(nam.customer_id))
    await desk.send()
    assert sorted(state for state, _ in await states(desk)) == ["failed", "failed", "sent", "suppressed"]
    assert [mail["To"] for mail in desk.mail.mails] == ["nam@example.com"], "a refused text says nothing of the address"
    await desk.deliver(said(lan, Reachability.UNBLOCKED, at=9), stated(lan.customer_id))
    desk.clock.advance(timedelta(minutes=9))
    await desk.send()
    assert [mail["To"] for mail in desk.mail.mails] == ["nam@example.com", "lan@example.com"]
