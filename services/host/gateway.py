"""The gateway in one process: every path goes to the service it begins with, at one origin.

In Compose a Caddy does the same. Metrics are for the inside and not served here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.host.front import Front, Reports
from services.host.mailbox import Mailbox, application
from shared.health import public, readiness
from shared.hosts import guarded
from shared.security.access import may_see_operations
from shared.settings import PublicSettings


class Gateway:
    def __init__(self, apps: Mapping[str, FastAPI], box: Mailbox | None, settings: PublicSettings) -> None:
        self.apps = apps
        self.front = guarded(Front(self._ask, settings, mailbox=box is not None), settings)
        self.mailbox = guarded(application(box, settings, self._may_see), settings) if box else None

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
            await self.front(scope, receive, send)

    async def _ask(self, request: Request) -> Reports:
        reports = await asyncio.gather(*(readiness(app.state.runtime) for app in self.apps.values()))
        may_see = await self._may_see(request)
        return {report["service"]: report if may_see else public(report) for _, report in reports}

    async def _may_see(self, request: Request) -> bool:
        """As intake knows them: where sessions are opened it is first known that they are closed."""
        return await may_see_operations(Request({**request.scope, "app": self.apps["intake"]}, request.receive))
