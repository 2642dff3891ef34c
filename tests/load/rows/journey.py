"""The highest rate of contacts that the whole installation holds, everything on this machine.

Kafka, PostgreSQL, the four services with api and worker apart, and the sender. A contact counts from the instant at
which the sender was to send it, whether or not it could, to the commit of its entry on the timeline by PostgreSQL's
own record of commits (readers see it when the disk has confirmed it, milliseconds later). A rate is held when every
webhook was answered 200, every contact and its promise are on the timeline, and of a hundred contacts 99 were there
within a second, and of their promises 99 within two. Every contact is of a new customer.

They come by SMS, so that no acknowledgement leaves. `journey.vs_bare` compares with a server without a database that
answers the same requests, in the same run.

The search takes short holds; what it finds is confirmed by one of HOLD seconds, and by a lower one where that fails.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping

from tests.load.journey import Hold, hold, open_channel
from tests.load.rows.accept import bare_rate
from tests.load.servers import Servers
from tests.load.sms import CHANNEL
from tests.load.table import Goal, Measured
from tests.support.installation import Installation, installation

GOALS = {"journey.rate": Goal("value", ">=", 500, "contacts/s"), "journey.vs_bare": Goal("ratio", ">=", 0.05)}
HOLD = float(os.environ.get("KEPT_BENCH_HOLD", "60"))
"""Seconds."""
SHORT = 8.0
FIRST = 150.0
STEP = 1.5
FINE = 1.12
"""The search ends when the lowest rate that failed is so near to the highest that was held."""
LOWER = 0.85
CONFIRMATIONS = 3


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    directory = servers.directory / "journey"
    directory.mkdir()
    async with installation(servers.postgres, servers.kafka, directory, KEPT_LOG_LEVEL="WARNING") as made:
        await open_channel(made)
        await _try(made, 50, SHORT)  # connections, caches, plans
        rate = await _search(made)
        for _ in range(CONFIRMATIONS):
            held = await _try(made, rate, HOLD)
            if held.good:
                break
            rate *= LOWER
    said = f"{'' if held.good else 'not '}held for {HOLD:.0f} s, {held}"
    reached, bare = held.rate if held.good else 0.0, await bare_rate(servers, CHANNEL)
    return {
        "journey.rate": Measured(reached, "contacts/s", said),
        "journey.vs_bare": Measured(reached, "contacts/s", f"no database: {bare:,.0f} requests/s", reached / bare),
    }


async def _search(made: Installation) -> float:
    """The highest rate that a short hold bears."""
    good, bad = 0.0, 0.0
    rate = FIRST
    while not bad or bad > good * FINE:
        if (await _try(made, rate, SHORT)).good:
            good = rate
            rate = (good + bad) / 2 if bad else good * STEP
        else:
            bad = rate
            rate = (good + bad) / 2 if good else bad / STEP
        if bad and bad < 10:
            break
    return good or bad


async def _try(made: Installation, rate: float, seconds: float) -> Hold:
    held = await hold(made, rate, seconds)
    print(f"  {'held' if held.good else 'not held'} {seconds:.0f} s, {held}", file=sys.stderr, flush=True)
    return held
