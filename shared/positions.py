"""Positions: how far a service has read each partition, kept beside what it made of it.

A batch and its position are one transaction. The broker's own memory of the group's offsets follows the commit, so
in a database that was never set back it is not ahead. Where it is, the database was restored: the group is set back to
the database's position before a member joins, and what is handled until it has caught up was handled once before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import text

from shared.broker import Bounds, Broker, Partition, Record, Survey
from shared.bulk import columns, unnest
from shared.contracts import Event

if TYPE_CHECKING:
    from shared.database import Database, ReadSession, WriteSession

log = structlog.get_logger()

MARGIN = timedelta(minutes=10)
"""An event's time is when its transaction began, and those around it may have been told in another order."""

_STORED = text("""
    SELECT topic, partition, next_offset, broker, event_time, handled_before, replay_from FROM consumer_position
    WHERE topic = ANY(CAST(:topics AS text[]))
""")
_PLACE = text("""
    INSERT INTO consumer_position (topic, partition, next_offset, broker, event_time, handled_before, replay_from)
    VALUES (:topic, :partition, :next_offset, :broker, :event_time, :handled_before, :replay_from)
    ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, broker = excluded.broker,
        handled_before = excluded.handled_before, replay_from = excluded.replay_from
""")
# The first event of a replay is the last one that was handled, or an earlier one: those after it follow.
_MOVED = {
    "topic": "text",
    "partition": "integer",
    "next_offset": "bigint",
    "event_time": "timestamptz",
    "earliest": "timestamptz",
    "earliest_known": "timestamptz",
}
_MOVE = text(f"""
    WITH moved AS (SELECT * FROM {unnest(_MOVED)}), stored AS (
        SELECT p.topic, p.partition, p.replay_from FROM consumer_position p JOIN moved USING (topic, partition)
        ORDER BY p.topic, p.partition FOR UPDATE OF p
    )
    INSERT INTO consumer_position AS p (topic, partition, next_offset, broker, event_time, replay_from)
    SELECT m.topic, m.partition, m.next_offset, :broker, m.event_time,
           CASE WHEN m.earliest < s.replay_from + CAST(:margin AS interval)
                  OR m.earliest_known <= s.replay_from + CAST(:margin AS interval) THEN NULL
                ELSE s.replay_from END
    FROM moved m LEFT JOIN stored s USING (topic, partition) ORDER BY m.topic, m.partition
    ON CONFLICT (topic, partition) DO UPDATE SET
        next_offset = CASE WHEN p.broker = excluded.broker THEN greatest(p.next_offset, excluded.next_offset)
                           ELSE excluded.next_offset END,
        broker = excluded.broker, event_time = greatest(p.event_time, excluded.event_time),
        replay_from = excluded.replay_from
""")
_HANDLES = text("SELECT EXISTS (SELECT FROM inbox)")
_TO_REPLAY = text("""
    SELECT topic, min(replay_from) AS since FROM consumer_position WHERE replay_from IS NOT NULL
    GROUP BY topic ORDER BY topic
""")


class Position(NamedTuple):
    """A position. `event_time` is of the newest event handled; all before `handled_before` was handled once already."""

    next_offset: int
    broker: str
    event_time: datetime | None
    handled_before: int = 0
    replay_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """The place where a partition is read on. `goes_back`: the broker remembers another one, and has to be told."""

    position: Position
    goes_back: bool = False


Restored = Callable[["WriteSession", Broker, datetime], Awaitable[None]]
"""What a service does, once, in a database that was set back to an instant: before it handles anything again."""


def place(stored: Position | None, bounds: Bounds, broker: str, *, trusts_broker: bool) -> Placed | None:
    """Decides where to go on in one partition; None where it is as it stands. Pure.

    `trusts_broker`: the database has handled events, and was made before positions were kept in it. In any other one a
    partition without a position is one of which nothing was handled.
    """
    if stored is None:
        start = bounds.committed if trusts_broker and bounds.committed is not None else bounds.first
        goes_back = bounds.committed is not None and bounds.committed > start
        before = bounds.committed if goes_back and bounds.committed else 0
        return Placed(Position(start, broker, None, before), goes_back)
    if stored.broker != broker or stored.next_offset > bounds.end:  # another log: its numbers mean nothing here
        gone = stored.replay_from or _before(stored)
        return Placed(Position(bounds.first, broker, stored.event_time, 0, gone), goes_back=bool(bounds.committed))
    start = max(stored.next_offset, bounds.first)
    gone = _before(stored) if bounds.first > stored.next_offset else stored.replay_from
    goes_back = bounds.committed is not None and bounds.committed > start
    handled_before = bounds.committed if goes_back and bounds.committed else stored.handled_before
    position = stored._replace(next_offset=start, handled_before=handled_before, replay_from=gone)
    return Placed(position, goes_back) if position != stored or goes_back else None


def _before(stored: Position) -> datetime | None:
    return stored.event_time - MARGIN if stored.event_time else None


async def align(
    database: Database, broker: Broker, group: str, topics: Sequence[str], restored: Restored | None
) -> Survey:
    """Aligns the group with the database before a member joins. Raises BrokerLost."""
    survey = await broker.survey(group, topics)
    async with database.write() as session:
        stored = await _stored(session, topics)
        trusts_broker = not stored and (await session.execute(_HANDLES)).scalar_one()
        found = {
            partition: placed
            for partition, bounds in survey.partitions.items()
            if (placed := place(stored.get(partition), bounds, survey.broker, trusts_broker=trusts_broker))
        }
        for partition, placed in found.items():
            values = {"topic": partition.topic, "partition": partition.number, **placed.position._asdict()}
            await session.execute(_PLACE, values)
        back = {partition: placed.position.next_offset for partition, placed in found.items() if placed.goes_back}
        if back and restored is not None:
            times = [at.event_time for at in stored.values() if at.event_time]
            await restored(session, broker, max(times) if times else datetime.fromtimestamp(0, session.now.tzinfo))
    if back:
        log.warning("positions.set_back", group=group, partitions=len(back))
        await broker.set_back(group, back)
    return survey


async def handled_before(database: Database, topics: Sequence[str]) -> dict[Partition, int]:
    """Up to where each partition was handled once already, before the database was restored."""
    async with database.read() as session:
        stored = await _stored(session, topics)
    return {partition: at.handled_before for partition, at in stored.items() if at.handled_before > at.next_offset}


async def _stored(session: ReadSession, topics: Sequence[str]) -> Mapping[Partition, Position]:
    rows = await session.execute(_STORED, {"topics": list(topics)})
    return {Partition(topic, number): Position(*rest) for topic, number, *rest in rows}


class Move(NamedTuple):
    """A move of one partition's position to `next_offset`, behind events whose times these are."""

    topic: str
    partition: int
    next_offset: int
    event_time: datetime | None
    earliest: datetime | None
    earliest_known: datetime | None
    """The earliest time of those that had been handled before."""


def moved(last: Record, events: Sequence[Event], known: Container[UUID]) -> Move:
    """The move behind a partition's record and its events, of which those in `known` had been handled before."""
    times, before = [event.time for event in events], [event.time for event in events if event.id in known]
    latest, earliest = max(times, default=None), min(times, default=None)
    return Move(last.topic, last.partition, last.offset + 1, latest, earliest, min(before, default=None))


async def move(session: WriteSession, broker: str, moves: Sequence[Move]) -> None:
    """Moves positions in the transaction that handles what lies before them: one statement."""
    await session.execute(_MOVE, {**columns(moves, _MOVED), "broker": broker, "margin": MARGIN})


async def to_replay(session: ReadSession) -> list[str]:
    """The commands that bring back what is gone from the broker, one for each service that told it."""
    rows = await session.execute(_TO_REPLAY)
    return [f"kept replay {row.topic.removeprefix('kept.')} --since {row.since.isoformat()}" for row in rows]
