"""Every page's frame and parts: both languages, hostile words, the content policy, and colours that can be read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.commitments import Outcome
from shared.contracts.terms import Terms
from shared.problems import Gone, NotFound
from shared.security.access import Principal
from shared.security.sessions import Session
from shared.spoken import speak_briefly, speak_time, speak_whole_day
from shared.web.pages import Pages, address
from shared.web.screen import Screen
from tests.support.sentences import sentences_of, vietnamese

ROOT = Path(__file__).parents[2]
FRAME = ROOT / "shared/web"
STYLE = (FRAME / "style.css").read_text()
TERMS = Path(__file__).parents[2] / "services/commitments/pages/terms.html"
PROMISE = '{% import "terms.html" as promise with context %}'
HOSTILE = """<script>alert(1)</script>"><img src=x onerror='alert(2)'>{{ 7 * 7 }}"""
SCRIPT_LINK = "javascript:alert(3)"
ZONE = "Asia/Ho_Chi_Minh"
AT = datetime(2026, 5, 6, 7, 5, tzinfo=UTC)
VOID = {"meta", "link", "input", "br", "img", "hr"}
ENDS_A_PARAGRAPH = {"div", "dl", "form", "h1", "h2", "h3", "header", "main", "nav", "ol", "p", "section", "table", "ul"}
"""Tags at which a browser ends a paragraph that is open (HTML 13.1.2.4)."""

PARTS = {
    "icon": "parts.icon(x)",
    "mark": "parts.mark(link) ~ parts.mark('/') ~ parts.mark()",
    "badge": "parts.badge(x) ~ parts.badge('kept', x)",
    "when": "parts.when(at, zone) ~ parts.when(at, zone, brief=true) ~ parts.when(at, zone, 'vi')",
    "place_icon": "parts.place_icon('vow')",
    "languages": "parts.languages()",
    "keep_language": "parts.keep_language()",
    "log_out": "parts.log_out()",
    "way_back": "parts.way_back()",
    "sheet": "parts.sheet()",
    "notice": "parts.notice('risk', x)",
    "empty_state": "parts.empty_state(x, x)",
    "facts": "parts.facts([(x, x), ('left out', none), ('left out', '')])",
    "pager": "parts.pager(link, link) ~ parts.pager()",
    "bar": "parts.bar(7, 'kept', x) ~ parts.bar(-1, 'kept', x)",
    "timeline_entry": "parts.timeline_entry(x, at, zone, 'in', x, x, x, 'at_risk', link)",
    "button": "parts.button(x) ~ parts.button(x, 'quiet', x, x) ~ parts.button(x, href=link)",
    "field": "parts.field('a', x, x, hint=x, error=x, required=true) ~ parts.field('b', x, x, rows=3, id='e')",
    "choice": "parts.choice('c', x, [(x, x), ('n', x)], x, hint=x, error=x)",
    "scale": "parts.scale('d', x, 0, 10, x, x, 8, x)",
}
OF_PROMISES = {
    "due": "promise.due(terms) ~ promise.due(bare) ~ promise.due(day)",
    "said": "promise.said(x) ~ promise.said('waited_for_you')",
    "promise_card": "promise.promise_card(terms, 'stated', x, link, at, at) ~ promise.promise_card(bare, 'agreed')",
    "steps": "promise.steps(x, [{'words': x, 'status': 'done', 'who': x, 'at': at}, {'words': x}], zone)",
}
"""The parts of commitments' pages, which stand in their `terms.html`."""
WRAPPERS = {
    "timeline": "parts.timeline(x)",
    "table": "parts.table(x, quiet=true)",
    "lane": "parts.lane(x, 'risk', 3, id='a')",
    "empty_state": "parts.empty_state(x)",
    "timeline_entry": "parts.timeline_entry(x, at, zone)",
}


class Outline(HTMLParser):
    """What a browser would see: every start tag with its attributes; fails where tags do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not (tag in ENDS_A_PARAGRAPH and "p" in self._open)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def screen(pages: Pages, **more: Any) -> Screen:
    """The screen of somebody who may read everything, at an address that a stranger wrote."""
    session = Session("1", HOSTILE, HOSTILE, 0, frozenset({"*"}))
    reader = Principal(HOSTILE, frozenset({"*"}), session)
    asked = (("q", HOSTILE), ("lang", more.pop("lang", "vi")))
    given = {"zone": ZONE, "now": AT, "house": "vi", "reader": reader, "back": (SCRIPT_LINK, HOSTILE), **more}
    return Screen(pages, f"/a/{HOSTILE}", asked, **given)


def render(directory: Path, main: str, language: str, frame: str = "guest.html") -> str:
    (directory / "pages").mkdir(exist_ok=True)
    (directory / "pages" / "terms.html").write_text(TERMS.read_text())
    (directory / "pages" / "page.html").write_text(
        f'{{% extends "{frame}" %}}{{% block title %}}{{{{ x }}}}{{% endblock %}}'
        f"{{% block main %}}{main}{{% endblock %}}"
    )
    words = Terms(
        revision=2, words=HOSTILE, due_at=AT, zone=ZONE, cost=HOSTILE, scope=HOSTILE, exclusions=HOSTILE, reason=HOSTILE
    )
    bare = {"words": HOSTILE, "due_at": AT, "zone": ZONE, "cost": HOSTILE}
    day = words.model_copy(update={"due_on": AT.date(), "who": HOSTILE})
    values: dict[str, Any] = {"x": HOSTILE, "link": SCRIPT_LINK, "at": AT, "zone": ZONE}
    values |= {"terms": words, "bare": bare, "day": day}
    return bytes(screen(Pages(directory), lang=language).render("page.html", **values).body).decode()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "main",
    [
        *(pytest.param(f"{{{{ {call} }}}}", id=name) for name, call in PARTS.items()),
        *(pytest.param(f"{PROMISE}{{{{ {call} }}}}", id=name) for name, call in OF_PROMISES.items()),
        pytest.param(
            f"{PROMISE}{{% call promise.promise_card(day, 'at_risk') %}}{{{{ x }}}}{{% endcall %}}",
            id="call promise_card",
        ),
        *(
            pytest.param(f"{{% call {call} %}}{{{{ x }}}}{{% endcall %}}", id=f"call {name}")
            for name, call in WRAPPERS.items()
        ),
    ],
)
def test_a_part_keeps_hostile_words_as_words(tmp_path: Path, main: str, language: str) -> None:
    page = Outline(render(tmp_path, main, language))
    assert ("html", {"lang": language}) in page.tags
    for tag, attributes in page.tags:
        assert tag not in ("script", "img")
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").startswith("javascript")


def test_every_part_is_tried() -> None:
    source = (FRAME / "parts.html").read_text()
    assert set(re.findall(r"macro (\w+)\(", source)) == PARTS.keys() | WRAPPERS.keys()
    assert set(re.findall(r"macro (\w+)\(", TERMS.read_text())) == OF_PROMISES.keys()


def test_every_sentence_of_the_frame_is_translated() -> None:
    said = sentences_of(*FRAME.glob("*.html"))
    assert {"Likely to break", "Kept after an agreed change", "Skip to the content"} < said
    assert len(said) > 40
    assert said <= vietnamese().keys()


def test_the_pages_with_a_form_by_get_are_those_whose_forms_are_sent_in_tests() -> None:
    templates = [
        path
        for path in [*ROOT.glob("shared/**/*.html"), *ROOT.glob("services/**/*.html")]
        if path.parent.name in ("pages", "web")
    ]
    forms = {path.name: re.findall(r"<form\b[^>]*>", path.read_text()) for path in templates}
    assert {name for name, tags in forms.items() if any('method="post"' not in tag for tag in tags)} == {
        "board.html",
        "console.html",
        "scorecard.html",
    }


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_desks_frame_keeps_hostile_words_as_words(tmp_path: Path, language: str) -> None:
    page = Outline(render(tmp_path, "{{ x }}", language, "desk.html"))
    scripts = [attributes["src"] or "" for tag, attributes in page.tags if tag == "script"]
    assert [re.sub(r"[0-9a-f]{12}", "HASH", src) for src in scripts] == ["/assets/keys.HASH.js"]
    for tag, attributes in page.tags:
        assert tag not in ("img", "style")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not (attributes.get("href") or "").startswith("javascript")


def test_every_address_of_the_desks_frame_keeps_the_language_that_was_chosen(tmp_path: Path) -> None:
    page = Outline(render(tmp_path, "{{ x }}", "en", "desk.html"))
    links = {attributes["href"] or "" for tag, attributes in page.tags if tag == "a" and "hreflang" not in attributes}
    assert {link.partition("?")[2] for link in links - {"#main"}} == {"lang=en"}
    assert "/?lang=en" in links


def test_a_constant_is_translated_for_each_language_by_itself(tmp_path: Path) -> None:
    said = [render(tmp_path, '<b>{{ "Log out" | translate }}</b>', language) for language in ("vi", "en")]
    assert [re.findall("<b>(.*?)</b>", html) for html in said] == [["Đăng xuất"], ["Log out"]]


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_own_words_and_shape(tmp_path: Path, outcome: Outcome) -> None:
    html = render(tmp_path, f"{{{{ parts.badge('{outcome}') }}}}", "vi")
    plain = render(tmp_path, "{{ parts.badge('not a status of ours') }}", "vi")
    assert "Not a status of ours" in plain
    assert set(re.findall(r' d="([^"]+)"', html)) != set(re.findall(r' d="([^"]+)"', plain))
    assert outcome.replace("_", " ").capitalize() not in html.split("<main")[1].split("</main>")[0]


def test_a_time_names_its_zone_and_its_year() -> None:
    assert speak_time(AT, ZONE, "en") == "14:05, Wednesday 6 May 2026 (GMT+7)"
    assert speak_time(AT, ZONE, "vi") == "14:05, Thứ Tư ngày 6 tháng 5 năm 2026 (GMT+7)"
    assert speak_time(AT, "Asia/Kathmandu", "en").endswith("(GMT+5:45)")
    assert speak_time(AT, "America/St_Johns", "en").endswith("(GMT-2:30)")
    assert speak_whole_day(AT, ZONE, "en") == "Wednesday 6 May 2026 (GMT+7)"
    assert speak_whole_day(AT, ZONE, "vi") == "Thứ Tư ngày 6 tháng 5 năm 2026 (GMT+7)"
    assert speak_time(AT, "UTC", "en").endswith("(GMT+0)")
    assert speak_briefly(AT, ZONE, "en") == "14:05 Wed 6 May 2026"
    assert speak_briefly(AT, ZONE, "vi") == "14:05 Th 4, 6/5/2026"


@pytest.mark.parametrize(
    "href", ["/a", "?cursor=x", "#b", "https://c.example/", "mailto:d@e.example", "tel:+84901234567"]
)
def test_an_address_of_a_page_stays(href: str) -> None:
    assert address(href) == href


@pytest.mark.parametrize(
    "href",
    [
        SCRIPT_LINK,
        " javascript:x",
        "data:text/html,x",
        "//evil.example",
        "/\\evil.example",
        "",
        "/\t/evil.example",
        "/\n/evil.example",
        "https:\r//evil.example",
    ],
)
def test_an_address_that_runs_or_leaves_in_disguise_leads_nowhere(href: str) -> None:
    assert address(href) == "#"


class LinkExpired(Gone):
    code = "link-expired"


@pytest.mark.parametrize(
    ("problem", "heading"),
    [(LinkExpired(HOSTILE), "Liên kết này không dùng được"), (NotFound(HOSTILE), "Đã có lỗi xảy ra")],
)
def test_a_problem_is_a_plain_page_in_the_browsers_language(problem: Gone | NotFound, heading: str) -> None:
    pages = Pages()
    response = Screen(pages, "/", (), ZONE, AT, house="en", accept="vi-VN,vi;q=0.9").problem(problem)
    html = bytes(response.body).decode()
    assert response.status_code == problem.status
    assert f"<h1>{heading}</h1>" in html
    assert not {"script", "img"} & {tag for tag, _ in Outline(html).tags}


# ---- colours ----

TONES = ("kept", "agreed", "stated", "risk", "broken", "waiting", "draft")
PAIRS = [
    *((ink, ground) for ink in ("ink", "soft", "accent", "broken") for ground in ("paper", "card", "well")),
    ("on-accent", "accent"),
    *((tone, f"{tone}-ground") for tone in TONES),
]
EDGES = [("edge", "card"), ("edge", "paper"), *((tone, "well") for tone in TONES)]
"""What bounds a control or carries a sign needs 3:1 (WCAG 1.4.11)."""


def tokens(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, flags=re.S)[:2]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark)) if scheme == "dark" else found


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(scheme: str) -> None:
    colours = tokens(scheme)
    ratios = {(a, b): contrast(colours[a], colours[b]) for a, b in PAIRS + EDGES}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < (4.5 if pair in PAIRS else 3)} == {}


def test_the_dark_scheme_turns_every_colour() -> None:
    light, dark = tokens("light"), tokens("dark")
    assert [name for name in light if light[name] == dark[name]] == []


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_sheet_stays_small_and_loads_nothing() -> None:
    assert STYLE.count("\n") <= 300
    assert not re.search(r"@import|url\(|@font-face|</", STYLE)
