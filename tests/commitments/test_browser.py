"""The pages in a real browser: they follow by themselves, fit a phone, name every control."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commitments.conftest import Commitments
from tests.commitments.gallery import sign_in
from tests.commitments.seeds import crowd, rich, token_of
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


@dataclass
class Seen:
    kept: Commitments
    tab: Tab
    url: str

    async def board(self, query: str = "") -> None:
        await self.tab.goto(f"{self.url}/commitments/board{query}")

    async def live(self) -> None:
        await self.tab.until("document.getElementById('live').textContent !== ''")


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
