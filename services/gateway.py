"""The gateway in one process: every path goes to the service it begins with, at one origin.

In Compose a Caddy does the same. Metrics are for the inside and not served here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from services.front import Front, Reports
from shared.health import readiness


class Gateway:
    def __init__(self, apps: Mapping[str, FastAPI], mailbox: ASGIApp | None) -> None:
        self.apps, self.mailbox = apps, mailbox
        self.front = Front(self._ask, mailbox=mailbox is not None)

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

    async def _ask(self) -> Reports:
        reports = await asyncio.gather(*(readiness(app.state.runtime) for app in self.apps.values()))
        return {report["service"]: report for _, report in reports}
