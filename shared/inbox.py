"""The inbox consumer: one partition batch, one transaction, and the offset follows the commit.

The ids of a batch are inserted first. An id that is there already is an event that was handled; an id that
another transaction is inserting makes us wait for its end. So a redelivery, a zombie consumer and a replay
change nothing twice, without fencing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import text

from shared import parking
from shared.broker import Broker, BrokerLost, Consumer, Partition, Record
from shared.contracts import Event, UnknownEvent
from shared.crash import crash_point
from shared.handling import BatchHandler
from shared.telemetry import CONSUMED, DUPLICATES, LAG, PARKED
from shared.transient import is_transient

if TYPE_CHECKING:
    from shared.database import Database

log = structlog.get_logger()

_ADMIT = text("""
    INSERT INTO inbox (event_id, received_at) SELECT id, :at FROM unnest(CAST(:ids AS uuid[])) AS i (id)
    ON CONFLICT DO NOTHING RETURNING event_id
""")

ATTEMPTS = 3
"""How often an event that fails alone is tried before it is parked."""


class TooManyParked(RuntimeError):
    """So many in a row that the fault is ours, not theirs. The consumer stops and says so."""


class InboxConsumer:
    """One member of a service's consumer group."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        *,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        batch: int = 500,
        stop_after_parked: int = 50,
        stuck_after: float = 30.0,
    ) -> None:
        self.database, self.broker, self.handle = database, broker, handle
        self.group, self.topics, self.batch = group, topics, batch
        self.stop_after_parked, self.stuck_after = stop_after_parked, stuck_after
        self._moved = 0.0
        self.last_poll = monotonic()
        self.lag: int | None = None
        self._parked_in_a_row = 0
        self._done: dict[Partition, int] = {}
        self._idle = asyncio.Event()
        self._resume_at: dict[Partition, float] = {}
        self._failures: dict[Partition, int] = {}
        self._consumer: Consumer | None = None
        self.held_up: dict[Partition, tuple[float, str]] = {}
        """Partitions whose events fail for a passing reason: since when (monotonic), and the reason."""

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until told to stop. Raises BrokerLost or TooManyParked; a new run starts anew."""
        consumer = self._consumer = self.broker.consumer(self.group, self.topics, drain=self._drain)
        self._done.clear()
        self._resume_at.clear()
        self.held_up.clear()
        self._idle.set()
        self._moved = monotonic()
        next_lag = 0.0
        try:
            await consumer.start()
            while not stop.is_set():
                self._resume_due(consumer)
                batches = await consumer.poll(limit=self.batch, timeout=0.5)
                self.last_poll = monotonic()
                if batches:
                    self._moved = self.last_poll
                await self._consume(consumer, batches)
                await self._commit(consumer)
                if monotonic() > next_lag:
                    await self._look_at_lag(consumer)
                    next_lag = monotonic() + 2
        finally:
            self._idle.set()
            await consumer.stop()

    async def _look_at_lag(self, consumer: Consumer) -> None:
        """What is not known for want of a broker stays as it was: consuming does not depend on it.

        Raises BrokerLost where records wait and none comes: a client that has lost its way begins anew.
        """
        try:
            self.lag = await consumer.lag()
        except BrokerLost as error:
            log.info("inbox.lag_unknown", group=self.group, error=str(error))
            return
        LAG.labels(self.group).set(self.lag)
        if self.lag == 0 or self._resume_at:
            self._moved = monotonic()
        elif monotonic() - self._moved > self.stuck_after:
            raise BrokerLost(f"{self.lag} records wait and none has come for {self.stuck_after:.0f} s")

    async def _drain(self) -> None:
        """Partitions are about to go: finish the batch in hand, then say how far we came."""
        try:
            await asyncio.wait_for(self._idle.wait(), 30)
        except TimeoutError:
            log.warning("inbox.drain_timeout", group=self.group)
        if self._consumer is not None:
            await self._commit(self._consumer)

    async def _consume(self, consumer: Consumer, batches: Mapping[Partition, Sequence[Record]]) -> None:
        self._idle.clear()
        try:
            for partition, records in batches.items():
                try:
                    await self._take(records)
                except Exception as error:
                    if not is_transient(error):
                        raise
                    self._back_off(consumer, partition, records[0].offset, error)
                else:
                    self._done[partition] = records[-1].offset + 1
                    self._failures.pop(partition, None)
                    self.held_up.pop(partition, None)
                    CONSUMED.labels(self.group, partition.topic).inc(len(records))
        finally:
            self._idle.set()

    async def _take(self, records: Sequence[Record]) -> None:
        try:
            await self._handle(records)
        except Exception as error:
            if is_transient(error):
                raise
            for record in records:
                await self._take_alone(record)
        crash_point("after_effect")

    async def _handle(self, records: Sequence[Record]) -> None:
        pairs: dict[UUID, tuple[Event, Record]] = {}
        for record in records:
            event = Event.from_record(record.headers, record.value)
            pairs.setdefault(event.id, (event, record))
        async with self.database.write() as session:
            rows = await session.execute(_ADMIT, {"ids": list(pairs), "at": session.now})
            admitted = set(rows.scalars())
            fresh = [pair for id_, pair in pairs.items() if id_ in admitted]
            DUPLICATES.labels(self.group).inc(len(records) - len(fresh))
            blocked = await parking.blocked_keys(session, [record.key for _, record in fresh])
            for _, record in fresh:
                if record.key in blocked:
                    await parking.park(session, record, parking.BEHIND)
            flowing = [event for event, record in fresh if record.key not in blocked]
            if flowing:
                await self.handle(session, flowing)
        if flowing:
            self._parked_in_a_row = 0

    async def _take_alone(self, record: Record) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._handle([record])
            except Exception as error:
                if is_transient(error):
                    raise
                if attempt < ATTEMPTS and not isinstance(error, UnknownEvent):
                    await asyncio.sleep(0.05 * attempt)
                    continue
                await self._park(record, error)
            return

    async def _park(self, record: Record, error: Exception) -> None:
        log.error("inbox.parked", group=self.group, key=record.key, offset=record.offset, error=repr(error))
        async with self.database.write() as session:
            try:
                event = Event.from_record(record.headers, record.value)
                await session.execute(_ADMIT, {"ids": [event.id], "at": session.now})
            except UnknownEvent:
                log.warning("inbox.unreadable", group=self.group, offset=record.offset)
            await parking.park(session, record, repr(error))
        PARKED.labels(self.group).inc()
        self._parked_in_a_row += 1
        if self._parked_in_a_row >= self.stop_after_parked:
            raise TooManyParked(f"{self._parked_in_a_row} events in a row could not be handled: {error!r}")

    def _back_off(self, consumer: Consumer, partition: Partition, offset: int, error: Exception) -> None:
        failures = self._failures[partition] = self._failures.get(partition, 0) + 1
        seconds = min(0.1 * 2**failures, 15.0)
        log.warning("inbox.retry", group=self.group, partition=partition, seconds=seconds, error=repr(error))
        consumer.rewind(partition, offset)
        consumer.pause(partition)
        self._resume_at[partition] = monotonic() + seconds
        since, _ = self.held_up.get(partition, (monotonic(), ""))
        self.held_up[partition] = since, type(error).__name__

    def _resume_due(self, consumer: Consumer) -> None:
        for partition, at in list(self._resume_at.items()):
            if monotonic() >= at:
                del self._resume_at[partition]
                consumer.resume(partition)

    async def _commit(self, consumer: Consumer) -> None:
        if not self._done:
            return
        offsets, self._done = self._done, {}
        try:
            await consumer.commit(offsets)
        except BrokerLost as error:
            # Not ours any longer, or the broker is away: whoever reads them again finds them in the inbox.
            log.info("inbox.commit_lost", group=self.group, error=str(error))
