"""The readiness of services that run elsewhere: each process of each is asked, and a service answers as one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request

from services.host import registry
from services.host.front import Reports

ROLES = ("api", "worker")
PATIENCE = 8.0
"""Seconds a process has to answer: its own checks take up to five."""

Report = dict[str, Any]
AWAY = "away"
"""The word for a process that does not answer."""


PASSED_ON = ("authorization", "cookie")
"""Headers that say who asks: a process shows what it finds to those it knows."""


def merge(service: str, reports: Sequence[Report]) -> Report:
    """One report in the shape of each. A check that is not ok says which role found it so.

    Reports for strangers have no checks, and neither has what is made of them: that a process does not answer is said
    to those alone to whom another of the service's processes has said more than a word.
    """
    checks: dict[str, str] = {}
    failed = [report for report in reports if not report["ready"]]
    merged: Report = {"service": service, "role": "all", "ready": not failed}
    merged["state"] = failed[0].get("state", AWAY) if failed else "ready"
    if not any("checks" in report for report in reports if report.get("state") != AWAY):
        return merged
    for report in reports:
        for name, result in report.get("checks", {}).items():
            if result != "ok":
                checks[name] = f"{report['role']}: {result}"
            else:
                checks.setdefault(name, "ok")
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

    async def ask(self, request: Request) -> Reports:
        who = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        merged = await asyncio.gather(*(self._service(name, who) for name in registry.NAMES))
        return {report["service"]: report for report in merged}

    async def _service(self, name: str, who: Mapping[str, str]) -> Report:
        found = await asyncio.gather(*(self._role(name, role, who) for role in ROLES))
        return merge(name, [report for reports in found for report in reports])

    async def _role(self, service: str, role: str, who: Mapping[str, str]) -> list[Report]:
        url = urlsplit(self._pattern.format(service=service, role=role))
        try:
            addresses = await _addresses(url.hostname or "", url.port or 80)
        except OSError:
            return [_silent(service, role, "is nowhere to be found")]
        asked = (self._process(f"{url.scheme}://{at}/{service}/ready", service, role, who) for at in addresses)
        return list(await asyncio.gather(*asked))

    async def _process(self, url: str, service: str, role: str, who: Mapping[str, str]) -> Report:
        try:
            return _understood((await self._client.get(url, headers=who)).json())
        except (httpx.HTTPError, ValueError) as error:
            return _silent(service, role, f"does not answer: {type(error).__name__}")


def _understood(answer: Any) -> Report:
    """Raises ValueError for what is no report: somebody else answers at that address."""
    if not isinstance(answer, dict) or not isinstance(answer.get("checks", {}), dict) or "role" not in answer:
        raise ValueError("not a report")
    return {**answer, "ready": answer.get("ready") is True}


def _silent(service: str, role: str, reason: str) -> Report:
    return {"service": service, "role": role, "ready": False, "state": AWAY, "checks": {role: reason}}


async def _addresses(host: str, port: int) -> list[str]:
    """host:port of every process behind a name. Raises OSError where there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    hosts = sorted({(str(at[0]), int(at[1])) for *_, at in found})
    return [f"[{name}]:{number}" if ":" in name else f"{name}:{number}" for name, number in hosts]
