"""After a restore the bounds of automatic answers count what left after the dump, and what may have left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notifications.delivery.by_person import settle
from services.notifications.delivery.restoring import restored
from shared.broker.protocol import Record
from shared.contracts import Event
from shared.contracts.intake import InteractionChanged
from shared.contracts.notifications import TOPIC
from shared.ids import new_id
from tests.notifications.conftest import DUE, START, Desk, customer, event_of, stated, terms

CAP = 3
_TOLD = text("SELECT event_id, type, source, key, time, sequence, data FROM event_log ORDER BY id")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ADDED = {"added": '{"done": ["Send us a photo"]}'}
_IN_HANDS = text("UPDATE notification SET state = 'sending', ended_at = NULL WHERE id = :id")


class Told:
    """A broker that kept what the service told."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records

    async def history(self, topic: str, since: datetime) -> AsyncIterator[Sequence[Record]]:
        assert topic == TOPIC
        yield self.records


async def restore(
    desk: Desk, *, gone: Sequence[UUID] = (), in_hands: Sequence[UUID] = (), untold: Sequence[UUID] = ()
) -> None:
    """As if the dump lacked these rows, or had them in a worker's hands; of the `untold` no event ever left."""
    async with desk.database.write() as session:
        rows = await session.execute(_TOLD)
        told = [Event(r.event_id, r.type, r.source, r.key, r.time, r.sequence, r.data.encode()) for r in rows]
        await session.execute(text("DELETE FROM notification WHERE id = ANY(:ids)"), {"ids": list(gone)})
        for id_ in in_hands:
            await session.execute(_IN_HANDS, {"id": id_})
    left = [event for event in told if not any(str(id_).encode() in event.data for id_ in untold)]
    broker: Any = Told([Record(TOPIC, event.key, event.data, event.headers()) for event in left])
    async with desk.database.write() as session:
        await restored(session, broker, START)


async def answer(desk: Desk, person: Any, *cases: UUID) -> None:
    due = terms(due_at=DUE + timedelta(days=9))
    await desk.deliver(person, *(stated(person.customer_id, case_id=case, terms=due) for case in cases))
    await desk.send()


@pytest.mark.parametrize(("before", "in_hands"), [(3, 0), (0, 3), (0, 0), (1, 1)])
async def test_an_address_gets_no_more_than_its_cap_wherever_the_dump_was_made(
    desk: Desk, before: int, in_hands: int
) -> None:
    """`before` had left when it was made, the next were in hands, and never told of; all others left after it."""
    rules = {"automatic_mails_per_hour": CAP, "automatic_mails_per_day": CAP}
    desk.sender.settings = desk.settings.model_copy(update=rules)
    lan = customer()
    await answer(desk, lan, *(new_id() for _ in range(CAP)))
    ids = [row["id"] for row in await desk.rows()]
    assert len(desk.mail.mails) == CAP
    held = ids[before : before + in_hands]
    await restore(desk, gone=ids[before + in_hands :], in_hands=held, untold=held)
    assert [row["state"] for row in await desk.rows()].count("unknown") == in_hands
    desk.clock.advance(timedelta(hours=2))
    await answer(desk, lan, *(new_id() for _ in range(CAP)))
    assert len(desk.mail.mails) == CAP
    desk.clock.advance(timedelta(hours=23))
    await answer(desk, lan, new_id())
    assert len(desk.mail.mails) == CAP + 1, "and after a day it is answered again"


async def test_what_left_to_another_after_the_dump_is_not_counted(desk: Desk) -> None:
    desk.sender.settings = desk.settings.model_copy(update={"automatic_mails_per_hour": 1})
    lan, hoa = customer(), customer("hoa@example.com")
    await answer(desk, lan, new_id())
    await restore(desk, gone=[(await desk.row())["id"]])
    await answer(desk, hoa, new_id())
    assert len(desk.mail.mails) == 2


async def test_what_was_in_hands_when_the_dump_was_made_and_never_told_of_covers_its_case(desk: Desk) -> None:
    lan, case = customer(), new_id()
    await answer(desk, lan, case)
    first = (await desk.row())["id"]
    await restore(desk, in_hands=[first], untold=[first])
    assert (await desk.row())["state"] == "unknown"
    await answer(desk, lan, case)
    (second,) = [row for row in await desk.rows() if row["id"] != first]
    assert (second["state"], second["reason"]) == (
        "suppressed",
        f"covered by the acknowledgement {first}, which may have left for this case within the hour",
    )
    assert len(desk.mail.mails) == 1


async def test_what_left_after_the_dump_covers_its_case(desk: Desk) -> None:
    lan, case = customer(), new_id()
    await answer(desk, lan, case)
    first = (await desk.row())["id"]
    await restore(desk, gone=[first])
    assert [(row["id"], row["state"]) for row in await desk.rows()] == [(first, "sent")]
    await answer(desk, lan, case)
    assert len(desk.mail.mails) == 1


async def test_what_left_after_the_dump_still_has_its_receipts(desk: Desk) -> None:
    """Our own event names the attempt and the provider's id of it."""
    lan = customer()
    desk.mail.answers = ["451 later"]
    await answer(desk, lan, new_id())
    desk.clock.advance(timedelta(seconds=5))
    await desk.send()
    first, second = await desk.attempts()
    async with desk.database.write() as session:
        await session.execute(text("DELETE FROM attempt WHERE number = 2"))
        await session.execute(text("UPDATE notification SET state = 'pending', attempts = 1, attempts_kept = 1"))
    await restore(desk)
    assert [one["state"] for one in await desk.attempts()] == [first["state"], "accepted"]
    assert (await desk.attempts())[1]["provider_id"] == second["provider_id"]
    receipt = {"interaction_id": None, "channel": "mail", "about": second["provider_id"], "received_at": START}
    held = {"customer_id": lan.customer_id, "fact": "failed", "occurred_at": START}
    await desk.deliver(InteractionChanged.model_validate(receipt | held))
    assert (await desk.row())["state"] == "failed"


async def test_of_what_was_in_hands_the_attempt_is_unknown_too(desk: Desk) -> None:
    await answer(desk, customer(), new_id())
    first = (await desk.row())["id"]
    async with desk.database.write() as session:
        await session.execute(text("UPDATE attempt SET state = 'handed'"))
    await restore(desk, in_hands=[first], untold=[first])
    assert [one["state"] for one in await desk.attempts()] == ["unknown"]


async def told_of(desk: Desk) -> list[str]:
    return [type_.split(".")[2] for type_, _ in await desk.events()]


def failed(lan: Any, about: str) -> InteractionChanged:
    held = {"customer_id": lan.customer_id, "interaction_id": None, "channel": "mail", "fact": "failed"}
    times = {"occurred_at": START, "received_at": START}
    return InteractionChanged.model_validate(held | times | {"about": about, "text": "550 5.1.1"})


@pytest.mark.parametrize("is_gone", [True, False])
async def test_of_two_ends_after_the_dump_the_later_holds(desk: Desk, is_gone: bool) -> None:
    """It was sent, and came back: with or without a row in the dump."""
    lan = customer()
    await answer(desk, lan, new_id())
    id_ = (await desk.row())["id"]
    desk.clock.advance(timedelta(minutes=1))
    await desk.deliver(failed(lan, str(desk.mail.mails[0]["Message-ID"])))
    assert await told_of(desk) == ["sent", "failed"]
    async with desk.database.write() as session:
        await session.execute(text("UPDATE attempt SET state = 'handed', accepted_at = NULL, failed_at = NULL"))
    await restore(desk, gone=[id_] if is_gone else [], in_hands=[] if is_gone else [id_])
    row, (attempt,) = await desk.row(), await desk.attempts()
    assert (row["state"], row["reason"], attempt["state"]) == ("failed", "550 5.1.1", "failed")
    assert (attempt["accepted_at"], attempt["failed_at"]) == (START, START + timedelta(minutes=1))


async def test_an_end_from_before_the_dump_does_not_hold_against_a_later_one_in_it(desk: Desk) -> None:
    lan = customer()
    await answer(desk, lan, new_id())
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET state = 'failed', ended_at = ended_at + interval '1 min'"))
    await restore(desk)
    assert (await desk.row())["state"] == "failed"


async def test_a_message_that_was_never_tried_has_no_attempt(desk: Desk) -> None:
    lan = customer(email=None)
    await desk.deliver(lan, stated(lan.customer_id))
    desk.clock.advance(timedelta(seconds=30))
    await desk.send()
    async with desk.database.write() as session:
        told = "UPDATE event_log SET data = jsonb_set(CAST(data AS jsonb), '{channel_kind}', '\"email\"')::text"
        await session.execute(text(told))
    await restore(desk, gone=[(await desk.row())["id"]])
    assert ((await desk.row())["state"], await desk.attempts()) == ("suppressed", [])


async def test_a_restore_counts_no_attempt_less_than_the_dump(desk: Desk) -> None:
    lan = customer()
    await desk.deliver(lan, stated(lan.customer_id, terms=terms()))
    desk.mail.answers = ["451 later"]
    await desk.send()
    desk.clock.set(DUE)
    await desk.send()
    assert await told_of(desk) == ["suppressed"]
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET state = 'pending', ended_at = NULL"))
        await session.execute(text("UPDATE attempt SET state = 'handed'"))
    await restore(desk)
    row = await desk.row()
    assert (row["state"], row["attempts"], row["attempts_kept"]) == ("suppressed", 1, 1)
    assert [one["state"] for one in await desk.attempts()] == ["unknown"], "it was in hands when the dump was made"


async def test_what_a_restore_makes_unknown_is_told(desk: Desk) -> None:
    await answer(desk, customer(), new_id())
    row = await desk.row()
    await restore(desk, in_hands=[row["id"]], untold=[row["id"]])
    _, (type_, unknown) = await desk.events()
    assert type_ == "kept.notification.unknown.v1"
    assert (unknown["notification_id"], unknown["attempts"], unknown["channel_kind"]) == (str(row["id"]), 1, "email")
    assert unknown["interaction_id"] == str(row["once_for"])
    assert "restored" in unknown["reason"]


async def unknown_and_gone(desk: Desk) -> tuple[Any, Event]:
    """A message whose end nobody knows, of which the dump knows nothing."""
    lan = customer()
    told = event_of(stated(lan.customer_id, terms=terms(due_at=DUE + timedelta(days=9))), traceparent=TRACE)
    await desk.deliver(lan, told)
    await desk.send()
    async with desk.database.write() as session:
        kind = "type = 'kept.notification.unknown.v1'"
        data = """data = CAST(CAST(data AS jsonb) || '{"reason": "why", "attempts": 1}' AS text)"""
        await session.execute(text(f"UPDATE event_log SET {kind}, {data}"))
    await restore(desk, gone=[(await desk.row())["id"]])
    return lan, told


async def test_what_may_have_left_after_the_dump_is_bounded_as_what_left(desk: Desk) -> None:
    await unknown_and_gone(desk)
    row = await desk.row()
    assert (row["state"], row["handed_at"]) == ("unknown", START)


async def test_a_message_of_which_events_alone_told_is_whole_once_it_is_asked_for_again(desk: Desk) -> None:
    """Else a person who says that it did not leave has nothing sent."""
    _, told = await unknown_and_gone(desk)
    async with desk.database.write() as session:
        session.is_again = True
        await desk.service.handle(session, [told])
    row = await desk.row()
    assert (row["expires_at"], row["traceparent"]) == (DUE + timedelta(days=9), TRACE)
    assert row["details"]["kind"] == "response"
    async with desk.database.write() as session:
        await settle(session, row["id"], left=False, by="an")
    await desk.send()
    assert ((await desk.row())["state"], len(desk.mail.mails)) == ("sent", 2)


async def test_one_that_the_dump_knew_keeps_what_was_added_to_it(desk: Desk) -> None:
    lan = customer()
    told = event_of(stated(lan.customer_id))
    await desk.deliver(lan, told)
    await desk.send()
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET details = details || CAST(:added AS jsonb)"), ADDED)
        session.is_again = True
        await desk.service.handle(session, [told])
    assert (await desk.row())["details"]["done"] == ["Send us a photo"]
