"""What the backbone costs a consumer: from Kafka through the inbox into a small projection, one member.

The projection counts each customer's contacts and keeps the last sequence: one upsert a batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import text

from shared.contracts import Event
from shared.database import WriteSession
from tests.load.events import consume, published
from tests.load.servers import Servers
from tests.load.table import Goal, Measured

GOALS = {"consume.kafka": Goal("value", ">=", 10_000, "events/s")}
COUNT = 100_000

_CREATE = text("CREATE TABLE tally (key text PRIMARY KEY, contacts bigint NOT NULL, last bigint NOT NULL)")
_TALLY = text("""
    INSERT INTO tally AS t (key, contacts, last)
    SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:counts AS bigint[]), CAST(:last AS bigint[]))
                  AS n (key, contacts, last)
    ON CONFLICT (key) DO UPDATE SET contacts = t.contacts + excluded.contacts, last = excluded.last
""")
_SUM = text("SELECT sum(contacts) FROM tally")


async def tally(session: WriteSession, events: Sequence[Event]) -> None:
    counts = Counter(e.key for e in events)
    last = {e.key: e.sequence for e in events}
    keys = sorted(counts)
    values = {"keys": keys, "counts": [counts[k] for k in keys], "last": [last[k] for k in keys]}
    await session.execute(_TALLY, values)


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    async with (
        published(servers, COUNT) as broker,
        servers.database("intake") as database,
        servers.runtime("intake", database) as runtime,
    ):
        async with runtime.database.write() as session:
            await session.execute(_CREATE)
        rate = await consume(runtime, broker, tally, COUNT)
        async with runtime.database.read() as session:
            counted = (await session.execute(_SUM)).scalar_one()
    if counted != COUNT:
        raise RuntimeError(f"the projection counted {counted} events of {COUNT}")
    return {"consume.kafka": Measured(rate, "events/s")}
