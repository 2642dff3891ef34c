"""A broker looked at from outside a group: what is kept, where the group goes on, and setting it back."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.broker import Bounds, Broker, BrokerLost, Partition
from tests.shared.broker.conftest import Join
from tests.shared.broker.servers import PARTITIONS
from tests.shared.broker.test_contract import numbered


async def test_a_survey_tells_what_is_kept_and_where_a_group_goes_on(broker: Broker, topic: str) -> None:
    group = f"{topic}.group"
    empty = await broker.survey(group, [topic])
    assert empty.partitions == {Partition(topic, n): Bounds(0, 0, None) for n in range(PARTITIONS)}
    await broker.publish(numbered(topic, 100))
    await broker.set_back(group, {Partition(topic, 0): 3})
    full = await broker.survey(group, [topic])
    assert full.broker == empty.broker != ""
    assert sum(bounds.end for bounds in full.partitions.values()) == 100
    assert full.partitions[Partition(topic, 0)].committed == 3
    assert full.partitions[Partition(topic, 1)].committed is None


async def test_a_group_that_was_set_back_goes_on_there_and_one_with_members_is_not(
    broker: Broker, topic: str, join: Join
) -> None:
    group = f"{topic}.group"
    await broker.publish(numbered(topic, 100))
    member = await join()
    await member.take(100)
    with pytest.raises(BrokerLost):
        await broker.set_back(group, {Partition(topic, 0): 0})
    await member.consumer.stop()
    before = await broker.survey(group, [topic])
    back = {partition: bounds.end - 2 for partition, bounds in before.partitions.items()}
    await broker.set_back(group, back)
    again = await (await join()).take(2 * PARTITIONS)
    assert {(r.partition, r.offset) for r in again} == {
        (partition.number, end + n) for partition, end in back.items() for n in range(2)
    }


async def test_history_is_every_record_once_in_the_order_of_its_partition(broker: Broker, topic: str) -> None:
    assert [records async for records in broker.history(topic, _ago(hours=1))] == []
    await broker.publish(sent := numbered(topic, 1500))
    found = [record async for records in broker.history(topic, _ago(hours=1)) for record in records]
    assert sorted(record.value or b"" for record in found) == [record.value for record in sent]
    for number in range(PARTITIONS):
        offsets = [record.offset for record in found if record.partition == number]
        assert offsets == list(range(len(offsets)))
    assert [records async for records in broker.history(topic, _ago(hours=-1))] == []


def _ago(*, hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)
