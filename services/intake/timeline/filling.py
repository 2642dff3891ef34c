"""The filling of columns of timeline entries that the version before wrote, in pieces."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text

from services.intake.timeline.sorting import Audience, EntryKind, Sorted, sort
from shared import bulk
from shared.contracts import CustomerPayload, Event, UnknownEvent, parse
from shared.waiting import wait_for

if TYPE_CHECKING:
    from shared.database import Database
    from shared.service import Workplace

EVERY = 600.0
"""Seconds between two rounds: the version before may go on writing while an upgrade rolls."""
PIECE = 2000
"""Rows that one transaction fills."""

_UNSORTED = text("""
    SELECT event_id, customer_id, recorded_at, source, type, sequence, data FROM timeline_entry
    WHERE kind IS NULL ORDER BY event_id LIMIT :piece FOR UPDATE SKIP LOCKED
""")
_TYPES = {
    "event_id": "uuid",
    "kind": "text",
    "channel": "text",
    "case_id": "uuid",
    "subject": "uuid",
    "audience": "text",
}
_FILL = text(bulk.update("timeline_entry", _TYPES, list(_TYPES)[1:], key="event_id"))


class Filled(NamedTuple):
    event_id: UUID
    kind: str
    channel: str | None
    case_id: UUID | None
    subject: UUID
    audience: str


async def run(workplace: Workplace, stop: asyncio.Event) -> None:
    """The loop: fills what is empty, and looks again after a while."""
    while not stop.is_set():
        await fill(workplace.database)
        await wait_for(stop, EVERY)


async def fill(database: Database) -> int:
    """Fills the columns of all entries that have none. Returns how many there were."""
    filled = 0
    while True:
        async with database.engine.begin() as connection:
            rows = (await connection.execute(_UNSORTED, {"piece": PIECE})).all()
            if rows:
                found = [Filled(row.event_id, *_sorted(row)) for row in rows]
                await connection.execute(_FILL, bulk.columns(found, _TYPES))
        filled += len(rows)
        if len(rows) < PIECE:
            return filled


def _sorted(row: Row[Any]) -> Sorted:
    """What nobody can read any more is about the customer, and ours."""
    key = str(row.customer_id)
    event = Event(row.event_id, row.type, row.source, key, row.recorded_at, row.sequence, row.data.encode())
    with suppress(UnknownEvent):
        if isinstance(payload := parse(event), CustomerPayload):
            return sort(payload)
    return Sorted(EntryKind.CUSTOMER, None, None, row.customer_id, Audience.US)
