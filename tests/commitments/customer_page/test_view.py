"""The customer's page tells the whole story of a promise: versions, differences and reasons, and what stands now.

Rows: C5, C7, C8, C10, C18, C21, C25, C34, I15.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.commitments.customer_page.view import OUTCOMES, changes, standing
from services.commitments.promise.core import Promise, Status
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.contracts.terms import Assumption, CommitmentKind, Option, Step, Terms
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments
from tests.commitments.customer_page.test_page import answer, page, promised
from tests.commitments.seeds import rich
from tests.support.sentences import sentences_of, vietnamese

LATER = (START + timedelta(hours=30)).isoformat()


def terms(revision: int = 1, **more: Any) -> Terms:
    due = START + timedelta(hours=10)
    return Terms(revision=revision, words="a", due_at=due, zone="Asia/Ho_Chi_Minh", cost="none").model_copy(update=more)


def test_what_changed_is_named_and_what_did_not_is_left_out() -> None:
    step, assumption = Step(words="call"), Assumption(words="somebody is at home")
    option = Option(name="fast", words="x", due_at=START, cost="y")
    new = terms(
        2,
        due_at=START,
        cost="half",
        scope="one",
        assumptions=(assumption,),
        steps=(step,),
        options=(option,),
        reason="r",
    )
    assert [change.what for change in changes(terms(), new)] == [
        "By",
        "Cost",
        "Includes",
        "What it rests on",
        "Steps",
        "Options",
    ]
    assert changes(terms(), terms(2, reason="r", waited_seconds=5)) == ()


def test_every_kind_of_change_and_every_outcome_has_its_words() -> None:
    whole = terms(
        2, words="b", cost="c", scope="d", exclusions="e", who="f", chosen="g", due_at=START,
        assumptions=(Assumption(words="h"),), steps=(Step(words="i"),),
        options=(Option(name="j", words="j", due_at=START, cost="j"),),
    )  # fmt: skip
    assert {change.what for change in changes(terms(), whole)} | set(OUTCOMES.values()) <= vietnamese().keys()
    assert set(OUTCOMES) == set(Outcome) - {Outcome.WITHDRAWN, Outcome.VOID}


def test_what_became_of_a_version() -> None:
    promise = Promise(
        id=new_id(),
        customer_id=new_id(),
        kind=CommitmentKind.PROMISE,
        terms=(terms(), terms(2), terms(3)),
        status=Status.AGREED,
        binding=2,
        answered=3,
    )
    assert [standing(promise, t) for t in promise.terms] == ["replaced", "agreed", "declined"]


async def agreed(kept: Commitments, **changes: Any) -> tuple[str, str]:
    id_, token = await promised(kept, **rich(**changes))
    await answer(kept, token, "agree", revision=1)
    return id_, token


async def test_c34_the_version_and_when_it_was_agreed(kept: Commitments) -> None:
    _, token = await promised(kept)
    assert "Version 1, told at <time" in (await page(kept, token)).text
    assert "not agreed yet" in (await page(kept, token)).text
    kept.clock.advance(timedelta(hours=1))
    await answer(kept, token, "agree", revision=1)
    seen = (await page(kept, token)).text
    assert re.search(r"Version 1, agreed at <time [^>]*>17:00, Monday 2 March 2026", seen)
    assert "not agreed yet" not in seen


async def test_c5_i15_c8_c21_scope_assumptions_steps_and_options(kept: Commitments) -> None:
    _, token = await promised(kept, **rich())
    seen = (await page(kept, token)).text
    for shown in (
        "gioăng cửa chính hãng",  # scope
        "việc khiêng máy xuống cầu thang",  # exclusions
        "12 năm sửa máy giặt",  # who, and why they can
        "Có người ở nhà từ 8 giờ",
        "Not confirmed yet",
        "yours to see to",
        "ours to see to",
        "Gọi trước khi tới",  # a step, and when
        "18:00, Monday 2 March 2026",
        "bảo hành 24 tháng",  # an option: its quality and its reason
        "giải pháp chất lượng cao hơn, nên cần nhiều thời gian hơn",
    ):
        assert shown in seen, shown
    assert "/choose" in seen


async def test_c10_c8_how_it_goes(kept: Commitments) -> None:
    id_, token = await agreed(kept)
    said = {
        "now_doing": "Đã lấy gioăng",
        "problems": "Đường ngập",
        "solution": "Đi vòng",
        "next_step": "Tới nhà chị",
        "next_contact_at": (START + timedelta(hours=3)).isoformat(),
        "steps_done": 1,
    }
    past = await kept.call("POST", f"/{id_}/progress", json=said | {"next_contact_at": START.isoformat()}, expect=422)
    assert past["type"] == "urn:kept:problem:due-in-the-past"
    assert "next contact" in past["detail"]
    await kept.call("POST", f"/{id_}/progress", json=said)
    seen = (await page(kept, token)).text
    for shown in ("Đã lấy gioăng", "Đường ngập", "Đi vòng", "Tới nhà chị", "19:00, Monday 2 March 2026"):
        assert shown in seen, shown
    assert seen.count("</svg>Done") == 1, "one step of three"
    await kept.call("POST", f"/{id_}/fulfil")
    assert (await page(kept, token)).text.count("</svg>Done") == 3


async def test_c25_the_clock_stands_still_and_for_what(kept: Commitments) -> None:
    id_, token = await agreed(kept)
    await kept.call("POST", f"/{id_}/wait", json={"reason": "Ảnh chụp hóa đơn"})
    kept.clock.advance(timedelta(hours=20))
    seen = (await page(kept, token)).text
    assert re.search(r"<h2[^>]*>We wait for you</h2>\s*<p>Ảnh chụp hóa đơn</p>", seen)
    assert "It moves by as long as we wait." in seen
    assert "The clock stands still since" in seen
    assert "has passed" not in seen, "it is not late while we wait"
    await kept.call("POST", f"/{id_}/resume")
    seen = (await page(kept, token)).text
    assert "We wait for you" not in seen
    assert "The clock stood still while we waited for you." in seen
    assert "waited_for_you" not in seen


async def test_c18_every_version_with_what_changed_and_why(kept: Commitments) -> None:
    id_, token = await agreed(kept)
    for revision, cost in ((2, "giảm 50%"), (3, "giảm 70%")):
        body = {"due_at": LATER, "reason": f"Bão số {revision}", "cost": cost}
        await kept.call("POST", f"/{id_}/revise", json=body)
    seen = (await page(kept, token)).text
    assert "Until you agree, the earlier promise stands." in seen
    assert "<strong>Cost</strong>: <del>giảm 50%</del> → giảm 70%" in seen
    assert "<strong>Cost</strong>: <del>không mất phí</del> → giảm 50%" in seen
    assert "Bão số 2" in seen
    assert "Bão số 3" in seen
    assert re.search(r"Version 1, told at <time.*?</time>; you agreed at <time", seen, flags=re.S)
    await answer(kept, token, "agree", revision=3)
    assert "Version 3, agreed at" in (await page(kept, token)).text


async def propose(kept: Commitments, token: str, **form: str) -> Any:
    data = {"act": "propose", "revision": "1"} | form
    return await kept.http.post(f"/commitments/p/{token}/decline", data=data, headers={"accept": "text/html"})


async def test_c7_another_time_in_the_customers_zone(kept: Commitments) -> None:
    _, token = await promised(kept, zone="Asia/Kathmandu")
    done = await propose(kept, token, suit_day="2026-03-05", suit_hour="09:15")
    assert (done.status_code, done.headers["location"]) == (303, f"/commitments/p/{token}?said=proposed")
    (fact,) = await kept.facts(told.CommitmentDeclined)
    assert fact.proposed_due_at.isoformat() == "2026-03-05T03:30:00+00:00"
    seen = (await page(kept, token, said="proposed")).text
    assert "Thank you. We look at this time and tell you." in seen
    assert "09:15, Thursday 5 March 2026 (GMT+5:45)" in seen
    assert "another_time" not in seen


async def test_c7_another_day_with_a_word_about_it(kept: Commitments) -> None:
    _, token = await promised(kept)
    await propose(kept, token, suit_day="2026-03-05", note="Tôi đi công tác")
    (fact,) = await kept.facts(told.CommitmentDeclined)
    assert (fact.reason, fact.proposed_due_at.isoformat()) == ("Tôi đi công tác", "2026-03-05T16:59:59.999000+00:00")
    assert "You said: Tôi đi công tác" in (await page(kept, token)).text


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Please choose a day."),
        ({"suit_day": "2026-02-30"}, "This is not a day of the calendar."),
        ({"suit_day": "2026-03-05", "suit_hour": "nine"}, "This is not a time of day."),
        ({"suit_hour": "09:00"}, "Please choose a day as well."),
        ({"suit_day": "2026-03-01"}, "Please choose a time in the future."),
        ({"suit_day": "2036-12-31"}, "Please choose a time within the next ten years."),
        ({"suit_day": "9999-12-31"}, "Please choose a time within the next ten years."),
        ({"suit_day": "2026-03-05", "note": "a\0b"}, "This holds a character that cannot be stored."),
        ({"suit_day": "2026-03-05", "revision": "one"}, "Please give a number."),
    ],
)
async def test_a_time_that_does_not_hold_is_a_plain_sentence(
    kept: Commitments, form: dict[str, str], says: str
) -> None:
    _, token = await promised(kept)
    refused = await propose(kept, token, **form)
    assert refused.status_code == 422
    assert says in refused.text
    for value in form.values():
        if "\0" not in value and value != "one":
            assert f'value="{value}"' in refused.text, "what was typed is still there"
    assert (await kept.only()).status is Status.STATED


async def test_a_stale_answer_shows_what_is_true_now(kept: Commitments) -> None:
    id_, token = await promised(kept)
    await kept.call("POST", f"/{id_}/revise", json={"due_at": LATER, "reason": "Bão số 3"})
    stale = await propose(kept, token, suit_day="2026-03-05")
    assert stale.status_code == 409
    assert "This has changed since you opened the page." in stale.text
    assert "Bão số 3" in stale.text
    assert 'name="revision" value="2"' in stale.text


@pytest.mark.parametrize(
    ("act", "heading"), [("withdraw", "This promise was withdrawn"), ("void", "This promise does not hold")]
)
async def test_after_the_end_a_plain_page_says_so(kept: Commitments, act: str, heading: str) -> None:
    id_, token = await promised(kept, **rich())
    await kept.call("POST", f"/{id_}/{act}", json={"reason": "internal words"})
    seen = (await page(kept, token)).text
    assert f"<h1>{heading}</h1>" in seen
    assert "internal words" not in seen
    assert "<form" not in seen
    moved = await propose(kept, token, suit_day="2026-03-05")
    assert moved.status_code == 409
    assert heading in moved.text


async def test_every_outcome_in_plain_words(kept: Commitments) -> None:
    seen = {}
    for name in ("kept", "broken", "warned"):
        id_, token = await promised(kept)
        if name == "kept":
            await kept.call("POST", f"/{id_}/fulfil")
        if name == "warned":
            await kept.call("POST", f"/{id_}/warn", json={"reason": "Xe hỏng"})
            assert "This may come later than we promised. Xe hỏng" in (await page(kept, token)).text
        seen[name] = token
    kept.clock.advance(timedelta(hours=11))
    assert "The time we promised has passed" in (await page(kept, seen["broken"])).text, "before its clock goes off"
    await kept.call("POST", f"/{(await kept.all())[1].id}/fulfil")
    await kept.fire()
    assert OUTCOMES[Outcome.KEPT] in (await page(kept, seen["kept"])).text
    assert OUTCOMES[Outcome.BROKEN_SILENT] in (await page(kept, seen["broken"])).text
    assert "Done at" in (await page(kept, seen["broken"])).text
    assert OUTCOMES[Outcome.BROKEN_WARNED] in (await page(kept, seen["warned"])).text


async def test_the_language_can_be_chosen_and_stays(kept: Commitments) -> None:
    _, token = await promised(kept, "vi")
    assert 'lang="en"' in (await page(kept, token, lang="en")).text
    assert "What we promised you" in (await page(kept, token, lang="en")).text
    assert "Điều chúng tôi đã hứa" in (await page(kept, token, lang="fr")).text, "what is none of ours is passed over"
    assert f"/commitments/p/{token}/agree?lang=en" in (await page(kept, token, lang="en")).text
    done = await kept.http.post(f"/commitments/p/{token}/agree", params={"lang": "en"}, data={"revision": 1})
    assert done.headers["location"].endswith("?said=agreed&lang=en")
    assert "không dùng được" in (await page(kept, "wrong", lang="vi")).text


async def test_a_promise_for_a_day_names_the_day(kept: Commitments) -> None:
    _, token = await promised(kept, due_at=None, due_on="2026-03-04")
    assert ">The end of Wednesday 4 March 2026 (GMT+7)</time>" in (await page(kept, token)).text


async def test_every_sentence_of_the_pages_is_translated() -> None:
    pages = Path(__file__).parents[3] / "services/commitments/pages"
    said = sentences_of(*pages.glob("*.html"))
    assert len(said) > 80
    assert said - vietnamese().keys() == set()
