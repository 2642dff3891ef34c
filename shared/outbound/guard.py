"""The dialler that judges addresses: no name, redirect or late answer goes round it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore

from shared.outbound.addresses import WEB_PORTS, Networks, Verdict, is_local_name, judge, literal, name_fault
from shared.outbound.faults import Failed, Forbidden

CONNECT_SECONDS = 5.0
MOST_ADDRESSES = 4
"""Of a name, that are dialled before it counts as away."""

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All addresses of a name; raises OSError."""


async def resolve(name: str) -> Sequence[str]:
    """Asked for as it stands: no search domain of the network we are in makes another name of it."""
    found = await asyncio.get_running_loop().getaddrinfo(name.rstrip(".") + ".", None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard(httpcore.AsyncNetworkBackend):
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
