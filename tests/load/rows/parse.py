"""Stored raw requests into events by one worker: read, deduplicate, who, what about, file, log.

Five providers' real bodies in turn, a mail of three kilobytes among them; a third of the requests are of people who
write for the first time. The relay does not run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import perf_counter

from services.intake.arrivals.worker import Worker
from tests.load.intake import intake_of, open_channels, store_raws
from tests.load.servers import Servers
from tests.load.table import Goal, Measured

GOALS = {"parse": Goal("value", ">=", 3_000, "requests/s")}
COUNT = 30_000
CUSTOMERS = 2_000
"""On each channel: the first contact of each makes a customer."""


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    async with servers.database("intake") as database, servers.runtime("intake", database) as runtime:
        await open_channels(runtime)
        await store_raws(runtime, COUNT, customers=CUSTOMERS)
        worker = Worker(intake_of(runtime), runtime.database)
        done, start = 0, perf_counter()
        while done < COUNT:
            done += await worker.step()
        seconds = perf_counter() - start
    return {"parse": Measured(done / seconds, "requests/s")}
