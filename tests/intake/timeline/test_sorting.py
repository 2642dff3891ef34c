"""What an entry is and for whom: a column of its own, for every event there is and for those filed before."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from services.intake.timeline import filling, projection
from services.intake.timeline.sorting import sort
from shared.contracts import CustomerPayload, event_types, payload_class
from shared.contracts.intake import InteractionSent
from tests.intake import senders
from tests.intake.conftest import Running

GOLDEN = Path(__file__).parents[2] / "contracts" / "golden"
EXPECTED = {
    "interaction.received": "contact customer",
    "interaction.sent": "contact customer",
    "interaction.changed": "contact customer",
    "customer.created": "customer us",
    "customer.updated": "customer us",
    "customer.merged": "customer us",
    "customer.unmerged": "customer us",
    "handle.unreachable": "customer us",
    "handle.reachable": "customer us",
    "case.opened": "case us",
    "case.updated": "case us",
    "case.resolved": "case us",
    "case.reopened": "case us",
    "commitment.drafted": "promise us",
    "commitment.stated": "promise customer",
    "commitment.joined": "promise us",
    "commitment.agreed": "promise customer",
    "commitment.declined": "promise customer",
    "commitment.reviewed": "promise us",
    "commitment.revised": "promise customer",
    "commitment.progressed": "promise customer",
    "commitment.waiting": "promise customer",
    "commitment.resumed": "promise customer",
    "commitment.escalated": "promise us",
    "commitment.at_risk": "promise us",
    "commitment.fulfilled": "promise customer",
    "commitment.broken": "promise customer",
    "commitment.withdrawn": "promise customer",
    "goodwill.given": "promise customer",
    "request.refused": "case customer",
    "next_contact.due": "case us",
    "notification.sent": "message customer",
    "notification.delivered": "message us",
    "notification.read": "message us",
    "notification.failed": "message us",
    "notification.unknown": "message us",
    "notification.suppressed": "message us",
    "survey.requested": "feedback customer",
    "survey.closed": "feedback us",
    "feedback.received": "feedback customer",
}


def test_every_type_of_event_about_a_customer_has_its_kind_and_audience() -> None:
    found = {}
    for type_, payload in event_types().items():
        if issubclass(payload, CustomerPayload):
            entry = sort(golden(type_))
            found[type_.removeprefix("kept.").rpartition(".")[0]] = f"{entry.kind} {entry.audience}"
    assert found == EXPECTED


def golden(type_: str) -> CustomerPayload:
    samples = json.loads((GOLDEN / f"{type_}.json").read_text())
    payload = payload_class(type_).model_validate(samples[0]["value"])
    assert isinstance(payload, CustomerPayload)
    return payload


def test_a_note_of_ours_is_for_us() -> None:
    sent = golden(InteractionSent.type)
    note = sort(sent.model_copy(update={"kind": "note"}))
    assert (note.kind, note.audience) == ("note", "us")


async def test_what_was_filed_before_is_filled_as_it_would_be_filed(kept: Running) -> None:
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    for words in ("Xin chào", "Chào lại"):
        await kept.send(senders.mail(words))
    await kept.work()
    before = await columns(kept)
    assert {row[1] for row in before} >= {"contact", "case", "customer"}
    assert {row[2] for row in before if row[1] == "contact"} == {"mail"}
    assert all(row[3] for row in before if row[1] in {"contact", "case"})
    await execute(kept, "UPDATE timeline_entry SET kind = NULL, channel = NULL, case_id = NULL, subject = NULL")
    assert await filling.fill(kept.runtime.database) == len(before)
    assert await columns(kept) == before
    assert await filling.fill(kept.runtime.database) == 0


async def test_it_is_filled_in_pieces_and_what_nobody_can_read_is_ours(
    kept: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "PIECE", 2)
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await kept.send(senders.mail("Xin chào"))
    await kept.work()
    await execute(kept, "UPDATE timeline_entry SET kind = NULL, type = 'kept.moon.rose.v7'")
    assert await filling.fill(kept.runtime.database) == len(await columns(kept)) > 2
    assert {(row[1], row[5]) for row in await columns(kept)} == {("customer", "us")}


async def columns(kept: Running) -> list[tuple[UUID, str, str | None, UUID | None, UUID, str]]:
    async with kept.runtime.database.engine.begin() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT event_id, kind, channel, case_id, subject, audience FROM timeline_entry ORDER BY event_id"
        )
        return [tuple(row) for row in rows]


async def execute(kept: Running, statement: str) -> None:
    async with kept.runtime.database.engine.begin() as connection:
        await connection.exec_driver_sql(statement)


def test_the_projection_files_every_type_about_a_customer() -> None:
    about = {payload for payload in event_types().values() if issubclass(payload, CustomerPayload)}
    assert set(projection.projection.wants) == about
