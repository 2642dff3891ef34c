"""Attempts made of what the version before wrote on the message itself. Frozen, as all that a revision calls.

That version goes on writing meanwhile, and after a step back: `attempts_kept` stays behind `attempts` then, which it
counts alone. A row that it has in hand is left to it. What it has restored as suppressed counts an attempt that was
never made: it has no address. Whether the last attempt of a message that is still to be sent has left is not known.
"""

from __future__ import annotations

from sqlalchemy import text

PIECE = 2000
"""Rows moved in one transaction."""

KEEP = text("""
    WITH piece AS (
        SELECT id, state = 'suppressed' AND address IS NULL AS untried FROM notification
        WHERE attempts > attempts_kept AND state <> 'sending'
        ORDER BY id LIMIT :piece FOR UPDATE SKIP LOCKED),
    kept AS (
        INSERT INTO attempt (notification_id, number, provider, form, channel_kind, address, language, subject, text,
                             state, begun_at, accepted_at, failed_at, reason)
        SELECT n.id, n.attempts, 'smtp', 'mail', n.channel_kind, n.address, n.language, n.subject, n.text,
               CASE n.state WHEN 'sent' THEN 'accepted' WHEN 'failed' THEN 'failed' ELSE 'unknown' END,
               coalesce(n.handed_at, n.ended_at, n.created_at),
               CASE WHEN n.state = 'sent' THEN n.ended_at END, CASE WHEN n.state = 'failed' THEN n.ended_at END,
               CASE WHEN n.state <> 'suppressed' THEN n.reason END
        FROM notification n JOIN piece USING (id) WHERE n.channel_kind IS NOT NULL AND NOT untried
        ON CONFLICT DO NOTHING)
    UPDATE notification n SET attempts = CASE WHEN untried THEN 0 ELSE n.attempts END,
        attempts_kept = CASE WHEN untried THEN 0 ELSE n.attempts END,
        covers_case = n.covers_case AND n.details ->> 'kind' IS DISTINCT FROM 'task'
    FROM piece WHERE n.id = piece.id
""")
"""Moves the last attempt of messages, a piece at a time; the mail server was the only provider then."""
