"""Poison is put aside with what follows it for the same customer; everybody else flows (X1)."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.broker import Partition, Record
from shared.broker.local import LocalBroker
from shared.contracts import Event, parse
from shared.contracts.intake import TOPIC, CaseUpdated
from shared.database import Database, WriteSession
from shared.ids import new_id
from shared.inbox import InboxConsumer, TooManyParked
from shared.parking import BEHIND, list_parked, pack, redrive, unpack
from shared.relay import Relay
from shared.tolerance import Tolerance
from tests.shared.test_inbox import Fixed, _committed, running
from tests.shared.test_relay import published
from tests.support.scratch import effects, event_record, record_effects, until, words

ALICE, BINH = new_id(), new_id()


def word_of(event: Event) -> str:
    payload = parse(event)
    assert isinstance(payload, CaseUpdated)
    return payload.stated_request or ""


class Picky:
    """A handler that does not take some words."""

    def __init__(self, *refused: str) -> None:
        self.refused = set(refused)

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        await record_effects(session, events)
        for event in events:
            if word_of(event) in self.refused:
                raise ValueError(f"cannot handle {word_of(event)}")


def strange(customer: UUID, **changes: bytes | None) -> Record:
    """A record that is not quite an event of ours: `value`, or an attribute without its `ce_`."""
    record = event_record(customer, "strange")
    value = changes.pop("value", record.value)
    headers = [(n, changes.get(n.removeprefix("ce_"), v)) for n, v in record.headers]
    return Record(TOPIC, str(customer), value, [(n, v) for n, v in headers if v is not None])


STRANGE = {
    "unknown type": strange(ALICE, type=b"kept.moon.rose.v1"),
    "unknown version": strange(ALICE, type=b"kept.case.updated.v9"),
    "broken value": strange(ALICE, value=b"{"),
    "value of another type": strange(ALICE, value=b'{"customer_id": "no id"}'),
    "tombstone": strange(ALICE, value=None),
    "no CloudEvent": Record(TOPIC, str(ALICE), b"?", []),
    "another specversion": strange(ALICE, specversion=b"0.3"),
    "no id": strange(ALICE, id=None),
    "a bad id": strange(ALICE, id=b"\xff\x00"),
    "a time without zone": strange(ALICE, time=b"2026-03-02T05:00:00"),
    "bytes in headers": strange(ALICE, source=bytes(range(256))),
}


@pytest.mark.parametrize("record", STRANGE.values(), ids=STRANGE.keys())
async def test_what_cannot_be_read_is_parked_with_a_copy_and_others_flow(
    database: Database, broker: LocalBroker, record: Record
) -> None:
    after = [event_record(ALICE, "after", 2), event_record(BINH, "flows")]
    await broker.publish([event_record(ALICE, "before"), record, *after])
    handlers_parse_all = Picky()
    async with running(database, broker, handlers_parse_all):
        await until(lambda: _committed(database, 4))
    assert sorted(await words(database)) == ["before", "flows"]
    poison, behind = await list_parked(database)
    assert (poison["key"], behind["key"], behind["reason"]) == (str(ALICE), str(ALICE), BEHIND)
    assert poison["reason"] not in {"", BEHIND}

    await Relay(database, broker, idle=0).step()
    first, second = await published(broker, f"{TOPIC}.dlt")
    assert (first.value, list(first.headers)[:-1]) == (record.value, list(record.headers))
    assert first.headers[-1] == ("kept_reason", poison["reason"].encode())
    assert second.headers[-1] == ("kept_reason", BEHIND.encode())


async def test_a_parked_customer_s_later_events_wait_in_order_and_redrive_resumes(
    database: Database, broker: LocalBroker
) -> None:
    handle = Picky("2")
    await broker.publish([event_record(ALICE, str(n), n) for n in range(1, 6)])
    async with running(database, broker, handle):
        await until(lambda: _committed(database, 5))
        assert await words(database) == ["1"]
        assert [p["reason"] == BEHIND for p in await list_parked(database)] == [False, True, True, True]

        assert await redrive(database, handle, str(ALICE)) == 0  # not mended yet
        again, *_ = await list_parked(database)
        assert (again["attempts"], "cannot handle 2" in again["reason"]) == (2, True)
        await broker.publish([event_record(ALICE, "6", 6)])
        await until(lambda: _committed(database, 6))

        handle.refused.clear()
        assert await redrive(database, handle, str(ALICE)) == 5
        await broker.publish([event_record(ALICE, "7", 7)])
        await until(lambda: _committed(database, 7))
    assert await words(database) == ["1", "2", "3", "4", "5", "6", "7"]
    assert await list_parked(database) == []


async def test_a_redrive_stops_at_the_next_that_fails(database: Database, broker: LocalBroker) -> None:
    handle = Picky("1", "3")
    await broker.publish([event_record(ALICE, str(n), n) for n in range(1, 5)])
    async with running(database, broker, handle):
        await until(lambda: _committed(database, 4))
    handle.refused = {"3"}
    assert await redrive(database, handle, str(ALICE)) == 2
    assert await words(database) == ["1", "2"]
    assert ["cannot handle 3" in p["reason"] for p in await list_parked(database)] == [True, False]


async def test_a_redrive_cut_off_holds_nothing_against_the_event(database: Database, broker: LocalBroker) -> None:
    async def away(_: WriteSession, __: Sequence[Event]) -> None:
        raise ConnectionError("away")

    await broker.publish([event_record(ALICE, "1")])
    async with running(database, broker, Picky("1")):
        await until(lambda: _committed(database, 1))
    with pytest.raises(ConnectionError):
        await redrive(database, away, str(ALICE))
    assert [p["attempts"] for p in await list_parked(database)] == [1]


async def test_a_redrive_beside_the_consumer_keeps_the_order(database: Database, broker: LocalBroker) -> None:
    """A re-drive ends while new events of the same customer come in."""
    handle = Picky("0")
    await broker.publish([event_record(ALICE, str(n), n + 1) for n in range(20)])
    async with running(database, broker, handle, batch=3):
        await until(lambda: _committed(database, 20))
        handle.refused.clear()

        async def more() -> None:
            for n in range(20, 80):
                await broker.publish([event_record(ALICE, str(n), n + 1)])

        publishing = asyncio.create_task(more())
        while not publishing.done():
            await redrive(database, handle, str(ALICE))
        await publishing
        await until(lambda: _committed(database, 80))
        await redrive(database, handle, str(ALICE))
    assert [int(word) for word in await words(database)] == list(range(80))


async def test_what_comes_while_a_redrive_ends_waits_for_its_end(database: Database) -> None:
    """It is neither parked behind what is about to be handled, nor handled before it."""
    handle, redriving, may_end = Picky("1"), asyncio.Event(), asyncio.Event()

    async def slowly(session: WriteSession, events: Sequence[Event]) -> None:
        await record_effects(session, events)
        redriving.set()
        await may_end.wait()

    one, two = (replace(event_record(ALICE, str(n), n), offset=n) for n in (1, 2))
    async with running(database, Fixed([{Partition(TOPIC, 0): [one]}]), handle):
        await until(lambda: list_parked(database))
    redrive_ = asyncio.create_task(redrive(database, slowly, str(ALICE)))
    await redriving.wait()
    consumer = InboxConsumer(database, Fixed([]), group="kept.toy", topics=[TOPIC], handle=handle)  # type: ignore[arg-type]
    handling = asyncio.create_task(consumer.inbox.handle_records([two]))
    done, _ = await asyncio.wait([handling], timeout=0.5)
    may_end.set()
    await asyncio.gather(handling, redrive_)
    assert not done
    assert (await words(database), await list_parked(database)) == (["1", "2"], [])


async def test_a_failure_that_passes_by_itself_is_tried_again_before_it_is_parked(
    database: Database, broker: LocalBroker
) -> None:
    tries: dict[str, int] = defaultdict(int)

    async def flaky(session: WriteSession, events: Sequence[Event]) -> None:
        await record_effects(session, events)
        tries["flaky"] += 1
        if tries["flaky"] < 3:
            raise RuntimeError("a race")

    await broker.publish([event_record(ALICE, "1")])
    async with running(database, broker, flaky):
        await until(lambda: _committed(database, 1))
    assert (await words(database), await list_parked(database)) == (["1"], [])


@pytest.mark.parametrize("times", [1, 2], ids=["all different", "each twice"])
async def test_too_many_in_a_row_stop_loudly(database: Database, times: int) -> None:
    """After a bad deployment everything fails; those that wait behind are no sign of health."""
    keys = [new_id() for _ in range(30)]
    records = _in_partition(0, [event_record(key, "bad", n + 1) for key in keys for n in range(times)])
    broker = Fixed([{Partition(TOPIC, 0): records}])
    with pytest.raises(TooManyParked, match="10 events in a row"):
        async with running(database, broker, Picky("bad"), tolerance=Tolerance(in_a_row=10)):
            await until(lambda: _poison(database, 10))
    assert await effects(database) == []
    assert await _poison(database, 10)


async def test_a_poisoned_partition_among_healthy_ones_is_noticed(database: Database) -> None:
    batches = [
        {Partition(TOPIC, p): _in_partition(p, [event_record(new_id(), word)], n)}
        for n in range(30)
        for p, word in ((0, "bad"), (1, "good"))
    ]
    with pytest.raises(TooManyParked, match="10 events in a row"):
        async with running(database, Fixed(batches), Picky("bad"), tolerance=Tolerance(in_a_row=10)):
            await until(lambda: _poison(database, 10))
    assert len(await effects(database)) == 9


async def test_a_large_share_of_a_partition_is_too_much(database: Database) -> None:
    batches = [
        {Partition(TOPIC, 0): _in_partition(0, [event_record(new_id(), ("good", "bad")[n % 2])], n)} for n in range(30)
    ]
    with pytest.raises(TooManyParked, match="5 of the last 10 events"):
        async with running(database, Fixed(batches), Picky("bad"), tolerance=Tolerance(last=10, share=0.5)):
            await until(lambda: _poison(database, 5))


def _in_partition(partition: int, records: Sequence[Record], first: int = 0) -> list[Record]:
    return [replace(record, partition=partition, offset=first + n) for n, record in enumerate(records)]


async def _poison(database: Database, count: int) -> bool:
    return len([parked for parked in await list_parked(database, 1000) if parked["reason"] != BEHIND]) == count


async def test_some_parked_among_many_do_not_stop(database: Database, broker: LocalBroker) -> None:
    keys = [new_id() for _ in range(60)]
    unknown = b"kept.moon.rose.v1"
    await broker.publish([strange(k, type=unknown) if n % 2 else event_record(k, "good") for n, k in enumerate(keys)])
    async with running(database, broker, tolerance=Tolerance(in_a_row=20)):
        await until(lambda: _committed(database, 60))
    assert len(await effects(database)) == 30
    assert len(await list_parked(database)) == 30


def test_any_headers_come_back_from_the_database_as_they_were() -> None:
    import json

    headers = [("raw", bytes(range(256))), ("text", "khách 100%".encode()), ("", b"")]
    assert unpack(json.loads(pack(headers))) == headers
    assert "\\u0000" not in pack([("nul\0", b"\0")])


async def test_the_list_says_what_and_why(database: Database, broker: LocalBroker) -> None:
    await broker.publish([event_record(ALICE, "bad")])
    async with running(database, broker, Picky("bad")):
        await until(lambda: _committed(database, 1))
    (parked,) = await list_parked(database)
    assert parked["key"] == str(ALICE)
    assert parked["topic"] == TOPIC
    assert parked["attempts"] == 1
    assert parked["parked_at"] == datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert "cannot handle bad" in parked["reason"]
