"""The front of an installation whose services run elsewhere."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from services.host import registry
from services.host.front import Front
from services.host.remote import Remote, merge
from shared.settings import PublicSettings


def report(role: str, **changed: Any) -> dict[str, Any]:
    ready = all(result == "ok" for result in changed.get("checks", {}).values())
    state = "ready" if ready else "database"
    return {"service": "intake", "role": role, "checks": {"database": "ok"}, "ready": ready, "state": state, **changed}


def front(answer: Any, *, mailbox: bool = True, login: bool = False) -> httpx.AsyncClient:
    settings = PublicSettings(oidc_issuer="https://login.example" if login else None)
    remote = Remote("http://localhost:8000/?{service}-{role}", httpx.MockTransport(answer))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(Front(remote.ask, settings, mailbox=mailbox)), base_url="http://127.0.0.1:8080"
    )


def well(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=report("api"))


def test_a_service_answers_as_one() -> None:
    worker = {"lag": 3, "oldest_unpublished_seconds": 2.5}
    assert merge("intake", [report("api", oldest_unpublished_seconds=0.0), report("worker", **worker)]) == {
        "service": "intake",
        "role": "all",
        "ready": True,
        "state": "ready",
        "checks": {"database": "ok"},
        **worker,
    }


@pytest.mark.parametrize("first", ["api", "worker"])
def test_what_one_of_them_finds_is_said_whoever_else_is_well(first: str) -> None:
    sick = report("worker", checks={"database": "does not answer"}, ready=False)
    reports = [report("api"), sick] if first == "api" else [sick, report("api")]
    merged = merge("intake", reports)
    assert (merged["ready"], merged["checks"]) == (False, {"database": "worker: does not answer"})


@pytest.mark.parametrize("login", [True, False])
async def test_the_first_page_says_how_our_people_sign_in(login: bool) -> None:
    async with front(well, login=login) as client:
        page = (await client.get("/")).text
    assert ('href="/intake/login"' in page, "kept staff invite EMAIL" in page) == (login, not login)


async def test_all_ready_is_200_and_every_process_was_asked() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return well(request)

    async with front(answer) as client:
        found = await client.get("/ready")
    assert (found.status_code, found.json()["ready"]) == (200, True)
    assert list(found.json()["services"]) == list(registry.NAMES)
    assert all(asked.count(f"/{name}/ready") >= 2 for name in registry.NAMES)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="no service"),
        httpx.Response(503, json=report("worker", checks={"broker": "does not answer"}, ready=False)),
        httpx.Response(200, json=["not a report"]),
        httpx.Response(200, json={"ready": "perhaps"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_one_that_is_not_ready_or_talks_nonsense_is_503(answer: httpx.Response | Exception) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        if "feedback" not in request.url.path:
            return well(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with front(answers) as client:
        found = await client.get("/ready")
    services = found.json()["services"]
    assert (found.status_code, services["intake"]["ready"], services["feedback"]["ready"]) == (503, True, False)


async def test_a_name_that_leads_nowhere_is_said() -> None:
    reports = await Remote("http://{service}-{role}.invalid:8000").ask(Request({"type": "http", "headers": []}))
    assert reports["intake"] == {"service": "intake", "role": "all", "ready": False, "state": "away"}


async def test_each_process_is_told_who_asks_and_a_stranger_hears_one_word() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("authorization"))
        sick = report("worker", ready=False, state="parked", checks={"parked": "3 events are put aside"})
        if request.headers.get("authorization") != "Bearer good":
            del sick["checks"]
        return httpx.Response(503, json=sick)

    async with front(answer) as client:
        stranger = (await client.get("/ready")).json()["services"]["intake"]
        staff = (await client.get("/ready", headers={"authorization": "Bearer good"})).json()["services"]["intake"]
    assert stranger == {"service": "intake", "role": "all", "ready": False, "state": "parked"}
    assert staff["checks"] == {"parked": "worker: 3 events are put aside"}
    assert {None, "Bearer good"} == set(asked)


def test_who_is_away_is_said_to_those_who_hear_more() -> None:
    away = {"service": "intake", "role": "worker", "ready": False, "state": "away", "checks": {"worker": "is nowhere"}}
    assert merge("intake", [report("api"), away])["checks"] == {"database": "ok", "worker": "worker: is nowhere"}
    plain = {name: value for name, value in report("api").items() if name != "checks"}
    assert "checks" not in merge("intake", [plain, away])


async def test_the_first_page_links_to_the_mailbox_where_there_is_one() -> None:
    for mailbox in (True, False):
        async with front(well, mailbox=mailbox) as client:
            page = await client.get("/")
        assert (page.status_code, "/mailbox" in page.text) == (200, mailbox)


async def test_it_lives_whoever_else_does_not_and_knows_nothing_else() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with front(away) as client:
        assert (await client.get("/health")).status_code == 200
        missing = await client.get("/intake/metrics")
        page = await client.get("/nothing", headers={"accept": "text/html"})
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_the_front_serves_the_files_of_its_own_pages() -> None:
    async with front(well) as client:
        page = await client.get("/", headers={"Accept-Language": "vi"})
        assert '<html lang="vi">' in page.text
        (style,) = re.findall(r'<link rel="stylesheet" href="(/assets/[^"]+)"', page.text)
        assert "immutable" in (await client.get(style)).headers["cache-control"]
        assert (await client.get("/assets/nothing.0123456789ab.css")).status_code == 404
        sign = await client.get("/favicon.ico", follow_redirects=True)
        assert sign.headers["content-type"] == "image/svg+xml"
