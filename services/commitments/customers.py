"""What commitments keeps of customers, learned from intake's events: name, language, and who is the same."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from shared.contracts.intake import CustomerFacts, Language
from shared.database import ReadSession, WriteSession

_LEARN = text("""
    INSERT INTO customer (id, name, language) VALUES (:id, :name, :language)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, language = excluded.language
""")
_LINK = text("UPDATE customer SET merged_into = :into WHERE id = :id")
# Up to the one everybody is merged into, then down to all that are merged into it. Nobody, where we know nobody.
FAMILY = """
    WITH RECURSIVE up AS (
        SELECT id, merged_into FROM customer WHERE id = :id
        UNION SELECT c.id, c.merged_into FROM customer c JOIN up ON c.id = up.merged_into
    ), down AS (
        SELECT id FROM up WHERE merged_into IS NULL
        UNION SELECT c.id FROM customer c JOIN down ON c.merged_into = down.id
    )
"""
_FAMILY = text(f"{FAMILY} SELECT id FROM down")
_LANGUAGES = text("SELECT id, language FROM customer WHERE id = ANY(CAST(:ids AS uuid[]))")


async def learn(session: WriteSession, customer: CustomerFacts) -> None:
    values = {"id": customer.customer_id, "name": customer.name, "language": customer.language}
    await session.execute(_LEARN, values)


async def link(session: WriteSession, id: UUID, into: UUID | None) -> None:  # noqa: A002
    await session.execute(_LINK, {"id": id, "into": into})


async def family(session: ReadSession, id: UUID) -> list[UUID]:  # noqa: A002
    """Every customer that is the same person, this one included, known to us or not."""
    rows = await session.execute(_FAMILY, {"id": id})
    return sorted({id, *rows.scalars()})


async def languages(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, Language]:
    """The language of each of these customers that we know."""
    rows = await session.execute(_LANGUAGES, {"ids": list(ids)})
    return {row.id: row.language for row in rows}
