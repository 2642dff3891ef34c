"""The pages in a real browser: they follow by themselves, fit a phone, name every control."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.commitments.conftest import PUBLIC_URL, Commitments
from tests.commitments.gallery import sign_in
from tests.commitments.seeds import FORM, LONG, address_of, ask, crowd, rich, token_of
from tests.commitments.seeds_of_figures import quarter, standards
from tests.support.chromium import NAMED, Tab, browsing, find_chromium, running
from tests.support.serving import serving

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium to test pages with; {NAMED} names one")

CONTROLS = {
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "spinbutton",
    "Date",
    "InputTime",
    "radio",
    "checkbox",
}
FITS = "document.documentElement.scrollWidth <= innerWidth"
# What a finger cannot hit: an input counts with its label, a link inside a sentence with its sentence.
SMALL = """[...document.querySelectorAll("a, button, input, select, textarea, summary")]
    .filter((e) => e.checkVisibility() && e.type !== "hidden" && !e.closest(".skip, p, td"))
    .map((e) => [e.outerHTML.slice(0, 120), (e.closest("label") ?? e).getBoundingClientRect()])
    .filter(([, box]) => box.height < 44 || box.width < 44)
    .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""
# Words of a chart and cells of a table that reach out of the screen, or out of their card.
CUT = """[...document.querySelectorAll("main svg.chart text, main td, main th, main h2")]
    .filter((e) => e.checkVisibility() && !e.closest("thead, svg svg"))
    .filter((e) => e.getBoundingClientRect().right > (e.closest(".card, .table") ?? document.body)
        .getBoundingClientRect().right)
    .map((e) => e.textContent)"""
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].map((h) => Number(h.tagName[1]))"


@dataclass
class Seen:
    kept: Commitments
    tab: Tab
    url: str

    async def board(self, query: str = "") -> None:
        await self.tab.goto(f"{self.url}/commitments/board{query}")

    async def live(self) -> None:
        await self.tab.until("document.getElementById('live').textContent !== ''")

    async def looks_right(self, path: str, width: int) -> None:
        """It fits, nothing is cut off, a finger hits everything, and its headings are an outline."""
        await self.tab.size(width)
        await self.tab.goto(f"{self.url}{path}")
        assert await self.tab.value("matchMedia('(pointer: coarse)').matches")
        assert await self.tab.value(FITS), path
        assert await self.tab.value(CUT) == [], path
        assert await self.tab.value(SMALL) == [], path
        levels = await self.tab.value(HEADINGS)
        assert levels.count(1) == 1, path
        assert all(deeper <= above + 1 for above, deeper in pairwise([0, *levels])), (path, levels)


@pytest.fixture(scope="module")
def browser() -> Iterator[Path]:
    assert CHROMIUM is not None
    with running(CHROMIUM) as profile:
        yield profile


@pytest.fixture
async def seen(kept: Commitments, browser: Path) -> AsyncIterator[Seen]:
    async with browsing(browser) as tab, serving(kept.runtime) as url:
        await sign_in(kept, tab, url)
        await tab.size(390)
        yield Seen(kept, tab, url)
        assert tab.errors == []


async def test_the_board_follows_by_itself_and_keeps_what_is_typed(seen: Seen) -> None:
    first, second = [(await seen.kept.promise(words=words))["id"] for words in ("First", "Second")]
    await seen.board()
    await seen.live()
    # A slip opens its forms in place, and a person writes.
    await seen.tab.value(f"document.getElementById('open-{first}').click()")
    await seen.tab.until(f"document.activeElement.closest('.slip')?.id === 'p-{first}'")
    await seen.tab.value(f"""(() => {{
        document.getElementById('act-wait-{first}').open = true;
        const field = document.getElementById('wait-reason-{first}');
        field.focus();
        field.value = 'Ảnh hóa';
        field.setSelectionRange(3, 5);
        scrollTo(0, field.getBoundingClientRect().top + scrollY - 300);
    }})()""")
    where = f"document.getElementById('wait-reason-{first}').getBoundingClientRect().top"
    before = await seen.tab.value(where)
    # Somebody else acts: another promise is kept, and one is new.
    await seen.kept.call("POST", f"/{second}/fulfil")
    third = (await seen.kept.promise(words="Third"))["id"]
    await seen.tab.until(f"document.querySelector('#lane-kept #p-{second}') && document.getElementById('p-{third}')")
    held = "[document.activeElement.id, document.activeElement.value, document.activeElement.selectionStart]"
    assert await seen.tab.value(held) == [f"wait-reason-{first}", "Ảnh hóa", 3]
    assert await seen.tab.value(f"document.getElementById('act-wait-{first}').open")
    assert abs(await seen.tab.value(where) - before) < 2, "it stands where it stood"
    # It is sent, and the answer is on the board.
    await seen.tab.value("document.activeElement.form.requestSubmit()")
    await seen.tab.loaded()
    assert await seen.tab.value("document.querySelector('[role=status].notice').textContent.trim()")
    assert await seen.tab.value(f"!!document.querySelector('#lane-waiting #p-{first}')")
    assert "said" not in await seen.tab.value("location.search"), "loaded again, it does not thank again"


async def test_a_crowded_board_fits_a_phone_and_every_control_has_a_name(seen: Seen) -> None:
    await crowd(seen.kept, 24)
    opened = next(p for p in await seen.kept.all() if p.is_open and p.waiting_since is None)
    await seen.board(f"?open={opened.id}&lang=vi")
    await seen.live()
    await seen.tab.value("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    assert await seen.tab.value(FITS)
    names = await seen.tab.names()
    assert [role for role, name in names if role in CONTROLS and not name.strip()] == []
    assert {"main", "banner", "contentinfo", "navigation", "search"} <= {role for role, _ in names}
    ids = await seen.tab.value("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids))
    # By keyboard: what has the focus is seen to have it.
    await seen.tab.send("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert await seen.tab.value("getComputedStyle(document.activeElement).outlineStyle") != "none"


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_the_customers_page_fits_a_phone_and_every_control_has_a_name(seen: Seen, lang: str) -> None:
    made = await seen.kept.promise(**rich(words="Nghiêng" * 28))
    token = token_of(seen.kept, made["id"])
    await seen.tab.goto(f"{seen.url}/commitments/p/{token}?lang={lang}")
    await seen.tab.value("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    assert await seen.tab.value(FITS)
    names = await seen.tab.names()
    assert [role for role, name in names if role in CONTROLS and not name.strip()] == []
    # Another time, by the page alone.
    await seen.tab.value("""(() => {
        document.getElementById('suit_day').value = '2026-03-09';
        document.getElementById('suit_day').form.requestSubmit();
    })()""")
    await seen.tab.loaded()
    assert await seen.tab.value("document.querySelectorAll('form').length") == 0
    (promise,) = await seen.kept.all()
    assert promise.status == "declined"


async def test_who_does_not_see_the_board_hears_which_lanes_have_changed(seen: Seen) -> None:
    first = (await seen.kept.promise(words="First"))["id"]
    await seen.board("?lang=en")
    await seen.live()
    assert await seen.tab.value("document.getElementById('news').textContent") == ""
    await seen.kept.call("POST", f"/{first}/warn", json={"reason": "The lorry is late"})
    await seen.tab.until("document.getElementById('news').textContent")
    said = await seen.tab.value("document.getElementById('news').textContent")
    assert said == "The board has changed: At risk 1, Due within a day 0."
    assert ("status", "") in [(role, name) for role, name in await seen.tab.names() if role == "status"]


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_pages_of_a_customer_on_a_phone(seen: Seen, width: int, lang: str) -> None:
    """C26: what waits for them, what it asks, and what they are promised, whatever the words."""
    await seen.tab.touch()
    waiting = (await seen.kept.promise(**rich(words=f"Mã {LONG}")))["id"]
    task = await ask(seen.kept, waiting, f"Gửi mã {LONG}", wants="form", fields=FORM)
    aside = (await seen.kept.promise(**rich()))["id"]
    await ask(seen.kept, aside, blocks=False)
    await standards(seen.kept)
    for path in (
        f"/commitments/p/{token_of(seen.kept, waiting)}",
        f"/commitments/p/{token_of(seen.kept, aside)}",
        address_of(seen.kept, task),
        "/commitments/standards/page",
    ):
        await seen.looks_right(f"{path}?lang={lang}", width)


async def test_a_customer_goes_from_the_promise_to_the_task_and_is_thanked_in_the_language_they_chose(
    seen: Seen,
) -> None:
    """C26."""
    waiting = (await seen.kept.promise(**rich()))["id"]
    await ask(seen.kept, waiting, wants="message")
    await seen.tab.goto(f"{seen.url}/commitments/p/{token_of(seen.kept, waiting)}?lang=en")
    link = await seen.tab.value("document.querySelector('.todo a.button').getAttribute('href')")
    await seen.tab.goto(seen.url + link.removeprefix(PUBLIC_URL))
    await seen.tab.value("document.querySelector('.languages a[lang=en]').click()")
    await seen.tab.loaded()
    await seen.tab.value("""(() => {
        document.getElementById('note').value = 'It is 1042';
        document.getElementById('note').form.requestSubmit();
    })()""")
    await seen.tab.loaded()
    assert await seen.tab.value("document.querySelector('h1').textContent") == "Thank you, we have it"
    assert await seen.tab.value("document.documentElement.lang") == "en"


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_the_scorecard_and_the_board_on_a_phone(seen: Seen, lang: str) -> None:
    await quarter(seen.kept, weeks=1)
    await sign_in(seen.kept, seen.tab, seen.url)
    await seen.tab.touch()
    for width in (320, 390):
        for path in ("/commitments/scorecard/page", "/commitments/board"):
            await seen.looks_right(f"{path}?lang={lang}", width)
    await seen.tab.goto(f"{seen.url}/commitments/scorecard/page?lang={lang}")
    roles = [role for role, _ in await seen.tab.names()]
    assert {"table", "row", "rowheader", "cell"} <= set(roles), "what is shown as a list is a table all the same"


async def test_keys_do_what_their_sheet_says_and_nothing_in_a_field(seen: Seen) -> None:
    for words in ("First", "Second"):
        await seen.kept.promise(words=words)
    await seen.tab.size(1280)
    await seen.board()
    await seen.live()
    await press(seen.tab, "?")
    await seen.tab.until("document.getElementById('keys').matches(':popover-open')")
    await press(seen.tab, "?")
    await seen.tab.until("!document.getElementById('keys').matches(':popover-open')")
    await press(seen.tab, "j", "j")
    await seen.tab.until("document.activeElement.textContent === 'Second'")
    await press(seen.tab, "k")
    await seen.tab.until("document.activeElement.textContent === 'First'")
    await press(seen.tab, "/")
    await seen.tab.until("document.activeElement.id === 'q'")
    await press(seen.tab, "g", "s")
    await seen.tab.until("document.activeElement.value === 'gs'")
    await press(seen.tab, "Escape")
    await press(seen.tab, "g", "s")
    await seen.tab.until("location.pathname === '/commitments/scorecard/page'")


async def test_rows_are_gone_through_from_the_one_in_which_somebody_is(seen: Seen) -> None:
    first, second, third = [(await seen.kept.promise(words=words))["id"] for words in ("First", "Second", "Third")]
    await seen.board(f"?open={second}")
    rows = await seen.tab.value("[...document.querySelectorAll('main .slip')].map((slip) => slip.id)")
    assert rows == [f"p-{id_}" for id_ in (first, second, third)]
    for key, row in (("j", third), ("k", first)):
        await seen.tab.value(f"document.querySelector('#p-{second} .acts summary').focus()")
        await press(seen.tab, key)
        await seen.tab.until(f"document.activeElement.closest('.slip')?.id === 'p-{row}'")


async def test_a_board_that_nobody_sees_keeps_no_connection(seen: Seen) -> None:
    await seen.board()
    await seen.live()
    await seen.tab.value("""(() => {
        window.streams = [0, 0];
        const close = EventSource.prototype.close;
        EventSource.prototype.close = function () { streams[1] += 1; close.call(this); };
        window.EventSource = class extends EventSource { constructor(url) { super(url); streams[0] += 1; } };
        window.turn = (hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        };
    })()""")
    await seen.tab.value("turn(true)")
    assert await seen.tab.value("streams") == [0, 1]
    await seen.tab.value("turn(false)")
    assert await seen.tab.value("streams") == [1, 1]
    await seen.kept.promise(words="Told of")
    await seen.tab.until("document.getElementById('lanes').textContent.includes('Told of')")


async def press(tab: Tab, *keys: str) -> None:
    for key in keys:
        text = {"text": key} if len(key) == 1 else {}
        await tab.send("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        await tab.send("Input.dispatchKeyEvent", type="keyUp", key=key)
