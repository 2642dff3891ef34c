"""The inbox of a service: events take effect once, in one transaction with the memory that they did.

The ids of a batch are inserted first. An id that is there already is an event that was handled; an id that
another transaction is inserting makes us wait for its end. So a redelivery, a zombie consumer and a replay
change nothing twice, without fencing.

What one poll brings is tried in one transaction; what breaks is tried partition by partition, and in the partition
that breaks event by event.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import text

from shared import parking, positions
from shared.broker import Partition, Record
from shared.contracts import Event, UnknownEvent
from shared.crash import crash_point
from shared.handling import BatchHandler
from shared.telemetry import DUPLICATES, PARKED
from shared.tolerance import Outcomes, Tolerance
from shared.transient import is_transient
from shared.work.pauses import Pauses

if TYPE_CHECKING:
    from shared.database import Database, WriteSession

log = structlog.get_logger()

_ADMIT = text("""
    INSERT INTO inbox (event_id, received_at) SELECT id, :at FROM unnest(CAST(:ids AS uuid[])) AS i (id) ORDER BY id
    ON CONFLICT DO NOTHING RETURNING event_id
""")

PAUSES = Pauses.seconds(0.05, 0.1)
"""Between attempts at an event that fails alone, before it is parked."""


class TooManyParked(RuntimeError):
    """So many in one partition that the fault is ours, not theirs. The consumer stops and says so."""


class Inbox:
    """The inbox of one member of a service's consumer group."""

    def __init__(
        self,
        database: Database,
        *,
        group: str,
        handle: BatchHandler,
        wants: Callable[[str], bool],
        tolerance: Tolerance,
    ) -> None:
        self.database, self.group, self.handle, self.wants = database, group, handle, wants
        self._outcomes: dict[Partition, Outcomes] = defaultdict(lambda: Outcomes(tolerance))
        self._broker = ""
        self._handled_before: dict[Partition, int] = {}

    async def open(self, broker: str, topics: Sequence[str]) -> None:
        """Begins with the broker of this name: finds how far was handled before a restore."""
        self._broker = broker
        self._handled_before = await positions.handled_before(self.database, topics)

    async def take_together(self, batches: Mapping[Partition, Sequence[Record]]) -> bool:
        """Handles all partitions in one transaction. False where that cannot be: then nothing has happened."""
        if len(batches) < 2 or any(partition in self._handled_before for partition in batches):
            return False
        try:
            await self.handle_records([record for records in batches.values() for record in records])
        except Exception as error:
            log.info("inbox.apart", group=self.group, partitions=len(batches), error=type(error).__name__)
            return False
        crash_point("after_effect")
        return True

    async def take(self, partition: Partition, records: Sequence[Record]) -> None:
        """Handles one partition's records; what breaks is tried alone, and parked. Raises what is transient, and
        TooManyParked.
        """
        for part in self._parts(partition, records):
            try:
                await self.handle_records(part)
            except Exception as error:
                if is_transient(error):
                    raise
                for record in part:
                    await self._take_alone(record)
            crash_point("after_effect")

    async def handle_records(self, records: Sequence[Record]) -> None:
        """One transaction for records, each partition's in their order: what is new among them takes effect.

        What nobody here wants is passed over, and not kept in the inbox.
        """
        read: dict[Partition, list[tuple[Event, Record]]] = defaultdict(list)
        wanted: dict[UUID, tuple[Event, Record]] = {}
        repeated = 0
        for record in records:
            event = Event.from_record(record.headers, record.value)
            read[_partition(record)].append((event, record))
            if self.wants(event.type):
                repeated += event.id in wanted
                wanted.setdefault(event.id, (event, record))
        async with self.database.write() as session:
            session.is_again = self._is_again(records)
            known = await self._known(session, list(wanted))
            fresh = [pair for id_, pair in wanted.items() if id_ not in known]
            DUPLICATES.labels(self.group).inc(repeated + len(known))
            blocked = await parking.blocked_keys(session, [record.key for _, record in fresh])
            for _, record in fresh:
                if record.key in blocked:
                    await parking.park(session, record, parking.BEHIND)
            flowing = [pair for pair in fresh if pair[1].key not in blocked]
            if flowing:
                await self.handle(session, [event for event, _ in flowing])
            moves = [positions.moved(pairs[-1][1], [event for event, _ in pairs], known) for pairs in read.values()]
            await positions.move(session, self._broker, moves)
        handled = Counter(_partition(record) for _, record in flowing)
        for partition in read:
            self._outcomes[partition].handled(handled[partition])

    def _parts(self, partition: Partition, records: Sequence[Record]) -> Sequence[Sequence[Record]]:
        """The records that were handled once before a restore, and those that were not: not in one transaction."""
        border = self._handled_before.get(partition, 0)
        if records[0].offset < border:
            before = [record for record in records if record.offset < border]
            return [part for part in (before, records[len(before) :]) if part]
        self._handled_before.pop(partition, None)
        return [records]

    def _is_again(self, records: Sequence[Record]) -> bool:
        return records[0].offset < self._handled_before.get(_partition(records[0]), 0)

    async def _known(self, session: WriteSession, ids: Sequence[UUID]) -> set[UUID]:
        """Admits events to the inbox. Returns the ids of those that it knew."""
        if not ids:
            return set()
        admitted = await session.execute(_ADMIT, {"ids": ids, "at": session.now})
        return set(ids).difference(admitted.scalars())

    async def _take_alone(self, record: Record) -> None:
        for attempt in count(1):
            try:
                await self.handle_records([record])
            except Exception as error:
                if is_transient(error):
                    raise
                pause = None if isinstance(error, UnknownEvent) else PAUSES.after(attempt)
                if pause is not None:
                    await asyncio.sleep(pause.total_seconds())
                    continue
                await self._park(record, error)
            return

    async def _park(self, record: Record, error: Exception) -> None:
        log.error("inbox.parked", group=self.group, key=record.key, offset=record.offset, error=repr(error))
        async with self.database.write() as session:
            events = []
            try:
                events.append(Event.from_record(record.headers, record.value))
                await session.execute(_ADMIT, {"ids": [events[0].id], "at": session.now})
            except UnknownEvent:
                log.warning("inbox.unreadable", group=self.group, offset=record.offset)
            await parking.park(session, record, repr(error))
            move = positions.moved(record, events, known=())
            await positions.move(session, self._broker, [move])
        PARKED.labels(self.group).inc()
        partition = _partition(record)
        if (many := self._outcomes[partition].parked()) is not None:
            del self._outcomes[partition]
            raise TooManyParked(f"{many} of {partition.topic}/{partition.number} could not be handled: {error!r}")


def _partition(record: Record) -> Partition:
    return Partition(record.topic, record.partition)
