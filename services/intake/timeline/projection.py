"""The timeline as a projection: every event of every service, filed under its customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.intake.timeline.sorting import sort
from shared import bulk
from shared.contracts import CustomerPayload, Event, event_types
from shared.database import WriteSession
from shared.handling import Fact, Reaction, Work

TOPICS = ("kept.intake", "kept.commitments", "kept.notifications", "kept.feedback")

_TYPES = {
    "event_id": "uuid",
    "customer_id": "uuid",
    "occurred_at": "timestamptz",
    "recorded_at": "timestamptz",
    "source": "text",
    "type": "text",
    "sequence": "bigint",
    "data": "text",
    "kind": "text",
    "channel": "text",
    "case_id": "uuid",
    "subject": "uuid",
    "audience": "text",
}
_STORE = text(f"{bulk.insert('timeline_entry', _TYPES)} ON CONFLICT (event_id) DO NOTHING")


class Line(NamedTuple):
    """A row of the timeline, in the order of its columns."""

    event_id: UUID
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    source: str
    type: str
    sequence: int
    data: str
    kind: str
    channel: str | None
    case_id: UUID | None
    subject: UUID
    audience: str


async def _gather(_: WriteSession, __: Sequence[Fact]) -> list[Line]:
    return []


async def _write(session: WriteSession, lines: list[Line]) -> None:
    await session.execute(_STORE, bulk.columns(lines, _TYPES))


projection = Reaction(_gather, _write)


@projection.on(*(told for told in event_types().values() if issubclass(told, CustomerPayload)))
def file(lines: list[Line], _: Work, event: Event, said: CustomerPayload) -> None:
    """Under the time at which it happened: by the provider's clock where there is one, else by ours."""
    at = getattr(said, "occurred_at", event.time)
    row = event.id, said.customer_id, at, event.time, event.source, event.type, event.sequence
    lines.append(Line(*row, event.data.decode(), *sort(said)))
