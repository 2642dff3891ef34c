"""A message is asked for, once, or dropped while it still waits. The rows are written in the consumer's transaction."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notifications.composing import Kind, pack
from shared.contracts import Event, Payload
from shared.contracts.commitments import Commitment
from shared.database import WriteSession
from shared.ids import new_id

_INSERT = """
    INSERT INTO notification (id, customer_id, template, cause_id, once_for, commitment_id, case_id, details,
                              traceparent, state, attempts, created_at, next_attempt_at, expires_at)
    VALUES (:id, :customer_id, :template, :cause_id, :once_for, :commitment_id, :case_id, CAST(:details AS jsonb),
            :traceparent, 'pending', 0, :now, :now, :expires_at)
    ON CONFLICT (once_for, template)
"""
_ASK = text(f"{_INSERT} DO NOTHING")
# A contact that does a task asks for an answer too: thanks that still wait take up what is owed for the same contact,
# and it is acknowledged once.
_ACKNOWLEDGE = text(f"""{_INSERT} DO UPDATE SET
        commitment_id = excluded.commitment_id,
        case_id = coalesce(excluded.case_id, notification.case_id),
        expires_at = excluded.expires_at,
        details = notification.details || excluded.details
            || jsonb_build_object('done', (notification.details -> 'done') || (excluded.details -> 'done'))
    WHERE notification.state = 'pending' AND notification.details ->> 'kind' = 'task'
      AND notification.cause_id <> excluded.cause_id
""")
_OVERTAKEN = text("""
    UPDATE notification SET expires_at = least(expires_at, :now),
        next_attempt_at = CASE WHEN state = 'pending' THEN :now ELSE next_attempt_at END
    WHERE commitment_id = :commitment_id AND template = ANY(CAST(:templates AS text[]))
      AND state IN ('pending', 'sending')
""")


async def ask(
    session: WriteSession,
    event: Event,
    payload: Payload,
    kind: Kind,
    /,
    *,
    once_for: UUID | None = None,
    expires_at: datetime | None = None,
    **details: Any,
) -> None:
    """Once for each `once_for` (by itself: the event), however often and by whichever event it is asked for."""
    await session.execute(
        _ACKNOWLEDGE if kind is Kind.ACKNOWLEDGEMENT else _ASK,
        {
            "id": new_id(),
            "customer_id": payload.customer_id,
            "template": kind,
            "cause_id": event.id,
            "once_for": once_for or event.id,
            "commitment_id": getattr(payload, "commitment_id", None),
            "case_id": getattr(payload, "case_id", None),
            "details": json.dumps(pack(details)),
            "traceparent": event.traceparent,
            "now": session.now,
            "expires_at": expires_at,
        },
    )


async def drop(session: WriteSession, told: Commitment, kinds: Collection[Kind]) -> None:
    """What waits for another attempt would now be wrong: its time is over, and the sender ends it."""
    templates = [kind.value for kind in kinds]
    values = {"commitment_id": told.commitment_id, "templates": templates, "now": session.now}
    await session.execute(_OVERTAKEN, values)
