"""The client for requests to addresses that strangers name. It reads only what is wanted, and follows where it may."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from shared.outbound.addresses import Networks
from shared.outbound.faults import Failed, Forbidden, TooBig
from shared.outbound.guard import Guard, Resolve, resolve
from shared.outbound.transport import GuardedTransport

SECONDS = 30.0
"""Of the whole call, redirects among it."""
CERTIFICATE_BYTES = 64 * 1024
ERROR_BYTES = 2048
"""Kept of an answer that is no success, whatever the limit: more would show a stranger what stands there."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "accept-encoding": "identity",  # a small body that unpacks to a large one is not asked for
    "user-agent": "Kept",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `headers` have lower-case names; of several under one name the last stands."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outbound:
    """The client for requests to strangers' addresses. `allowed` are private networks that may be asked too.

    It keeps connections between requests: close it at the end. `transport` is one to use in place of the guarded one.
    """

    def __init__(
        self,
        allowed: Networks = (),
        *,
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._guard, self._trust = Guard(allowed, resolve), trust
        self._transport = transport

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Gives up the connections that are kept. The next request makes new ones."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def fetch(self, url: str) -> bytes:
        """Fetches what stands at an address. Raises NotFetched."""
        answer = await self.get(url, limit=CERTIFICATE_BYTES, seconds=10.0)
        if answer.status != 200:
            raise Failed(f"it answers with status {answer.status}")
        return answer.body

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        limit: int,
        seconds: float = SECONDS,
        hops: int = 0,
    ) -> Answer:
        """Sends a GET. A redirect is an answer, unless `hops` may be followed. `headers` go to no other origin.

        Raises Forbidden, Failed, and TooBig where a success is longer than `limit` bytes.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(_parsed(url), headers or {}, limit, hops)
        except TimeoutError as error:
            raise Failed("it took too long") from error

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        limit: int = ERROR_BYTES,
        seconds: float = SECONDS,
    ) -> Answer:
        """Sends a POST; a redirect is an answer. Raises as `get`. What failed may have arrived all the same."""
        try:
            async with asyncio.timeout(seconds):
                return await self._once("POST", _parsed(url), headers, limit, body)
        except TimeoutError as error:
            raise Failed("it took too long") from error

    async def _follow(self, url: httpx.URL, headers: Mapping[str, str], limit: int, hops: int) -> Answer:
        for _ in range(hops):
            answer = await self._once("GET", url, headers, limit)
            if answer.status not in REDIRECTS or "location" not in answer.headers:
                return answer
            there = _parsed(answer.headers["location"], url)
            if (url.scheme, there.scheme) == ("https", "http"):
                raise Forbidden("it leads from https to http")
            if _origin(there) != _origin(url):
                headers = {}
            url = there
        return await self._once("GET", url, headers, limit)

    async def _once(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], limit: int, body: bytes | None = None
    ) -> Answer:
        sent = {name.lower(): value for name, value in headers.items()} | _HEADERS
        try:
            request = httpx.Request(method, url, headers=sent, content=body)
            response = await self._wire().handle_async_request(request)
            try:
                return await _read(response, limit)
            finally:
                await response.aclose()
        except (httpx.LocalProtocolError, UnicodeError) as error:
            raise Forbidden("it cannot be asked as it is written") from error
        except (httpx.TransportError, OSError) as error:
            raise Failed(f"it cannot be reached: {type(error).__name__}") from error

    def _wire(self) -> httpx.AsyncBaseTransport:
        """The transport itself: httpx's client writes every address into the log, and remembers cookies."""
        if self._transport is None:
            self._transport = GuardedTransport(self._guard, trust=self._trust)
        return self._transport


async def _read(response: httpx.Response, limit: int) -> Answer:
    """Reads as much of the body as is wanted; what comes after it is never read."""
    headers = {name.lower(): value for name, value in response.headers.multi_items()}
    if response.is_success and headers.get("content-encoding", "identity") != "identity":
        raise Failed("it is packed, although it was asked for as it is")
    limit = limit if response.is_success else min(limit, ERROR_BYTES)
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        parts.append(part)
        if size > limit:
            if response.is_success:
                raise TooBig(f"it is longer than {limit} bytes")
            break
    return Answer(response.status_code, headers, b"".join(parts)[:limit])


def _parsed(url: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        parsed = base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise Forbidden("it is no address") from error
    if parsed.scheme not in {"http", "https"}:
        raise Forbidden("it is neither http nor https")
    if parsed.userinfo:
        raise Forbidden("it holds a user or a password")
    if not parsed.host:
        raise Forbidden("it names no host")
    return parsed


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
