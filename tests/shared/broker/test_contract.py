"""What every broker promises, tried on each of them (X1, X2)."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from subprocess import PIPE

import pytest

from shared.broker import Broker, BrokerLost, Partition, Record
from tests.shared.broker.conftest import Join, Member
from tests.shared.broker.servers import PARTITIONS, BrokerServer, connect

KEYS = [f"customer-{n}" for n in range(20)]


def numbered(topic: str, count: int, *, keys: Sequence[str] = KEYS, first: int = 0) -> list[Record]:
    return [Record(topic, keys[n % len(keys)], b"%06d" % n, []) for n in range(first, first + count)]


def values(records: Iterable[Record]) -> list[bytes]:
    return sorted({r.value or b"" for r in records})


def first_seen(records: Iterable[Record]) -> dict[str, list[bytes]]:
    """Each key's values, in the order in which each came for the first time."""
    seen: dict[str, dict[bytes, None]] = defaultdict(dict)
    for record in records:
        seen[record.key].setdefault(record.value or b"")
    return {key: list(values) for key, values in seen.items()}


def assert_order(records: Iterable[Record]) -> None:
    for key, came in first_seen(records).items():
        assert came == sorted(came), f"{key} out of order"


async def both_flow(broker: Broker, topic: str, one: Member, other: Member) -> list[Record]:
    """Publishes until two members have got records of one batch each: the partitions are shared."""
    taken: list[Record] = []
    for round_ in range(60):
        await broker.publish(numbered(topic, 100, first=1000 + round_ * 100))
        mine, others = await asyncio.gather(one.poll(commit=False), other.poll(commit=False))
        taken += [*mine, *others]
        if mine and others:
            return taken
    raise AssertionError("the partitions were never shared")


async def test_a_key_has_one_partition_and_its_records_their_order(broker: Broker, topic: str, join: Join) -> None:
    member = await join()
    for first in range(0, 400, 50):
        await broker.publish(numbered(topic, 50, first=first))
    records = await member.take(400)

    assert_order(records)
    assert len(records) == 400
    places = {(r.key, r.partition) for r in records}
    assert len(places) == len(KEYS)
    assert len({partition for _, partition in places}) == PARTITIONS
    for _, batch in sorted(first_seen(records).items()):
        assert len(batch) == 20


async def test_offsets_are_gapless_in_each_partition(broker: Broker, topic: str, join: Join) -> None:
    member = await join()
    await asyncio.gather(*(broker.publish(numbered(topic, 50, first=n * 50)) for n in range(6)))
    by_partition: dict[int, list[int]] = defaultdict(list)
    for record in await member.take(300):
        by_partition[record.partition].append(record.offset)
    for offsets in by_partition.values():
        assert offsets[0] == 0
        assert all(b == a + 1 for a, b in pairwise(offsets))


async def test_who_comes_back_goes_on_where_it_committed(broker: Broker, topic: str, join: Join) -> None:
    await broker.publish(numbered(topic, 100))
    first = await join()
    done = await first.take(100)
    await first.consumer.stop()
    await broker.publish(numbered(topic, 30, first=100))

    second = await join()
    assert values([*done, *await second.take(30)]) == [b"%06d" % n for n in range(130)]
    assert await second.poll() == []


async def test_what_was_not_committed_comes_again(broker: Broker, topic: str, join: Join) -> None:
    await broker.publish(numbered(topic, 60))
    first = await join()
    await first.take(60, commit=False)
    await first.consumer.stop()

    second = await join()
    assert values(await second.take(60)) == [b"%06d" % n for n in range(60)]


async def test_groups_know_nothing_of_each_other(broker: Broker, topic: str, join: Join) -> None:
    await broker.publish(numbered(topic, 40))
    one, other = await join("one"), await join("other")
    assert len(await one.take(40)) == 40
    assert len(await other.take(40)) == 40


async def test_rewind_brings_a_partition_back_and_leaves_the_others(broker: Broker, topic: str, join: Join) -> None:
    await broker.publish(numbered(topic, 100))
    member = await join()
    by_partition: dict[Partition, list[Record]] = defaultdict(list)
    for record in await member.take(100, commit=False):
        by_partition[Partition(topic, record.partition)].append(record)
    partition, records = next(iter(by_partition.items()))

    member.consumer.rewind(partition, records[2].offset)
    again = await member.take(len(records) - 2)
    assert [r.value for r in again] == [r.value for r in records[2:]]
    member.consumer.rewind(Partition(topic, 99), 0)  # never ours: nothing happens


async def test_a_paused_partition_waits_while_the_others_flow(broker: Broker, topic: str, join: Join) -> None:
    member = await join()
    await broker.publish(numbered(topic, 100))
    partition_of = {r.key: r.partition for r in await member.take(100)}
    paused = Partition(topic, partition_of[KEYS[0]])
    member.consumer.pause(paused)

    await broker.publish(numbered(topic, 100, first=100))
    flowing = 5 * sum(n != paused.number for n in partition_of.values())
    came = await member.take(flowing)
    assert paused.number not in {r.partition for r in came}
    assert await member.poll(timeout=0.3) == []

    member.consumer.resume(paused)
    rest = await member.take(100 - flowing)
    assert {r.partition for r in rest} == {paused.number}
    assert_order(rest)


async def test_two_share_the_partitions_and_one_that_leaves_is_followed(broker: Broker, topic: str, join: Join) -> None:
    one, other = await join(), await join()
    taken = await both_flow(broker, topic, one, other)
    await broker.publish(numbered(topic, 20, first=900_000))
    await other.consumer.stop()

    async with asyncio.timeout(20):  # nobody committed: everything comes again, to the one who stayed
        while not {r.value for r in taken} >= {r.value for r in numbered(topic, 20, first=900_000)}:
            taken += await one.poll()
    stayed = await join("counts all")
    everything = await stayed.take(len(values(taken)))
    assert values(taken) == values(everything)


async def test_what_was_in_hand_is_committed_before_partitions_go(broker: Broker, topic: str, join: Join) -> None:
    """The drain: without it each rebalance would bring back what was done already."""
    await broker.publish(numbered(topic, 100))
    in_hand: dict[Partition, int] = {}

    async def drain() -> None:
        await one.consumer.commit(dict(in_hand))
        in_hand.clear()

    one = await join(drain=drain)
    for record in await one.take(100, commit=False):
        in_hand[Partition(topic, record.partition)] = record.offset + 1
    other = await join()
    taken = await both_flow(broker, topic, one, other)
    assert not in_hand
    assert [v for v in values(taken) if v < b"000100"] == []


async def test_who_falls_silent_is_followed(server: BrokerServer, broker: Broker, topic: str, join: Join) -> None:
    await broker.publish(numbered(topic, 100))
    command = ["-m", "tests.shared.broker.silent_member", server.kind, server.address, topic, f"{topic}.group"]
    silent = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE)
    assert silent.stdout is not None
    try:
        assert await asyncio.wait_for(silent.stdout.readline(), 20) == b"holds\n"
    finally:
        silent.kill()
        await silent.wait()

    member = await join()
    assert values(await member.take(100)) == [b"%06d" % n for n in range(100)]


async def test_no_commit_for_a_partition_that_is_another_s(broker: Broker, topic: str, join: Join) -> None:
    one, other = await join(), await join()
    await both_flow(broker, topic, one, other)
    theirs = {Partition(topic, r.partition) for r in await _their_own(broker, topic, one, other)}
    assert theirs
    with pytest.raises(BrokerLost):
        await one.consumer.commit(dict.fromkeys(theirs, 1))


async def _their_own(broker: Broker, topic: str, one: Member, other: Member) -> list[Record]:
    await broker.publish(numbered(topic, 100, first=500_000))
    _, theirs = await asyncio.gather(one.poll(commit=False), other.poll(commit=False))
    return theirs or await other.poll(timeout=2, commit=False)


async def test_bytes_come_as_they_went(broker: Broker, topic: str, join: Join) -> None:
    headers = [("ce_id", b"1"), ("raw", bytes(range(256))), ("raw", b"twice"), ("empty", b"")]
    await broker.publish([Record(topic, "khách-1", bytes(range(256)), headers), Record(topic, "khách-1", None, [])])
    full, tombstone = await (await join()).take(2)
    assert (full.key, full.value, list(full.headers)) == ("khách-1", bytes(range(256)), headers)
    assert (tombstone.key, tombstone.value, list(tombstone.headers)) == ("khách-1", None, [])


async def test_a_large_batch_and_the_lag_it_leaves(broker: Broker, topic: str, join: Join) -> None:
    member = await join()
    await member.settle()
    await broker.publish(numbered(topic, 5_000))
    taken = await member.take(1_000)
    assert await member.consumer.lag() == 5_000 - len(taken)
    taken += await member.take(5_000 - len(taken))
    assert_order(taken)
    assert len(values(taken)) == 5_000
    assert await member.consumer.lag() == 0


async def test_nothing_to_publish_and_nothing_to_commit(broker: Broker, topic: str, join: Join) -> None:
    await broker.publish([])
    member = await join()
    await member.consumer.commit({})
    assert await member.poll() == []


async def test_a_broker_that_is_not_started_is_lost(server: BrokerServer, topic: str) -> None:
    idle = connect(server.kind, server.address, [topic])
    with pytest.raises(BrokerLost):
        await idle.publish(numbered(topic, 1))
    with pytest.raises(BrokerLost):
        await idle.answers()
    await idle.stop()


async def test_what_was_published_outlives_a_crash(breakable: BrokerServer, broker: Broker, topic: str) -> None:
    await broker.publish(numbered(topic, 200))
    await asyncio.to_thread(breakable.kill)
    await asyncio.to_thread(breakable.start)

    again = connect(breakable.kind, breakable.address, [topic])
    await again.start()
    consumer = again.consumer(f"{topic}.group", [topic])
    await consumer.start()
    assert values(await Member(consumer).take(200)) == [b"%06d" % n for n in range(200)]
    await consumer.stop()
    await again.stop()


async def test_order_outlives_a_broker_that_was_away(
    breakable: BrokerServer, broker: Broker, topic: str, join: Join
) -> None:
    """To publish without a broker raises or waits; the same records again, as a relay does, and order holds."""
    member = await join()
    await broker.publish(numbered(topic, 40))
    await member.take(40)
    await asyncio.to_thread(breakable.stop)
    waiting = [
        asyncio.create_task(broker.publish(numbered(topic, 40, first=40))),
        asyncio.create_task(broker.publish(numbered(topic, 40, first=80))),
    ]
    with pytest.raises(BrokerLost):
        await broker.answers()
    await asyncio.to_thread(breakable.start)
    async with asyncio.timeout(40):
        while True:
            results = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(r is None or isinstance(r, BrokerLost) for r in results)
            try:
                await broker.publish(numbered(topic, 120, first=40))
                break
            except BrokerLost:
                await asyncio.sleep(0.2)

    taken: list[Record] = []
    async with asyncio.timeout(40):
        while len(values(taken)) < 120:
            try:
                taken += await member.poll()
            except BrokerLost:  # as the inbox does: begin anew
                await asyncio.sleep(0.2)
                member = await join()
    assert_order(taken)
