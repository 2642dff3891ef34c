"""The guarded client. What is judged is the address that is dialled, so no name, redirect or late answer goes round it.

NotFetched            with a reason that is fit for a log: it holds nothing of the address
+-- Forbidden         never to be asked
+-- TooBig            longer than the caller wants
+-- Failed            not at present: trying again later can help
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpcore
import httpx

from shared.outbound.addresses import WEB_PORTS, Networks, Verdict, is_local_name, judge, literal, name_fault

SECONDS = 30.0
"""Of the whole call, redirects among it."""
CONNECT_SECONDS = 5.0
MOST_ADDRESSES = 4
"""Of a name, that are dialled before it counts as away."""
CERTIFICATE_BYTES = 64 * 1024
ERROR_BYTES = 2048
"""Kept of an answer that is no success, whatever the limit: more would show a stranger what stands there."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All addresses of a name; raises OSError."""


class NotFetched(Exception):
    pass


class Forbidden(NotFetched):
    pass


class TooBig(NotFetched):
    pass


class Failed(NotFetched):
    pass


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have lower-case names; of several under one name the last stands."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def resolve(name: str) -> Sequence[str]:
    """Asked for as it stands: no search domain of the network we are in makes another name of it."""
    found = await asyncio.get_running_loop().getaddrinfo(name.rstrip(".") + ".", None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outbound:
    """`allowed` are networks of the installation's own, that may be asked although they are not public."""

    def __init__(
        self, allowed: Networks = (), *, resolve: Resolve = resolve, trust: ssl.SSLContext | None = None
    ) -> None:
        self._guard = _Guard(allowed, resolve)
        self._trust = trust

    async def fetch(self, url: str) -> bytes:
        """What stands there. Raises NotFetched."""
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
        """A redirect is an answer, unless `hops` of them may be followed. `headers` go to no other origin.

        Raises Forbidden, Failed, and TooBig where a success is longer than `limit` bytes.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(_parsed(url), headers or {}, limit, hops)
        except TimeoutError as error:
            raise Failed("it took too long") from error

    async def _follow(self, url: httpx.URL, headers: Mapping[str, str], limit: int, hops: int) -> Answer:
        for _ in range(hops):
            answer = await self._once(url, headers, limit)
            if answer.status not in REDIRECTS or "location" not in answer.headers:
                return answer
            there = _parsed(answer.headers["location"], url)
            if (url.scheme, there.scheme) == ("https", "http"):
                raise Forbidden("it leads from https to http")
            if _origin(there) != _origin(url):
                headers = {}
            url = there
        return await self._once(url, headers, limit)

    async def _once(self, url: httpx.URL, headers: Mapping[str, str], limit: int) -> Answer:
        if self._trust is None and url.scheme == "https":
            self._trust = httpx.create_ssl_context()
        sent = {name.lower(): value for name, value in headers.items()} | {
            "host": url.netloc.decode("ascii"),
            "accept-encoding": "identity",  # a small body that unpacks to a large one is not asked for
            "user-agent": "Kept",
        }
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        pairs = [(name.encode(), value.encode()) for name, value in sent.items()]
        try:
            async with (
                httpcore.AsyncConnectionPool(ssl_context=self._trust, network_backend=self._guard) as pool,
                pool.stream("GET", target, headers=pairs) as response,
            ):
                return await _read(response, limit)
        except httpcore.LocalProtocolError as error:
            raise Forbidden("it cannot be asked as it is written") from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise Failed(f"it cannot be reached: {type(error).__name__}") from error


async def _read(response: httpcore.Response, limit: int) -> Answer:
    """As much as is wanted and no more: what comes after it is never read."""
    headers = {name.decode("ascii").lower(): value.decode("latin-1") for name, value in response.headers}
    is_success = 200 <= response.status < 300
    if is_success and headers.get("content-encoding", "identity") != "identity":
        raise Failed("it is packed, although it was asked for as it is")
    limit = limit if is_success else min(limit, ERROR_BYTES)
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        parts.append(part)
        if size > limit:
            if is_success:
                raise TooBig(f"it is longer than {limit} bytes")
            break
    return Answer(response.status, headers, b"".join(parts)[:limit])


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


class _Guard(httpcore.AsyncNetworkBackend):
    """Dials for httpcore. TLS goes by the name that was asked for, whichever address of it is dialled."""

    def __init__(self, allowed: Networks, resolve: Resolve) -> None:
        self._allowed, self._resolve = allowed, resolve
        self._wire = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises Forbidden, Failed, and what httpcore raises."""
        addresses = await self._addresses(host)
        self._judge(host, port, addresses)
        trouble: Exception = Failed("its host has no address")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return await self._wire.connect_tcp(
                    address, port, timeout=CONNECT_SECONDS, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                trouble = error
        raise trouble

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise Forbidden("it is no address of the web")

    async def sleep(self, seconds: float) -> None:
        await self._wire.sleep(seconds)

    async def _addresses(self, host: str) -> Sequence[str]:
        if literal(host):
            return [host]
        if fault := name_fault(host):
            raise Forbidden(fault)
        if is_local_name(host) and not self._allowed:
            raise Forbidden("its host is a name of a local network")
        try:
            return await self._resolve(host)
        except (OSError, UnicodeError) as error:
            raise Failed("its host is not known at present") from error

    def _judge(self, host: str, port: int, addresses: Sequence[str]) -> None:
        """All of a name's addresses: one that may not be dialled speaks against the others."""
        found = [literal(address) for address in addresses]
        verdicts = {judge(address, self._allowed) if address else Verdict.FORBIDDEN for address in found}
        if Verdict.FORBIDDEN in verdicts:
            raise Forbidden("its host is not on the public internet")
        if verdicts == {Verdict.ALLOWED}:
            return
        if is_local_name(host) and not literal(host):
            raise Forbidden("its host is a name of a local network")
        if port not in WEB_PORTS:
            raise Forbidden("its port is not one of the web's")
