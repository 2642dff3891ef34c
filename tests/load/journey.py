"""A hold of the whole installation at one rate, and what its own database says of it afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import asyncpg
import httpx

from tests.load.sender import Plan, Report, quantile, send
from tests.load.sms import CHANNEL, TOKEN
from tests.support.installation import Installation

P99 = 1.0
"""Seconds from webhook to timeline."""
SETTLE = 60.0
"""Seconds for what is still on its way after a hold."""

# The index of a contact is the end of its MessageSid; its entry came with the transaction that wrote the row.
_ARRIVALS = """
    SELECT ('x' || right(i.external_id, 8))::bit(32)::int AS index, pg_xact_commit_timestamp(t.xmin) AS at
    FROM timeline_entry t JOIN interaction i ON i.id = CAST(CAST(t.data AS jsonb) ->> 'interaction_id' AS uuid)
    WHERE t.type = 'kept.interaction.received.v1' AND i.received_at >= $1
"""
_FOLLOWED = """
    SELECT count(*), max(pg_xact_commit_timestamp(xmin)) FROM timeline_entry
    WHERE type = 'kept.commitment.stated.v1' AND recorded_at >= $1
"""
_ENTRIES = "SELECT count(*) FROM timeline_entry"


@dataclass(frozen=True, slots=True)
class Hold:
    """`late`: seconds from webhook to timeline at the 99th percentile, `middle` at the 50th.

    `missing` contacts were not on the timeline when everything had settled. `promised` is how long after the end
    of the sending the last of their promises stood there, in seconds.
    """

    rate: float
    report: Report
    late: float
    middle: float
    missing: int
    promised: float

    @property
    def good(self) -> bool:
        return self.report.clean and self.missing == 0 and self.late <= P99

    def __str__(self) -> str:
        return (
            f"{self.rate:,.0f}/s: p50 {self.middle * 1000:.0f} ms, p99 {self.late * 1000:.0f} ms, "
            f"the last promise on it {max(self.promised, 0):.1f} s after the last contact"
        )


async def open_channel(made: Installation) -> None:
    channel = {"name": CHANNEL, "provider": "twilio", "secrets": [TOKEN]}
    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {made.token}"}) as client:
        (await client.post(f"{made.processes['intake', 'api'].url}/intake/channels", json=channel)).raise_for_status()


async def hold(made: Installation, rate: float, seconds: float, *, customers: int) -> Hold:
    """Sends at `rate` for `seconds`, waits until all has settled, and reads what happened when."""
    count = int(rate * seconds)
    url = made.processes["intake", "api"].url
    plan = Plan(url, made.url, count, seconds + 1, rate=rate, customers=customers, providers=[CHANNEL])
    report = await send(plan)
    connection = await asyncpg.connect(made.databases["intake"])
    try:
        await _settled(connection)
        began = datetime.fromtimestamp(report.began_at, UTC)
        arrivals = await connection.fetch(_ARRIVALS, began)
        followed, last = await connection.fetchrow(_FOLLOWED, began)
    finally:
        await connection.close()
    latencies = sorted(row["at"].timestamp() - report.began_at - row["index"] / rate for row in arrivals)
    end = report.began_at + count / rate
    return Hold(
        rate=rate,
        report=report,
        late=quantile(latencies, 0.99),
        middle=quantile(latencies, 0.5),
        missing=count - len(arrivals),
        promised=last.timestamp() - end if followed >= count else SETTLE,
    )


async def _settled(connection: asyncpg.Connection) -> None:
    """Until nothing has come to the timeline for a while, which it does not do while anything is behind."""
    deadline, before, quiet = monotonic() + SETTLE, -1, 0
    while quiet < 4 and monotonic() < deadline:
        await asyncio.sleep(0.5)
        now = await connection.fetchval(_ENTRIES)
        quiet = quiet + 1 if now == before else 0
        before = now
