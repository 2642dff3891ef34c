"""The CPU time of an installation at rest: its services, api and worker apart, and PostgreSQL, no contact coming."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Mapping
from time import monotonic

import asyncpg
import psutil

from tests.load.journey import hold, open_channel
from tests.load.servers import Servers
from tests.load.table import Goal, Measured
from tests.support.installation import Installation, installation

GOALS = {"idle.cpu": Goal("value", "<=", 5, "% of a core")}
SECONDS = float(os.environ.get("KEPT_BENCH_REST", "60"))
QUIET_AFTER = 15.0
"""Seconds after the last contact until nothing is left to do."""


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    directory = servers.directory / "idle"
    directory.mkdir()
    async with installation(servers.postgres, servers.kafka, directory, KEPT_LOG_LEVEL="WARNING") as made:
        await open_channel(made)
        await hold(made, 20, 3)  # an installation that has worked, with its caches and connections
        await asyncio.sleep(QUIET_AFTER)
        server = await _server(made)
        before, began = _spent(made, server), monotonic()
        await asyncio.sleep(SECONDS)
        after, passed = _spent(made, server), monotonic() - began
    shares = {name: (after[name] - before[name]) / passed * 100 for name in after}
    said = ", ".join(f"{name} {share:.1f}" for name, share in shares.items())
    return {"idle.cpu": Measured(sum(shares.values()), "% of a core", said)}


async def _server(made: Installation) -> psutil.Process:
    """PostgreSQL's main process."""
    connection = await asyncpg.connect(made.databases["intake"])
    try:
        main = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).parent()
    finally:
        await connection.close()
    assert main is not None
    return main


def _spent(made: Installation, server: psutil.Process) -> dict[str, float]:
    """Seconds of CPU so far, by service, and of PostgreSQL with all its processes."""
    spent: dict[str, float] = {}
    for (service, _), process in made.processes.items():
        assert process.pid is not None
        spent[service] = spent.get(service, 0.0) + _cpu(psutil.Process(process.pid))
    return spent | {"PostgreSQL": _cpu(server) + sum(_cpu(child) for child in server.children())}


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
