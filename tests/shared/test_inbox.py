"""The inbox: whatever comes again, from whomever, changes nothing twice; order per customer holds (X1, X2)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from shared.broker import BrokerLost, Partition, Record, Survey
from shared.broker.local import LocalBroker
from shared.contracts import Event, Payload
from shared.contracts.intake import TOPIC, CaseUpdated, CustomerMerged
from shared.database import Database, WriteSession
from shared.handling import BatchHandler, Fact, Reaction, Reactions, Work
from shared.ids import new_id
from shared.inbox import InboxConsumer
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import (
    NOON,
    effects,
    event_record,
    fact,
    record_effect,
    record_effects,
    rows,
    until,
    words,
)

ALICE, BINH = new_id(), new_id()


@asynccontextmanager
async def running(
    database: Database, broker: Any, handle: BatchHandler = record_effects, **options: Any
) -> AsyncIterator[InboxConsumer]:
    consumer = InboxConsumer(database, broker, group="kept.toy", topics=[TOPIC], handle=handle, **options)
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield consumer
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def committed(database: Database) -> int:
    (row,) = await rows(database, "SELECT coalesce(sum(next_offset), 0) AS n FROM broker_offset")
    return int(row.n)


async def test_events_are_handled_once_in_order_and_the_offset_follows(database: Database, broker: LocalBroker) -> None:
    await broker.publish([event_record((ALICE, BINH)[n % 2], f"{n:03}", n // 2 + 1) for n in range(200)])
    async with running(database, broker, batch=30) as consumer:
        await until(lambda: _count(database, 200))
        await until(lambda: _committed(database, 200))
        await until(lambda: consumer.lag == 0)
    by_key: dict[str, list[str]] = defaultdict(list)
    for key, word in await effects(database):
        by_key[key].append(word)
    for handled in by_key.values():
        assert handled == sorted(handled)


async def _count(database: Database, count: int) -> bool:
    return len(await effects(database)) == count


async def _committed(database: Database, count: int) -> bool:
    return await committed(database) == count


async def test_what_comes_again_changes_nothing(database: Database, broker: LocalBroker) -> None:
    """A relay that crashed publishes again: other offsets, the same ids; also twice in one batch."""
    once = [event_record(ALICE, f"{n}", n + 1) for n in range(5)]
    await broker.publish([*once, *once])
    async with running(database, broker):
        await until(lambda: _committed(database, 10))
        await broker.publish([*once, event_record(ALICE, "last", 6)])
        await until(lambda: _committed(database, 16))
    assert await words(database) == ["0", "1", "2", "3", "4", "last"]


async def test_a_consumer_that_comes_back_to_what_it_did(database: Database, broker: LocalBroker) -> None:
    """A crash between the effects and the offset."""
    await broker.publish([event_record(ALICE, f"{n}", n + 1) for n in range(5)])
    async with running(database, broker):
        await until(lambda: _committed(database, 5))
    async with database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM broker_offset"))
    async with running(database, broker):
        await until(lambda: _committed(database, 5))
    assert len(await words(database)) == 5


async def test_two_consumers_with_the_same_batch_at_once(database: Database) -> None:
    """A zombie and its successor: the second waits for the first on the inbox, and finds it done (X2)."""
    records = [Record(r.topic, r.key, r.value, r.headers, 0, n) for n, r in enumerate(_batch(100))]
    ends = {Partition(TOPIC, 0): 100}
    both = [Fixed([{Partition(TOPIC, 0): records}]) for _ in range(2)]

    async def slowly(session: WriteSession, events: Sequence[Event]) -> None:
        await record_effects(session, events)
        await asyncio.sleep(0.05)

    async with running(database, both[0], slowly), running(database, both[1], slowly):
        await until(lambda: all(b.committed == ends for b in both))
    assert await words(database) == [f"{n:03}" for n in range(100)]


async def test_a_zombie_that_fails_leaves_the_batch_to_the_other(database: Database) -> None:
    records = [Record(r.topic, r.key, r.value, r.headers, 0, n) for n, r in enumerate(_batch(10))]
    admitted = asyncio.Event()

    async def fail(session: WriteSession, events: Sequence[Event]) -> None:
        await record_effects(session, events)
        admitted.set()
        await asyncio.sleep(0.2)
        raise ConnectionError("cut off")

    zombie, successor = (Fixed([{Partition(TOPIC, 0): records}]) for _ in range(2))
    async with running(database, zombie, fail):
        await admitted.wait()
        async with running(database, successor):
            await until(lambda: successor.committed)
    assert await words(database) == [f"{n:03}" for n in range(10)]


def _batch(count: int) -> list[Record]:
    return [event_record(ALICE, f"{n:03}", n + 1) for n in range(count)]


class Fixed:
    """A broker and its consumer in one: gives these batches, then none."""

    def __init__(self, batches: list[dict[Partition, list[Record]]]) -> None:
        self.batches, self.committed = batches, dict[Partition, int]()
        self.rewound: list[tuple[Partition, int]] = []
        self.commit_fails = False
        self.behind: int | None = 0

    def consumer(self, *_: Any, **__: Any) -> "Fixed":
        return self

    async def survey(self, *_: Any) -> Survey:
        return Survey("fixed", {})

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    async def poll(self, **_: Any) -> dict[Partition, list[Record]]:
        await asyncio.sleep(0.005)
        return self.batches.pop(0) if self.batches else {}

    async def commit(self, offsets: dict[Partition, int]) -> None:
        if self.commit_fails:
            raise BrokerLost("another's now")
        self.committed |= offsets

    async def lag(self) -> int:
        if self.behind is None:
            raise BrokerLost("it does not say")
        return self.behind

    def rewind(self, partition: Partition, offset: int) -> None:
        self.rewound.append((partition, offset))

    def pause(self, partition: Partition) -> None: ...
    def resume(self, partition: Partition) -> None: ...


async def test_a_commit_that_is_refused_stops_nobody(database: Database) -> None:
    records = [Record(r.topic, r.key, r.value, r.headers, 0, n) for n, r in enumerate(_batch(4))]
    broker = Fixed([{Partition(TOPIC, 0): records[:2]}, {Partition(TOPIC, 0): records[2:]}])
    broker.commit_fails = True
    async with running(database, broker):
        await until(lambda: _count(database, 4))


async def test_a_lag_that_is_not_known_stops_nobody(database: Database) -> None:
    """A broker that was killed answers no questions for a while; what has come is handled all the same."""
    records = [Record(r.topic, r.key, r.value, r.headers, 0, n) for n, r in enumerate(_batch(4))]
    broker = Fixed([{}, {Partition(TOPIC, 0): records}])
    broker.behind = None
    async with running(database, broker) as consumer:
        await until(lambda: _count(database, 4))
        assert consumer.lag is None


async def test_a_consumer_that_gets_nothing_while_records_wait_begins_anew(database: Database) -> None:
    broker: Any = Fixed([])
    broker.behind = 5
    consumer = InboxConsumer(
        database, broker, group="kept.toy", topics=[TOPIC], handle=record_effects, stuck_after=-1.0
    )
    with pytest.raises(BrokerLost, match="5 records wait"):
        await asyncio.wait_for(consumer.run(asyncio.Event()), 10)
    broker.behind = 0
    async with running(database, broker, stuck_after=-1.0) as consumer:
        await until(lambda: consumer.lag == 0)


async def test_trouble_that_passes_loses_and_parks_nothing(database: Database, broker: LocalBroker) -> None:
    """The partition waits, others flow, and readiness can tell which one is held up."""
    trouble = {str(ALICE)}

    async def handle(session: WriteSession, events: Sequence[Event]) -> None:
        await record_effects(session, events)
        if any(event.key in trouble for event in events):
            raise ConnectionError("the database is away")

    await broker.publish([event_record((ALICE, BINH)[n % 2], f"{n}", n // 2 + 1) for n in range(20)])
    async with running(database, broker, handle) as consumer:
        await until(lambda: consumer.held_up)
        if len({r.partition for r in await _records(broker)}) > 1:
            await until(lambda: _count(database, 10))
        assert await rows(database, "SELECT * FROM parked_event") == []
        ((since, reason),) = consumer.held_up.values()
        assert (since > 0, reason) == (True, "ConnectionError")
        trouble.clear()
        await until(lambda: _count(database, 20))
        assert consumer.held_up == {}
    for customer in (ALICE, BINH):
        handled = [int(word) for key, word in await effects(database) if key == str(customer)]
        assert handled == sorted(handled)


async def test_partitions_are_handled_in_one_transaction_and_apart_where_one_breaks(database: Database) -> None:
    """Only the one that breaks waits; the others lose nothing by having been tried with it (X2)."""
    seen: list[list[str]] = []
    trouble = {str(BINH)}

    async def handle(session: WriteSession, events: Sequence[Event]) -> None:
        seen.append([event.key for event in events])
        await record_effects(session, events)
        if any(event.key in trouble for event in events):
            raise ConnectionError("passing")

    keys = {0: ALICE, 1: BINH, 2: new_id()}
    polled = {
        Partition(TOPIC, number): [
            Record(r.topic, r.key, r.value, r.headers, number, at)
            for at, r in enumerate([event_record(key, f"{number}{n}", n + 1) for n in range(2)])
        ]
        for number, key in keys.items()
    }
    broker = Fixed([polled])
    async with running(database, broker, handle):
        await until(lambda: broker.rewound)
        await until(lambda: broker.committed)
    assert set(seen[0]) == {str(key) for key in keys.values()}, "all three are tried in one"
    assert broker.rewound == [(Partition(TOPIC, 1), 0)]
    assert broker.committed == {Partition(TOPIC, 0): 2, Partition(TOPIC, 2): 2}
    assert sorted(await words(database)) == ["00", "01", "20", "21"]
    trouble.clear()
    seen.clear()
    broker = Fixed([polled])
    async with running(database, broker, handle):
        await until(lambda: len(broker.committed) == 3)
    assert sorted(await words(database)) == ["00", "01", "10", "11", "20", "21"]
    assert seen == [[str(BINH), str(BINH)]], "of all three in one, only what is new"
    positions = await rows(database, "SELECT partition, next_offset FROM consumer_position ORDER BY partition")
    assert [tuple(row) for row in positions] == [(0, 2), (1, 2), (2, 2)]


async def test_what_nobody_wants_is_passed_over_and_keeps_no_place(database: Database, broker: LocalBroker) -> None:
    """It moves the position; a type that is in no contract is parked all the same."""
    merged = CustomerMerged(customer_id=ALICE, into=BINH, reason="the same phone", by="An")
    event = Event(new_id(), merged.type, "/x", str(ALICE), NOON, 2, merged.model_dump_json().encode())
    strange = Event(new_id(), "kept.case.sung.v1", "/x", str(BINH), NOON, 1, b"{}")
    unwanted, unknown = (Record(TOPIC, e.key, e.data, e.headers()) for e in (event, strange))
    await broker.publish([event_record(ALICE, "one", 1), unwanted, unknown])

    def wants(event_type: str) -> bool:
        return Reactions(_wanting(CaseUpdated)).wants(event_type)

    async with running(database, broker, wants=wants):
        await until(lambda: _committed(database, 3))
    assert await words(database) == ["one"]
    ((parked,),) = await rows(database, "SELECT key FROM parked_event")
    assert parked == str(BINH)
    assert len(await rows(database, "SELECT * FROM inbox")) == 2
    assert sum(row.next_offset for row in await rows(database, "SELECT next_offset FROM consumer_position")) == 3


def _wanting(*payloads: type[Payload]) -> Reaction[None]:
    async def gather(session: WriteSession, facts: Sequence[Fact]) -> None: ...
    async def write(session: WriteSession, picture: None) -> None: ...

    reaction = Reaction(gather, write)
    reaction.on(*payloads)(lambda picture, work, event, payload: None)
    return reaction


async def _records(broker: LocalBroker) -> list[Record]:
    consumer = broker.consumer(str(new_id()), [TOPIC])
    await consumer.start()
    batches = await consumer.poll(limit=1000, timeout=1)
    await consumer.stop()
    return [record for batch in batches.values() for record in batch]


async def test_a_database_that_dies_under_load_loses_nothing(
    postgres: ScratchPostgres, database: Database, broker: LocalBroker
) -> None:
    if postgres.embedded is None:
        pytest.skip("the PostgreSQL is not ours to break")
    records = [Record(r.topic, r.key, r.value, r.headers, 0, n) for n, r in enumerate(_batch(200))]
    batches = [{Partition(TOPIC, 0): records[n : n + 10]} for n in range(0, 200, 10)]
    feeder = Rewinding(batches)
    async with running(database, feeder):
        await until(lambda: feeder.committed.get(Partition(TOPIC, 0), 0) >= 50)
        await asyncio.to_thread(postgres.embedded.kill)
        await asyncio.to_thread(postgres.embedded.start)
        await until(lambda: feeder.committed.get(Partition(TOPIC, 0)) == 200, within=20)
    assert await words(database) == [f"{n:03}" for n in range(200)]
    assert await rows(database, "SELECT * FROM parked_event") == []


class Rewinding(Fixed):
    """One that keeps its records through whatever happens to the database, and rewinds and pauses as told."""

    def __init__(self, batches: list[dict[Partition, list[Record]]]) -> None:
        super().__init__([])
        self.all, self.position, self.paused = batches, 0, False

    async def poll(self, **_: Any) -> dict[Partition, list[Record]]:
        await asyncio.sleep(0.005)
        if self.paused or self.position >= len(self.all):
            return {}
        self.position += 1
        return self.all[self.position - 1]

    def rewind(self, partition: Partition, offset: int) -> None:
        self.position = offset // 10

    def pause(self, partition: Partition) -> None:
        self.paused = True

    def resume(self, partition: Partition) -> None:
        self.paused = False


async def test_events_are_decided_about_by_type_one_after_the_other(database: Database, broker: LocalBroker) -> None:
    async def gather(_: WriteSession, __: object) -> list[tuple[str, str]]:
        return []

    async def write(session: WriteSession, effects: list[tuple[str, str]]) -> None:
        for effect in effects:
            await record_effect(session, *effect)

    reaction = Reaction(gather, write)

    @reaction.on(CaseUpdated)
    def updated(effects: list[tuple[str, str]], work: Work, event: Event, payload: CaseUpdated) -> None:
        effects.append((event.key, f"{event.sequence} {payload.stated_request}"))
        work.emit(fact(payload.customer_id, "answer"))

    with pytest.raises(TypeError, match="handled already"):
        reaction.on(CaseUpdated)(updated)
    merged = CustomerMerged(customer_id=ALICE, into=BINH, reason="the same phone", by="An")
    event = Event(new_id(), merged.type, "/x", str(ALICE), NOON, 2, merged.model_dump_json().encode())
    unhandled = Record(TOPIC, event.key, event.data, event.headers())
    await broker.publish([event_record(ALICE, "one", 1), unhandled, event_record(ALICE, "two", 3)])
    async with running(database, broker, Reactions(reaction)):
        await until(lambda: _committed(database, 3))
    assert await words(database) == ["1 one", "3 two"]
    assert len(await rows(database, "SELECT * FROM outbox")) == 2
