"""Intake's timeline: events from Kafka into it, one worker."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import text

from tests.load.events import consume, published
from tests.load.servers import Servers
from tests.load.table import Goal, Measured

GOALS = {"timeline.project": Goal("value", ">=", 10_000, "events/s")}
COUNT = 100_000

_COUNT = text("SELECT count(*) FROM timeline_entry")


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    async with (
        published(servers, COUNT) as broker,
        servers.database("intake") as database,
        servers.runtime("intake", database) as runtime,
    ):
        rate = await consume(runtime, broker, runtime.service.handle, COUNT)
        async with runtime.database.read() as session:
            counted = (await session.execute(_COUNT)).scalar_one()
    if counted != COUNT:
        raise RuntimeError(f"{counted} entries stand for {COUNT} events")
    return {"timeline.project": Measured(rate, "events/s")}
