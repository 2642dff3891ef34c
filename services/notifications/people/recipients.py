"""Recipients: a copy of intake's customers, and the family that merges make of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text

from services.notifications.people import reach
from services.notifications.people.person import Family, Known
from shared.contracts.intake import Handle
from shared.customers import Changes, CustomerCopy, Families, family
from shared.database import WriteSession
from shared.reach import ReachReport

_COPY = CustomerCopy("recipient", {"name": "text", "language": "text", "handles": "jsonb"})
_FAMILIES = text(f"""
    {family("recipient", "customer_id")}
    SELECT customer_id, name, language, handles, merged_into FROM recipient
    WHERE customer_id IN (SELECT member FROM family)
""")


class Learned:
    """Facts of customers and their addresses in a batch of events: the last word on each counts."""

    def __init__(self) -> None:
        self.customers = Changes()
        self.reports: dict[Handle, ReachReport] = {}

    def report(self, told: ReachReport) -> None:
        """Takes a report on a handle's reach, where it outweighs what the batch said before."""
        if told.outweighs(self.reports.get(told.handle)):
            self.reports[told.handle] = told


async def write(session: WriteSession, learned: Learned) -> None:
    """Stores what a batch said, in as many statements as there are kinds of it."""
    await reach.store(session, learned.reports.values())
    await _COPY.write(session, learned.customers)


async def families(session: WriteSession, customers: Collection[UUID]) -> dict[UUID, Family]:
    """A family for everybody asked for, empty where we know nothing yet. Two statements."""
    rows = await session.execute(_FAMILIES, {"ids": sorted(customers)})
    known: dict[UUID, Known] = {}
    links: dict[UUID, UUID | None] = {}
    for row in rows:
        known[row.customer_id] = Known(row.customer_id, row.name, row.language, _handles(row.handles))
        links[row.customer_id] = row.merged_into
    closed = await reach.unreachable(session, {handle for one in known.values() for handle in one.handles})
    people = Families(links)
    return {
        customer: Family(tuple(known[one] for one in people.members(customer) if one in known), closed)
        for customer in customers
    }


def _handles(stored: Sequence[dict[str, str]]) -> tuple[Handle, ...]:
    return tuple(Handle.model_validate(handle) for handle in stored)
