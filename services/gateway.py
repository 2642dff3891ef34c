"""The gateway in one process: every path goes to the service it begins with, at one origin.

In Compose a Caddy does the same. Metrics are for the inside and not served here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.health import readiness
from shared.problems import NotFound
from shared.web import Pages, problem_page

_pages = Pages(Path(__file__).parent / "pages")


class Gateway:
    def __init__(self, apps: Mapping[str, FastAPI], mailbox: ASGIApp | None) -> None:
        self.apps, self.mailbox = apps, mailbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        first, *rest = scope["path"].removeprefix("/").split("/")
        app: ASGIApp | None = self.apps.get(first)
        if app is not None and rest != ["metrics"]:
            await app(scope, receive, send)
        elif first == "mailbox" and self.mailbox is not None:
            await self.mailbox(scope, receive, send)
        else:
            response = await self._own(Request(scope), scope["path"])
            await response(scope, receive, send)

    async def _own(self, request: Request, path: str) -> Response:
        if path == "/":
            language = "vi" if request.headers.get("accept-language", "").lower().startswith("vi") else "en"
            return _pages.render("index.html", language=language, mailbox=self.mailbox is not None)
        if path == "/ready":
            return await self._ready()
        problem = NotFound("there is nothing at this address")
        if "text/html" in request.headers.get("accept", ""):
            return problem_page(request, problem)
        return JSONResponse(problem.document(), status_code=404, media_type="application/problem+json")

    async def _ready(self) -> Response:
        reports = await asyncio.gather(*(readiness(app.state.runtime) for app in self.apps.values()))
        ready = all(is_ready for is_ready, _ in reports)
        body = {"ready": ready, "services": {report["service"]: report for _, report in reports}}
        return JSONResponse(body, status_code=200 if ready else 503)
