"""The relay: from a service's event log to the broker, in commit order for each customer.

One leader a service takes what waits in id order, publishes it, and only then deletes the ids from the
outbox. A crash between the two publishes again; the consumers' inbox knows an event it has seen.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.broker import Broker, Record
from shared.contracts import Event
from shared.crash import crash_point
from shared.pace import Pace
from shared.parking import unpack
from shared.security.customer_links import masked_event
from shared.signals import EVENTS
from shared.telemetry import OUTBOX_AGE, PUBLISHED

if TYPE_CHECKING:
    from shared.database import Database

_WAITING = text("""
    SELECT l.id, l.topic, l.event_id, l.type, l.source, l.key, l.time, l.sequence, l.data, l.traceparent, l.subject,
           l.actor
    FROM outbox JOIN event_log l USING (id) ORDER BY outbox.id LIMIT :limit
""")
_SENT = text("DELETE FROM outbox WHERE id = ANY(CAST(:ids AS bigint[]))")
_DEAD = text("""
    SELECT id, topic, key, headers, value, reason FROM parked_event
    WHERE NOT dead_letter_sent ORDER BY id LIMIT :limit
""")
_DEAD_SENT = text("UPDATE parked_event SET dead_letter_sent = true WHERE id = ANY(CAST(:ids AS bigint[]))")
_OLDEST = text("SELECT l.time FROM outbox JOIN event_log l USING (id) ORDER BY outbox.id LIMIT 1")


class Relay:
    def __init__(self, database: Database, broker: Broker, *, batch: int = 2000, idle: float = 0.1) -> None:
        self.database, self.broker, self.batch, self.idle = database, broker, batch, idle
        self._dead_letters_at, self._pace = 0.0, Pace()

    async def step(self) -> None:
        """Publishes what waits, or waits up to `idle` seconds for something to come."""
        await self._pace.keep()
        self.database.signals.of(EVENTS).clear()
        self.database.signals.serve(EVENTS)
        sent = await self.publish_waiting()
        if not sent or monotonic() >= self._dead_letters_at:  # rare, so a busy relay looks once a second
            sent += await self._publish_dead_letters()
            self._dead_letters_at = monotonic() + 1
        if not sent:
            await self.database.signals.wait(EVENTS, deaf=self.idle)

    async def publish_waiting(self) -> int:
        """One batch. Returns how many events were published."""
        async with self.database.alone.connect() as connection:
            rows = (await connection.execute(_WAITING, {"limit": self.batch})).all()
        if not rows:
            return 0
        records = []
        for _, topic, event_id, type_, source, key, time, sequence, data, traceparent, subject, actor in rows:
            said = masked_event(data).encode()
            event = Event(event_id, type_, source, key, time, sequence, said, traceparent, subject, actor)
            records.append(Record(topic, key, event.data, event.headers()))
        crash_point("before_publish")
        await self.broker.publish(records)
        crash_point("after_publish")
        async with self.database.alone.connect() as connection:
            await connection.execute(_SENT, {"ids": [row[0] for row in rows]})
        PUBLISHED.labels(self.database.source).inc(len(rows))
        return len(rows)

    async def _publish_dead_letters(self) -> int:
        async with self.database.alone.connect() as connection:
            rows = (await connection.execute(_DEAD, {"limit": 100})).all()
        if not rows:
            return 0
        await self.broker.publish(
            [
                Record(
                    f"{row.topic}.dlt",
                    row.key,
                    row.value,
                    [*unpack(row.headers), ("kept_reason", row.reason.encode(errors="replace"))],
                )
                for row in rows
            ]
        )
        async with self.database.alone.connect() as connection:
            await connection.execute(_DEAD_SENT, {"ids": [row.id for row in rows]})
        return len(rows)


async def oldest_unpublished(database: Database) -> datetime | None:
    """The time of the oldest event that the relay has not published yet."""
    async with database.alone.connect() as connection:
        oldest: datetime | None = (await connection.execute(_OLDEST)).scalar_one_or_none()
    age = (database.clock.now() - oldest).total_seconds() if oldest else 0.0
    OUTBOX_AGE.labels(database.source).set(max(age, 0.0))
    return oldest
