"""The pages of the gateway itself: links, readiness, and that nothing is at an address.

In one process it is a part of `services.host.gateway`; in Compose it is `kept front`, behind a Caddy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.clock import Clock, SystemClock
from shared.problems import NotFound
from shared.settings import PublicSettings
from shared.web.pages import Pages
from shared.web.screen import Screen, answer_problem, screen_of

HOME = Path(__file__).parent

Reports = Mapping[str, Mapping[str, Any]]
"""What each service says at `/ready`, by its name: to whoever asks, so each hears as much as they may."""


class Front:
    """`ask` is handed the request that asks, and never raises. `mailbox`: whether to link to one."""

    def __init__(
        self,
        ask: Callable[[Request], Awaitable[Reports]],
        settings: PublicSettings,
        *,
        mailbox: bool,
        clock: Clock | None = None,
    ) -> None:
        self.ask, self.mailbox, self.settings = ask, mailbox, settings
        self._clock, self._pages = clock or SystemClock(), Pages(HOME)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        try:
            response = await self._answer(request)
        except NotFound as problem:
            response = answer_problem(request, problem, self._screen)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.url.path:
            case "/":
                by_provider = self.settings.oidc_issuer is not None
                return self._screen(request).render("index.html", mailbox=self.mailbox, login=by_provider)
            case "/favicon.ico":
                return RedirectResponse(
                    self._pages.assets.address("icon.svg"), headers={"Cache-Control": "max-age=86400"}
                )
            case "/robots.txt":
                return PlainTextResponse("User-agent: *\nDisallow: /\n")
            case "/ready":
                return await self._ready(request)
            case "/health":
                return JSONResponse({"service": "gateway", "status": "alive"})
            case path if path.startswith("/assets/"):
                return await self._pages.assets.answer(request)
        raise NotFound("there is nothing at this address")

    def _screen(self, request: Request) -> Screen:
        return screen_of(request, self._pages, self.settings, self._clock.now())

    async def _ready(self, request: Request) -> Response:
        reports = await self.ask(request)
        ready = all(report["ready"] for report in reports.values())
        return JSONResponse({"ready": ready, "services": dict(reports)}, status_code=200 if ready else 503)
