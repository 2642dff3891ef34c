"""Which case a contact belongs to: an open one of the customer's family, else a new one.

Of several open ones it is the one whose mark it carries, then the one of what it answers, then the newest. A mark or
a reference into somebody else's case counts for nothing: both can be forwarded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.intake.people import Person
from services.intake.settings import IntakeSettings
from shared.contracts.intake import CaseOpened
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.security import Marks

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
_MARKED = text("""
    SELECT k.id, c.family_id FROM customer_case k JOIN customer c ON c.id = k.customer_id
    WHERE k.id = ANY(CAST(:ids AS uuid[])) AND k.status = 'open'
""")
_ANSWERED = text("""
    SELECT r.channel, r.reference, k.id, c.family_id
    FROM unnest(CAST(:channels AS text[]), CAST(:references AS text[])) AS r (channel, reference)
    CROSS JOIN LATERAL (
        SELECT case_id FROM interaction WHERE channel = r.channel AND external_id = r.reference
        UNION ALL SELECT case_id FROM interaction WHERE message_id = r.reference) i
    JOIN customer_case k ON k.id = i.case_id AND k.status = 'open'
    JOIN customer c ON c.id = k.customer_id
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
    session: WriteSession,
    arrivals: Sequence[Arrival],
    people: Sequence[Person],
    settings: IntakeSettings,
    marks: Marks,
) -> Threads:
    """What a machine wrote, or we did, joins an open case but never opens one."""
    by_family = await open_cases(session, [p.family_id for p in people])
    pointed_at = await _pointed_at(session, arrivals, marks)
    threads = Threads()
    for arrival, person in zip(arrivals, people, strict=True):
        contact, family = arrival.contact, person.family_id
        meant = next((c.id for c in pointed_at.get(arrival.key, ()) if c.family_id == family), None)
        if meant is None and family not in by_family and contact.direction == "in" and not contact.automatic:
            case = CaseOpened(
                customer_id=person.id,
                case_id=new_id(),
                kind="request",
                owner=settings.default_owner,
                stated_request=(contact.reply or contact.text or contact.subject or "")[:STATED] or None,
                opened_at=session.now,
            )
            by_family[family] = case.case_id
            threads.opened[case.case_id] = case
        threads.of.append(meant or by_family.get(family))
    await store(session, list(threads.opened.values()))
    return threads


class _Pointed(NamedTuple):
    id: UUID
    family_id: UUID


async def _pointed_at(
    session: ReadSession, arrivals: Sequence[Arrival], marks: Marks
) -> dict[tuple[str, str], list[_Pointed]]:
    """The open cases that arrivals point at, by arrival, the surest first."""
    marked = {a.key: [id_ for m in a.contact.marks if (id_ := marks.read(m))] for a in arrivals if a.contact.marks}
    wanted = [(a, reference) for a in arrivals for reference in a.contact.references]
    found: dict[tuple[str, str], list[_Pointed]] = {}
    if any(marked.values()):
        ids = [id_ for ids in marked.values() for id_ in ids]
        open_ones = {row.id: _Pointed(*row) for row in await session.execute(_MARKED, {"ids": ids})}
        for at, ids in marked.items():
            found.setdefault(at, []).extend(open_ones[id_] for id_ in ids if id_ in open_ones)
    if wanted:
        columns = {"channels": [a.source.channel for a, _ in wanted], "references": [r for _, r in wanted]}
        answered: dict[tuple[str, str], _Pointed] = {}
        for row in await session.execute(_ANSWERED, columns):
            answered.setdefault((row.channel, row.reference), _Pointed(row.id, row.family_id))
        for arrival, reference in wanted:
            if case := answered.get((arrival.source.channel, reference)):
                found.setdefault(arrival.key, []).append(case)
    return found


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
