"""Webhooks made durable before their 2xx: the peak, beside the common way and beside no database at all.

Five providers' real signed bodies in turn, 64 connections, a sender in its own process. The three servers take turns,
round after round, and the medians are compared, so that what else the machine does meets all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from statistics import median

import psutil

from tests.load.intake import open_channels
from tests.load.mix import PREFIX
from tests.load.sender import Plan, Report, send
from tests.load.servers import PUBLIC_URL, Process, Servers
from tests.load.table import Goal, Measured
from tests.support.kafka_broker import free_port

GOALS = {
    "accept.vs_orm": Goal("ratio", ">=", 4),
    "accept.vs_bare": Goal("ratio", ">=", 0.5),
    "accept.p99": Goal("value", "<=", 250, "ms"),
    "accept.memory": Goal("ratio", "<=", 1.1),
}
ROUNDS = 3
ROUND_SECONDS = 3.0
MOST_A_SECOND = 8_000
"""Requests made ahead for each second of a round: more than any server here can answer."""
STEADY_SECONDS = 15.0


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    found: dict[str, Measured] = {}
    async with servers.database("intake") as database:
        async with servers.runtime("intake", database) as runtime:
            await open_channels(runtime)
        if set(wanted) - {"accept.memory"}:
            async with servers.serving("intake", database) as ours:
                found |= await _peaks(servers, ours)
                found |= await _latency(ours, found["accept.vs_orm"].value / 2)
        if "accept.memory" in wanted:
            async with servers.serving("intake", database) as ours:
                found["accept.memory"] = await _memory(ours)
    return found


async def _peaks(servers: Servers, ours: Process) -> dict[str, Measured]:
    database = servers.postgres.make_database()
    port = free_port()
    environment = {"KEPT_DATABASE_URL": servers.postgres.url(database)}
    base = f"http://127.0.0.1:{port}"
    rates: dict[str, list[float]] = {PREFIX: [], "/orm/": [], "/bare/": []}
    async with servers.process(["tests.load.baseline", str(port)], environment, ready=f"{base}/ready"):
        for turn in range(ROUNDS + 1):
            for prefix, measured in rates.items():
                report = await _round(ours.url if prefix == PREFIX else base, prefix)
                if turn:  # the first warms up
                    measured.append(report.rate)
    servers.postgres.drop_database(database)
    peak, orm, bare = (median(measured) for measured in rates.values())
    return {
        "accept.vs_orm": Measured(peak, "requests/s", f"two ORM rows committed: {orm:,.0f} requests/s", peak / orm),
        "accept.vs_bare": Measured(peak, "requests/s", f"no database: {bare:,.0f} requests/s", peak / bare),
    }


async def bare_rate(servers: Servers, provider: str) -> float:
    """Requests of this provider a second that a server without a database answers, the median of some rounds."""
    database = servers.postgres.make_database()
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {"KEPT_DATABASE_URL": servers.postgres.url(database)}
    count = int(MOST_A_SECOND * 2 * ROUND_SECONDS)
    async with servers.process(["tests.load.baseline", str(port)], environment, ready=f"{base}/ready"):
        plan = Plan(base, PUBLIC_URL, count, ROUND_SECONDS, prefix="/bare/", providers=[provider])
        reports = [_clean(await send(plan)) for _ in range(ROUNDS + 1)]
    servers.postgres.drop_database(database)
    return median(report.rate for report in reports[1:])


async def _round(url: str, prefix: str) -> Report:
    count = int(MOST_A_SECOND * ROUND_SECONDS)
    return _clean(await send(Plan(url, PUBLIC_URL, count, ROUND_SECONDS, prefix=prefix)))


async def _latency(ours: Process, rate: float) -> dict[str, Measured]:
    plan = Plan(ours.url, PUBLIC_URL, int(rate * STEADY_SECONDS), STEADY_SECONDS, rate=rate)
    report = _clean(await send(plan))
    said = f"half of peak: {rate:,.0f} requests/s, p50 {report.p50 * 1000:.1f} ms, worst {report.worst * 1000:.0f} ms"
    return {"accept.p99": Measured(report.p99 * 1000, "ms", said)}


async def _memory(ours: Process) -> Measured:
    """Resident memory of the API process, at rest after so many requests at full load."""
    process = psutil.Process(ours.pid)
    _clean(await send(Plan(ours.url, PUBLIC_URL, 10_000, 60)))
    early = process.memory_info().rss
    for _ in range(3):
        _clean(await send(Plan(ours.url, PUBLIC_URL, 30_000, 60)))
    late = process.memory_info().rss
    mib = 1024 * 1024
    return Measured(late / mib, "MiB", f"after 10,000 requests: {early / mib:.1f} MiB", late / early)


def _clean(report: Report) -> Report:
    if not report.clean:
        raise RuntimeError(f"not every request was accepted: {report.statuses}, {report.unanswered} unanswered")
    return report
