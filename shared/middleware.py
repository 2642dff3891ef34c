"""Pure ASGI middleware, because Starlette's BaseHTTPMiddleware costs most of the throughput."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import REQUESTS, span, usable_traceparent


class BodyLimit:
    """Refuses a body over `limit` bytes with 413, counted while it is read, whatever its length claims.

    `limits` has the limits of paths that take more.
    """

    def __init__(self, app: ASGIApp, *, limit: int, except_under: str, limits: Mapping[str, int]) -> None:
        self.app, self.limit, self.except_under, self.limits = app, limit, except_under, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.except_under):
            await self.app(scope, receive, send)
            return
        limit = next((most for path, most in self.limits.items() if scope["path"].startswith(path)), self.limit)
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, f"the body is over {limit} bytes")
            return message

        await self.app(scope, counted, send)


class Observe:
    """Counts and times every request, and gives it a trace: the caller's, or a new one."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        traceparent = usable_traceparent(headers.get(b"traceparent", b"").decode("latin-1"))
        status = 500
        started = perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with span(f"{scope['method']} {self.service}", traceparent):
                await self.app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            REQUESTS.labels(self.service, scope["method"], route, status).observe(perf_counter() - started)
