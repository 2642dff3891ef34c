"""Service standards: public, with history, the actual figure beside each, and the pages that show them.

Rows: C38, C39.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from services.commitments.scorecard import wording
from services.commitments.scorecard.standards import Measure
from services.commitments.scorecard.views import ShareView
from shared.ids import new_id
from shared.translation import translations
from tests.commitments.conftest import START, Commitments, known

HOSTILE = "<script>alert(1)</script>"
STANDARD = {
    "name": "answers",
    "words_vi": "Chúng tôi trả lời trong 24 giờ.",
    "words_en": "We answer within 24 hours.",
    "measure": "answered_in_time",
    "target": 0.9,
}

HOME = Path(wording.__file__).parents[1]


async def put(kept: Commitments, expect: int = 201, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = await kept.call("PUT", "/standards", json=STANDARD | changes, expect=expect)
    return made


async def public(kept: Commitments, **query: str) -> httpx.Response:
    return await kept.http.get("/commitments/standards/page", params=query)


async def staff(kept: Commitments, **query: str) -> httpx.Response:
    headers = kept.token("commitments:read")
    return await kept.http.get("/commitments/scorecard/page", params=query, headers=headers)


async def test_c38_standards_are_public_data_with_history(kept: Commitments) -> None:
    first = await put(kept)
    kept.clock.advance(timedelta(days=1))
    second = await put(kept, target=0.95)
    seen = await kept.http.get("/commitments/standards")
    assert seen.json() == [second, first]
    assert "set_by" not in seen.text
    assert first == STANDARD | {"valid_from": first["valid_from"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": 0},
        {"target": 1.01},
        {"target": "many"},
        {"measure": "profit"},
        {"name": "A b"},
        {"name": "a\n"},
        {"words_vi": " "},
        {"words_en": "a\0"},
        {"valid_from": (START - timedelta(seconds=1)).isoformat()},
        {"surprise": 1},
    ],
)
async def test_c38_a_standard_that_is_none(kept: Commitments, wrong: dict[str, Any]) -> None:
    await put(kept, expect=422, **wrong)
    assert (await kept.http.get("/commitments/standards")).json() == []


async def test_standards_are_set_by_who_may(kept: Commitments) -> None:
    assert (await kept.http.put("/commitments/standards", json=STANDARD)).status_code == 401
    headers = kept.token("commitments:read")
    assert (await kept.http.put("/commitments/standards", json=STANDARD, headers=headers)).status_code == 403


async def test_c38_the_actual_figure_beside_the_standard_in_both_languages(kept: Commitments) -> None:
    await put(kept)
    await kept.deliver(*(kept.contact(new_id()) for _ in range(12)))
    await kept.pass_time(hours=26)
    vietnamese, english = await public(kept, lang="vi"), await public(kept, lang="en")
    assert "Chúng tôi trả lời trong 24 giờ." in vietnamese.text
    assert "Chưa đạt" in vietnamese.text
    assert "We answer within 24 hours." in english.text
    for shown in ("at least 90%", "<strong>0%</strong>", "0–24%", "Not reached"):
        assert shown in english.text


async def test_c38_too_few_are_no_figure_and_nothing_published_is_said(kept: Commitments) -> None:
    assert "No standard is published yet" in (await public(kept, lang="en")).text
    await put(kept)
    await kept.deliver(kept.contact(new_id()))
    await kept.pass_time(hours=26)
    page = (await public(kept, lang="en")).text
    assert "Too little has happened yet" in page
    assert "0%" not in page.partition("<main")[2].replace("90%", "")


async def test_c38_a_standard_taken_back_or_not_valid_yet_is_not_shown(kept: Commitments) -> None:
    await put(kept)
    await put(kept, name="later", words_en="Later", valid_from=(START + timedelta(days=9)).isoformat())
    assert "We answer" in (page := (await public(kept, lang="en")).text)
    assert "Later" not in page
    await put(kept, target=None)
    assert "We answer" not in (await public(kept, lang="en")).text


async def test_c38_every_measure_has_a_figure(kept: Commitments) -> None:
    for measure in Measure:
        await put(kept, name=measure.replace("_", "-"), measure=measure.value, words_en=f"About {measure}")
    page = (await public(kept, lang="en")).text
    assert all(f"About {measure}" in page for measure in Measure)


async def test_c38_nothing_of_a_customer_or_of_us_is_public(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(known(lan, name="Nguyễn Thị Lan"))
    await put(kept, measure="kept_as_promised", words_en=f"We keep it {HOSTILE}")
    for _ in range(12):
        await kept.promise(lan, owner="minh.internal", team="kho bí mật", category="khiếu nại", words="Đổi máy giặt")
    await kept.pass_time(hours=12)
    page = await public(kept, lang="en")
    assert "Not reached" in page.text
    assert "<script" not in page.text
    for secret in ("Nguyễn Thị Lan", str(lan), "minh.internal", "kho bí mật", "khiếu nại", "Đổi máy giặt", "Reader"):
        assert secret not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_the_public_page_counts_once_an_hour(kept: Commitments) -> None:
    await put(kept)
    await public(kept)
    await kept.deliver(*(kept.contact(new_id(), received_at=START - timedelta(days=2)) for _ in range(12)))
    await kept.fire()
    assert "Too little has happened yet" in (await public(kept, lang="en")).text
    kept.clock.advance(timedelta(hours=1))
    assert "Not reached" in (await public(kept, lang="en")).text


# ---- the page for staff ----


async def test_the_page_for_staff_draws_every_owner_escaped(kept: Commitments) -> None:
    names = [f"Nguyễn Hoàng Phương Thảo {i}" for i in range(40)] + [HOSTILE]
    for name in names:
        await kept.promise(owner=name, team="kho")
    await kept.promise(owner=HOSTILE)
    await kept.pass_time(hours=11)
    await kept.promise(owner="không đến hạn")
    for language in ("vi", "en"):
        page = (await staff(kept, lang=language)).text
        assert page.count("<script") == page.count('<script src="/commitments/assets/keys.') == 1
        assert "&lt;script&gt;alert(1)" in page
        assert "không đến hạn" not in page
        charts = re.findall(r"<svg class=\"chart\".*?</svg>(?=</div>)", page, re.DOTALL)
        assert len(charts) == 3
        for chart in charts:
            assert ElementTree.fromstring(chart).get("role") == "img"
    assert "The 40 with the most promises" in page
    assert "Who keeps what was promised" not in (await staff(kept, lang="vi")).text


async def test_the_page_for_staff_when_nothing_has_fallen_due(kept: Commitments) -> None:
    page = (await staff(kept)).text
    assert "Nothing has fallen due yet" in page
    assert "No case is old enough to count" in page
    assert 'class="chart"' not in page


async def test_c39_the_page_shows_who_reads_it_their_own_rate(kept: Commitments) -> None:
    await kept.promise(owner="lan")
    await kept.pass_time(hours=11)
    assert "Kept as first promised: 0% (0–79%), of 1 in all." in (await staff(kept)).text


@pytest.mark.parametrize("by", ["owner", "team", "kind", "channel", "partner", "category"])
async def test_the_page_by_every_group(kept: Commitments, by: str) -> None:
    await kept.deliver(kept.contact(new_id()))
    await kept.pass_time(hours=25)
    page = await staff(kept, by=by, lang="vi")
    assert page.status_code == 200
    assert {"kind": "Trả lời", "channel": "sms"}.get(by, "Không ghi tên") in page.text


@pytest.mark.parametrize("query", [{"by": "x"}, {"kind": "x"}, {"since": "x"}])
async def test_the_page_asked_wrongly(kept: Commitments, query: dict[str, str]) -> None:
    assert (await staff(kept, **query)).status_code == 422


@pytest.mark.parametrize(
    ("seconds", "english", "vietnamese"),
    [
        (2 * 86_400, "2 days", "2 ngày"),
        (3.1 * 86_400, "3.1 days", "3,1 ngày"),
        (86_400, "1 day", "1 ngày"),
        (72_000, "20 hours", "20 giờ"),
        (30, "0.5 minutes", "0,5 phút"),
        (1234 * 86_400, "1,234 days", "1.234 ngày"),
        (None, "–", "–"),
    ],
)
def test_times_as_people_say_them(seconds: float | None, english: str, vietnamese: str) -> None:
    assert wording.span(seconds, translations("en", HOME), "en") == english
    assert wording.span(seconds, translations("vi", HOME), "vi") == vietnamese


def test_shares_as_people_say_them() -> None:
    assert [wording.percent(v, "vi") for v in (None, 0, 0.0004, 0.5, 0.998, 1)] == [
        "–",
        "0%",
        "0,1%",
        "50%",
        "99,8%",
        "100%",
    ]
    assert wording.interval(ShareView.of(0, 0, 10), "en") == "–"
