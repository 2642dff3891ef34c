"""From the event log to Kafka: read, publish with an idempotent producer, delete what was acknowledged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import perf_counter

from shared.relay import Relay
from tests.load.events import fill_log
from tests.load.servers import Servers
from tests.load.table import Goal, Measured

GOALS = {"relay.kafka": Goal("value", ">=", 10_000, "events/s")}
COUNT = 100_000


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    async with (
        servers.broker(servers.broker_url()) as broker,
        servers.database("intake") as database,
        servers.runtime("intake", database) as runtime,
    ):
        await fill_log(runtime, COUNT)
        relay = Relay(runtime.database, broker)
        sent, start = 0, perf_counter()
        while published := await relay.publish_waiting():
            sent += published
        seconds = perf_counter() - start
    if sent != COUNT:
        raise RuntimeError(f"{sent} events of {COUNT} were published")
    return {"relay.kafka": Measured(sent / seconds, "events/s")}
