"""Automatic answers are bounded: for a case, for an address, and by what is known of the sender. Row: I4."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, text

from services.notifications.delivery.restraint import HOUR, LOOK, mailbox_of
from shared.contracts.commitments import CommitmentAtRisk, CommitmentFulfilled, CommitmentJoined, Heard, Outcome
from shared.contracts.intake import (
    Authentication,
    CustomerMerged,
    InteractionReceived,
    Verdict,
)
from shared.contracts.terms import CommitmentKind
from shared.ids import new_id
from shared.provenance import unproven
from tests.notifications.conftest import DUE, START, Desk, customer, fact, stated, terms

MANY = timedelta(hours=1, minutes=1)


def joined(customer_id: UUID, case: UUID | None, **changes: Any) -> CommitmentJoined:
    kind = changes.pop("kind", CommitmentKind.RESPONSE)
    return fact(CommitmentJoined, customer_id, kind, case_id=case, interaction_id=new_id(), **changes)


async def states(desk: Desk) -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason"]) for row in await desk.rows()]


async def test_i4_five_short_lines_get_one_acknowledgement_and_each_other_names_it(desk: Desk) -> None:
    lan, case = customer(), new_id()
    first = stated(lan.customer_id, case_id=case)
    lines = [joined(lan.customer_id, case) for _ in range(4)]
    await desk.deliver(lan, first)
    await desk.send()
    await desk.deliver(*lines)
    await desk.send()
    assert len(desk.mail.mails) == 1
    rows = {row["once_for"]: row for row in await desk.rows()}
    sent = rows[first.interaction_id]
    assert {rows[line.interaction_id]["reason"] for line in lines} == {
        f"covered by the acknowledgement {sent['id']}, sent for this case within the hour"
    }
    told = [data for type_, data in await desk.events() if type_ == "kept.notification.suppressed.v2"]
    assert {data["interaction_id"] for data in told} == {str(line.interaction_id) for line in lines}


async def test_i4_in_one_batch_it_is_the_same(desk: Desk) -> None:
    lan, case = customer(), new_id()
    await desk.deliver(lan, stated(lan.customer_id, case_id=case), *(joined(lan.customer_id, case) for _ in range(4)))
    await desk.send()
    assert len(desk.mail.mails) == 1
    desk.clock.advance(LOOK)  # whether it has left was not known yet
    await desk.send()
    assert len(desk.mail.mails) == 1
    assert sorted(state for state, _ in await states(desk)) == ["sent", *["suppressed"] * 4]


async def test_i4_an_acknowledgement_that_did_not_leave_covers_no_other(desk: Desk) -> None:
    """What is said to be sent was taken by a provider: another is sent in the place of one that was refused."""
    lan, case = customer(), new_id()
    desk.mail.answers = ["554 not this one"]
    await desk.deliver(lan, stated(lan.customer_id, case_id=case), *(joined(lan.customer_id, case) for _ in range(2)))
    for _ in range(3):
        await desk.send()
        desk.clock.advance(LOOK)
    assert sorted(state for state, _ in await states(desk)) == ["failed", "sent", "suppressed"]
    (sent,) = [row for row in await desk.rows() if row["state"] == "sent"]
    assert f"covered by the acknowledgement {sent['id']}, sent for this case within the hour" in [
        reason for _, reason in await states(desk)
    ]


async def test_i4_a_robot_is_answered_once_however_fast_it_writes_back(desk: Desk) -> None:
    robot, case = customer("desk@other.example"), new_id()
    await desk.deliver(robot, stated(robot.customer_id, case_id=case))
    await desk.send()
    for n in range(30):
        desk.clock.advance(timedelta(seconds=5))
        heard = Heard(message_id=f"<r{n}@other.example>", subject=f"[#{1000 + n}] Request received")
        await desk.deliver(joined(robot.customer_id, case, heard=heard))
        await desk.send()
    assert len(desk.mail.mails) == 1
    assert len(await desk.rows()) == 31


async def test_i4_after_an_hour_it_is_said_again_by_when_we_answer(desk: Desk) -> None:
    lan, case = customer(), new_id()
    for minutes in (0, 59, 61):
        desk.clock.set(START + timedelta(minutes=minutes))
        await desk.deliver(lan, joined(lan.customer_id, case))
        await desk.send()
    assert [state for state, _ in await states(desk)] == ["sent", "suppressed", "sent"]


async def test_i4_a_call_back_and_a_message_of_one_case_are_acknowledged_once(desk: Desk) -> None:
    lan, case = customer(), new_id()
    await desk.deliver(
        lan,
        stated(lan.customer_id, case_id=case),
        stated(lan.customer_id, CommitmentKind.CALL_BACK, case_id=case),
        stated(lan.customer_id, case_id=new_id()),
    )
    await desk.send()
    assert len(desk.mail.mails) == 2, "another case has its own"


async def test_i4_what_never_left_covers_nothing(desk: Desk) -> None:
    lan, case = customer(), new_id()
    await desk.deliver(lan, stated(lan.customer_id, case_id=case))
    async with desk.database.write() as session:
        await session.execute(text("UPDATE notification SET state = 'failed', handed_at = :now"), {"now": START})
    await desk.deliver(joined(lan.customer_id, case))
    await desk.send()
    assert len(desk.mail.mails) == 1


async def test_i4_thanks_for_what_we_asked_for_are_said_within_the_hour(desk: Desk) -> None:
    """They promise nothing, so that they are no acknowledgement of what is written beside them either."""
    lan, case = customer(), new_id()
    done = fact(
        CommitmentFulfilled,
        lan.customer_id,
        CommitmentKind.TASK,
        case_id=case,
        outcome=Outcome.KEPT,
        fulfilled_at=START,
        by="customer",
    )
    await desk.deliver(lan, stated(lan.customer_id, case_id=case))
    await desk.send()
    await desk.deliver(done)
    await desk.send()
    assert len(desk.mail.mails) == 2
    desk.clock.advance(timedelta(minutes=61))
    await desk.deliver(done.model_copy(update={"commitment_id": new_id()}), joined(lan.customer_id, case))
    await desk.send()
    assert len(desk.mail.mails) == 4


async def test_an_address_gets_so_many_in_an_hour_and_a_day_whoever_it_belongs_to(desk: Desk) -> None:
    """A stranger writes in one name from ever new customers, cases and spellings; two of them are merged."""
    desk.sender.settings = desk.settings.model_copy(
        update={"automatic_mails_per_hour": 2, "automatic_mails_per_day": 5}
    )
    left = []
    for hour in range(6):
        desk.clock.set(START + hour * MANY)
        people = [customer(address) for address in ("lan@example.com", "lan+1@example.com", "Lan+2@Example.com")]
        due = terms(due_at=DUE + 10 * HOUR * 24)
        merged = CustomerMerged(customer_id=people[0].customer_id, into=people[1].customer_id, reason="same", by="an")
        await desk.deliver(*people, merged)
        await desk.deliver(*(stated(one.customer_id, case_id=new_id(), terms=due) for one in people))
        await desk.send()
        left.append(len(desk.mail.mails))
    assert left == [2, 4, 5, 5, 5, 5]
    reasons = {reason for state, reason in await states(desk) if state == "suppressed"}
    assert reasons == {
        "this address has had its automatic answers already: 2 in an hour at most",
        "this address has had its automatic answers already: 5 in a day at most",
    }
    desk.clock.set(START + timedelta(days=1, minutes=1))
    lan = customer("lan@example.com")
    await desk.deliver(lan, stated(lan.customer_id, case_id=new_id(), terms=terms(due_at=DUE + timedelta(days=9))))
    await desk.send()
    assert len(desk.mail.mails) == 6, "the day is the last 24 hours"


async def test_warnings_are_not_bounded(desk: Desk) -> None:
    lan = customer()
    warnings = [fact(CommitmentAtRisk, lan.customer_id, reason="rain", next_contact_at=DUE) for _ in range(20)]
    await desk.deliver(lan, *warnings)
    await desk.send()
    assert len(desk.mail.mails) == 20


async def test_workers_side_by_side_keep_the_bounds_together(desk: Desk) -> None:
    others = [Desk(desk.database, desk.clock, desk.mail, desk.settings) for _ in range(3)]
    for worker in (desk, *others):
        worker.sender.settings = desk.settings.model_copy(update={"send_concurrency": 2})
    lan, case = customer(), new_id()
    await desk.deliver(lan, *(stated(lan.customer_id, case_id=case) for _ in range(20)))
    await desk.deliver(*(stated(lan.customer_id, case_id=new_id()) for _ in range(20)))
    await asyncio.gather(*(worker.send() for worker in (desk, *others)))
    for worker in others:
        await worker.sender.close()
    assert len(desk.mail.mails) == desk.settings.automatic_mails_per_hour
    cases = [row["case_id"] for row in await desk.rows() if row["state"] == "sent"]
    assert cases.count(case) <= 1


async def test_a_handful_of_many_costs_as_many_statements_as_one_of_few(desk: Desk) -> None:
    counted = 0

    def count(*_: object) -> None:
        nonlocal counted
        counted += 1

    costs = []
    for number in (4, 40):
        people = [customer(f"p{n}-{number}@example.com") for n in range(number)]
        await desk.deliver(*people, *(stated(one.customer_id, case_id=new_id()) for one in people))
        engine = desk.database.engine.sync_engine
        counted = 0
        event.listen(engine, "before_cursor_execute", count)
        await desk.sender._write(desk.database, room=64)
        event.remove(engine, "before_cursor_execute", count)
        costs.append(counted)
        await desk.send()
    assert costs[0] == costs[1]


async def test_i4_for_what_no_answer_is_owed_the_reason_is_kept(desk: Desk, api: httpx.AsyncClient) -> None:
    lan = customer()
    held = {
        "customer_id": lan.customer_id,
        "case_id": None,
        "channel": "mail",
        "channel_kind": "email",
        "kind": "message",
        "occurred_at": START,
        "received_at": START,
        "language": "vi",
    }
    machine, thanks, person = (
        InteractionReceived.model_validate(held | {"interaction_id": new_id()} | more)
        for more in ({"automatic": True}, {"only_thanks": True}, {})
    )
    await desk.deliver(lan, machine, thanks, person)
    await desk.send()
    assert desk.mail.mails == []
    for contact, why in ((machine, "no person wrote it"), (thanks, "nothing but thanks")):
        found = (await api.get("/notifications", params={"interaction_id": str(contact.interaction_id)})).json()
        (item,) = found["items"]
        assert (item["state"], item["interaction_id"]) == ("suppressed", str(contact.interaction_id))
        assert why in item["reason"]
    assert len(await desk.rows()) == 2, "a person's is acknowledged when its promise is told"


PASS, FAIL, SOFT, NONE = Verdict.PASS, Verdict.FAIL, Verdict.SOFTFAIL, Verdict.NONE
TEMP, PERM, NEUTRAL = Verdict.TEMPERROR, Verdict.PERMERROR, Verdict.NEUTRAL


@pytest.mark.parametrize(
    ("spf", "dkim", "dmarc", "sends"),
    [
        (PASS, PASS, PASS, True),
        (FAIL, FAIL, PASS, True),
        (PASS, PASS, FAIL, False),
        (None, None, FAIL, False),
        (PASS, FAIL, None, True),
        (FAIL, PASS, NONE, True),
        (FAIL, FAIL, None, False),
        (FAIL, NONE, None, False),
        (SOFT, None, None, False),
        (NONE, FAIL, TEMP, False),
        (PERM, NONE, NONE, False),
        (NONE, NONE, NONE, True),
        (TEMP, TEMP, TEMP, True),
        (NEUTRAL, NONE, None, True),
        (None, None, None, True),
    ],
)
async def test_whose_sender_is_not_proven_is_not_answered_by_a_machine(
    desk: Desk, spf: Verdict | None, dkim: Verdict | None, dmarc: Verdict | None, sends: bool
) -> None:
    lan = customer()
    authentication = Authentication(by="mx.shop.example", spf=spf, dkim=dkim, dmarc=dmarc)
    heard = Heard(message_id="<q@example.com>", authentication=authentication)
    await desk.deliver(lan, stated(lan.customer_id, heard=heard))
    await desk.send()
    row = await desk.row()
    assert (row["state"], len(desk.mail.mails)) == (("sent", 1) if sends else ("suppressed", 0))
    if not sends:
        assert row["reason"].startswith("the mail may not be from whom it says")
        assert "mx.shop.example" in row["reason"]


def test_where_nobody_checked_nothing_speaks_against_it() -> None:
    assert unproven(None) is None


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Lan+a+b@Example.com", "lan@example.com"),
        ("lan@example.com", "lan@example.com"),
        ("+@example.com", "+@example.com"),
        ("+84901234567", "+84901234567"),
    ],
)
def test_one_mailbox_has_one_form(address: str, mailbox: str) -> None:
    assert mailbox_of(address) == mailbox
