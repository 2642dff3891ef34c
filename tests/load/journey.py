"""A hold of the whole installation at one rate, and what its own database says of it afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import asyncpg
import httpx
import psutil

from tests.load.sender import Plan, Report, quantile, send
from tests.load.sms import CHANNEL, TOKEN
from tests.support.installation import Installation

TIMELINE, PROMISE = 1.0, 2.0
"""Seconds from webhook to timeline, and to its promise there, at the 99th percentile."""
SETTLE = 60.0
"""Seconds for what is still on its way after a hold."""

# The index of a contact is the end of its MessageSid; its entry came with the transaction that wrote the row.
_ENTERED = """
    SELECT ('x' || right(i.external_id, 8))::bit(32)::int AS index, pg_xact_commit_timestamp(t.xmin) AS at
    FROM timeline_entry t JOIN interaction i ON i.id = CAST(CAST(t.data AS jsonb) ->> 'interaction_id' AS uuid)
    WHERE t.type = $2 AND i.received_at >= $1
"""
_ENTRIES = "SELECT count(*) FROM timeline_entry"


@dataclass(frozen=True, slots=True)
class Hold:
    """`late`: seconds from webhook to timeline at the 99th percentile, `middle` at the 50th.

    `promised`: to its promise on the timeline, at the 99th.
    `missing` contacts, or their promises, were not on the timeline when everything had settled. `cost` is the CPU time
    of a contact in microseconds, by process.
    """

    rate: float
    report: Report
    late: float
    middle: float
    missing: int
    promised: float
    cost: Mapping[str, float]
    did: Mapping[str, tuple[float, float]]
    """By service, (events taken from the broker, statements sent to its database) a contact."""

    @property
    def good(self) -> bool:
        return self.report.clean and self.missing == 0 and self.late <= TIMELINE and self.promised <= PROMISE

    def __str__(self) -> str:
        return (
            f"{self.rate:,.0f}/s: p50 {self.middle * 1000:.0f} ms, p99 {self.late * 1000:.0f} ms, "
            f"its promise p99 {self.promised * 1000:.0f} ms; CPU us a contact: "
            + ", ".join(f"{name} {spent:,.0f}" for name, spent in self.cost.items())
            + "; events and statements a contact: "
            + ", ".join(f"{name} {events:.1f} and {asked:.1f}" for name, (events, asked) in self.did.items())
        )


async def open_channel(made: Installation) -> None:
    channel = {"name": CHANNEL, "provider": "twilio", "secrets": [TOKEN]}
    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {made.token}"}) as client:
        (await client.post(f"{made.processes['intake', 'api'].url}/intake/channels", json=channel)).raise_for_status()


async def hold(made: Installation, rate: float, seconds: float) -> Hold:
    """Sends at `rate` for `seconds`, waits until all has settled, and reads what happened when.

    Every contact is of a customer nobody has heard of.
    """
    count = int(rate * seconds)
    url = made.processes["intake", "api"].url
    connection = await asyncpg.connect(made.databases["intake"])
    first = await connection.fetchval("SELECT count(*) FROM interaction")
    plan = Plan(url, made.url, count, seconds + 1, rate=rate, customers=count, first=first, providers=[CHANNEL])
    before, did = _spent(made), await _did(made)
    report = await send(plan)
    try:
        await _settled(connection)
        began = datetime.fromtimestamp(report.began_at, UTC)
        arrived = await connection.fetch(_ENTERED, began, "kept.interaction.received.v1")
        promised = await connection.fetch(_ENTERED, began, "kept.commitment.stated.v1")
    finally:
        await connection.close()
    after, done = _spent(made), await _did(made)

    def latencies(rows: Sequence[asyncpg.Record]) -> list[float]:
        return sorted(row["at"].timestamp() - report.began_at - row["index"] / rate for row in rows)

    late = latencies(arrived)
    return Hold(
        rate=rate,
        report=report,
        late=quantile(late, 0.99),
        middle=quantile(late, 0.5),
        missing=2 * count - len(arrived) - len(promised),
        promised=quantile(latencies(promised), 0.99),
        cost={name: (spent - before[name]) / count * 1e6 for name, spent in after.items()},
        did={
            name: ((handled - did[name][0]) / count, (asked - did[name][1]) / count)
            for name, (handled, asked) in done.items()
        },
    )


async def _did(made: Installation) -> dict[str, tuple[float, float]]:
    """By service, events taken from the broker and statements sent so far, by the metrics of its processes."""
    found: dict[str, tuple[float, float]] = {}
    async with httpx.AsyncClient(trust_env=False) as client:
        for (service, _), process in made.processes.items():
            said = (await client.get(f"{process.url}/{service}/metrics")).raise_for_status().text
            events, statements = found.get(service, (0.0, 0.0))
            events += _total(said, "kept_events_consumed_total")
            found[service] = events, statements + _total(said, "kept_database_statements_total")
    return found


def _total(said: str, metric: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in said.splitlines() if line.startswith(metric + "{"))


def _spent(made: Installation) -> dict[str, float]:
    """Seconds of CPU so far, by process of ours, and of everything on this machine."""
    spent = {}
    for (service, role), process in made.processes.items():
        if process.pid is not None:
            times = psutil.Process(process.pid).cpu_times()
            spent[f"{service} {role}"] = times.user + times.system
    whole = psutil.cpu_times()
    return spent | {"the whole machine": whole.user + whole.system}


async def _settled(connection: asyncpg.Connection) -> None:
    """Until nothing has come to the timeline for a while, which it does not do while anything is behind."""
    deadline, before, quiet = monotonic() + SETTLE, -1, 0
    while quiet < 4 and monotonic() < deadline:
        await asyncio.sleep(0.5)
        now = await connection.fetchval(_ENTRIES)
        quiet = quiet + 1 if now == before else 0
        before = now
