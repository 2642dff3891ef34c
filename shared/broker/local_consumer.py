"""A member of a group of the local broker's consumers."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from time import monotonic

from shared.broker.local_log import LocalLog
from shared.broker.protocol import BrokerLost, Drain, Partition, Record
from shared.ids import new_id

_READ = """
    SELECT r.topic, r.partition, r."offset", r.key, r.value, r.headers
    FROM unnest($1::text[], $2::int[], $3::bigint[]) AS c (topic, partition, position)
    JOIN LATERAL (
        SELECT * FROM broker_record r
        WHERE r.topic = c.topic AND r.partition = c.partition AND r."offset" >= c.position
        ORDER BY r."offset" LIMIT $4) r ON true
    LIMIT $4
"""
_COMMIT = """
    INSERT INTO broker_offset ("group", topic, partition, next_offset)
    SELECT $1, o.topic, o.partition, o.next_offset
    FROM unnest($3::text[], $4::int[], $5::bigint[]) AS o (topic, partition, next_offset)
    JOIN broker_claim c ON c."group" = $1 AND c.topic = o.topic AND c.partition = o.partition AND c.member = $2
    FOR SHARE OF c
    ON CONFLICT ("group", topic, partition) DO UPDATE SET next_offset = excluded.next_offset
    RETURNING topic
"""
_HEARTBEAT = """
    INSERT INTO broker_member VALUES ($1, $2, clock_timestamp())
    ON CONFLICT ("group", member) DO UPDATE SET seen_at = excluded.seen_at
    RETURNING xmax = 0 AS joined
"""
_FORGET = 'DELETE FROM broker_member WHERE "group" = $1 AND seen_at < clock_timestamp() - $2::interval'
_MEMBERS = 'SELECT member FROM broker_member WHERE "group" = $1 ORDER BY member'
_RELEASE = """
    DELETE FROM broker_claim c WHERE "group" = $1 AND member = $2 AND NOT EXISTS (
        SELECT FROM unnest($3::text[], $4::int[]) AS p (topic, partition)
        WHERE c.topic = p.topic AND c.partition = p.partition)
"""
_CLAIM = """
    INSERT INTO broker_claim AS c ("group", topic, partition, member)
    SELECT $1, topic, partition, $2 FROM unnest($3::text[], $4::int[]) AS p (topic, partition)
    ORDER BY topic, partition
    ON CONFLICT ("group", topic, partition) DO UPDATE SET member = excluded.member
    WHERE c.member = $2 OR NOT EXISTS (
        SELECT FROM broker_member m WHERE m."group" = $1 AND m.member = c.member)
    RETURNING topic, partition
"""
_POSITIONS = 'SELECT topic, partition, next_offset FROM broker_offset WHERE "group" = $1'
_ENDS = "SELECT topic, number, next_offset FROM broker_partition WHERE topic = ANY($1)"


class LocalConsumer:
    def __init__(self, log: LocalLog, group: str, topics: Sequence[str], drain: Drain | None) -> None:
        self.log, self.group, self.topics, self._drain = log, group, topics, drain
        self.member = str(new_id())
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._balanced_at = 0.0
        self._reads = 0

    async def start(self) -> None:
        await self._balance()

    async def stop(self) -> None:
        async with self.log.connection() as connection:
            await connection.execute(
                'DELETE FROM broker_member WHERE "group" = $1 AND member = $2', self.group, self.member
            )
            await connection.execute(
                'DELETE FROM broker_claim WHERE "group" = $1 AND member = $2', self.group, self.member
            )

    async def _balance(self) -> None:
        """Reports that this member lives, gives up partitions beyond its share, and takes free ones within it.

        What is given up is committed first and by itself, so that two members that exchange partitions do
        not wait for each other.
        """
        async with self.log.connection() as connection:
            joined = await connection.fetchval(_HEARTBEAT, self.group, self.member)
            if joined:
                # New, or forgotten after a silence: others may have come further with what was ours.
                self._positions.clear()
            await connection.execute(_FORGET, self.group, self.log.silence)
            members = [row["member"] for row in await connection.fetch(_MEMBERS, self.group)]
        every = sorted(Partition(t, n) for t in self.topics for n in range(self.log.partitions))
        share = set(every[members.index(self.member) :: len(members)])
        surplus = [p for p in self._positions if p not in share]
        if surplus and self._drain is not None:
            await self._drain()
        if surplus or joined:
            async with self.log.connection() as connection:
                await connection.execute(_RELEASE, self.group, self.member, *_columns(sorted(share)))
        async with self.log.connection() as connection:
            rows = await connection.fetch(_CLAIM, self.group, self.member, *_columns(sorted(share)))
            held = {Partition(*row) for row in rows}
            committed = {Partition(r[0], r[1]): r[2] for r in await connection.fetch(_POSITIONS, self.group)}
        self._positions = {p: self._positions.get(p, committed.get(p, 0)) for p in held}
        self._paused &= held
        self._balanced_at = monotonic()

    async def poll(self, *, limit: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        until = monotonic() + timeout
        while True:
            if monotonic() - self._balanced_at > self.log.silence.total_seconds() / 6:
                await self._balance()
            batches = await self._read(limit)
            left = until - monotonic()
            if batches or left <= 0:
                return batches
            await self._wait(min(left, 0.1))

    async def _wait(self, seconds: float) -> None:
        async with self.log.published:
            try:
                await asyncio.wait_for(self.log.published.wait(), seconds)
            except TimeoutError:
                return

    async def _read(self, limit: int) -> dict[Partition, list[Record]]:
        turn = self._reads = self._reads + 1
        open_ = [p for p in self._positions if p not in self._paused]
        # Each read begins at another partition, or a full one would keep the others waiting.
        wanted = open_[turn % len(open_) :] + open_[: turn % len(open_)] if open_ else []
        async with self.log.connection() as connection:
            rows = await connection.fetch(_READ, *_columns(wanted), [self._positions[p] for p in wanted], limit)
        batches: dict[Partition, list[Record]] = defaultdict(list)
        for topic, partition, offset, key, value, headers in rows:
            record = as_record(topic, partition, offset, key, value, headers)
            batches[Partition(topic, partition)].append(record)
        for partition, records in batches.items():
            self._positions[partition] = records[-1].offset + 1
        return dict(batches)

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        if not offsets:
            return
        async with self.log.connection() as connection:
            done = await connection.fetch(
                _COMMIT, self.group, self.member, *_columns(list(offsets)), list(offsets.values())
            )
        if len(done) < len(offsets):
            raise BrokerLost("a partition is another member's now")

    def rewind(self, partition: Partition, offset: int) -> None:
        if partition in self._positions:
            self._positions[partition] = offset

    def pause(self, partition: Partition) -> None:
        self._paused.add(partition)

    def resume(self, partition: Partition) -> None:
        self._paused.discard(partition)

    async def lag(self) -> int:
        async with self.log.connection() as connection:
            ends = await connection.fetch(_ENDS, list(self.topics))
        return sum(end - self._positions.get(Partition(topic, number), end) for topic, number, end in ends)


def _columns(partitions: Sequence[Partition]) -> tuple[list[str], list[int]]:
    return [p.topic for p in partitions], [p.number for p in partitions]


def as_record(topic: str, partition: int, offset: int, key: str, value: bytes | None, headers: str) -> Record:
    pairs = [(name, text.encode("latin-1")) for name, text in json.loads(headers)]
    return Record(topic, key, value, pairs, partition, offset)
