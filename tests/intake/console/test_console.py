"""What our own people see in a browser."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.intake.staff.browser import local_path
from tests.intake import senders
from tests.intake.conftest import Running
from tests.support.forms import forms_by_get

PAGE = {"Accept": "text/html"}


async def link(kept: Running) -> str:
    return kept.link(await kept.person(), timedelta(minutes=5))


@pytest.fixture
async def staff(kept: Running) -> Running:
    await kept.http.get(await link(kept), headers=PAGE)
    return kept


async def test_a_link_opens_a_session_once(kept: Running) -> None:
    once = await link(kept)
    await kept.http.head(once)
    answer = await kept.http.get(once, params={"next": "/commitments/board"}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/commitments/board")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("__Host-kept_session=", "HttpOnly", "SameSite=lax", "Secure", "Path=/;"))
    assert "Domain" not in cookie
    assert (await kept.http.get("/intake/console", headers=PAGE)).status_code == 200
    again = await kept.http.get(once, headers=PAGE)
    assert (again.status_code, "Ask an admin for a new one" in again.text) == (410, True)
    assert "set-cookie" not in again.headers


async def test_a_link_opens_a_session_once_however_it_is_spelled(kept: Running) -> None:
    once = await link(kept)
    others = [*("=" * n for n in (1, 2, 4)), "%3D", "%0A", "+"]
    answers = [await kept.http.get(once + surplus, headers=PAGE) for surplus in ("", "", *others)]
    assert [a.status_code for a in answers] == [303, 410, *(404 for _ in others)]
    assert ["set-cookie" in a.headers for a in answers] == [True] + [False] * 7


async def test_of_ten_at_once_one_opens_a_session(kept: Running) -> None:
    once = await link(kept)
    answers = await asyncio.gather(*(kept.http.get(once + "=" * (n % 2 * 2), headers=PAGE) for n in range(10)))
    assert sorted(a.status_code for a in answers) == [303] + [404] * 5 + [410] * 4
    assert sum("set-cookie" in a.headers for a in answers) == 1


async def test_a_used_link_says_so_in_the_language_of_the_page(kept: Running) -> None:
    once = await link(kept)
    await kept.http.get(once, headers=PAGE)
    again = await kept.http.get(once, headers=PAGE | {"accept-language": "vi"})
    assert "Liên kết này đã được dùng." in again.text


async def test_an_old_or_altered_link_says_so(kept: Running) -> None:
    old = await link(kept)
    kept.clock.advance(timedelta(minutes=6))
    for path, status in ((old, 410), (old[:-2], 404), ("/intake/session/x", 404)):
        answer = await kept.http.get(path, headers=PAGE)
        assert (answer.status_code, "<h1>" in answer.text) == (status, True)


@pytest.mark.parametrize("away", ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\nb", "evil"])
def test_only_our_own_pages_come_next(away: str) -> None:
    assert local_path(away) == "/intake/console"
    assert local_path("/commitments/board?lang=vi") == "/commitments/board?lang=vi"


async def test_without_a_session_a_page_says_how_to_get_one(kept: Running) -> None:
    answer = await kept.http.get("/intake/console", headers=PAGE)
    assert answer.status_code == 401
    assert "kept staff invite EMAIL" in answer.text


async def test_nobody_yet(staff: Running) -> None:
    assert "Nobody has been in touch yet" in (await staff.http.get("/intake/console", headers=PAGE)).text


async def test_customers_are_found_and_shown(staff: Running) -> None:
    await staff.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await staff.send(senders.mail("<script>alert(1)</script> và đơn hàng"))
    await staff.work()
    for query in ("", "nguyễn", "NGUYỄN", "lan.ng"):
        found = await staff.http.get("/intake/console", params={"q": query}, headers=PAGE)
        assert "Nguyễn Thị Lan" in found.text, query
    assert "Nguyễn" not in (await staff.http.get("/intake/console", params={"q": "%"}, headers=PAGE)).text
    customer = await staff.customer("email:lan.nguyen@example.com")
    page = await staff.http.get(f"/intake/console/customers/{customer}", headers=PAGE)
    assert page.status_code == 200
    assert "<script>" not in page.text
    for shown in ("lan.nguyen@example.com", "kept.interaction.received.v1", "kept.case.opened.v1", "front-desk"):
        assert shown in page.text
    received, opened = page.text.index("interaction.received"), page.text.index("case.opened")
    assert received < opened, "in the order of what happened, not of what was recorded"
    vietnamese = await staff.http.get(f"/intake/console/customers/{customer}", params={"lang": "vi"}, headers=PAGE)
    assert "Dòng thời gian" in vietnamese.text


@pytest.mark.parametrize("query", ["", "?lang=en", "?q=an"])
async def test_the_search_is_understood_as_it_stands(staff: Running, query: str) -> None:
    shown = await staff.http.get("/intake/console" + query, headers=PAGE)
    (form,) = forms_by_get(shown.text)
    sent = await staff.http.get(form.address("/intake/console"), headers=PAGE)
    assert (sent.status_code, forms_by_get(sent.text)) == (200, [form])
