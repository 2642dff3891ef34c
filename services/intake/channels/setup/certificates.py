"""Certificates that providers sign with, fetched once and kept in memory.

Who is to be asked is decided before (`Provider.certificate_url`). What nothing was proved with yet has a small room of
its own, so that no stranger's request puts out what real ones need.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

import structlog

from shared.problems import Unavailable

log = structlog.get_logger()
T = TypeVar("T")

MOST = 100
"""Certificates of each sort that are kept, and addresses whose failure is remembered."""
AT_ONCE = 8
"""Fetches under way; over that a request has to come again."""
FAILED_FOR = 30.0
"""Seconds for which an address that failed is not asked again."""


class Certificates:
    """`fetch` brings what stands at an address, or raises."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._proved: dict[str, bytes] = {}
        self._unproved: dict[str, bytes] = {}
        self._failed: dict[str, float] = {}
        self._under_way: dict[str, asyncio.Task[bytes]] = {}

    async def get(self, url: str) -> bytes:
        """Each address is fetched once, whoever waits for it, and none waits for another.

        Raises Unavailable where it cannot be had at present: the provider comes again.
        """
        known = self._proved.get(url) or self._unproved.get(url)
        if known is not None:
            return known
        if monotonic() - self._failed.get(url, float("-inf")) < FAILED_FOR:
            raise _unavailable()
        task = self._under_way.get(url)
        if task is None:
            if len(self._under_way) >= AT_ONCE:
                raise _unavailable()
            task = self._under_way[url] = asyncio.create_task(self._brought(url))
            task.add_done_callback(lambda done: self._ended(url, done))
        return await asyncio.shield(task)

    def _ended(self, url: str, task: asyncio.Task[bytes]) -> None:
        self._under_way.pop(url, None)
        if not task.cancelled():
            task.exception()  # whoever waited has heard of it, or has gone

    def proved(self, url: str) -> None:
        """Something was signed with it that holds: it is the provider's own."""
        if url in self._unproved:
            _keep(self._proved, url, self._unproved.pop(url))

    async def _brought(self, url: str) -> bytes:
        try:
            found = await self._fetch(url)
        except Exception as error:
            log.warning("certificate.not_fetched", url=url, error=repr(error))
            _keep(self._failed, url, monotonic())
            raise _unavailable() from error
        _keep(self._unproved, url, found)
        return found


def _keep(where: dict[str, T], url: str, value: T) -> None:
    """The oldest go where there is no room."""
    where.pop(url, None)
    while len(where) >= MOST:
        where.pop(next(iter(where)))
    where[url] = value


def _unavailable() -> Unavailable:
    return Unavailable("we cannot fetch the certificate at present; send it again")
