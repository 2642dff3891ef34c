"""What the gateway answers itself: the page of links, whether everything is ready, and that nothing is there.

In one process it is a part of `services.gateway`; in Compose it is `kept front`, behind a Caddy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.problems import NotFound
from shared.web import Pages, problem_page

_pages = Pages(Path(__file__).parent / "pages")

Reports = Mapping[str, Mapping[str, Any]]
"""What each service says at `/ready`, by its name."""


class Front:
    """`ask` never raises. `mailbox`: whether there is one to link to."""

    def __init__(self, ask: Callable[[], Awaitable[Reports]], *, mailbox: bool) -> None:
        self.ask, self.mailbox = ask, mailbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.url.path:
            case "/":
                language = "vi" if request.headers.get("accept-language", "").lower().startswith("vi") else "en"
                return _pages.render("index.html", language=language, mailbox=self.mailbox)
            case "/ready":
                return await self._ready()
            case "/health":
                return JSONResponse({"service": "gateway", "status": "alive"})
        problem = NotFound("there is nothing at this address")
        if "text/html" in request.headers.get("accept", ""):
            return problem_page(request, problem)
        return JSONResponse(problem.document(), status_code=404, media_type="application/problem+json")

    async def _ready(self) -> Response:
        reports = await self.ask()
        ready = all(report["ready"] for report in reports.values())
        return JSONResponse({"ready": ready, "services": dict(reports)}, status_code=200 if ready else 503)
