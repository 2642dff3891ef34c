"""Recipients: a copy of intake's customers, and the family that merges make of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text

from services.notifications.people import reach
from services.notifications.people.person import Family, Known
from shared import bulk
from shared.contracts.intake import CustomerFacts, Handle
from shared.database import WriteSession
from shared.reach import ReachReport

_FACTS = {"customer_id": "uuid", "name": "text", "language": "text", "handles": "jsonb"}
_LEARN = text(bulk.upsert("recipient", _FACTS, key="customer_id"))
_LINKS = {"customer_id": "uuid", "merged_into": "uuid"}
_LINK = text(f"""
    INSERT INTO recipient (customer_id, handles, merged_into)
    SELECT customer_id, '[]', merged_into FROM {bulk.unnest(_LINKS)}
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


class Learned:
    """Facts of customers in a batch of events: the last word on each counts."""

    def __init__(self) -> None:
        self.facts: dict[UUID, CustomerFacts] = {}
        self.links: dict[UUID, UUID | None] = {}
        self.reports: dict[Handle, ReachReport] = {}

    def learn(self, facts: CustomerFacts) -> None:
        self.facts[facts.customer_id] = facts

    def link(self, customer_id: UUID, into: UUID | None) -> None:
        """Notes that a customer is the same person as `into`; None takes that back."""
        self.links[customer_id] = into

    def report(self, told: ReachReport) -> None:
        """Takes a report on a handle's reach, where it outweighs what the batch said before."""
        if told.outweighs(self.reports.get(told.handle)):
            self.reports[told.handle] = told


async def write(session: WriteSession, learned: Learned) -> None:
    """Stores what a batch said, in as many statements as there are kinds of it."""
    await reach.store(session, learned.reports.values())
    if learned.facts:
        facts = [told for _, told in sorted(learned.facts.items(), key=lambda told: told[0])]
        handles = [json.dumps([h.model_dump(mode="json") for h in told.handles]) for told in facts]
        values = bulk.columns(facts, ("customer_id", "name", "language")) | {"handles": handles}
        await session.execute(_LEARN, values)
    if learned.links:
        ids, into = zip(*sorted(learned.links.items(), key=lambda link: link[0]), strict=True)
        await session.execute(_LINK, {"customer_id": list(ids), "merged_into": list(into)})


async def families(session: WriteSession, customers: Collection[UUID]) -> dict[UUID, Family]:
    """A family for everybody asked for, empty where we know nothing yet. Two statements."""
    rows = await session.execute(_FAMILIES, {"ids": sorted(customers)})
    members: dict[UUID, list[Known]] = defaultdict(list)
    for asked, customer_id, name, language, handles in rows:
        members[asked].append(Known(customer_id, name, language, _handles(handles)))
    closed = await reach.unreachable(session, {h for known in members.values() for one in known for h in one.handles})
    return {customer: Family(tuple(members[customer]), closed) for customer in customers}


def _handles(stored: Sequence[dict[str, str]]) -> tuple[Handle, ...]:
    return tuple(Handle.model_validate(handle) for handle in stored)
