"""Whether services that run elsewhere are ready: each process of each is asked, and a service answers as one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from services import registry
from services.front import Reports

ROLES = ("api", "worker")
PATIENCE = 8.0
"""Seconds a process has to answer: its own checks take up to five."""

Report = dict[str, Any]


def merge(service: str, reports: Sequence[Report]) -> Report:
    """One report in the shape of each. A check that is not ok says which role found it so."""
    checks: dict[str, str] = {}
    for report in reports:
        for name, result in report["checks"].items():
            if result != "ok":
                checks[name] = f"{report['role']}: {result}"
            else:
                checks.setdefault(name, "ok")
    merged: Report = {"service": service, "role": "all", "ready": all(report["ready"] for report in reports)}
    lags = [report["lag"] for report in reports if report.get("lag") is not None]
    ages = [age for report in reports if (age := report.get("oldest_unpublished_seconds")) is not None]
    return {**merged, "checks": checks, "lag": sum(lags), "oldest_unpublished_seconds": max(ages, default=None)}


class Remote:
    """`pattern` is where a process is found, e.g. `http://{service}-{role}:8000`.

    A name with several addresses is several processes, and all of them are asked.
    """

    def __init__(self, pattern: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._pattern = pattern
        self._client = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, transport=transport)

    async def ask(self) -> Reports:
        merged = await asyncio.gather(*(self._service(name) for name in registry.NAMES))
        return {report["service"]: report for report in merged}

    async def _service(self, name: str) -> Report:
        found = await asyncio.gather(*(self._role(name, role) for role in ROLES))
        return merge(name, [report for reports in found for report in reports])

    async def _role(self, service: str, role: str) -> list[Report]:
        url = urlsplit(self._pattern.format(service=service, role=role))
        try:
            addresses = await _addresses(url.hostname or "", url.port or 80)
        except OSError:
            return [_silent(service, role, "is nowhere to be found")]
        asked = (self._process(f"{url.scheme}://{at}/{service}/ready", service, role) for at in addresses)
        return list(await asyncio.gather(*asked))

    async def _process(self, url: str, service: str, role: str) -> Report:
        try:
            return _understood((await self._client.get(url)).json())
        except (httpx.HTTPError, ValueError) as error:
            return _silent(service, role, f"does not answer: {type(error).__name__}")


def _understood(answer: Any) -> Report:
    """Raises ValueError for what is no report: somebody else answers at that address."""
    if not isinstance(answer, dict) or not isinstance(answer.get("checks"), dict) or "role" not in answer:
        raise ValueError("not a report")
    return {**answer, "ready": answer.get("ready") is True}


def _silent(service: str, role: str, reason: str) -> Report:
    return {"service": service, "role": role, "ready": False, "checks": {role: reason}}


async def _addresses(host: str, port: int) -> list[str]:
    """host:port of every process behind a name. Raises OSError where there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    hosts = sorted({(str(at[0]), int(at[1])) for *_, at in found})
    return [f"[{name}]:{number}" if ":" in name else f"{name}:{number}" for name, number in hosts]
