"""HEAD as GET without a body; the API's page from our own origin; where a service's own path leads."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from services.host import registry
from services.host.gateway import Gateway
from shared import reference
from shared.clock import SystemClock
from shared.http import create_app
from shared.ids import new_id
from shared.migrations import upgrade
from shared.security import Links, Tokens
from shared.settings import PublicSettings, ServiceSettings
from tests.support.postgres import ScratchPostgres

URL = "http://kept.example"
KEY = "a secret of the tests, long enough"


def app_of(name: str, url: str, **more: Any) -> FastAPI:
    values: dict[str, Any] = {"broker": "local", "local_broker_url": url, "secret_key": KEY, "public_url": URL, **more}
    return create_app(
        registry.runtime(name, SystemClock(), role="api", database_url=url, **values), manage_runtime=False
    )


@pytest.fixture(scope="module")
def databases(postgres: ScratchPostgres) -> dict[str, str]:
    return {name: postgres.url(postgres.make_database()) for name in registry.NAMES}


@pytest.fixture
async def apps(databases: dict[str, str]) -> dict[str, FastAPI]:
    for name, url in databases.items():
        await upgrade(url, registry.migrations(name))
    return {name: app_of(name, url) for name, url in databases.items()}


@pytest.fixture
def token() -> dict[str, str]:
    settings = ServiceSettings(database_url="unused", broker="local", secret_key=KEY)
    made = Tokens(settings, SystemClock()).issue("lan", frozenset({"*"}), lifetime=timedelta(hours=1))
    return {"Authorization": f"Bearer {made}"}


def client(app: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL, trust_env=False)  # type: ignore[arg-type]


async def test_every_path_that_can_be_got_answers_head_alike(apps: dict[str, FastAPI], token: dict[str, str]) -> None:
    """Status and headers as GET has them, and no body; the link that opens a session once is not touched."""
    tried = 0
    async with client(Gateway(apps, None, PublicSettings(public_url=URL))) as http:
        for name, app in apps.items():
            for path in sorted(got(app)):
                if (
                    "/webhooks/" in path
                    or "/session/" in path
                    or "/login" in path
                    or path.endswith(("/stream", "/metrics"))
                ):
                    continue
                filled = re.sub(r"\{\w*id\w*(:\w+)?\}", str(new_id()), path)
                filled = re.sub(r"\{[^}]+\}", "nobody", filled)
                seen, head = await http.get(filled, headers=token), await http.head(filled, headers=token)
                assert (head.status_code, head.content) == (seen.status_code, b""), (name, filled)
                assert head.headers["content-type"] == seen.headers["content-type"] if seen.content else True
                tried += 1
        for path in ("/", "/ready", "/health", "/robots.txt", "/favicon.ico", "/nowhere"):
            assert (await http.head(path)).status_code == (await http.get(path)).status_code
    assert tried > 60


def got(app: FastAPI) -> set[str]:
    """Every path with a GET, those of included routers too."""
    documented = {path for path, item in app.openapi()["paths"].items() if "get" in item}
    return documented | {
        route.path for route in app.routes if isinstance(route, Route) and "GET" in (route.methods or ())
    }


async def test_a_stream_ends_with_its_head(apps: dict[str, FastAPI], token: dict[str, str]) -> None:
    async with client(Gateway(apps, None, PublicSettings(public_url=URL))) as http:
        answer = await http.head("/commitments/board/stream", headers=token, timeout=5)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")


async def test_a_link_that_opens_a_session_once_is_not_used_up_by_head(
    apps: dict[str, FastAPI], token: dict[str, str]
) -> None:
    settings = ServiceSettings(database_url="unused", broker="local", secret_key=KEY, public_url=URL)
    async with client(Gateway(apps, None, PublicSettings(public_url=URL))) as http:
        body = {"subject": "an", "name": "An", "roles": ["agent"]}
        person = UUID((await http.post("/intake/staff", json=body, headers=token)).json()["id"])
        link = Links(settings, SystemClock(), "person").url("/intake/session/", person, lifetime=timedelta(minutes=5))
        assert (await http.head(link)).status_code == 405
        assert (await http.get(link)).status_code == 303


async def test_a_stranger_is_told_the_same_on_every_page_of_ours(apps: dict[str, FastAPI]) -> None:
    async with client(Gateway(apps, None, PublicSettings(public_url=URL))) as http:
        said = set()
        for path in ("/intake/console", "/commitments/board", "/commitments/scorecard/page"):
            answer = await http.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})
            assert answer.status_code == 401
            said.add(re.sub(r"/\w+/assets/", "/assets/", answer.text))  # each service serves its own style
        (page,) = said
        assert "run kept staff invite EMAIL and open the link it prints" in page
        assert "kept token" in (await http.get("/commitments/board")).json()["detail"]


async def test_a_services_own_path_leads_somewhere(apps: dict[str, FastAPI]) -> None:
    async with client(Gateway(apps, None, PublicSettings(public_url=URL))) as http:
        for path, to in (("/intake/", "/intake/console"), ("/commitments/", "/commitments/board"), ("/feedback/", "/")):
            answer = await http.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, to)
        for path in ("/intake", "/feedback"):
            assert (await http.get(path, follow_redirects=True)).url.path not in (path, f"{path}/")


async def test_the_apis_page_needs_no_other_origin(apps: dict[str, FastAPI]) -> None:
    async with client(Gateway(apps, None, PublicSettings(public_url=URL))) as http:
        for name in registry.NAMES:
            page = await http.get(f"/{name}/docs")
            loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
            assert len(loaded) == 4
            for path in loaded:
                assert path.startswith(f"/{name}/"), path
                assert (await http.get(path)).status_code == 200
            policy = page.headers["content-security-policy"]
            assert "script-src 'self';" in policy
            assert "<script>" not in page.text
            assert (await http.get(f"/{name}/docs/nothing")).status_code == 404
    assert "SwaggerUIBundle" in reference.assets()["swagger-ui-bundle.js"].read_text()


async def test_the_apis_page_can_be_switched_off(databases: dict[str, str]) -> None:
    async with client(app_of("feedback", databases["feedback"], docs=False)) as http:
        for path in ("docs", "docs/start.js", "openapi.json"):
            assert (await http.get(f"/feedback/{path}")).status_code == 404
