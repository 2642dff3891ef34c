"""The local broker: a durable log in PostgreSQL with partitions, offsets and groups, for one machine.

A partition's row is locked while records are appended to it, so offsets are gapless and become visible in
order. A group's members share partitions by claims that end when their holder falls silent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from zlib import crc32

from shared.broker import local_survey
from shared.broker.local_consumer import LocalConsumer
from shared.broker.local_log import LocalLog
from shared.broker.protocol import BrokerLost, Consumer, Drain, Partition, Record, Survey

_TAKE_OFFSETS = """
    UPDATE broker_partition SET next_offset = next_offset + $3 WHERE topic = $1 AND number = $2
    RETURNING next_offset - $3
"""
_APPEND = """
    INSERT INTO broker_record (topic, partition, "offset", key, value, headers)
    SELECT $1, $2, $3 + n - 1, key, value, headers
    FROM unnest($4::text[], $5::bytea[], $6::text[]) WITH ORDINALITY AS r (key, value, headers, n)
"""


class LocalBroker(LocalLog):
    """The broker on PostgreSQL."""

    async def publish(self, records: Sequence[Record]) -> None:
        groups: dict[Partition, list[Record]] = defaultdict(list)
        for record in records:
            groups[Partition(record.topic, crc32(record.key.encode()) % self.partitions)].append(record)
        async with self.connection() as connection:
            for partition, group in sorted(groups.items()):
                first = await connection.fetchval(_TAKE_OFFSETS, *partition, len(group))
                if first is None:
                    raise BrokerLost(f"no such topic: {partition.topic}")
                headers = [json.dumps([[n, v.decode("latin-1")] for n, v in r.headers]) for r in group]
                await connection.execute(
                    _APPEND, *partition, first, [r.key for r in group], [r.value for r in group], headers
                )
        async with self.published:
            self.published.notify_all()

    def consumer(self, group: str, topics: Sequence[str], *, drain: Drain | None = None) -> Consumer:
        return LocalConsumer(self, group, topics, drain)

    async def survey(self, group: str, topics: Sequence[str]) -> Survey:
        return await local_survey.survey(self, group, topics)

    async def set_back(self, group: str, offsets: Mapping[Partition, int]) -> None:
        await local_survey.set_back(self, group, offsets)

    def history(self, topic: str, since: datetime) -> AsyncIterator[Sequence[Record]]:
        return local_survey.history(self, topic, since)

    async def answers(self) -> None:
        async with self.connection() as connection:
            await connection.execute("SELECT 1")
