"""What people see: the board for staff, the promise for its customer, and what a stranger's link comes to.

Rows: C7, C21, C26.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.commitments.board.reading import LIMIT
from services.commitments.promise.core import Status
from shared.contracts import commitments as told
from shared.ids import new_id
from shared.security import Links
from tests.commitments.conftest import START, Commitments, known, refuse_after_saving

HOSTILE = '<script>alert(1)</script> & "quotes"'
LATER = {"due_at": (START + timedelta(hours=30)).isoformat(), "reason": "Bão số 3"}


async def page(kept: Commitments, token: str, **query: str) -> httpx.Response:
    return await kept.http.get(f"/commitments/p/{token}", params=query, headers={"accept": "text/html"})


async def answer(kept: Commitments, token: str, act: str, **form: Any) -> httpx.Response:
    return await kept.http.post(f"/commitments/p/{token}/{act}", data=form, headers={"accept": "text/html"})


async def told_link(kept: Commitments, id_: str) -> str:
    """The token of the link that a customer is sent now."""
    return kept.link(id_).rpartition("/")[2]


async def promised(kept: Commitments, language: Any = "en", **changes: Any) -> tuple[str, str]:
    """(id, token) of a promise told to Lan."""
    lan = new_id()
    await kept.deliver(known(lan, language=language))
    id_ = (await kept.promise(lan, **changes))["id"]
    return id_, await told_link(kept, id_)


async def test_the_customer_sees_what_was_promised_and_nothing_internal(kept: Commitments) -> None:
    _, token = await promised(kept, owner="minh.internal", scope="one parcel", exclusions="carrying upstairs")
    seen = await page(kept, token)
    assert seen.status_code == 200
    for shown in (
        "Your order reaches you",
        "no charge",
        "one parcel",
        "carrying upstairs",
        "02:00, Tuesday 3 March 2026",
    ):
        assert shown in seen.text
    assert 'class="guest"' in seen.text
    assert 'lang="en"' in seen.text
    assert ">None<" not in seen.text, "what was not said has no line"
    assert "minh.internal" not in seen.text
    assert seen.headers["cache-control"] == "no-store"


async def test_it_speaks_the_customers_language(kept: Commitments) -> None:
    _, token = await promised(kept, "vi", words="Đơn hàng của chị tới nơi")
    seen = (await page(kept, token)).text
    assert "Điều chúng tôi đã hứa với anh/chị" in seen
    assert "Thứ Ba ngày 3 tháng 3 năm 2026" in seen
    assert "Does this suit you?" not in seen
    stranger = (await kept.promise())["id"]
    assert 'lang="vi"' in (await page(kept, await told_link(kept, stranger))).text, "the default of the installation"


async def test_c7_agreed_by_an_act_on_the_page(kept: Commitments) -> None:
    id_, token = await promised(kept)
    for _ in range(2):
        done = await answer(kept, token, "agree", revision=1)
        assert (done.status_code, done.headers["location"]) == (303, f"/commitments/p/{token}?said=agreed")
    after = (await page(kept, token, said="agreed")).text
    assert "Thank you. This is now agreed between us." in after
    assert "Does this suit you?" not in after
    (fact,) = await kept.facts(told.CommitmentAgreed)
    assert (str(fact.commitment_id), fact.by) == (id_, "customer_page")


async def test_c7_declined_with_what_would_suit(kept: Commitments) -> None:
    _, token = await promised(kept)
    done = await answer(kept, token, "decline", revision=1, reason="  Sau 18 giờ  ")
    assert done.status_code == 303
    (fact,) = await kept.facts(told.CommitmentDeclined)
    assert fact.reason == "Sau 18 giờ"
    assert "Declined" in (await page(kept, token)).text


async def test_a_change_is_shown_beside_what_still_stands_and_every_version_stays(kept: Commitments) -> None:
    id_, token = await promised(kept)
    await kept.call("POST", f"/{id_}/revise", json=LATER)
    asked = (await page(kept, token)).text
    assert "Until you agree, the earlier promise stands." in asked
    assert "<del>" in asked
    assert "Bão số 3" in asked
    assert 'name="revision" value="2"' in asked
    stale = await answer(kept, token, "agree", revision=1)
    assert stale.status_code == 409
    assert "This has changed since you opened the page." in stale.text
    await answer(kept, token, "decline", revision=2, reason="too late")
    after = (await page(kept, token)).text
    assert "Does this suit you?" not in after
    assert after.count("<article") == 2, "what binds, and the version that was refused"
    assert "Declined" in after


async def test_too_late_to_agree_is_a_page_that_says_what_is_true_now(kept: Commitments) -> None:
    _, token = await promised(kept)
    kept.clock.advance(timedelta(hours=11))
    for _ in range(2):  # before and after its clock has gone off
        late = await answer(kept, token, "agree", revision=1)
        assert late.status_code == 409
        assert "This has changed since you opened the page." in late.text
        assert "Does this suit you?" not in late.text, "no question is left to answer"
        await kept.fire()
    assert "Broken" in late.text


@pytest.mark.parametrize("end", [("fulfil", None), ("withdraw", {"reason": "moved house"})])
async def test_a_link_used_after_the_end_is_a_plain_page(kept: Commitments, end: tuple[str, Any]) -> None:
    id_, token = await promised(kept)
    await kept.call("POST", f"/{id_}/{end[0]}", json=end[1])
    seen = await page(kept, token)
    assert seen.status_code == 200
    assert "<form" not in seen.text
    assert (await answer(kept, token, "agree", revision=1)).status_code == 409


async def test_links_that_are_altered_expired_or_for_something_else_are_plain_pages(kept: Commitments) -> None:
    id_, token = await promised(kept)
    settings = kept.runtime.settings
    survey = Links(settings, kept.clock, "survey").token(UUID(id_), lifetime=timedelta(days=1))
    other = kept.promises.page_link((await kept.all())[0]).rpartition("/")[2]
    assert other == token, "the same promise, the same end, the same link"
    flipped = ("A" if token[0] != "A" else "B") + token[1:]
    for wrong in (flipped, token[:-1], token + "A", token[:-1] + "é", survey, "x", "%00", "null"):
        for got in (await page(kept, wrong), await answer(kept, wrong, "agree", revision=1)):
            assert got.status_code == 404, wrong
            assert "This link is not one of ours" in got.text
            assert "Traceback" not in got.text
    kept.clock.advance(timedelta(days=91))
    expired = await page(kept, token)
    assert expired.status_code == 410
    assert "has expired" in expired.text


async def test_a_link_to_a_promise_that_is_not_there(kept: Commitments) -> None:
    token = Links(kept.runtime.settings, kept.clock, "promise").token(new_id(), lifetime=timedelta(days=1))
    assert (await page(kept, token)).status_code == 404


@pytest.mark.parametrize(
    "form", [{}, {"revision": "x"}, {"revision": 1}, {"revision": 1, "reason": " "}, {"revision": 1, "reason": "a\0b"}]
)
async def test_a_form_that_does_not_hold_is_refused_as_a_page(kept: Commitments, form: dict[str, Any]) -> None:
    _, token = await promised(kept)
    refused = await answer(kept, token, "decline", **form)
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("text/html")
    assert (await kept.only()).status is Status.STATED


async def test_a_number_far_too_large_is_no_revision(kept: Commitments) -> None:
    _, token = await promised(kept)
    assert (await answer(kept, token, "agree", revision=10**30)).status_code == 409


async def test_words_of_strangers_stay_words(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(known(lan, name=HOSTILE))
    id_ = (await kept.promise(lan, words=HOSTILE, cost=HOSTILE, owner=HOSTILE))["id"]
    for seen in (await page(kept, await told_link(kept, id_)), await board(kept)):
        assert seen.status_code == 200
        assert seen.text.count("<script") == len(
            re.findall(r'<script src="/commitments/assets/(?:keys|board)\.', seen.text)
        )
        assert "&lt;script&gt;alert(1)" in seen.text


async def board(kept: Commitments, **query: str) -> httpx.Response:
    headers = kept.token("commitments:read") | {"accept": "text/html"}
    return await kept.http.get("/commitments/board", params=query, headers=headers)


def lanes(html: str) -> dict[str, int]:
    """How many slips stand under each heading."""
    found = {}
    for part in html.split('<section class="lane')[1:]:
        title = re.search(r"<span>(.*?)</span>", part)
        assert title is not None
        found[title[1]] = part.count('<article class="slip')
    return found


async def test_the_board_shows_each_promise_once_where_it_belongs(kept: Commitments) -> None:
    late, risky, soon, done, refused = [await kept.promise() for _ in range(5)]
    await kept.promise(due_at=(START + timedelta(days=9)).isoformat())
    await kept.promise(tell=False)
    await kept.call("POST", f"/{refused['id']}/decline", json={"revision": 1, "reason": "No"})
    assert lanes((await board(kept)).text) == {
        "Broken in the last day": 0,
        "Declined in the last day": 1,
        "At risk": 0,
        "Waits for the customer": 0,
        "Due within a day": 4,
        "Later": 1,
        "Kept in the last day": 0,
    }
    await kept.call("POST", f"/{done['id']}/fulfil")
    await kept.call("POST", f"/{risky['id']}/revise", json=LATER)
    await kept.call("POST", f"/{soon['id']}/revise", json=LATER)
    await kept.call("POST", f"/{soon['id']}/agree", json={"revision": 2})
    await kept.pass_time(hours=10, seconds=1)
    assert late["id"]
    assert lanes((await board(kept)).text) == {
        "Broken in the last day": 2,
        "Declined in the last day": 1,
        "At risk": 0,
        "Waits for the customer": 0,
        "Due within a day": 1,
        "Later": 1,
        "Kept in the last day": 1,
    }
    await kept.pass_time(hours=13)
    assert lanes((await board(kept)).text)["At risk"] == 1


async def test_the_board_of_one_owner_and_in_vietnamese(kept: Commitments) -> None:
    await kept.promise(owner="minh")
    await kept.promise(owner="hoa")
    assert sum(lanes((await board(kept, owner="minh")).text).values()) == 1
    assert sum(lanes((await board(kept, owner="nobody")).text).values()) == 0
    vietnamese = (await board(kept, lang="vi", owner="minh")).text
    assert "Bảng lời hứa" in vietnamese
    assert "Due within a day" not in vietnamese


async def test_an_empty_board_says_so(kept: Commitments) -> None:
    empty = (await board(kept)).text
    assert "No promise is open" in empty
    assert lanes(empty) == {}


async def test_a_board_that_is_full_says_what_it_leaves_out(kept: Commitments) -> None:
    await kept.deliver(*(kept.contact(new_id()) for _ in range(LIMIT)))
    assert f"the {LIMIT} that are due first" not in (await board(kept)).text
    await kept.deliver(kept.contact(new_id()))
    full = await board(kept)
    assert f"the {LIMIT} that are due first" in full.text
    assert sum(lanes(full.text).values()) == LIMIT


@pytest.mark.parametrize("query", [{"owner": "a\0"}, {"owner": "x" * 201}])
async def test_a_board_asked_wrongly(kept: Commitments, query: dict[str, str]) -> None:
    assert (await board(kept, **query)).status_code == 422


async def test_a_board_asked_in_a_language_that_is_none_of_ours(kept: Commitments) -> None:
    seen = await board(kept, lang="fr")
    assert (seen.status_code, '<html lang="en">' in seen.text) == (200, True), "as the browser says"


async def test_the_board_is_for_staff(kept: Commitments) -> None:
    assert (await kept.http.get("/commitments/board")).status_code == 401
    headers = kept.token("intake:read")
    assert (await kept.http.get("/commitments/board", headers=headers)).status_code == 403


async def test_c21_the_customer_chooses_on_their_page_and_that_is_their_yes(kept: Commitments) -> None:
    later = (START + timedelta(hours=40)).isoformat()
    option = {"name": "new", "words": "A new one reaches you", "due_at": later, "cost": "500,000 VND"}
    id_, token = await promised(kept, options=[option])
    assert "Choose this" in (await page(kept, token)).text
    done = await answer(kept, token, "choose", revision=1, option="new")
    assert (done.status_code, done.headers["location"]) == (303, f"/commitments/p/{token}?said=agreed")
    promise = await kept.only()
    assert (promise.status, promise.binds.words, promise.binds.chosen) == (
        Status.AGREED,
        "A new one reaches you",
        "new",
    )
    assert "Choose this" not in (await page(kept, token)).text
    for wrong in ({"revision": 2, "option": "dearer"}, {"revision": 1, "option": "new2"}):
        assert (await answer(kept, token, "choose", **wrong)).status_code == 409
    assert str(promise.id) == id_


async def test_c26_what_the_customer_is_to_do_is_linked_from_the_promise_that_waits(kept: Commitments) -> None:
    id_, token = await promised(kept)
    asked = {"words": "Send us a photo of the label", "due_at": LATER["due_at"], "wants": "message"}
    await kept.call("POST", f"/{id_}/tasks", json=asked, expect=201)
    seen = (await page(kept, token)).text
    assert "Send us a photo of the label" in seen
    link = re.search(r'href="(https://kept\.example\.com/commitments/t/[^"]+)"', seen)
    assert link
    assert (await kept.http.get(link[1])).status_code == 200
    assert "Choose this" not in seen
    chosen = (await page(kept, token, lang="vi")).text
    assert re.search(r'href="https://kept\.example\.com/commitments/t/[^"?]+\?lang=vi"', chosen)


async def test_c26_what_nothing_waits_for_is_linked_too_until_it_is_done(kept: Commitments) -> None:
    id_, token = await promised(kept)
    asked = {"words": "Send us a photo of the label", "due_at": LATER["due_at"], "blocks": False}
    task = await kept.call("POST", f"/{id_}/tasks", json=asked, expect=201)
    seen = (await page(kept, token)).text
    assert "What you have to do" in seen
    assert "/commitments/t/" in seen
    assert "We wait for you" not in seen
    await kept.call("POST", f"/{task['id']}/fulfil")
    assert "/commitments/t/" not in (await page(kept, token)).text


async def test_what_was_offered_is_folded_away_once_it_is_answered_and_nothing_is_unconfirmed_at_the_end(
    kept: Commitments,
) -> None:
    later = (START + timedelta(days=3)).isoformat()
    option = {"name": "new", "words": "A new one reaches you", "due_at": later, "cost": "500,000 VND"}
    id_, token = await promised(kept, options=[option], assumptions=[{"words": "Somebody is at home"}])
    assert "<summary>Options" not in (await page(kept, token)).text
    await kept.call("POST", f"/{id_}/agree", json={"revision": 1})
    seen = (await page(kept, token)).text
    assert "<summary>Options" in seen
    assert "Not confirmed yet" in seen
    await kept.call("POST", f"/{id_}/fulfil")
    seen = (await page(kept, token)).text
    assert "Somebody is at home" in seen
    assert "Not confirmed yet" not in seen


async def test_an_answer_that_is_refused_after_the_writing_leaves_nothing_of_it(
    kept: Commitments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is shown with what is true now, so its unit of work is committed: what was refused is not in it."""
    _, token = await promised(kept)
    before = await kept.only(), await kept.facts(), await kept.timers()
    refuse_after_saving(monkeypatch)
    assert (await answer(kept, token, "agree", revision=1)).status_code == 409
    assert (await answer(kept, token, "decline", revision=1, reason="no")).status_code == 409
    assert (await kept.only(), await kept.facts(), await kept.timers()) == before
