"""The hot path: check size and signature on the raw bytes, make the request durable, answer.

A plain ASGI endpoint. Nothing is parsed here, nothing is looked up but the channel, and that in memory: whether it is
still so is asked by the statement that stores the request, and before anybody is turned away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from io import BytesIO

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.intake.arrivals.raw import ChannelChanged, Raw
from services.intake.channels.provider import Refused, Reply, Request
from services.intake.channels.setup.directory import Line
from services.intake.errors import ChannelOff, MethodNotAllowed, WrongSignature
from services.intake.state import Intake
from shared.bodies import BodyTooSlow, NoRoom, claimed_size
from shared.database import Database
from shared.problems import Problem, TooLarge, Unavailable
from shared.telemetry import WEBHOOKS, current_traceparent

log = structlog.get_logger()

PATH = "/intake/webhooks/{channel}"
_TOKEN = re.compile(r"(?<=[?&])access_token=[^&]*&?")
LOOKS = 3
"""Times a request is judged, where its channel is changed each time meanwhile."""
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
            # As its own cause the same error would live until garbage is sought, with all that it refers to.
            raise _in_their_words(line, problem) from problem.__cause__
        except ClientDisconnect:
            return
        WEBHOOKS.labels(line.provider.name, "stored").inc()
        answer = _usual(reply) if reply is line.provider.reply else _response(reply)
        await answer(scope, receive, send)

    async def _take(self, line: Line, scope: Scope, receive: Receive) -> Reply:
        """What to answer, once the request is durable. Raises a Problem."""
        database = scope["app"].state.runtime.database
        if scope["method"] not in line.provider.methods:
            raise MethodNotAllowed("this channel does not listen to that", headers={"Allow": _allowed(line)})
        if not line.is_enabled:
            line = await self._intake.directory.latest(database, line.name)
        head = self._head(scope)
        line = await self._known_by_head(line, head, database)
        request = replace(head, body=await _body(line, scope, receive))
        for _ in range(LOOKS):
            try:
                return await self._answered(line, request, database)
            except (WrongSignature, ChannelChanged) as refused:
                # Nobody is turned away, or let in, by what another process has changed meanwhile.
                latest = await self._intake.directory.latest(database, line.name)
                if latest.version == line.version and isinstance(refused, WrongSignature):
                    raise
                line = latest
        raise Unavailable("this channel is being changed")

    async def _known_by_head(self, line: Line, head: Request, database: Database) -> Line:
        """The channel as it is, where the head alone does not refuse the request: its body is read only then."""
        for last in (False, True):
            now, secrets = self._intake.clock.now(), _usable(line)
            try:
                if head.method == "POST":
                    line.provider.verify_head(head, secrets, now)
                break
            except Refused as refused:
                latest = await self._intake.directory.latest(database, line.name)
                if last or latest.version == line.version:
                    raise WrongSignature(f"not proved to come from the provider: {refused}") from refused
                line = latest
        return line

    async def _answered(self, line: Line, request: Request, database: Database) -> Reply:
        """Raises ChannelChanged where `line` is no longer what the channel is, and a Problem."""
        now, secrets = self._intake.clock.now(), _usable(line)
        try:
            if request.method == "POST":
                await self._verify(line, request, secrets, now)
            greeting = line.provider.greet(request, secrets, self._intake.verify_token(line.name))
        except Refused as refused:
            raise WrongSignature(f"not proved to come from the provider: {refused}") from refused
        if greeting is not None:
            if (await self._intake.directory.latest(database, line.name)).version != line.version:
                raise ChannelChanged
            return greeting
        if request.method != "POST":
            raise MethodNotAllowed("this is no handshake", headers={"Allow": _allowed(line)})
        kept = {name: value for name, value in request.headers.items() if line.provider.keeps(name)}
        path = _without_token(request.url.removeprefix(self._intake.public("")))
        trace = current_traceparent()
        raw = Raw(line.name, now, "POST", path, json.dumps(kept), request.body, trace, version=line.version)
        await self._intake.raws.put(database, raw)
        return line.provider.reply

    def _head(self, scope: Scope) -> Request:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"]
        if query := scope["query_string"]:
            path += "?" + query.decode("latin-1")
        return Request(self._intake.public(path), headers, b"", scope["method"])

    async def _verify(self, line: Line, request: Request, secrets: Sequence[str], now: datetime) -> None:
        """Raises Refused; Unavailable where a certificate is wanted that cannot be had."""
        url = line.provider.certificate_url(request, secrets)
        if url is None:
            line.provider.verify(request, secrets, now)
        else:
            certificate = await self._intake.certificates.get(url)
            line.provider.verify(replace(request, certificate=certificate), secrets, now)
            self._intake.certificates.proved(url)

    def _note(self, line: Line, problem: Problem, database: Database) -> None:
        WEBHOOKS.labels(line.provider.name, problem.code).inc()
        log.warning("webhook.refused", channel=line.name, reason=problem.detail)
        self._intake.refusals.note(database, line.name, problem.detail)


def _usable(line: Line) -> Sequence[str]:
    """Its secrets. Raises ChannelOff, ChannelLocked."""
    if not line.is_enabled:
        raise ChannelOff("this channel is switched off")
    return line.usable_secrets()


def _without_token(path: str) -> str:
    """A bearer token may be sent in the query (RFC 6750, 2.3); it has been checked, and is not kept."""
    return _TOKEN.sub("", path) if "access_token=" in path else path


async def _body(line: Line, scope: Scope, receive: Receive) -> bytes:
    """Raises TooLarge, Unavailable where there is no room or it comes too slowly, ClientDisconnect."""
    limit = line.provider.body_limit
    if claimed_size(scope) > limit:
        raise TooLarge(f"the body is over {limit} bytes")
    try:
        return await read_body(receive, limit)
    except (NoRoom, BodyTooSlow) as refused:
        raise Unavailable(refused.detail) from refused


async def read_body(receive: Receive, limit: int) -> bytes:
    """Counted while it comes in, whatever its length claims. Raises TooLarge, ClientDisconnect."""
    # It grows in place and gives its own bytes away: a list of parts would be there twice when it is joined. Where it
    # fails it is let go at once, and not when somebody has looked through what the error refers to.
    with BytesIO() as gathered:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            if gathered.tell() + len(message.get("body", b"")) > limit:
                message.clear()
                raise TooLarge(f"the body is over {limit} bytes")
            if not message.get("more_body", False) and not gathered.tell():
                return bytes(message.get("body", b""))
            gathered.write(message.get("body", b""))
            if not message.get("more_body", False):
                return gathered.getvalue()


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
