"""The messages that a batch of events may touch: loaded and locked in one statement, written in two."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notifications.hearing.picture import Asked, Picture
from services.notifications.messages.packing import pack, stored
from services.notifications.people import recipients
from services.notifications.tables import MESSAGES
from shared import bulk
from shared.contracts.commitments import (
    Commitment,
    CommitmentFulfilled,
    CommitmentJoined,
    CommitmentResumed,
    CommitmentStated,
    CommitmentWithdrawn,
)
from shared.contracts.intake import InteractionReceived
from shared.database import WriteSession
from shared.handling import Fact

_TYPES = {
    "id": "uuid",
    "customer_id": "uuid",
    "template": "text",
    "cause_id": "uuid",
    "once_for": "uuid",
    "commitment_id": "uuid",
    "case_id": "uuid",
    "details": "jsonb",
    "traceparent": "text",
    "state": "text",
    "created_at": "timestamptz",
    "next_attempt_at": "timestamptz",
    "expires_at": "timestamptz",
}
RECENT = timedelta(days=7)
"""Time in which thanks wait to be sent at most, and in which an event comes again that was handled."""
_CHANGED = ("once_for", "commitment_id", "case_id", "details", "traceparent", "next_attempt_at", "expires_at")
_COLUMNS = ", ".join(_TYPES)
# Thanks that wait can be added to and mended; those that have left are known by what they said.
_LOCK = text(f"""
    SELECT {_COLUMNS} FROM notification WHERE id IN (
        SELECT id FROM notification WHERE once_for = ANY(CAST(:once AS uuid[]))
        UNION
        SELECT id FROM notification
        WHERE commitment_id = ANY(CAST(:commitments AS uuid[])) AND state IN ('pending', 'sending')
        UNION
        SELECT id FROM notification
        WHERE customer_id = ANY(CAST(:thanked AS uuid[])) AND template = 'acknowledgement' AND created_at > :recent
        UNION
        SELECT id FROM notification WHERE cause_id = ANY(CAST(:again AS uuid[]))
    ) ORDER BY id FOR UPDATE
""")


_INSERT = text(bulk.insert("notification", {**_TYPES, "attempts": "int"}))
_UPDATE = text(bulk.update("notification", _TYPES, _CHANGED, key="id"))


async def gather(session: WriteSession, facts: Sequence[Fact]) -> Picture:
    """Loads and locks the messages that these facts may ask for, or find waiting."""
    told = [payload for _, payload in facts]
    commitments = [p for p in told if isinstance(p, Commitment)]
    contacts = (_contact(p) for p in told)
    moving = (CommitmentResumed, CommitmentFulfilled, CommitmentWithdrawn)
    events = [event.id for event, _ in facts]
    rows = await session.execute(
        _LOCK,
        {
            "once": [*events, *{id_ for id_ in contacts if id_ is not None}],
            "commitments": list({p.commitment_id for p in commitments}),
            "thanked": list({p.customer_id for p in commitments if isinstance(p, moving)}),
            "recent": datetime.min.replace(tzinfo=UTC) if session.is_again else session.now - RECENT,
            "again": events if session.is_again else [],
        },
    )
    found = [dict(row) for row in rows.mappings()]
    return Picture([Asked(**row | {"details": stored(row["template"], row["details"])}) for row in found])


def _contact(told: Any) -> UUID | None:
    """The contact that is acknowledged because of this."""
    match told:
        case InteractionReceived() | CommitmentStated() | CommitmentJoined():
            return told.interaction_id
        case CommitmentFulfilled():
            return told.evidence
        case _:
            return None


async def write(session: WriteSession, picture: Picture) -> None:
    """Stores what the decisions have changed."""
    await recipients.write(session, picture.learned)
    if picture.new:
        values = _values(list(picture.new.values()), list(_TYPES))
        await session.execute(_INSERT, values | {"attempts": [0] * len(picture.new)})
        session.signal(MESSAGES)
    if picture.changed:
        await session.execute(_UPDATE, _values(list(picture.changed.values()), ["id", *_CHANGED]))


def _values(messages: Sequence[Asked], names: Sequence[str]) -> dict[str, list[Any]]:
    values = bulk.columns(messages, names)
    values["details"] = [json.dumps(pack(details)) for details in values["details"]]
    return values
