"""What is no contact: facts about contacts, words on whether a handle can be reached, people who moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import Address, Attachment, Contact, Fact, Item, Moved, Reach
from shared.contracts.intake import (
    ChannelKind,
    CustomerCreated,
    CustomerUpdated,
    Handle,
    HandleKind,
    HandleReachable,
    HandleUnreachable,
    InteractionChanged,
    InteractionFact,
    InteractionKind,
    InteractionReceived,
    Reachability,
)
from shared.reach import ReachReport
from tests.intake.conftest import START, Running
from tests.intake.senders import Webhook
from tests.intake.toy import sent, toy_provider

LAN = Address(HandleKind.PHONE, "+84901234567")
LAN_CHAT = Address(HandleKind.CHAT, "VN.42")


def contact(external_id: str = "m1", address: Address | None = LAN, **more: Any) -> Contact:
    return Contact(external_id, InteractionKind.MESSAGE, address, **{"text": "xin chào", **more})


def fact(kind: str, about: str | None = "m1", *, id_: str | None = None, minutes: int = 5, **more: Any) -> Fact:
    at = START + timedelta(minutes=minutes)
    return Fact(id_ or f"{kind}:{about}:{minutes}", InteractionFact(kind), about, at, **more)


@pytest.fixture
async def desk(kept: Running, monkeypatch: pytest.MonkeyPatch) -> Any:
    with toy_provider(monkeypatch):
        await kept.make_channel("toy", "toy", "toy-secret-of-ours")
        yield kept


async def take(desk: Running, *items: Item) -> None:
    answer = await desk.send(sent(*items))
    assert answer.status_code == 200, answer.text
    await desk.work()


async def test_an_edit_stands_beside_what_was_written(desk: Running) -> None:
    """I13: the words stay as they were; what became of them is told, and on the timeline."""
    await take(desk, contact(text="ngày mai"), fact("edited", text="ngày kia"), fact("deleted", minutes=9))
    (received,) = await desk.facts(InteractionReceived)
    edited, deleted = await desk.facts(InteractionChanged)
    assert (received.text, edited.text) == ("ngày mai", "ngày kia")
    assert edited.interaction_id == deleted.interaction_id == received.interaction_id
    titles = [entry["title"] for entry in await desk.timeline(received.customer_id)]
    assert titles[-2:] == ["Changed what they wrote", "Took back what they wrote"]


async def test_copies_of_a_fact_are_one(desk: Running) -> None:
    await take(desk, contact(), fact("reacted", text="👍"), fact("reacted", text="👍"))
    await take(desk, fact("reacted", text="👍"))
    assert len(await desk.facts(InteractionChanged)) == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_order_of_facts_and_contact_does_not_matter(desk: Running, order: tuple[int, ...]) -> None:
    items: list[Item] = [contact(), fact("edited", text="b"), fact("deleted", minutes=7)]
    for index in order:
        await take(desk, items[index])
    (received,) = await desk.facts(InteractionReceived)
    changed = await desk.facts(InteractionChanged)
    assert {(c.fact.value, c.interaction_id) for c in changed} == {
        ("edited", received.interaction_id),
        ("deleted", received.interaction_id),
    }
    rows = await desk.rows("SELECT interaction_id FROM interaction_fact")
    assert {row.interaction_id for row in rows} == {received.interaction_id}


async def test_a_receipt_of_a_message_that_was_sent_past_us_is_the_customers(desk: Running) -> None:
    await take(desk, contact())
    await take(desk, fact("delivered", "wamid.9", address=LAN), fact("read", None, address=LAN))
    delivered, read = await desk.facts(InteractionChanged)
    assert (delivered.interaction_id, delivered.about) == (None, "wamid.9")
    assert (read.about, read.fact) == (None, InteractionFact.READ)
    assert {delivered.customer_id, read.customer_id} == {await desk.customer("phone:+84901234567")}


async def test_a_fact_of_nobody_we_know_makes_no_customer(desk: Running) -> None:
    await take(desk, fact("delivered", "wamid.9", address=LAN))
    assert await desk.facts() == []
    assert len(await desk.rows("SELECT id FROM interaction_fact")) == 1


async def test_a_recording_is_a_file_of_the_call(desk: Running) -> None:
    recording = Attachment(None, "audio/mpeg", url="https://api.twilio.com/r/1.mp3")
    await take(desk, fact("recorded", attachments=(recording,)), contact())
    (changed,) = await desk.facts(InteractionChanged)
    assert [file.content_type for file in changed.attachments] == ["audio/mpeg"]


async def test_a_blocked_handle_is_told_once_and_again_when_it_opens(desk: Running) -> None:
    await take(desk, contact(), Reach("r1", LAN, Reachability.BLOCKED, START), Reach("r2", LAN, Reachability.BLOCKED))
    await take(desk, Reach("r3", LAN, Reachability.UNBLOCKED, START + timedelta(hours=1)))
    (blocked,) = await desk.facts(HandleUnreachable)
    (opened,) = await desk.facts(HandleReachable)
    assert blocked.handle == opened.handle == Handle(kind=HandleKind.PHONE, value="+84901234567")
    answer = await desk.http.get(f"/intake/customers/{blocked.customer_id}", headers=desk.token("intake:read"))
    assert answer.json()["unreachable"] == []


async def test_of_what_is_said_of_a_handle_the_newest_holds_whenever_it_comes(desk: Running) -> None:
    await take(desk, contact(), Reach("r1", LAN, Reachability.BLOCKED, START + timedelta(hours=1), "by hand"))
    await take(desk, Reach("r2", LAN, Reachability.UNBLOCKED, START))
    assert await desk.facts(HandleReachable) == []
    customer = await desk.customer("phone:+84901234567")
    answer = await desk.http.get(f"/intake/customers/{customer}", headers=desk.token("intake:read"))
    (word,) = answer.json()["unreachable"]
    assert (word["reason"], word["detail"], word["value"]) == ("blocked", "by hand", "+84901234567")


@given(
    said=st.lists(st.tuples(st.sampled_from(list(Reachability)), st.integers(0, 3)), min_size=1, max_size=5).flatmap(
        lambda words: st.tuples(st.just(words), st.permutations(words))
    )
)
def test_what_holds_does_not_depend_on_the_order(said: tuple[list[Any], list[Any]]) -> None:
    handle = Handle(kind=HandleKind.PHONE, value="+84901234567")

    def last(words: list[Any]) -> tuple[Any, bool]:
        held: ReachReport | None = None
        for reason, hour in words:
            word = ReachReport(handle, reason, START + timedelta(hours=hour))
            held = word if word.outweighs(held) else held
        assert held
        return held.at, held.reason.is_reachable

    assert last(said[0]) == last(said[1])


async def test_two_addresses_of_one_person_are_one_customer(desk: Running) -> None:
    """X1, I13: somebody who wrote with a number and an id is known by the id alone later."""
    await take(desk, contact("m1", LAN, aliases=(LAN_CHAT,)))
    await take(desk, contact("m2", LAN_CHAT))
    (created,) = await desk.facts(CustomerCreated)
    assert [h.value for h in created.handles] == ["+84901234567", "VN.42"]
    assert {r.customer_id for r in await desk.facts(InteractionReceived)} == {created.customer_id}


async def test_so_they_are_within_one_batch_and_for_somebody_known(desk: Running) -> None:
    await take(desk, contact("m1", LAN))
    await take(desk, contact("m2", LAN, aliases=(LAN_CHAT,)), contact("m3", LAN_CHAT))
    other, third = Address(HandleKind.PHONE, "+84902222222"), Address(HandleKind.CHAT, "VN.77")
    await take(desk, contact("m4", third), contact("m5", other, aliases=(third,)), contact("m6", other))
    people = {r.interaction_id: r.customer_id for r in await desk.facts(InteractionReceived)}
    assert len(set(people.values())) == 2
    updated = await desk.facts(CustomerUpdated)
    assert {h.value for h in updated[0].handles} == {"+84901234567", "VN.42"}


async def test_the_same_id_at_two_providers_is_two_people(desk: Running) -> None:
    """A chat's id means something at its provider only, and there within its page or team."""
    await take(
        desk,
        contact("m1", Address(HandleKind.CHAT, "42", "page-1")),
        contact("m2", Address(HandleKind.CHAT, "42", "page-2")),
        contact("m3", Address(HandleKind.CHAT, "42", "page-1")),
    )
    created = await desk.facts(CustomerCreated)
    assert [c.handles[0].account for c in created] == ["toy:page-1", "toy:page-2"]


async def test_a_changed_number_is_the_same_person(desk: Running) -> None:
    new = Address(HandleKind.PHONE, "+84909999999")
    await take(desk, contact("m1"))
    await take(desk, Moved("c1", LAN, new, START))
    await take(desk, contact("m2", new))
    (created,) = await desk.facts(CustomerCreated)
    (updated,) = await desk.facts(CustomerUpdated)
    (moved,) = await desk.facts(HandleUnreachable)
    assert {h.value for h in updated.handles} == {"+84901234567", "+84909999999"}
    assert moved.reason is Reachability.MOVED
    assert {r.customer_id for r in await desk.facts(InteractionReceived)} == {created.customer_id}


async def test_a_number_that_is_somebodys_already_is_left_to_a_person(desk: Running) -> None:
    new = Address(HandleKind.PHONE, "+84909999999")
    await take(desk, contact("m1"), contact("m2", new))
    await take(desk, Moved("c1", LAN, new, START))
    assert await desk.facts(CustomerUpdated) == []
    assert await desk.customer("phone:+84909999999") != await desk.customer("phone:+84901234567")


async def test_a_token_proves_one_request_only(desk: Running) -> None:
    """A captured signature that says nothing of the body is worth nothing with another one, for ever."""

    async def send(*items: Item, token: str) -> None:
        webhook = sent(*items)
        await desk.send(Webhook(f"{webhook.path}?token={token}", webhook.body, webhook.headers))

    await send(contact("m1"), token="t")
    await send(contact("m2"), token="t")
    await desk.work()
    await send(Reach("r", LAN, Reachability.BLOCKED), token="t")
    await send(contact("m1"), token="t")
    await send(contact("m4"), token="u")
    await desk.work()
    rows = await desk.rows("SELECT external_id FROM interaction ORDER BY id")
    assert [row.external_id for row in rows] == ["m1", "m4"]
    assert await desk.facts(HandleUnreachable) == []
    assert await desk.rows("SELECT reason FROM quarantine") == []


async def test_what_anybody_may_have_written_is_believed_with_a_mark_of_theirs(desk: Running) -> None:
    """A delivery report is a mail like any other: it counts where it returns what we sent to that very person."""
    binh = Address(HandleKind.PHONE, "+84902222222")
    await take(desk, contact("m1"), contact("m2", binh))
    lan, his = [(r.case_id, r.customer_id) for r in await desk.facts(InteractionReceived)]
    mark, other = desk.intake.marks.mark(lan[0]), desk.intake.marks.mark(his[0])
    forged: list[Item] = [
        Reach("r1", LAN, Reachability.BOUNCED, None, None, ()),
        Reach("r2", LAN, Reachability.BOUNCED, None, None, ("kept-" + "a" * 40,)),
        Reach("r3", LAN, Reachability.BOUNCED, None, None, (other,)),
        fact("failed", "m1", id_="f1", address=LAN, proof=(other,)),
    ]
    await take(desk, *forged)
    assert await desk.facts(HandleUnreachable, InteractionChanged) == []
    await take(desk, Reach("r4", LAN, Reachability.BOUNCED, None, None, (other, mark)))
    (word,) = await desk.facts(HandleUnreachable)
    assert word.customer_id == lan[1]


async def test_channel_kinds_are_those_of_the_contact(desk: Running) -> None:
    await take(desk, contact(channel_kind=ChannelKind.SMS))
    (received,) = await desk.facts(InteractionReceived)
    assert received.channel_kind is ChannelKind.SMS


def _hostile() -> Iterator[Item]:
    bad = "a\x00b\ud800" + "x" * 500
    yield contact(bad, Address(HandleKind.CHAT, bad, bad), text=bad, references=(bad,), marks=(bad,), message_id=bad)
    yield contact("ok", attachments=(Attachment(bad, bad, 2**40, bad, bad),))
    yield fact("edited", bad, id_=bad, text=bad, address=Address(HandleKind.CHAT, bad))
    yield fact("failed", bad, id_=bad + "f", proof=(bad,))
    yield Reach(bad, Address(HandleKind.CHAT, bad), Reachability.LEFT, None, bad)
    yield Moved(bad, Address(HandleKind.CHAT, bad), Address(HandleKind.PHONE, bad))


async def test_no_item_whatever_breaks_the_worker(desk: Running) -> None:
    """Nothing goes to quarantine for what is in it: it is mended, and the raw request keeps the rest."""
    await take(desk, *_hostile())
    assert await desk.rows("SELECT reason FROM quarantine") == []
    assert len(await desk.facts(InteractionReceived)) == 2
    assert len(await desk.facts(InteractionChanged)) == 1
