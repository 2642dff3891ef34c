"""Which case a contact belongs to: an open one of the customer's family, else a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from services.intake.people import Person
from services.intake.settings import IntakeSettings
from shared.contracts.intake import CaseOpened
from shared.database import ReadSession, WriteSession
from shared.ids import new_id

if TYPE_CHECKING:
    from services.intake.arrival import Arrival

STATED = 1000
"""Characters of the first contact that a case repeats as its stated request."""

_OPEN = text("""
    SELECT DISTINCT ON (c.family_id) c.family_id, k.id
    FROM customer c JOIN customer_case k ON k.customer_id = c.id AND k.status = 'open'
    WHERE c.family_id = ANY(CAST(:families AS uuid[]))
    ORDER BY c.family_id, k.opened_at DESC, k.id DESC
""")
_OPEN_OF = text("""
    SELECT id FROM customer_case WHERE customer_id = ANY(CAST(:members AS uuid[])) AND status = 'open'
    ORDER BY opened_at DESC, id DESC LIMIT 1
""")
_STORE = text("""
    INSERT INTO customer_case (id, customer_id, kind, category, owner, stated_request, status, opened_at)
    SELECT id, customer_id, kind, category, owner, stated_request, 'open', :at
    FROM unnest(CAST(:id AS uuid[]), CAST(:customer_id AS uuid[]), CAST(:kind AS text[]), CAST(:category AS text[]),
                CAST(:owner AS text[]), CAST(:stated_request AS text[]))
         AS k (id, customer_id, kind, category, owner, stated_request)
""")


@dataclass(frozen=True)
class Threads:
    """`of` is the case of each arrival; `opened` the new ones, not yet told, by id."""

    of: list[UUID | None] = field(default_factory=list)
    opened: dict[UUID | None, CaseOpened] = field(default_factory=dict)


async def thread(
    session: WriteSession, arrivals: Sequence[Arrival], people: Sequence[Person], settings: IntakeSettings
) -> Threads:
    """What a machine wrote, or we did, joins an open case but never opens one."""
    by_family = await open_cases(session, [p.family_id for p in people])
    threads = Threads()
    for arrival, person in zip(arrivals, people, strict=True):
        contact = arrival.contact
        if person.family_id not in by_family and contact.direction == "in" and not contact.automatic:
            case = CaseOpened(
                customer_id=person.id,
                case_id=new_id(),
                kind="request",
                owner=settings.default_owner,
                stated_request=(contact.text or contact.subject or "")[:STATED] or None,
                opened_at=session.now,
            )
            by_family[person.family_id] = case.case_id
            threads.opened[case.case_id] = case
        threads.of.append(by_family.get(person.family_id))
    await store(session, list(threads.opened.values()))
    return threads


async def open_cases(session: ReadSession, families: Sequence[UUID]) -> dict[UUID, UUID]:
    """The newest open case of each family that has one."""
    rows = await session.execute(_OPEN, {"families": sorted(set(families))})
    return {row.family_id: row.id for row in rows}


async def open_case_of(session: ReadSession, family: Sequence[UUID]) -> UUID | None:
    """The newest open case of one family, given its members."""
    return (await session.execute(_OPEN_OF, {"members": list(family)})).scalar()


async def store(session: WriteSession, cases: Sequence[CaseOpened]) -> None:
    if cases:
        names = ("customer_id", "kind", "category", "owner", "stated_request")
        columns = {name: [getattr(case, name) for case in cases] for name in names}
        await session.execute(_STORE, {"id": [c.case_id for c in cases], "at": session.now, **columns})
