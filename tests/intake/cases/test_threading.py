"""Which case an answer belongs to, where a customer has several open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.channels.items import Address, Contact
from shared.contracts.intake import CaseOpened, CaseReopened, HandleKind, InteractionKind, InteractionReceived
from shared.security import Marks
from shared.security.marks import MARK
from tests.intake.conftest import Running
from tests.intake.toy import sent, toy_provider

LAN, BINH = Address(HandleKind.EMAIL, "lan@example.com"), Address(HandleKind.EMAIL, "binh@example.com")


@pytest.fixture
async def desk(kept: Running, monkeypatch: pytest.MonkeyPatch) -> Any:
    with toy_provider(monkeypatch):
        await kept.make_channel("toy", "toy", "toy-secret-of-ours")
        await kept.make_channel("toy-2", "toy", "toy-secret-of-ours")
        yield kept


async def take(desk: Running, external_id: str, who: Address | None = LAN, channel: str = "toy", **more: Any) -> Any:
    contact = Contact(external_id, InteractionKind.MESSAGE, who, text="hi", **more)
    await desk.send(sent(contact, channel=channel))
    await desk.work()
    return (await desk.facts(InteractionReceived))[-1]


async def two_cases(desk: Running) -> tuple[UUID, UUID]:
    """(the older, the newer), both of Lan and open."""
    first = await take(desk, "m1", message_id="<m1@example.com>")
    body = {"customer_id": str(first.customer_id), "stated_request": "another matter"}
    answer = await desk.http.post("/intake/cases", json=body, headers=desk.token("intake:write"))
    assert answer.status_code == 201, answer.text
    return first.case_id, UUID(answer.json()["id"])


async def test_without_evidence_it_is_the_newest(desk: Running) -> None:
    _, newer = await two_cases(desk)
    assert (await take(desk, "m2")).case_id == newer


async def test_a_mark_of_ours_decides(desk: Running) -> None:
    """N12"""
    older, _ = await two_cases(desk)
    mark = Marks(desk.intake.settings).mark(older)
    assert MARK.fullmatch(mark)
    assert (await take(desk, "m2", marks=(mark,))).case_id == older
    assert (await take(desk, "m3", channel="toy-2", marks=("kept-" + "a" * 40, mark))).case_id == older


async def test_what_it_answers_decides_by_message_id_or_by_the_providers_own(desk: Running) -> None:
    older, newer = await two_cases(desk)
    assert (await take(desk, "m2", references=("<none@x>", "<m1@example.com>"), channel="toy-2")).case_id == older
    assert (await take(desk, "m3", references=("m1",))).case_id == older
    assert (await take(desk, "m4", references=("m1",), channel="toy-2")).case_id == newer, "an id is its channel's"


async def test_evidence_into_somebody_elses_case_counts_for_nothing(desk: Running) -> None:
    """A mail can be forwarded, and an id can be guessed: neither opens the other's case."""
    older, newer = await two_cases(desk)
    mark = Marks(desk.intake.settings).mark(older)
    other = await take(desk, "m9", BINH, marks=(mark,), references=("m1", "<m1@example.com>"))
    assert other.case_id not in {older, newer}
    assert len(await desk.facts(CaseOpened)) == 3


async def test_a_mark_that_was_altered_is_none() -> None:
    from tests.intake.conftest import settings_for

    marks, case = Marks(settings_for("x")), UUID(int=7)
    good = marks.mark(case)
    assert marks.read(good) == case
    for at in range(5, len(good)):
        other = good[:at] + ("a" if good[at] != "a" else "b") + good[at + 1 :]
        assert marks.read(other) is None


async def resolve(desk: Running, case: UUID) -> None:
    answer = await desk.http.post(
        f"/intake/cases/{case}/resolve", json={"summary": "done"}, headers=desk.token("intake:write")
    )
    assert answer.status_code == 200, answer.text


async def test_an_answer_to_a_case_that_was_resolved_opens_it_again(desk: Running) -> None:
    first = await take(desk, "m1", message_id="<m1@example.com>")
    await resolve(desk, first.case_id)
    again = await take(desk, "m2", references=("<m1@example.com>",))
    assert again.case_id == first.case_id
    (reopened,) = await desk.facts(CaseReopened)
    assert (reopened.case_id, reopened.by, reopened.owner) == (first.case_id, "customer", "front-desk")
    assert len(await desk.facts(CaseOpened)) == 1
    third = await take(desk, "m3", marks=(Marks(desk.intake.settings).mark(first.case_id),))
    assert third.case_id == first.case_id
    assert len(await desk.facts(CaseReopened)) == 1, "it is open"


async def test_after_some_time_it_is_a_new_matter(desk: Running) -> None:
    first = await take(desk, "m1", message_id="<m1@example.com>")
    await resolve(desk, first.case_id)
    desk.clock.advance(timedelta(days=desk.intake.settings.rejoin_days, seconds=1))
    assert (await take(desk, "m2", references=("<m1@example.com>",))).case_id != first.case_id


async def test_without_evidence_what_comes_after_the_end_is_a_new_matter(desk: Running) -> None:
    first = await take(desk, "m1")
    await resolve(desk, first.case_id)
    assert (await take(desk, "m2")).case_id not in {None, first.case_id}


@pytest.mark.parametrize("references", [(), ("<m1@example.com>",)])
async def test_thanks_alone_join_the_case_and_open_nothing(desk: Running, references: tuple[str, ...]) -> None:
    first = await take(desk, "m1", message_id="<m1@example.com>")
    await resolve(desk, first.case_id)
    contact = Contact("m2", InteractionKind.MESSAGE, LAN, text="Cảm ơn shop nhiều ạ!", references=references)
    await desk.send(sent(contact))
    await desk.work()
    thanks = (await desk.facts(InteractionReceived))[-1]
    assert (thanks.case_id, thanks.only_thanks) == (first.case_id, True)
    assert len(await desk.facts(CaseOpened)) == 1
    assert await desk.facts(CaseReopened) == []


async def test_thanks_in_a_case_that_is_open_are_a_contact_like_any_other(desk: Running) -> None:
    first = await take(desk, "m1")
    await desk.send(sent(Contact("m2", InteractionKind.MESSAGE, LAN, text="Thank you!")))
    await desk.work()
    thanks = (await desk.facts(InteractionReceived))[-1]
    assert (thanks.case_id, thanks.only_thanks) == (first.case_id, False)


async def test_an_answer_to_a_resolved_case_of_somebody_else_opens_a_new_one(desk: Running) -> None:
    first = await take(desk, "m1", message_id="<m1@example.com>")
    await resolve(desk, first.case_id)
    other = await take(desk, "m2", BINH, references=("<m1@example.com>",))
    assert other.case_id not in {None, first.case_id}
    assert await desk.facts(CaseReopened) == []


async def test_what_a_machine_answers_opens_nothing_again(desk: Running) -> None:
    first = await take(desk, "m1", message_id="<m1@example.com>")
    await resolve(desk, first.case_id)
    assert (await take(desk, "m2", references=("<m1@example.com>",), automatic=True)).case_id is None
    assert await desk.facts(CaseReopened) == []
