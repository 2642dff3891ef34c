"""Charts are XML that says its figures, whatever the names are."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.charts import Band, Rate, Row, Week, kept_by, promised_and_actual, trend

HOSTILE = """</svg><script>alert(1)</script>"&'"""
LONG = "Đội giao hàng khu vực thành phố Hồ Chí Minh và các tỉnh lân cận"
SVG = "{http://www.w3.org/2000/svg}"
HALF = Rate(0.5, 0.3, 0.7, "50%")


def drawn(rows: list[Row], **changes: Rate) -> str:
    return kept_by(
        rows, title="Kept", about="Dots", strict="as promised", agreed="as agreed", many="how many", **changes
    )


def said(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert about is not None
    assert title.text
    assert about.text
    return [
        text for element in root.iter() if element.tag in {f"{SVG}text", f"{SVG}title"} for text in element.itertext()
    ]


def test_each_row_says_its_name_its_rates_and_how_many() -> None:
    rates = Rate(0.82, 0.73, 0.88, "82%"), Rate(0.91, 0.84, 0.95, "91%")
    words = said(
        drawn([Row("Minh", *rates, "120"), Row("Hoa", None, None, "0")], target=Rate(0.9, 0.9, 0.9, "goal 90%"))
    )
    for shown in ("Minh", "82%", "91%", "120", "Hoa", "as promised", "as agreed", "goal 90%"):
        assert shown in words
    assert drawn([Row("Hoa", None, None, "0")]).count("<circle") == 2, "nothing is drawn of nothing but the key"


@pytest.mark.parametrize("name", [HOSTILE, LONG, "", "  "])
def test_names_are_escaped_and_a_long_one_is_whole_to_who_points_at_it(name: str) -> None:
    for svg in (
        drawn([Row(name, HALF, HALF, name)]),
        promised_and_actual(
            [Band(name, 0.5, 2.0, name, name, name)], title=name or "t", about=name or "a", promised=name, many=name
        ),
        trend([Week(name, HALF, HALF, name)], title=name or "t", about=name or "a", strict=name, agreed=name),
    ):
        assert "<script" not in svg
        assert name in "".join(said(svg))


def test_forty_owners_do_not_lie_on_each_other() -> None:
    svg = drawn([Row(f"Nguyễn Hoàng Phương Thảo {i}", HALF, HALF, "9") for i in range(40)])
    root = ElementTree.fromstring(svg)
    names = [float(t.get("y", "0")) for t in root.iter(f"{SVG}text") if (t.text or "").startswith("Nguyễn")]
    gaps = [b - a for a, b in pairwise(names)]
    assert len(names) == 40
    assert min(gaps) >= 44
    assert max(names) < float(root.get("height", "0"))


def test_what_is_never_done_runs_off_the_scale() -> None:
    bands = [Band("2 days", 0.8, None, "1.6 days", "–", "20"), Band("9 days", None, None, "–", "half not done", "12")]
    words = said(promised_and_actual(bands, title="t", about="a", promised="as promised", many="n"))
    assert "→" in words
    assert "half not done" in words


def test_a_trend_of_no_week_and_of_one() -> None:
    for weeks in ([], [Week("2/3", HALF, None, "4")]):
        assert said(trend(weeks, title="t", about="a", strict="s", agreed="g"))


SHARES = st.tuples(*[st.floats(0, 1)] * 3).map(lambda three: Rate(sorted(three)[1], min(three), max(three), "x"))


@given(st.lists(st.builds(Row, st.text(max_size=60).filter(str.isprintable), SHARES, SHARES, st.just("1")), max_size=5))
def test_every_place_is_on_the_chart(rows: list[Row]) -> None:
    svg = drawn(rows)
    said(svg)
    assert all(0 <= float(place) <= 100 for place in re.findall(r'="([\d.-]+)%"', svg))
