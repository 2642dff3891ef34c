"""A database that was restored goes on where it stands, whatever the broker remembers of it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.broker import Bounds, BrokerLost, Partition
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.contracts import Event, parse
from shared.contracts.intake import TOPIC, CaseUpdated
from shared.database import Database
from shared.embedded.cluster import program, psql
from shared.handling import Reaction, Reactions
from shared.health import readiness
from shared.ids import derived_id, new_id
from shared.positions import MARGIN, Position, place
from shared.runtime import Runtime
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import (
    NOON,
    effects,
    event_record,
    fact,
    record_effects,
    rows,
    toy_service,
    toy_settings,
    until,
)

OFFSETS = st.integers(0, 50)
BROKERS = st.sampled_from(["here", "elsewhere"])
POSITIONS = st.builds(Position, OFFSETS, BROKERS, st.none() | st.just(NOON), OFFSETS, st.none())


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    first, end = sorted((draw(OFFSETS), draw(OFFSETS)))
    return Bounds(first, end, draw(st.none() | st.integers(0, end)))


@given(st.none() | POSITIONS, bounds(), st.booleans())
def test_a_group_goes_on_no_later_than_its_database(stored: Position | None, log: Bounds, is_old: bool) -> None:
    placed = place(stored, log, "here", trusts_broker=is_old)
    at_broker = log.first if log.committed is None else max(log.committed, log.first)
    goes_on = placed.position.next_offset if placed and placed.goes_back else at_broker
    if stored is None:
        assert goes_on == (at_broker if is_old else log.first)
    elif stored.broker == "here" and stored.next_offset <= log.end:
        assert goes_on <= max(stored.next_offset, log.first), "nothing that the database lacks is passed over"
    else:
        assert goes_on == log.first
    if placed:
        assert log.first <= placed.position.next_offset or is_old


@given(POSITIONS, bounds())
def test_what_is_gone_from_the_log_is_told_and_nothing_else(stored: Position, log: Bounds) -> None:
    placed = place(stored, log, "here", trusts_broker=False)
    same = stored.broker == "here" and stored.next_offset <= log.end
    is_gone = (not same or log.first > stored.next_offset) and stored.event_time is not None
    told = placed.position.replay_from if placed else stored.replay_from
    assert told == (NOON - MARGIN if is_gone else None)


@given(st.integers(0, 50))
def test_a_database_that_was_never_set_back_changes_nothing(end: int) -> None:
    stored = Position(end, "here", NOON)
    for committed in (None, 0, end // 2, end):
        assert place(stored, Bounds(0, end, committed), "here", trusts_broker=False) is None


def test_an_id_is_its_parts_and_its_time() -> None:
    made = derived_id(NOON, "/toy", "cause", "what", "1")
    assert made == derived_id(NOON, "/toy", "cause", "what", "1")
    assert made != derived_id(NOON, "/toy", "cause", "what", "2")
    assert derived_id(NOON, "ab", "c") != derived_id(NOON, "a", "bc")
    assert (made.version, made.variant) == (8, new_id().variant)
    assert made < derived_id(NOON + timedelta(milliseconds=1), "a"), "in the order of time"


@pytest.fixture
async def worker(url: str, broker: LocalBroker, clock: ManualClock) -> AsyncIterator[Any]:
    """Starts a worker of the toy on a database; `end` stops it."""
    made: list[Runtime] = []

    class Worker:
        async def start(self, url: str, **parts: Any) -> Runtime:
            runtime = Runtime(toy_service(**parts), toy_settings(url), clock=clock, broker=broker)
            made.append(runtime)
            await runtime.start()
            return runtime

        async def end(self) -> None:
            while made:
                await made.pop().stop()

    yield (hand := Worker())
    await hand.end()


async def test_a_restored_database_hears_again_what_it_lacks_and_is_told_that_it_is_again(
    postgres: ScratchPostgres, url: str, database: Database, broker: LocalBroker, worker: Any
) -> None:
    again: dict[str, bool] = {}
    asked: list[datetime] = []

    async def handle(session: Any, events: Any) -> None:
        again.update({_word(event): session.is_again for event in events})
        await record_effects(session, events)

    async def restored(session: Any, _: Any, since: datetime) -> None:
        asked.append(since)

    parts = {"handle": handle, "restored": restored}
    people = [new_id() for _ in range(4)]
    await broker.publish([event_record(who, "before") for who in people])
    await worker.start(url, **parts)
    await until(lambda: _has(database, 4))
    await worker.end()
    copy = await asyncio.to_thread(_restored, postgres, url)

    await worker.start(url, **parts)
    await broker.publish([event_record(who, "after", 2) for who in people])
    await until(lambda: _has(database, 8))
    await worker.end()
    assert (again, asked) == ({"before": False, "after": False}, [])

    runtime = await worker.start(postgres.url(copy), **parts)
    await until(lambda: _has(runtime.database, 8))
    assert (again["after"], len(asked)) == (True, 1)
    await broker.publish([event_record(who, "news", 3) for who in people])
    await until(lambda: _has(runtime.database, 12))
    assert again["news"] is False, "what comes after is no repetition"
    await worker.end()
    assert len(asked) == 1

    await worker.start(postgres.url(copy), **parts)
    await asyncio.sleep(0.3)
    assert len(asked) == 1, "once it has caught up, a start is a start"


def _restored(postgres: ScratchPostgres, url: str) -> str:
    """The name of a new database into which a dump of this one was restored. The broker's tables are no part of it."""
    there = postgres.dsn(url.rpartition("/")[2].partition("?")[0])
    dump = subprocess.run(
        [program("pg_dump"), "--exclude-table=broker_*", there], capture_output=True, check=True, text=True
    )
    psql(postgres.dsn(name := postgres.make_database()), dump.stdout)
    return name


def _word(event: Event) -> str:
    told = parse(event)
    assert isinstance(told, CaseUpdated)
    return str(told.stated_request)


async def _has(database: Database, count: int) -> bool:
    return len(await effects(database)) == count


async def test_what_is_gone_from_the_broker_is_said_until_it_has_come_again(
    url: str, database: Database, broker: LocalBroker, clock: ManualClock, worker: Any
) -> None:
    who = new_id()
    first = event_record(who, "first")
    await broker.publish([first])
    await worker.start(url)
    await until(lambda: _has(database, 1))
    await worker.end()

    await broker.publish([lost := event_record(who, "lost", 2)])
    async with broker.connection() as connection:  # kept for less time than we were away
        await connection.execute("DELETE FROM broker_record")
    await broker.publish([event_record(who, "third", 3)])
    runtime = await worker.start(url)
    await until(lambda: _has(database, 2))
    _, report = await readiness(runtime)
    assert report["state"] == "replay"
    assert report["checks"]["replay"] == f"kept replay intake --since {(NOON - MARGIN).isoformat()}"

    await broker.publish([first, lost])  # what the sender's replay does
    await until(lambda: _has(database, 3))
    assert (await readiness(runtime))[1]["checks"]["replay"] == "ok"


async def test_another_broker_is_read_from_its_beginning_and_its_gap_is_said(
    url: str, database: Database, broker: LocalBroker, worker: Any
) -> None:
    who = new_id()
    await broker.publish([event_record(who, "first")])
    await worker.start(url)
    await until(lambda: _has(database, 1))
    await worker.end()
    async with broker.connection() as connection:
        await connection.execute("DELETE FROM broker_record")
        await connection.execute("DELETE FROM broker_offset")
        await connection.execute("UPDATE broker_partition SET next_offset = 0")
        await connection.execute("UPDATE broker_identity SET id = gen_random_uuid()")
    await broker.publish([event_record(who, "second", 2)])
    runtime = await worker.start(url)
    await until(lambda: _has(database, 2))
    assert (await readiness(runtime))[1]["state"] == "replay"


async def test_a_group_with_members_is_not_set_back(database: Database, broker: LocalBroker) -> None:
    partition = Partition(TOPIC, 0)
    await broker.set_back("g", {partition: 0})
    member = broker.consumer("g", [TOPIC])
    await member.start()
    with pytest.raises(BrokerLost, match="members"):
        await broker.set_back("g", {partition: 0})
    await member.stop()
    await broker.set_back("g", {partition: 0})


async def test_the_same_event_makes_the_same_ids_each_time_it_is_handled(database: Database) -> None:
    """So that what a restored service tells again is known to those who have heard it."""
    made: list[list[Any]] = []

    async def nothing(*_: object) -> None:
        """Nothing is looked up and nothing written."""

    reaction = Reaction(nothing, nothing)

    @reaction.on(CaseUpdated)
    def updated(_: None, work: Any, __: Any, said: CaseUpdated) -> None:
        made[-1] += [work.make_id("promise"), work.emit(said).id, work.emit(said).id]

    record = event_record(new_id(), "told")
    event = Event.from_record(record.headers, record.value)
    for _ in range(2):
        made.append([])
        async with database.write() as session:
            await Reactions(reaction)(session, [event])
        await _forget(database)
    assert made[0] == made[1]
    assert len(set(made[0])) == 3
    async with database.write() as session:
        assert session.emit(fact(new_id(), "by hand")).id.version == 7


async def _forget(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE event_log, outbox, stream_head")


async def test_a_position_is_written_with_each_batch_and_never_goes_back(
    url: str, database: Database, broker: LocalBroker, worker: Any
) -> None:
    await worker.start(url)
    for number in range(3):
        await broker.publish([event_record(new_id(), f"word {number}")])
        await until(partial(_has, database, number + 1))
    total = await rows(database, "SELECT sum(next_offset), count(DISTINCT broker) FROM consumer_position")
    assert [tuple(row) for row in total] == [(3, 1)]
