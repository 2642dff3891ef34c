"""Pure ASGI middleware, because Starlette's BaseHTTPMiddleware costs most of the throughput."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import REQUESTS, span, usable_traceparent

SAFE = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
}
STRICT = (b"strict-transport-security", b"max-age=31536000")


class SafeHeaders:
    """ASGI middleware: every answer says what a browser may do with it. What an answer says itself counts.

    `strict`: browsers are told to come by https alone from now on (RFC 6797), where people reach us so.
    """

    def __init__(self, app: ASGIApp, *, strict: bool) -> None:
        self.app = app
        self._safe = [(name.encode(), value.encode()) for name, value in SAFE.items()] + ([STRICT] if strict else [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = list(message.get("headers", ()))
                names = {name.lower() for name, _ in said}
                message["headers"] = said + [header for header in self._safe if header[0] not in names]
            await send(message)

        await self.app(scope, receive, told)


class HeadAsGet:
    """HEAD as GET without a body (RFC 9110, 9.3.2), for every route. Not under `except_under`: what answers HEAD in
    its own way, or changes something when it is got."""

    def __init__(self, app: ASGIApp, *, except_under: Sequence[str]) -> None:
        self.app, self.except_under = app, tuple(except_under)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].startswith(self.except_under):
            await self.app(scope, receive, send)
            return
        is_told = False

        async def heads(message: Message) -> None:
            """The head, and at once the end: an answer that stays open (a stream) ends with it."""
            nonlocal is_told
            if message["type"] == "http.response.start":
                is_told = True
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        async def gone() -> Message:
            return {"type": "http.disconnect"} if is_told else await receive()

        await self.app({**scope, "method": "GET"}, gone, heads)


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
