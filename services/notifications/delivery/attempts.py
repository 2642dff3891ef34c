"""Attempts as rows: begun before the provider is called, ended with the message, many in one statement.

The message's own row moves in the same statement, so that neither can tell another story.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared import bulk
from shared.database import WriteSession

_BEGUN = {
    "id": "uuid",
    "number": "int",
    "provider": "text",
    "account": "text",
    "form": "text",
    "channel_kind": "text",
    "address": "text",
    "language": "text",
    "subject": "text",
    "text": "text",
    "reference": "text",
    "provider_id": "text",
    "mailbox": "text",
    "covers_case": "boolean",
}
_BEGIN = text(f"""
    WITH h AS (SELECT * FROM {bulk.unnest(_BEGUN)}),
    lost AS (
        UPDATE attempt a SET state = 'unknown' FROM h
        WHERE a.notification_id = h.id AND a.number = h.number - 1 AND a.state = 'handed'),
    begun AS (
        INSERT INTO attempt (notification_id, number, provider, account, form, channel_kind, address, language, subject,
                             text, reference, provider_id, state, begun_at)
        SELECT id, number, provider, account, form, channel_kind, address, language, subject, text, reference,
               provider_id, 'handed', :now FROM h)
    UPDATE notification n SET state = 'sending', attempts = h.number, attempts_kept = h.number,
        next_attempt_at = :dead_at, mailbox = h.mailbox, handed_at = :now, covers_case = h.covers_case
    FROM h WHERE n.id = h.id
""")
_HOLD = text("UPDATE notification SET next_attempt_at = :dead_at WHERE id = ANY(CAST(:ids AS uuid[]))")
_ENDED = {
    "id": "uuid",
    "number": "int",
    "state": "text",
    "reason": "text",
    "ended_at": "timestamptz",
    "again_at": "timestamptz",
    "attempt_state": "text",
    "provider_id": "text",
}
# The number tells a worker that was taken for dead, and was not, that the row is another's by now. Messages are locked
# by their id, as everywhere.
_END = text(f"""
    WITH s AS (SELECT * FROM {bulk.unnest(_ENDED)}),
    locked AS (
        SELECT id FROM notification WHERE id = ANY(CAST(:id AS uuid[])) ORDER BY id FOR UPDATE),
    settled AS (
        UPDATE notification n SET state = s.state, reason = s.reason, ended_at = s.ended_at,
            next_attempt_at = coalesce(s.again_at, n.next_attempt_at)
        FROM s JOIN locked USING (id)
        WHERE n.id = s.id AND n.attempts = s.number AND n.state IN ('pending', 'sending')
        RETURNING n.id, s.number),
    ended AS (
        UPDATE attempt a SET state = s.attempt_state, provider_id = coalesce(s.provider_id, a.provider_id),
            reason = s.reason,
            accepted_at = CASE WHEN s.attempt_state IN ('accepted', 'delivered', 'read')
                          THEN CAST(:now AS timestamptz) END,
            delivered_at = CASE WHEN s.attempt_state = 'delivered' THEN CAST(:now AS timestamptz) END,
            read_at = CASE WHEN s.attempt_state = 'read' THEN CAST(:now AS timestamptz) END,
            failed_at = CASE WHEN s.attempt_state = 'failed' THEN CAST(:now AS timestamptz) END
        FROM s JOIN settled USING (id, number)
        WHERE a.notification_id = s.id AND a.number = s.number AND s.attempt_state IS NOT NULL AND a.state = 'handed')
    SELECT id, number FROM settled
""")


async def begin(session: WriteSession, rows: Sequence[Mapping[str, Any]], dead_at: datetime) -> None:
    """Marks these messages as being sent, each with a new attempt: `rows` have the columns of `_BEGUN`."""
    if rows:
        values = {name: [row[name] for row in rows] for name in _BEGUN}
        await session.execute(_BEGIN, values | {"now": session.now, "dead_at": dead_at})


async def hold(session: WriteSession, ids: Sequence[UUID], dead_at: datetime) -> None:
    """Holds these messages: nobody else takes them up before `dead_at`."""
    if ids:
        await session.execute(_HOLD, {"ids": list(ids), "dead_at": dead_at})


async def end(session: WriteSession, rows: Sequence[Mapping[str, Any]]) -> set[tuple[UUID, int]]:
    """Writes what became of these messages and their last attempts: `rows` have the columns of `_ENDED`.

    Returns those, by id and number of attempt, that were still in the hands of whoever says so. A message and its
    attempt may be in `rows` once only.
    """
    values = {name: [row[name] for row in rows] for name in _ENDED}
    return {(id_, number) for id_, number in await session.execute(_END, values | {"now": session.now})}
