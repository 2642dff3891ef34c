"""The local broker looked at from outside a group: what is kept, where a group goes on, what was told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from shared.broker.local_consumer import as_record
from shared.broker.local_log import LocalLog
from shared.broker.protocol import Bounds, BrokerLost, Partition, Record, Survey

PIECE = 1000
"""Records read at once."""

_NAME = "SELECT id FROM broker_identity"
_BOUNDS = """
    SELECT p.topic, p.number, p.next_offset, o.next_offset AS committed,
           coalesce((SELECT min(r."offset") FROM broker_record r WHERE r.topic = p.topic AND r.partition = p.number),
                    p.next_offset) AS first
    FROM broker_partition p
    LEFT JOIN broker_offset o ON o."group" = $1 AND o.topic = p.topic AND o.partition = p.number
    WHERE p.topic = ANY($2)
"""
_MEMBERS = 'SELECT count(*) FROM broker_member WHERE "group" = $1 AND seen_at >= clock_timestamp() - $2::interval'
_SET_BACK = """
    INSERT INTO broker_offset ("group", topic, partition, next_offset)
    SELECT $1, * FROM unnest($2::text[], $3::int[], $4::bigint[])
    ON CONFLICT ("group", topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""
_HISTORY = """
    SELECT partition, "offset", key, value, headers FROM broker_record
    WHERE topic = $1 AND published_at >= $2 AND (partition, "offset") > ($3, $4)
    ORDER BY partition, "offset" LIMIT $5
"""


async def survey(log: LocalLog, group: str, topics: Sequence[str]) -> Survey:
    async with log.connection() as connection:
        name = await connection.fetchval(_NAME)
        rows = await connection.fetch(_BOUNDS, group, list(topics))
    found = {Partition(topic, number): Bounds(first, end, at) for topic, number, end, at, first in rows}
    return Survey(str(name), found)


async def set_back(log: LocalLog, group: str, offsets: Mapping[Partition, int]) -> None:
    async with log.connection() as connection:
        if await connection.fetchval(_MEMBERS, group, log.silence):
            raise BrokerLost(f"{group} has members: it can be set back when they have left")
        topics, numbers = [p.topic for p in offsets], [p.number for p in offsets]
        await connection.execute(_SET_BACK, group, topics, numbers, list(offsets.values()))


async def history(log: LocalLog, topic: str, since: datetime) -> AsyncIterator[Sequence[Record]]:
    place = (-1, -1)
    while True:
        async with log.connection() as connection:
            rows = await connection.fetch(_HISTORY, topic, since, *place, PIECE)
        if not rows:
            return
        place = rows[-1]["partition"], rows[-1]["offset"]
        yield [as_record(topic, *row) for row in rows]
