"""The hot path: check size and signature on the raw bytes, make the request durable, answer.

A plain ASGI endpoint. Nothing is parsed here, nothing is looked up but the channel, and that in memory.
"""

from __future__ import annotations

import json
from functools import cache

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.intake.channels.provider import Refused, Reply, Request
from services.intake.directory import Line
from services.intake.errors import WrongSignature
from services.intake.raw import Raw
from services.intake.state import Intake
from shared.problems import Problem, TooLarge
from shared.telemetry import WEBHOOKS, current_traceparent

log = structlog.get_logger()

PATH = "/intake/webhooks/{channel}"
KEPT_HEADERS = ("content-type", "content-encoding", "user-agent")


class Webhooks:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def route(self) -> Route:
        return Route(PATH, self, methods=["POST"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        runtime = scope["app"].state.runtime
        line = await self._intake.directory.find(runtime.database, scope["path_params"]["channel"])
        try:
            raw = await self._accept(line, scope, receive)
            await self._intake.raws.put(runtime.database.engine, raw)
        except Problem as problem:
            WEBHOOKS.labels(line.provider.name, problem.code).inc()
            raise
        except ClientDisconnect:
            return
        WEBHOOKS.labels(line.provider.name, "stored").inc()
        await _response(line.provider.reply)(scope, receive, send)

    async def _accept(self, line: Line, scope: Scope, receive: Receive) -> Raw:
        """The request, proved. Raises TooLarge, WrongSignature, ChannelLocked."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await read_body(receive, line.provider.body_limit)
        path = scope["path"]
        if query := scope["query_string"]:
            path += "?" + query.decode("latin-1")
        now = self._intake.clock.now()
        try:
            request = Request(self._intake.public(path), headers, body)
            line.provider.verify(request, line.usable_secrets(), now)
        except Refused as refused:
            log.warning("webhook.refused", channel=line.name, reason=str(refused))
            raise _refusal(line) from refused
        kept = {name: headers[name] for name in (*KEPT_HEADERS, *line.provider.headers) if name in headers}
        return Raw(line.name, now, scope["method"], path, json.dumps(kept), body, current_traceparent())


async def read_body(receive: Receive, limit: int) -> bytes:
    """Counted while it comes in, whatever its length claims. Raises TooLarge, ClientDisconnect."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body is over {limit} bytes")
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


@cache
def _response(reply: Reply) -> Response:
    """Made once for each provider: it holds nothing of a request."""
    return Response(reply.body, media_type=reply.content_type)


def _refusal(line: Line) -> Exception:
    rules = line.provider.rules
    detail = "the request does not carry this channel's signature"
    if rules.refused == WrongSignature.status:
        return WrongSignature(detail, headers=dict(rules.refused_headers))
    return HTTPException(rules.refused, detail, headers=dict(rules.refused_headers))
