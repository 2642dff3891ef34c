"""What staff see in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.intake.browser import local_path
from shared.ids import new_id
from tests.intake import senders
from tests.intake.conftest import Running

PAGE = {"Accept": "text/html"}


def link(kept: Running) -> str:
    return "/intake/session/" + kept.intake.browser_links.token(new_id(), lifetime=timedelta(minutes=5))


@pytest.fixture
async def staff(kept: Running) -> Running:
    await kept.http.get(link(kept), headers=PAGE)
    return kept


async def test_a_link_opens_a_session_once(kept: Running) -> None:
    once = link(kept)
    await kept.http.head(once)
    answer = await kept.http.get(once, params={"next": "/commitments/board"}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/commitments/board")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Secure"))
    assert (await kept.http.get("/intake/console", headers=PAGE)).status_code == 200
    again = await kept.http.get(once, headers=PAGE)
    assert (again.status_code, "kept token --browser" in again.text) == (410, True)
    assert "set-cookie" not in again.headers


async def test_an_old_or_altered_link_says_so(kept: Running) -> None:
    old = link(kept)
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
    assert "kept token --browser" in answer.text


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
