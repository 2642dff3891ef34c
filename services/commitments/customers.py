"""What commitments keeps of customers: name, language, and who is the same, from intake's events; zone and class."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from shared.contracts.intake import CustomerFacts, Language
from shared.database import ReadSession, WriteSession

_LEARN = text("""
    INSERT INTO customer (id, name, language, kind) VALUES (:id, :name, :language, :kind)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, language = excluded.language, kind = excluded.kind
""")
_SET = text("UPDATE customer SET zone = :zone, customer_class = :customer_class WHERE id = :id RETURNING id")
# What is not told of somebody is that of whom they are merged into.
_FIND = text("""
    SELECT c.language, c.kind, COALESCE(c.zone, m.zone) AS zone,
        COALESCE(c.customer_class, m.customer_class) AS customer_class
    FROM customer c LEFT JOIN customer m ON m.id = c.merged_into WHERE c.id = :id
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


@dataclass(frozen=True, slots=True)
class Customer:
    """What clocks need to know of a customer; the defaults are those of one we have not heard of.

    `kind` is external or internal, `customer_class` a class of the company's own.
    """

    zone: str
    language: Language
    kind: str = "external"
    customer_class: str | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """As rules look at them, the customer's own class first."""
        return (self.kind,) if self.customer_class is None else (self.customer_class, self.kind)


async def find(session: ReadSession, id: UUID, *, default: Customer) -> Customer:  # noqa: A002
    """The one place that says in which zone a customer lives."""
    row = (await session.execute(_FIND, {"id": id})).one_or_none()
    if row is None:
        return default
    return Customer(row.zone or default.zone, row.language, row.kind, row.customer_class)


async def tell(session: WriteSession, id: UUID, *, zone: str | None, customer_class: str | None) -> bool:  # noqa: A002
    """Sets what intake does not know. False where we have not heard of the customer."""
    values = {"id": id, "zone": zone, "customer_class": customer_class}
    return (await session.execute(_SET, values)).scalar_one_or_none() is not None


async def learn(session: WriteSession, customer: CustomerFacts) -> None:
    values = customer.model_dump(include={"name", "language", "kind"}) | {"id": customer.customer_id}
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
