"""Certificates that providers sign with, fetched once and kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.problems import Unavailable

log = structlog.get_logger()

MOST = 100
"""Certificates kept; their addresses are checked by the provider's module, so there are few."""


class Certificates:
    """`fetch` brings what stands at an address, or raises."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._known: dict[str, bytes] = {}
        self._fetching = asyncio.Lock()

    async def get(self, url: str) -> bytes:
        """Raises Unavailable where it cannot be had at present: the provider comes again."""
        if url not in self._known:
            async with self._fetching:
                if url not in self._known:
                    self._keep(url, await self._brought(url))
        return self._known[url]

    async def _brought(self, url: str) -> bytes:
        try:
            return await self._fetch(url)
        except Exception as error:
            log.warning("certificate.not_fetched", url=url, error=repr(error))
            raise Unavailable("we cannot fetch the certificate at present; send it again") from error

    def _keep(self, url: str, certificate: bytes) -> None:
        while len(self._known) >= MOST:
            self._known.pop(next(iter(self._known)))
        self._known[url] = certificate
