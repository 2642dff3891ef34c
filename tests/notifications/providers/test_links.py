"""The customer's link is in the mail and in nothing else."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts import Payload
from shared.contracts.commitments import (
    CommitmentAtRisk,
    CommitmentResumed,
    CommitmentRevised,
    CommitmentStated,
    CommitmentWaiting,
)
from shared.contracts.feedback import SurveyRequested
from shared.contracts.terms import CommitmentKind
from shared.ids import new_id
from shared.security import CustomerLinks, CustomerPage, Links
from shared.security.customer_links import Mention, masked
from tests.notifications.conftest import DUE, START, Desk, customer, fact, terms
from tests.support.mail import text_of

LINK = re.compile(r"https?://\S+/(commitments/[pt]|feedback/s)/([\w-]{56})(?=\s)")
LAN, ABOUT = customer(), new_id()


def survey() -> SurveyRequested:
    held = {"survey_id": ABOUT, "commitment_id": new_id(), "words": "Is it right?", "link": None}
    return SurveyRequested.model_validate(
        held | {"customer_id": LAN.customer_id, "answer_by": START + timedelta(days=7)}
    )


def told(of: Any, kind: CommitmentKind = CommitmentKind.PROMISE, **changes: Any) -> Payload:
    made: Payload = fact(of, LAN.customer_id, kind, commitment_id=ABOUT, **changes)
    return made


LATER = terms(revision=2, due_at=DUE + timedelta(hours=6), waited_seconds=6 * 3600, reason="waited_for_you")
NEWS: dict[str, tuple[CustomerPage, Payload]] = {
    "stated": (CustomerPage.PROMISE, told(CommitmentStated)),
    "revised": (CustomerPage.PROMISE, told(CommitmentRevised, terms=LATER, previous_due_at=DUE, by="an")),
    "at risk": (CustomerPage.PROMISE, told(CommitmentAtRisk, reason="rain", next_contact_at=DUE)),
    "waiting": (CustomerPage.PROMISE, told(CommitmentWaiting, since=START, reason="a photo", by="an")),
    "resumed": (
        CustomerPage.PROMISE,
        told(CommitmentResumed, terms=LATER, previous_due_at=DUE, waited_seconds=6 * 3600, by="an"),
    ),
    "task": (CustomerPage.TASK, told(CommitmentStated, CommitmentKind.TASK)),
    "reminder": (CustomerPage.TASK, told(CommitmentAtRisk, CommitmentKind.TASK, reason="soon", next_contact_at=DUE)),
    "survey": (CustomerPage.SURVEY, survey()),
}


_ALL = text("SELECT to_jsonb(n)::text FROM notification n UNION ALL SELECT to_jsonb(a)::text FROM attempt a")


async def everything(desk: Desk) -> str:
    """All that notifications keeps and tells, as text."""
    async with desk.database.read() as session:
        rows = (await session.execute(_ALL)).scalars().all()
    return json.dumps([*rows, *await desk.events()])


@pytest.mark.parametrize(("page", "news"), NEWS.values(), ids=NEWS.keys())
async def test_a_link_is_made_when_the_message_is_handed_over(desk: Desk, page: CustomerPage, news: Payload) -> None:
    await desk.deliver(LAN, news)
    await desk.send()
    (mail,) = desk.mail.mails
    ((path, token),) = LINK.findall(text_of(mail))
    assert f"/{path}/" == page.path
    assert Links(desk.settings, desk.clock, page).read(token) == ABOUT
    kept = await everything(desk)
    assert token not in kept
    assert masked(kept) is kept
    assert str(Mention(page, ABOUT)) in kept, "staff see which link the customer got"
    assert str(Mention(page, ABOUT)) not in text_of(mail)


async def test_a_promises_link_ends_as_the_settings_say_and_a_surveys_with_the_survey(desk: Desk) -> None:
    await desk.deliver(LAN, NEWS["stated"][1], survey())
    await desk.send()
    ends = {
        path: Links(desk.settings, desk.clock, {"feedback/s": "survey"}.get(path, "promise")).open(token).ends
        for mail in desk.mail.mails
        for path, token in LINK.findall(text_of(mail))
    }
    days = {"commitments/p": 90, "feedback/s": 7}
    assert ends == {path: int((START + timedelta(days=n)).timestamp()) for path, n in days.items()}


async def test_every_attempt_has_the_same_link(desk: Desk) -> None:
    """And what the server quotes in its refusal is not kept."""
    desk.mail.answers = [f"451 later, {CustomerLinks(desk.settings, desk.clock).url(CustomerPage.TASK, ABOUT, DUE)}"]
    await desk.deliver(LAN, NEWS["stated"][1])
    await desk.send()
    assert (await desk.row())["state"] == "pending"
    kept = await everything(desk)
    assert masked(kept) is kept
    desk.clock.advance(timedelta(seconds=10))
    await desk.send()
    first = LINK.findall(text_of(desk.mail.mails[0]))
    assert Links(desk.settings, desk.clock, "promise").open(first[0][1]).ends == int(
        (START + timedelta(days=90)).timestamp()
    )


async def test_a_message_that_waited_with_the_link_itself_goes_out(desk: Desk) -> None:
    """Asked for by the version before: its details hold the link, what it keeps from now on does not."""
    old = CustomerLinks(desk.settings, desk.clock).url(CustomerPage.PROMISE, ABOUT, DUE)
    await desk.deliver(LAN, NEWS["stated"][1])
    async with desk.database.write() as session:
        await session.execute(
            text("UPDATE notification SET details = jsonb_set(details, '{link}', to_jsonb(CAST(:old AS text)))"),
            {"old": old},
        )
    await desk.send()
    ((_, token),) = LINK.findall(text_of(desk.mail.mails[0]))
    assert Links(desk.settings, desk.clock, "promise").read(token) == ABOUT
    for kept in (str(await desk.events()), str(await desk.attempts())):
        assert masked(kept) is kept


async def test_words_that_look_like_the_place_of_a_link_lead_nowhere(desk: Desk) -> None:
    foreign = Mention("promise", UUID(int=8))
    await desk.deliver(LAN, told(CommitmentStated, terms=terms(words=f"See {foreign}")))
    await desk.send()
    said = text_of(desk.mail.mails[0])
    assert str(foreign) in said
    assert [Links(desk.settings, desk.clock, "promise").read(t) for _, t in LINK.findall(said)] == [ABOUT]
