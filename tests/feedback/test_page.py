"""The survey in the customer's hands."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from shared.security import Links
from tests.feedback.conftest import PHONE, Desk, customer, fulfilled


async def test_the_customer_answers_and_sees_the_answer(desk: Desk) -> None:
    """F1: by the signed page, without a login."""
    await desk.deliver(fulfilled())
    path = await desk.link()
    page = await desk.http.get(path, headers=PHONE)
    assert page.status_code == 200
    assert "Is it right for you?" in page.text
    assert "Your order &lt;b&gt;reaches&lt;/b&gt; you" in page.text
    answered = await desk.http.post(
        path, data={"satisfied": "no", "score": "2", "comment": "<script>alert(1)</script>\r\nlate"}, headers=PHONE
    )
    assert (answered.status_code, answered.headers["location"]) == (303, path)
    shown = await desk.http.get(path, headers=PHONE)
    assert "This is what you answered" in shown.text
    assert "No, not yet" in shown.text
    assert "<script>alert" not in shown.text
    _, (type_, received) = await desk.events()
    assert type_ == "kept.feedback.received.v1"
    assert (received["satisfaction"], received["score"]) == ("not_satisfied", 2)
    assert received["comment"] == "<script>alert(1)</script>\nlate"


async def test_a_second_click_changes_nothing(desk: Desk) -> None:
    await desk.deliver(fulfilled())
    path = await desk.link()
    form = {"satisfied": "yes", "score": "", "comment": " "}
    clicks = [desk.http.post(path, data=form, headers=PHONE) for _ in range(5)]
    assert [answer.status_code for answer in await asyncio.gather(*clicks)] == [303] * 5
    assert len(await desk.events()) == 2


async def test_it_speaks_the_customers_language_else_the_browsers_else_ours(desk: Desk) -> None:
    lan = customer("vi")
    await desk.deliver(lan, fulfilled(lan))
    theirs = await desk.link()
    assert '<html lang="vi">' in (await desk.http.get(theirs, headers=PHONE)).text
    assert '<html lang="en">' in (await desk.http.get(f"{theirs}?lang=en", headers=PHONE)).text
    done = await desk.http.post(f"{theirs}?lang=en", data={"satisfied": "yes"}, headers=PHONE)
    assert done.headers["location"] == f"{theirs}?lang=en", "what they chose is kept"
    await desk.deliver(fulfilled())
    path = await desk.link()
    assert '<html lang="en">' in (await desk.http.get(path, headers=PHONE)).text
    assert '<html lang="vi">' in (await desk.http.get(path, headers=PHONE | {"accept-language": "fr"})).text


async def test_an_expired_or_altered_link_is_a_plain_page(desk: Desk) -> None:
    await desk.deliver(fulfilled())
    path = await desk.link()
    other = Links(desk.runtime.settings, desk.clock, "promise")
    survey_id = desk.service.state.links.read(path.rsplit("/", 1)[1])
    altered = [path[:-1] + ("A" if path[-1] != "A" else "B"), "/feedback/s/x", "/feedback/s/%00"]
    altered.append(other.url("/feedback/s/", survey_id, lifetime=timedelta(days=1)))
    for wrong in altered:
        for answer in (
            await desk.http.get(wrong, headers=PHONE),
            await desk.http.post(wrong, data={"satisfied": "yes"}, headers=PHONE),
        ):
            assert answer.status_code == 404
            assert "This link does not work" in answer.text
    desk.clock.advance(timedelta(days=7))
    for answer in (
        await desk.http.get(path, headers=PHONE),
        await desk.http.post(path, data={"satisfied": "yes"}, headers=PHONE),
    ):
        assert answer.status_code == 410
        assert "has expired" in answer.text
    assert len(await desk.events()) == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"satisfied": "maybe"},
        {"satisfied": "yes", "score": "9"},
        {"satisfied": "yes", "comment": "x" * 4001},
        {"satisfied": "yes", "comment": "\x00"},
    ],
)
async def test_a_form_that_does_not_hold_changes_nothing(desk: Desk, form: dict[str, str]) -> None:
    await desk.deliver(fulfilled())
    answer = await desk.http.post(await desk.link(), data=form, headers=PHONE)
    assert answer.status_code == 422
    assert len(await desk.events()) == 1


async def test_an_answer_keeps_its_evidence(desk: Desk) -> None:
    await desk.deliver(fulfilled())
    await desk.http.post(await desk.link(), data={"satisfied": "yes"}, headers=PHONE | {"user-agent": "Opera Mini"})
    (_, requested), (_, answered) = await desk.events()
    act = answered["act"]
    assert (act["page"], act["link_id"], act["link_ends_at"]) == (
        "survey",
        requested["survey_id"],
        requested["answer_by"],
    )
    assert (act["user_agent"], len(act["address"])) == ("Opera Mini", 32)
