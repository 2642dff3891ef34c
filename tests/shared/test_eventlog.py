"""The event log: for one customer, sequences without gaps in the order of commits (X1)."""

import asyncio
import random
from collections import defaultdict
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts import parse
from shared.contracts.intake import CaseOpened, CaseUpdated
from shared.database import Database
from shared.eventlog import LARGEST, EventTooLarge, filling
from shared.eventlog.filling import fill_subjects
from shared.eventlog.read import facts_about
from shared.ids import new_id
from shared.relay import Relay
from tests.support.scratch import fact, rows
from tests.support.versions import bring_next_version

CUSTOMERS = [new_id() for _ in range(5)]
_LOG = "SELECT id, key, sequence, data FROM event_log ORDER BY id"


async def write(database: Database, customers: list[UUID], *, fail: bool, pause: float) -> None:
    async with database.write() as session:
        for customer in customers:
            session.emit(fact(customer, "told"))
        await asyncio.sleep(pause)
        if fail:
            raise ZeroDivisionError


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_sequences_are_gapless_and_in_commit_order(database: Database, seed: int) -> None:
    """Sixty writers at once, a quarter of which fail, each of several customers in any order."""
    chance = random.Random(seed)
    writers, told = [], 0
    for _ in range(60):
        customers = [chance.choice(CUSTOMERS) for _ in range(chance.randint(1, 4))]
        fail = chance.random() < 0.25
        told += 0 if fail else len(customers)
        writers.append(write(database, customers, fail=fail, pause=chance.random() / 50))
    await asyncio.gather(*writers, return_exceptions=True)

    by_key: dict[str, list[int]] = defaultdict(list)
    for _, key, sequence, _ in await rows(database, _LOG):
        by_key[key].append(sequence)
    assert sum(map(len, by_key.values())) == told
    for sequences in by_key.values():
        assert sequences == list(range(1, len(sequences) + 1))


async def test_a_relay_beside_the_writers_sees_each_customer_in_order(database: Database) -> None:
    """Ids are given before the commit; what a reader finds at any moment is a beginning of each customer's row."""
    seen: dict[str, list[int]] = defaultdict(list)
    broker = Remember()
    relay = Relay(database, broker)  # type: ignore[arg-type]
    writing = asyncio.gather(*(write(database, CUSTOMERS[:3], fail=False, pause=n % 7 / 200) for n in range(80)))
    while not writing.done() or await relay.publish_waiting():
        await relay.publish_waiting()
        await asyncio.sleep(0)
    await writing
    for key, sequence in broker.published:
        seen[key].append(sequence)
    assert {key: len(s) for key, s in seen.items()} == {str(c): 80 for c in CUSTOMERS[:3]}
    for sequences in seen.values():
        assert all(b == a + 1 for a, b in pairwise(sequences))


async def test_events_of_one_unit_keep_the_order_they_were_told_in(database: Database) -> None:
    one, other = sorted(CUSTOMERS[:2], reverse=True)  # keys in another order than their rows are locked in
    told = [(one, "a"), (other, "b"), (one, "c"), (other, "d"), (one, "e")]
    async with database.write() as session:
        for customer, word in told:
            session.emit(fact(customer, word))
    logged = [(UUID(key), sequence) for _, key, sequence, _ in await rows(database, _LOG)]
    assert logged == [(one, 1), (other, 1), (one, 2), (other, 2), (one, 3)]


async def test_writers_of_many_customers_do_not_lock_each_other(database: Database) -> None:
    there = [CUSTOMERS[:4] for _ in range(20)]
    back = [list(reversed(customers)) for customers in there]
    await asyncio.gather(*(write(database, c, fail=False, pause=0) for c in there + back))
    assert len(await rows(database, _LOG)) == 160


async def test_an_event_too_large_to_publish_is_refused_at_once(database: Database) -> None:
    """In the log it would stand before all others for ever."""
    with pytest.raises(EventTooLarge):
        async with database.write() as session:
            session.emit(fact(new_id(), "x" * LARGEST))


async def test_the_story_of_one_thing_is_read_by_an_index_and_in_order(database: Database) -> None:
    one, other = new_id(), new_id()
    async with database.write() as session:
        for number in range(300):
            session.emit(about(other if number % 100 else one, f"{number}"))
    async with database.read() as session:
        facts = await facts_about(session, [one])
        plan = await session.execute(
            text("EXPLAIN SELECT data FROM event_log WHERE subject = ANY(CAST(:s AS uuid[])) ORDER BY id"), {"s": [one]}
        )
        assert "event_log_subject" in "".join(plan.scalars())
        assert [said.stated_request for _, said in facts] == ["0", "100", "200"]
        assert {event.subject for event, _ in facts} == {one}
        assert await facts_about(session, [one], CaseOpened) == []
        assert len(await facts_about(session, [one, other], CaseOpened, CaseUpdated)) == 300


async def test_who_asks_for_a_type_gets_its_old_versions_as_the_newest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = new_id()
    async with database.write() as session:
        session.emit(about(case, "in the first version"))
    second = bring_next_version(monkeypatch, CaseUpdated, lambda data: data | {"owner": "nobody yet"})
    async with database.write() as session:
        session.emit(about(case, "in the second"))
    async with database.read() as session:
        facts = await facts_about(session, [case], CaseUpdated)
    assert [(event.type, said.stated_request, said.owner) for event, said in facts] == [
        (second, "in the first version", "nobody yet"),
        (second, "in the second", None),
    ]


async def test_what_the_version_before_wrote_gets_its_subject(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, in pieces; what nobody can read is about its customer."""
    cases, customer = [new_id() for _ in range(5)], new_id()
    async with database.write() as session:
        for case in cases:
            session.emit(about(case, "told"))
        session.emit(fact(customer, "of a type to come"))
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE event_log SET subject = NULL"))
        await connection.execute(
            text("UPDATE event_log SET type = 'kept.moon.rose.v1' WHERE key = :key"), {"key": str(customer)}
        )
    monkeypatch.setattr(filling, "PIECE", 2)
    assert await fill_subjects(database) == 6
    assert await fill_subjects(database) == 0
    found = await rows(database, "SELECT subject FROM event_log ORDER BY id")
    assert [row.subject for row in found] == [*cases, customer]


def about(case: UUID, word: str) -> CaseUpdated:
    return CaseUpdated(customer_id=CUSTOMERS[0], case_id=case, kind="request", stated_request=word)


class Remember:
    """A broker that notes what is published."""

    def __init__(self) -> None:
        self.published: list[tuple[str, int]] = []

    async def publish(self, records):  # type: ignore[no-untyped-def]
        from shared.contracts import Event

        for record in records:
            event = Event.from_record(record.headers, record.value)
            assert str(parse(event).key) == event.key
            assert event.subject == UUID(event.key), "the case of `fact` has the customer's id"
            self.published.append((event.key, event.sequence))
