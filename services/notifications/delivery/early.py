"""Receipts that came before their message, as rows: kept until the provider's id is written down, or a day is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from services.notifications.delivery.receipts import Receipt
from shared import bulk
from shared.contracts.intake import InteractionFact
from shared.database import WriteSession

KEEP = timedelta(days=1)
"""Time that a receipt waits for the message it names; most name none of ours."""
PIECE = 1000
"""Messages whose receipts one transaction takes."""

_TYPES = {
    "provider_id": "text",
    "fact": "text",
    "occurred_at": "timestamptz",
    "heard_at": "timestamptz",
    "reason": "text",
}
_WAIT = text(f"{bulk.insert('receipt', _TYPES)} ON CONFLICT DO NOTHING")
_TAKE = text("""
    DELETE FROM receipt r USING (
        SELECT provider_id FROM receipt JOIN attempt a USING (provider_id)
        GROUP BY provider_id HAVING bool_and(a.state <> 'handed') LIMIT :piece) k
    WHERE r.provider_id = k.provider_id RETURNING r.provider_id, r.fact, r.occurred_at, r.reason
""")
_FORGET = text("DELETE FROM receipt WHERE heard_at < :before")


async def wait(session: WriteSession, receipts: Sequence[Receipt]) -> None:
    """Keeps these receipts for later."""
    if receipts:
        values = {
            "provider_id": [one.provider_id for one in receipts],
            "fact": [one.fact.value for one in receipts],
            "occurred_at": [one.at for one in receipts],
            "heard_at": [session.now] * len(receipts),
            "reason": [one.reason for one in receipts],
        }
        await session.execute(_WAIT, values)


async def take(session: WriteSession) -> list[Receipt]:
    """Takes out receipts whose message has come back since, the oldest first: those of a piece of messages at most."""
    rows = await session.execute(_TAKE, {"piece": PIECE})
    found = (Receipt(row.provider_id, InteractionFact(row.fact), row.occurred_at, row.reason) for row in rows)
    return sorted(found, key=lambda one: one.at)


async def forget(session: WriteSession) -> None:
    """Deletes receipts that have waited for too long."""
    await session.execute(_FORGET, {"before": session.now - KEEP})
