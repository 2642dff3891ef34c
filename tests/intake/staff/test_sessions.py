"""A person's session in a browser, from the link that opens it to its end."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from services.host.registry import runtime as service
from shared.broker.local import LocalBroker
from shared.http import create_app
from shared.security import Sessions
from shared.security.closings import LOOK
from tests.intake.conftest import PUBLIC_URL, Running

COOKIE = "__Host-kept_session"


@pytest.fixture
def desk(kept: Running, tmp_path: Path) -> Running:
    """With a file for closed sessions, as every installation has one."""
    settings = kept.runtime.settings.model_copy(update={"sessions_file": tmp_path / "sessions.closed"})
    app = kept.http._transport.app  # type: ignore[attr-defined]
    app.state.sessions = Sessions(settings, kept.clock)
    return kept


async def _opened(desk: Running) -> str:
    """A page of somebody who has just come in."""
    answer = await desk.http.get(desk.link(await desk.person()))
    assert answer.status_code == 303
    assert (await desk.http.get("/intake/console")).status_code == 200
    return (await desk.http.get("/intake/console")).text


def _csrf(page: str) -> str:
    form = re.search(r'action="/intake/logout"><input type="hidden" name="csrf" value="([0-9a-f]{64})">', page)
    assert form is not None, page
    return form[1]


async def test_who_logs_out_is_out_whoever_kept_the_cookie(desk: Running) -> None:
    page = await _opened(desk)
    cookie = desk.http.cookies[COOKIE]
    answer = await desk.http.post("/intake/logout", data={"csrf": _csrf(page)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert COOKIE not in desk.http.cookies
    again = await desk.http.get("/intake/console", headers={"cookie": f"{COOKIE}={cookie}"})
    assert again.status_code == 401


async def test_nobody_else_can_log_somebody_out(desk: Running) -> None:
    await _opened(desk)
    for forged in ({}, {"csrf": "0" * 64}):
        assert (await desk.http.post("/intake/logout", data=forged)).status_code == 403
    assert (await desk.http.get("/intake/logout")).status_code == 405
    assert (await desk.http.get("/intake/console")).status_code == 200


async def test_who_is_out_already_is_led_out_again(desk: Running) -> None:
    assert (await desk.http.post("/intake/logout", data={"csrf": "x"})).status_code == 303


async def test_a_link_that_waits_opens_nothing_once_all_sessions_are_closed(desk: Running) -> None:
    an, minh = await desk.person(), await desk.person("minh")
    await desk.http.get(desk.link(an))
    waiting = desk.link(minh)
    desk.clock.advance(timedelta(seconds=1))
    app = desk.http._transport.app  # type: ignore[attr-defined]
    app.state.sessions.close_all()
    assert (await desk.http.get("/intake/console")).status_code == 401
    assert (await desk.http.get(waiting)).status_code == 410
    desk.clock.advance(timedelta(seconds=1))
    await desk.http.get(desk.link(an))
    assert (await desk.http.get("/intake/console")).status_code == 200


async def test_another_service_hears_of_it(desk: Running, tmp_path: Path) -> None:
    page = await _opened(desk)
    url = desk.runtime.settings.database_url
    other = service(
        "feedback",
        desk.clock,
        role="api",
        shared_broker=LocalBroker(url, topics=()),
        database_url=url,
        broker="local",
        secret_key=desk.runtime.settings.keys[0],
        public_url=PUBLIC_URL,
        sessions_file=tmp_path / "sessions.closed",
    )
    app = create_app(other, manage_runtime=False)
    headers = {"cookie": f"{COOKIE}={desk.http.cookies[COOKIE]}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL, headers=headers) as http:
        assert (await http.get("/feedback/surveys/none")).status_code == 422  # it is somebody, who asks nonsense
        await desk.http.post("/intake/logout", data={"csrf": _csrf(page)})
        desk.clock.advance(LOOK)
        assert (await http.get("/feedback/surveys/none")).status_code == 401
    await other.stop()
