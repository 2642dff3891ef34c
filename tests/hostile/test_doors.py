"""What every answer of ours is held to: to which name it is given, and what a browser may do with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from services.host.front import Front, Reports
from services.host.gateway import Gateway
from services.host.mailbox import Mailbox
from shared.hosts import guarded, host_of
from shared.middleware import SAFE
from shared.settings import PublicSettings
from tests.hostile.conftest import DOCUMENTS, PUBLIC_URL, Served
from tests.support.postgres import scratch_directory

package = pytest.mark.asyncio(loop_scope="package")

STRANGE = [
    "evil.example",
    "evil.example:8080",
    "kept.example.com.evil.example",
    "evil-kept.example.com",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "kept.example.com@evil.example",
    "evil.example#kept.example.com",
    "evil.example/kept.example.com",
    "kept.example.com, evil.example",
    "10.1.2.3",
    "93.184.216.34",
    "[::2]",
    "[::1",
    "",
    " ",
    "kept.example.com:x",
    "\xff",
]
OURS = ["kept.example.com", "KEPT.example.com:8443", "localhost:8080", "127.0.0.1", "[::1]:8080", "other.example.com"]
SETTINGS = PublicSettings(public_url=PUBLIC_URL, allowed_hosts="other.example.com, third.example.com")


async def _nobody(_: Request) -> Reports:
    return {}


@asynccontextmanager
async def asked(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as http:
        yield http


@pytest.mark.parametrize("host", STRANGE)
@package
async def test_a_name_that_is_not_ours_is_refused_everywhere(host: str, served: Served) -> None:
    headers = [(b"host", host.encode("latin-1"))]
    for service, http in served.http.items():
        for path in (f"/{service}", f"/{service}/docs", f"/{service}/openapi.json", f"/{service}/nothing"):
            answer = await http.get(path, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (421, "urn:kept:problem:misdirected")
    for path in ("/intake/console", "/commitments/board", "/commitments/standards/page", "/feedback/s/x"):
        assert (await served.http[path.split("/")[1]].get(path, headers=headers)).status_code == 421
    with scratch_directory() as directory:
        app = Gateway({}, Mailbox(directory / "mail"), SETTINGS)
        async with asked(app) as http:
            for path in ("/", "/nothing", "/mailbox", "/mailbox/messages.json"):
                assert (await http.get(path, headers=headers)).status_code == 421


@pytest.mark.parametrize("host", OURS)
async def test_our_own_names_are_answered(host: str) -> None:
    async with asked(guarded(Front(_nobody, SETTINGS, mailbox=False), SETTINGS)) as http:
        assert (await http.get("/", headers={"host": host})).status_code == 200


@package
async def test_two_names_are_none(served: Served) -> None:
    answer = await served.http["intake"].get(
        "/intake/openapi.json", headers=[("host", "localhost"), ("host", "localhost")]
    )
    assert answer.status_code == 421


@package
async def test_inside_a_process_is_asked_by_its_name_or_address(served: Served) -> None:
    for service, http in served.http.items():
        for host in (f"{service}-api:8000", f"{service}-worker:8000", "172.18.0.7:8000", "[fd00::7]:8000"):
            for path in ("health", "metrics"):
                assert (await http.get(f"/{service}/{path}", headers={"host": host})).status_code == 200
    other = await served.http["intake"].get("/intake/openapi.json", headers={"host": "172.18.0.7:8000"})
    assert other.status_code == 421


@package
async def test_a_webhook_through_a_tunnel_that_changed_the_name_is_judged_by_its_signature(served: Served) -> None:
    answer = await served.http["intake"].post("/intake/webhooks/nowhere", headers={"host": "tunnel.example"})
    assert answer.status_code == 404


def test_what_is_no_host_has_no_name() -> None:
    assert [host_of(said) for said in ("a.b:80", "[::1]", "A.b", "a.b:", "a:b@c", "")] == [
        "a.b",
        "::1",
        "a.b",
        "a.b",
        None,
        None,
    ]


@package
async def test_every_answer_says_what_a_browser_may_do_with_it(served: Served) -> None:
    """Pages, documents, errors, and what Starlette answers where we have failed."""
    seen = []
    for service, http in served.http.items():
        said = ("health", "ready", "metrics", "openapi.json", "docs", "nothing")
        seen += [await http.get(f"/{service}/{path}") for path in said]
        seen.append(await http.get(f"/{service}/nothing", headers={"accept": "text/html"}))
        seen.append(await http.post(f"/{service}/health"))
        seen.append(await http.get(f"/{service}/ready", headers={"host": "evil.example"}))
        seen.append(await _broken(served, service))
    html = {"accept": "text/html"}
    for path in ("/commitments/board", "/commitments/standards/page", "/commitments/p/x", "/intake/session/x"):
        seen += [await served.http[path.split("/")[1]].get(path, headers=html)]
    async with asked(guarded(Front(_nobody, SETTINGS, mailbox=False), SETTINGS)) as http:
        seen += [await http.get(path) for path in ("/", "/ready", "/health", "/nothing")]
    for answer in seen:
        for name in SAFE:
            assert answer.headers.get(name), f"{answer.url}: {answer.status_code} without {name}"
            assert len(answer.headers.get_list(name)) == 1
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert answer.headers["cache-control"] == "no-store"
    assert len(seen) > 10 * len(DOCUMENTS)


async def _broken(served: Served, service: str) -> httpx.Response:
    """The answer where a route of ours raises what nobody foresaw."""
    app = served.http[service]._transport.app  # type: ignore[attr-defined]

    async def breaks(_: Request) -> Response:
        raise ZeroDivisionError

    app.router.routes.insert(0, Route(f"/{service}/broken", breaks))
    answer = await served.http[service].get(f"/{service}/broken")
    app.router.routes.pop(0)
    assert answer.status_code == 500
    return answer
