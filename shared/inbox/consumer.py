"""The loop that reads a service's topics into its inbox; the offsets follow the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from shared import positions
from shared.broker import Broker, BrokerLost, Consumer, Partition, Record
from shared.handling import BatchHandler, every_type
from shared.inbox.inbox import Inbox
from shared.pace import Pace
from shared.telemetry import CONSUMED, LAG
from shared.tolerance import TOLERANCE, Tolerance
from shared.transient import is_transient
from shared.waiting import wait_for

if TYPE_CHECKING:
    from shared.database import Database

log = structlog.get_logger()


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
        wants: Callable[[str], bool] = every_type,
        restored: positions.Restored | None = None,
        batch: int = 500,
        tolerance: Tolerance = TOLERANCE,
        stuck_after: float = 30.0,
    ) -> None:
        self.database, self.broker, self.restored = database, broker, restored
        self.group, self.topics, self.batch = group, topics, batch
        self.inbox = Inbox(database, group=group, handle=handle, wants=wants, tolerance=tolerance)
        self.stuck_after = stuck_after
        self._moved = 0.0
        self.last_poll = monotonic()
        self.lag: int | None = None
        self._done: dict[Partition, int] = {}
        self._idle = asyncio.Event()
        self._resume_at: dict[Partition, float] = {}
        self._failures: dict[Partition, int] = {}
        self._consumer: Consumer | None = None
        self.placed = asyncio.Event()
        """Set when the database is known to be no older than what the broker remembers of us."""
        self.held_up: dict[Partition, tuple[float, str]] = {}
        """Partitions whose events fail for a passing reason: since when (monotonic), and the reason."""

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until told to stop. Raises BrokerLost or TooManyParked; a new run starts anew."""
        survey = await positions.align(self.database, self.broker, self.group, self.topics, self.restored)
        await self.inbox.open(survey.broker, self.topics)
        self.placed.set()
        consumer = self._consumer = self.broker.consumer(self.group, self.topics, drain=self._drain)
        self._done.clear()
        self._resume_at.clear()
        self.held_up.clear()
        self._idle.set()
        self._moved = monotonic()
        next_lag, pace = 0.0, Pace()
        try:
            await consumer.start()
            while not stop.is_set():
                self._resume_due(consumer)
                await pace.keep()
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
        if not await wait_for(self._idle, 30):
            log.warning("inbox.drain_timeout", group=self.group)
        if self._consumer is not None:
            await self._commit(self._consumer)

    async def _consume(self, consumer: Consumer, batches: Mapping[Partition, Sequence[Record]]) -> None:
        self._idle.clear()
        try:
            together = await self.inbox.take_together(batches)
            for partition, records in batches.items():
                try:
                    if not together:
                        await self.inbox.take(partition, records)
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
