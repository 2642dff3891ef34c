"""The history of a contact since it was filed: edits, deletions, reactions, receipts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from services.intake.tables import Interaction
from shared.contracts.intake import InteractionFact
from shared.database import ReadSession

# A watermark says delivered, or read, of everything of ours up to its instant: the first at or after a message counts.
_OF = text("""
    SELECT id, fact, occurred_at, text FROM interaction_fact WHERE interaction_id = :id
    UNION ALL
    (SELECT DISTINCT ON (fact) id, fact, occurred_at, text FROM interaction_fact
     WHERE :is_ours AND about IS NULL AND customer_id = :customer AND channel = :channel
       AND fact IN ('delivered', 'read') AND occurred_at >= :at
     ORDER BY fact, occurred_at, id)
    ORDER BY occurred_at, id
""")


class FactOut(BaseModel):
    """`text` holds the new words, the emoji, or the reason."""

    id: UUID
    fact: InteractionFact
    occurred_at: datetime
    text: str | None


async def of(session: ReadSession, contact: Interaction) -> list[FactOut]:
    values = {
        "id": contact.id,
        "is_ours": contact.direction == "out",
        "customer": contact.customer_id,
        "channel": contact.channel,
        "at": contact.occurred_at,
    }
    return [FactOut.model_validate(row, from_attributes=True) for row in await session.execute(_OF, values)]
