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
_JOINED = ", ".join(
    f"'{name}', coalesce(notification.details -> '{name}', '[]') || coalesce(excluded.details -> '{name}', '[]')"
    for name in ("done", "parents", "goes_on")
)
# A contact that does a task asks for an answer too: thanks that still wait take up what is owed for the same contact,
# and it is acknowledged once.
_ACKNOWLEDGE = text(f"""{_INSERT} DO UPDATE SET
        commitment_id = excluded.commitment_id,
        case_id = coalesce(excluded.case_id, notification.case_id),
        expires_at = excluded.expires_at,
        details = notification.details || excluded.details || jsonb_build_object({_JOINED})
    WHERE notification.state = 'pending' AND notification.details ->> 'kind' = 'task'
      AND notification.cause_id <> excluded.cause_id
""")
_OVERTAKEN = text("""
    UPDATE notification SET expires_at = least(expires_at, :now),
        next_attempt_at = CASE WHEN state = 'pending' THEN :now ELSE next_attempt_at END
    WHERE commitment_id = :commitment_id AND template = ANY(CAST(:templates AS text[]))
      AND state IN ('pending', 'sending')
""")
_WITHOUT = """(
        SELECT coalesce(jsonb_agg(told), '[]') FROM jsonb_array_elements(coalesce(details -> 'goes_on', '[]')) told
        WHERE told ->> 'commitment_id' <> :commitment_id)"""
# The newest thanks that still wait, or those that have said just this already. Locked: what leaves meanwhile waits no
# more.
_GOES_ON = text(f"""
    UPDATE notification SET details = jsonb_set(details, '{{goes_on}}', {_WITHOUT} || CAST(:shown AS jsonb))
    WHERE id = (
        SELECT id FROM notification
        WHERE customer_id = :customer_id AND template = 'acknowledgement'
          AND details -> 'parents' @> jsonb_build_array(CAST(:commitment_id AS text))
          AND (state = 'pending' OR details -> 'goes_on' @> CAST(:said AS jsonb))
        ORDER BY details -> 'goes_on' @> CAST(:said AS jsonb) DESC NULLS LAST, created_at DESC, id DESC
        LIMIT 1 FOR UPDATE
    ) RETURNING id
""")
_GOES_ON_NO_MORE = text(f"""
    UPDATE notification SET details = jsonb_set(details, '{{goes_on}}', {_WITHOUT})
    WHERE customer_id = :customer_id AND template = 'acknowledgement' AND state = 'pending'
      AND details -> 'goes_on' @> CAST(:entry AS jsonb)
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
    if Kind.PROMISE_RESUMED in kinds and told.terms.waited_seconds:
        entry = json.dumps([{"commitment_id": str(told.commitment_id)}])
        values = {"customer_id": told.customer_id, "commitment_id": str(told.commitment_id), "entry": entry}
        await session.execute(_GOES_ON_NO_MORE, values)


async def add_to_thanks(session: WriteSession, event: Event, told: Commitment, **shown: Any) -> bool:
    """That a promise goes on is said in the thanks for the task it waited for; False where none wait to be sent."""
    said = {"cause_id": str(event.id)}
    entry = pack({**said, "commitment_id": told.commitment_id, **shown})
    values = {"customer_id": told.customer_id, "commitment_id": str(told.commitment_id)}
    found = await session.execute(_GOES_ON, values | {"said": json.dumps([said]), "shown": json.dumps([entry])})
    return found.first() is not None
