"""Reading of the log by subject: each event as the newest version of its type tells it.

Whoever asks for a type gets the events of all its versions, so that nobody else matches the types of rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts import Event, Payload, as_newest, parse
from shared.contracts.upcasting import versions
from shared.handling import Fact
from shared.security.customer_links import masked_event

COLUMNS = "event_id, type, source, key, time, sequence, data, traceparent, subject, actor"
"""What `as_event` takes."""

_ABOUT = text(f"""
    SELECT {COLUMNS} FROM event_log
    WHERE subject = ANY(CAST(:subjects AS uuid[])) AND (:all OR type = ANY(CAST(:types AS text[]))) ORDER BY id
""")


def as_event(row: Row[Any]) -> Event:
    """Without the links that an old row may hold. Raises UnknownEvent where an old version does not hold."""
    r, said = row, masked_event(row.data).encode()
    return as_newest(
        Event(r.event_id, r.type, r.source, r.key, r.time, r.sequence, said, r.traceparent, r.subject, r.actor)
    )


async def events_about(session: AsyncSession, subjects: Iterable[UUID], *payloads: type[Payload]) -> list[Event]:
    """Every event about these, in order; where `payloads` are named, of their types alone. Raises UnknownEvent."""
    types = [version for payload in payloads for version in versions(payload.type)]
    values = {"subjects": list(subjects), "types": types, "all": not payloads}
    return [as_event(row) for row in await session.execute(_ABOUT, values)]


async def facts_about(session: AsyncSession, subjects: Iterable[UUID], *payloads: type[Payload]) -> list[Fact]:
    """As `events_about`, each with its payload. Raises UnknownEvent."""
    return [Fact(event, parse(event)) for event in await events_about(session, subjects, *payloads)]
