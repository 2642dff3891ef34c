"""The relay: in order, at least once, and one at a time (X1)."""

import asyncio
import os
import sys
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from shared.broker import BrokerLost, Record
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.contracts import Event, parse
from shared.contracts.intake import TOPIC
from shared.database import Database
from shared.ids import new_id
from shared.lease import Lease, lead
from shared.parking import park
from shared.relay import Relay, oldest_unpublished
from tests.support.scratch import NOON, event_record, fact, rows, until

CUSTOMERS = [new_id() for _ in range(4)]

DYING = """
import asyncio, sys
from shared.broker.local import LocalBroker
from shared.clock import SystemClock
from shared.database import Database
from shared.relay import Relay

async def main(url):
    broker = LocalBroker(url, topics=[], partitions=4)
    await broker.start()
    await Relay(Database(url, source="/toy", clock=SystemClock()), broker).publish_waiting()

asyncio.run(main(sys.argv[1]))
"""
"""A relay in a process of its own, which dies where KEPT_CRASH_AT says."""


async def tell(database: Database, count: int, *, first: int = 0) -> None:
    for n in range(first, first + count):
        async with database.write() as session:
            session.emit(fact(CUSTOMERS[n % len(CUSTOMERS)], f"{n:04}"))


async def published(broker: LocalBroker, topic: str = TOPIC) -> list[Record]:
    """All that lies in a topic, in the order of each partition."""
    consumer = broker.consumer(str(new_id()), [topic])
    await consumer.start()
    records: list[Record] = []
    while batches := await consumer.poll(limit=1000, timeout=0.1):
        records += [record for batch in batches.values() for record in batch]
    await consumer.stop()
    return records


def events(records: Sequence[Record]) -> list[Event]:
    return [Event.from_record(r.headers, r.value) for r in records]


async def waiting(database: Database) -> int:
    return len(await rows(database, "SELECT id FROM outbox"))


async def test_what_waits_is_published_in_order_and_once(database: Database, broker: LocalBroker) -> None:
    await tell(database, 50)
    relay = Relay(database, broker, batch=20)
    assert [await relay.publish_waiting() for _ in range(4)] == [20, 20, 10, 0]

    by_key: dict[str, list[int]] = {}
    for event in events(await published(broker)):
        by_key.setdefault(event.key, []).append(event.sequence)
        assert parse(event).key in CUSTOMERS
    assert by_key == {str(c): list(range(1, len(by_key[str(c)]) + 1)) for c in CUSTOMERS}
    assert sum(map(len, by_key.values())) == 50
    assert len(await rows(database, "SELECT id FROM event_log")) == 50  # the log stays


@pytest.mark.parametrize(("place", "times"), [("before_publish", 1), ("after_publish", 2)])
async def test_a_crash_loses_nothing(database: Database, broker: LocalBroker, url: str, place: str, times: int) -> None:
    """After the publish and before the mark: all of it goes out twice, as the inbox expects."""
    await tell(database, 10)
    environment = {**os.environ, "KEPT_CRASH_AT": place, "PYTHONPATH": os.pathsep.join([".", *sys.path])}
    dying = await asyncio.create_subprocess_exec(sys.executable, "-c", DYING, url, env=environment)
    assert await dying.wait() == 137

    await Relay(database, broker).publish_waiting()
    ids = [event.id for event in events(await published(broker))]
    assert (len(ids), len(set(ids))) == (10 * times, 10)
    assert await waiting(database) == 0


async def test_a_broker_that_is_lost_leaves_everything_waiting(database: Database) -> None:
    class Away:
        async def publish(self, _: Sequence[Record]) -> None:
            raise BrokerLost("away")

    await tell(database, 3)
    with pytest.raises(BrokerLost):
        await Relay(database, Away()).step()  # type: ignore[arg-type]
    assert await waiting(database) == 3


async def test_a_step_wakes_for_an_event_of_this_process(database: Database, broker: LocalBroker) -> None:
    relay = Relay(database, broker, idle=30)
    step = asyncio.create_task(relay.step())
    await asyncio.sleep(0.1)
    await tell(database, 1)
    await asyncio.wait_for(step, 5)
    assert await relay.publish_waiting() == 1


async def test_a_standby_takes_over_when_the_leader_is_gone(database: Database, broker: LocalBroker) -> None:
    stop, gone, hangs = asyncio.Event(), asyncio.Event(), asyncio.Event()
    steps: dict[str, int] = {"leader": 0, "standby": 0}

    def stepping(name: str) -> Relay:
        class Counted(Relay):
            async def step(self) -> None:
                steps[name] += 1
                if name == "leader" and gone.is_set():
                    hangs.set()
                    await asyncio.sleep(60)  # and does not renew
                await super().step()

        return Counted(database, broker, idle=0.02)

    def run(name: str) -> asyncio.Task[None]:
        lease = Lease(database, "relay", name, seconds=3)
        return asyncio.create_task(lead(lease, stop, stepping(name).step))

    leader, standby = run("leader"), asyncio.create_task(asyncio.sleep(0))
    try:
        await until(lambda: steps["leader"] > 2)
        standby = run("standby")
        await tell(database, 10)
        await until(lambda: _empty(database))
        assert steps["standby"] == 0

        gone.set()
        await hangs.wait()
        await tell(database, 10, first=10)
        await until(lambda: _empty(database))
        assert steps["standby"] > 0
    finally:
        leader.cancel()
        stop.set()
        await asyncio.wait([leader, standby], timeout=5)
    assert len({event.id for event in events(await published(broker))}) == 20


async def _empty(database: Database) -> bool:
    return await waiting(database) == 0


async def test_parked_events_are_copied_to_the_dead_letters_once(database: Database, broker: LocalBroker) -> None:
    strange = Record(TOPIC, "k", None, [("raw", bytes(range(256)))], 0, 1)
    async with database.write() as session:
        await park(session, strange, "no CloudEvent: \ud800")
        await park(session, event_record(CUSTOMERS[0], "word"), "unknown type")
    relay = Relay(database, broker, idle=0)
    await relay.step()
    await relay.step()
    copies = await published(broker, f"{TOPIC}.dlt")
    assert len(copies) == 2
    (copy,) = [c for c in copies if c.key == "k"]
    assert (copy.value, list(copy.headers)) == (
        None,
        [("raw", bytes(range(256))), ("kept_reason", b"no CloudEvent: \\ud800")],
    )


async def test_the_age_of_what_waits_is_known(database: Database, broker: LocalBroker, clock: ManualClock) -> None:
    assert await oldest_unpublished(database) is None
    await tell(database, 2)
    assert await oldest_unpublished(database) == NOON
    await Relay(database, broker).publish_waiting()
    assert await oldest_unpublished(database) is None


async def test_a_trace_goes_with_the_event(database: Database, broker: LocalBroker) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await tell(database, 1)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE event_log SET traceparent = :t"), {"t": traceparent})
    await Relay(database, broker).publish_waiting()
    assert [event.traceparent for event in events(await published(broker))] == [traceparent]
