"""The hot path: check size and signature on the raw bytes, make the request durable, answer.

A plain ASGI endpoint. Nothing is parsed here, nothing is looked up but the channel, and that in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.intake.channels.provider import Refused, Reply, Request
from services.intake.directory import Line
from services.intake.errors import ChannelOff, MethodNotAllowed, WrongSignature
from services.intake.raw import Raw
from services.intake.state import Intake
from shared.database import Database
from shared.problems import Problem, TooLarge, Unavailable
from shared.telemetry import WEBHOOKS, current_traceparent

log = structlog.get_logger()

PATH = "/intake/webhooks/{channel}"
_TOKEN = re.compile(r"(?<=[?&])access_token=[^&]*&?")
METHODS = ["POST", "GET", "HEAD", "OPTIONS"]


class Webhooks:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def route(self) -> Route:
        return Route(PATH, self, methods=METHODS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        runtime = scope["app"].state.runtime
        line = await self._intake.directory.find(runtime.database, scope["path_params"]["channel"])
        try:
            reply = await self._take(line, scope, receive)
        except Problem as problem:
            self._note(line, problem, runtime.database)
            raise _in_their_words(line, problem) from problem
        except ClientDisconnect:
            return
        WEBHOOKS.labels(line.provider.name, "stored").inc()
        answer = _usual(reply) if reply is line.provider.reply else _response(reply)
        await answer(scope, receive, send)

    async def _take(self, line: Line, scope: Scope, receive: Receive) -> Reply:
        """What to answer, once the request is durable. Raises a Problem."""
        if scope["method"] not in line.provider.methods:
            raise MethodNotAllowed("this channel does not listen to that", headers={"Allow": _allowed(line)})
        if not line.is_enabled:
            raise ChannelOff("this channel is switched off")
        request = await self._request(line, scope, receive)
        now = self._intake.clock.now()
        secrets = line.usable_secrets()
        try:
            if request.method == "POST":
                line.provider.verify(request, secrets, now)
            greeting = line.provider.greet(request, secrets, self._intake.verify_token(line.name))
        except Refused as refused:
            raise WrongSignature(f"not proved to come from the provider: {refused}") from refused
        if greeting is not None:
            return greeting
        if request.method != "POST":
            raise MethodNotAllowed("this is no handshake", headers={"Allow": _allowed(line)})
        kept = {name: value for name, value in request.headers.items() if line.provider.keeps(name)}
        path = _without_token(request.url.removeprefix(self._intake.public("")))
        raw = Raw(line.name, now, scope["method"], path, json.dumps(kept), request.body, current_traceparent())
        await self._intake.raws.put(scope["app"].state.runtime.database.alone, raw)
        return line.provider.reply

    async def _request(self, line: Line, scope: Scope, receive: Receive) -> Request:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await read_body(receive, line.provider.body_limit)
        path = scope["path"]
        if query := scope["query_string"]:
            path += "?" + query.decode("latin-1")
        request = Request(self._intake.public(path), headers, body, scope["method"])
        try:
            url = line.provider.certificate_url(request)
        except Refused as refused:
            raise WrongSignature(f"not proved to come from the provider: {refused}") from refused
        return request if url is None else replace(request, certificate=await self._intake.certificates.get(url))

    def _note(self, line: Line, problem: Problem, database: Database) -> None:
        WEBHOOKS.labels(line.provider.name, problem.code).inc()
        log.warning("webhook.refused", channel=line.name, reason=problem.detail)
        self._intake.refusals.note(database, line.name, problem.detail)


def _without_token(path: str) -> str:
    """A bearer token may be sent in the query (RFC 6750, 2.3); it has been checked, and is not kept."""
    return _TOKEN.sub("", path) if "access_token=" in path else path


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


def _response(reply: Reply) -> Response:
    return Response(reply.body, media_type=reply.content_type, headers=dict(reply.headers))


@cache
def _usual(reply: Reply) -> Response:
    """A provider's own reply, made once: it holds nothing of a request."""
    return _response(reply)


def _allowed(line: Line) -> str:
    return ", ".join(line.provider.methods)


def _in_their_words(line: Line, problem: Problem) -> Problem:
    """The same no, with the status that this provider understands. The reason stays with us."""
    rules = line.provider.rules
    said: Problem = problem
    headers: Mapping[str, str] = {}
    match problem:
        case WrongSignature():
            said = WrongSignature("the request does not carry this channel's signature")
            status, headers = rules.refused, rules.refused_headers
        case ChannelOff():
            status, headers = rules.stop, rules.stop_headers
        case TooLarge():
            status = rules.too_large
        case Unavailable():
            status, headers = rules.later, {"Retry-After": str(rules.retry_after)}
        case _:
            return problem
    said.status = status  # type: ignore[misc]
    said.headers = {**said.headers, **headers}
    return said
