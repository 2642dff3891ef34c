"""Who gets a message: a copy of intake's customers, and the family that merges make of them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from shared.contracts.intake import CustomerFacts, Handle, HandleKind
from shared.database import WriteSession


@dataclass(frozen=True, slots=True)
class Known:
    """One customer as intake has told of them."""

    customer_id: UUID
    name: str | None
    language: str | None
    handles: tuple[Handle, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """One person: the customer a message is for, first, then those who are the same by a merge."""

    members: tuple[Known, ...] = ()

    @property
    def language(self) -> str | None:
        return next((member.language for member in self.members if member.language), None)

    @property
    def name(self) -> str | None:
        return next((member.name for member in self.members if member.name), None)

    def address(self, kind: HandleKind) -> str | None:
        """The first handle of `kind` that a message can be sent to."""
        usable = _USABLE.get(kind)
        values = (h.value for member in self.members for h in member.handles if h.kind == kind)
        return next((v for v in values if usable is None or usable.fullmatch(v)), None)


# What goes on the wire as it is: nothing that could end a header or an SMTP command, nothing to be quoted.
_USABLE = {
    HandleKind.EMAIL: re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
    HandleKind.PHONE: re.compile(r"\+[1-9][0-9]{6,14}"),
}

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
