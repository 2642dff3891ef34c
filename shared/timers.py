"""Timers as rows, set and fired in the transactions of what they are about.

A timer is known by (kind, subject): setting it again moves it. Firing deletes the row and writes the
effects in one transaction, so that a crash is a rollback: none is lost, none fires twice, and there is no
claimed state to clean up. Here they are set; `timer_worker.py` fires them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Timer(NamedTuple):
    """A timer. `subject` is what it is about, usually an id. It fires at the first look at or after `due_at`."""

    kind: str
    subject: str
    due_at: datetime


_STORE = text("""
    INSERT INTO timer (kind, subject, due_at)
    SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:subjects AS text[]), CAST(:due AS timestamptz[]))
    ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at, attempts = 0, last_error = NULL
""")
_CANCEL = text("""
    DELETE FROM timer USING unnest(CAST(:kinds AS text[]), CAST(:subjects AS text[])) AS t (kind, subject)
    WHERE timer.kind = t.kind AND timer.subject = t.subject
""")


async def store(session: AsyncSession, timers: Sequence[Timer]) -> None:
    last = {(t.kind, t.subject): t for t in timers}
    chosen = [last[known] for known in sorted(last)]
    if chosen:
        await session.execute(
            _STORE,
            {
                "kinds": [t.kind for t in chosen],
                "subjects": [t.subject for t in chosen],
                "due": [t.due_at for t in chosen],
            },
        )


async def cancel(session: AsyncSession, known: Sequence[tuple[str, str]]) -> None:
    if known:
        chosen = sorted(set(known))
        await session.execute(_CANCEL, {"kinds": [k for k, _ in chosen], "subjects": [s for _, s in chosen]})
