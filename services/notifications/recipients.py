"""Who gets a message: a copy of intake's customers, and the family that merges make of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text

from services.notifications.person import Family, Known
from shared.contracts.intake import CustomerFacts, Handle
from shared.database import WriteSession

_LEARN = text("""
    INSERT INTO recipient (customer_id, name, language, handles)
    VALUES (:customer_id, :name, :language, CAST(:handles AS jsonb))
    ON CONFLICT (customer_id) DO UPDATE
    SET name = excluded.name, language = excluded.language, handles = excluded.handles
""")
_LINK = text("""
    INSERT INTO recipient (customer_id, handles, merged_into) VALUES (:customer_id, '[]', :into)
    ON CONFLICT (customer_id) DO UPDATE SET merged_into = excluded.merged_into
""")
# All who are connected by merges, in either direction; UNION ends it where links were to run in a circle.
_FAMILIES = text("""
    WITH RECURSIVE family (asked, member) AS (
        SELECT id, id FROM unnest(CAST(:ids AS uuid[])) AS a (id)
        UNION
        SELECT f.asked, n.other FROM family f CROSS JOIN LATERAL (
            SELECT merged_into FROM recipient WHERE customer_id = f.member AND merged_into IS NOT NULL
            UNION ALL
            SELECT customer_id FROM recipient WHERE merged_into = f.member
        ) AS n (other)
    )
    SELECT f.asked, r.customer_id, r.name, r.language, r.handles
    FROM family f JOIN recipient r ON r.customer_id = f.member
    ORDER BY f.asked, r.customer_id <> f.asked, r.merged_into IS NOT NULL, r.customer_id
""")


async def learn(session: WriteSession, facts: CustomerFacts) -> None:
    handles = json.dumps([h.model_dump(mode="json") for h in facts.handles])
    values = {"customer_id": facts.customer_id, "name": facts.name, "language": facts.language, "handles": handles}
    await session.execute(_LEARN, values)


async def link(session: WriteSession, customer_id: UUID, into: UUID | None) -> None:
    """`into` None takes a merge back."""
    await session.execute(_LINK, {"customer_id": customer_id, "into": into})


async def families(session: WriteSession, customers: Collection[UUID]) -> dict[UUID, Family]:
    """A family for everybody asked for, empty where we know nothing yet."""
    rows = await session.execute(_FAMILIES, {"ids": sorted(customers)})
    members: dict[UUID, list[Known]] = defaultdict(list)
    for asked, customer_id, name, language, handles in rows:
        members[asked].append(Known(customer_id, name, language, _handles(handles)))
    return {customer: Family(tuple(members[customer])) for customer in customers}


def _handles(stored: Sequence[dict[str, str]]) -> tuple[Handle, ...]:
    return tuple(Handle.model_validate(handle) for handle in stored)
