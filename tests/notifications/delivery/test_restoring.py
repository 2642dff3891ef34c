"""After a restore the bounds of automatic answers count what left after the dump, and what may have left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notifications.delivery.restoring import restored
from shared.broker.protocol import Record
from shared.contracts import Event
from shared.contracts.intake import InteractionChanged
from shared.contracts.notifications import TOPIC
from shared.ids import new_id
from tests.notifications.conftest import DUE, START, Desk, customer, stated, terms

CAP = 3
_TOLD = text("SELECT event_id, type, source, key, time, sequence, data FROM event_log ORDER BY id")
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
