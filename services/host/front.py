"""What the gateway answers itself: the page of links, whether everything is ready, and that nothing is there.

In one process it is a part of `services.host.gateway`; in Compose it is `kept front`, behind a Caddy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.problems import NotFound
from shared.web import Pages, answer_problem

_ICON = (Path(__file__).parent / "pages" / "icon.svg").read_text()
_pages = Pages(Path(__file__).parent / "pages")

Reports = Mapping[str, Mapping[str, Any]]
"""What each service says at `/ready`, by its name: to whoever asks, so each hears as much as they may."""


class Front:
    """`ask` is handed the request that asks, and never raises. `mailbox` and `login`: whether to link to one."""

    def __init__(self, ask: Callable[[Request], Awaitable[Reports]], *, mailbox: bool, login: bool = False) -> None:
        self.ask, self.mailbox, self.login = ask, mailbox, login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.url.path:
            case "/":
                language = "vi" if request.headers.get("accept-language", "").lower().startswith("vi") else "en"
                return _pages.render("index.html", language=language, mailbox=self.mailbox, login=self.login)
            case "/favicon.ico":
                return Response(_ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})
            case "/robots.txt":
                return PlainTextResponse("User-agent: *\nDisallow: /\n")
            case "/ready":
                return await self._ready(request)
            case "/health":
                return JSONResponse({"service": "gateway", "status": "alive"})
        return answer_problem(request, NotFound("there is nothing at this address"))

    async def _ready(self, request: Request) -> Response:
        reports = await self.ask(request)
        ready = all(report["ready"] for report in reports.values())
        return JSONResponse({"ready": ready, "services": dict(reports)}, status_code=200 if ready else 503)
