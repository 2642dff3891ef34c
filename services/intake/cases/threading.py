"""The rule that assigns a contact to a case: an open one of the customer's family, else a new one.

Of several open ones it is the one whose mark it carries, then the one of what it answers, then the newest. What points
at a case that was resolved a short while ago opens that one again; thanks alone join it, and open nothing. A mark or a
reference into somebody else's case counts for nothing: both can be forwarded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.intake.contacts.thanks import are_thanks_alone
from services.intake.customers.resolving import Person
from services.intake.settings import IntakeSettings
from shared.contracts.intake import CaseOpened, CaseReopened
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.security import Marks

if TYPE_CHECKING:
    from services.intake.arrivals.arrival import Arrival

STATED = 1000
"""Characters of the first contact that a case repeats as its stated request."""

_OPEN = text("""
    SELECT DISTINCT ON (c.family_id) c.family_id, k.id
    FROM customer c JOIN customer_case k ON k.customer_id = c.id AND k.status = 'open'
    WHERE c.family_id = ANY(CAST(:families AS uuid[]))
    ORDER BY c.family_id, k.opened_at DESC, k.id DESC
""")
_MARKED = text("""
    SELECT k.id, c.family_id, k.resolved_at FROM customer_case k JOIN customer c ON c.id = k.customer_id
    WHERE k.id = ANY(CAST(:ids AS uuid[])) AND (k.status = 'open' OR k.resolved_at > :since)
""")
_ANSWERED = text("""
    SELECT r.channel, r.reference, k.id, c.family_id, k.resolved_at
    FROM unnest(CAST(:channels AS text[]), CAST(:references AS text[])) AS r (channel, reference)
    CROSS JOIN LATERAL (
        SELECT case_id FROM interaction WHERE channel = r.channel AND external_id = r.reference
        UNION ALL SELECT case_id FROM interaction WHERE message_id = r.reference) i
    JOIN customer_case k ON k.id = i.case_id AND (k.status = 'open' OR k.resolved_at > :since)
    JOIN customer c ON c.id = k.customer_id
""")
_RESOLVED = text("""
    SELECT DISTINCT ON (c.family_id) c.family_id, k.id
    FROM customer c JOIN customer_case k ON k.customer_id = c.id AND k.status = 'resolved' AND k.resolved_at > :since
    WHERE c.family_id = ANY(CAST(:families AS uuid[]))
    ORDER BY c.family_id, k.resolved_at DESC, k.id DESC
""")
_REOPEN = text("""
    UPDATE customer_case SET status = 'open', resolved_at = NULL, summary = NULL
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'resolved'
    RETURNING id AS case_id, customer_id, kind, category, owner, stated_request
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


WROTE_AGAIN = "the customer wrote again"


@dataclass(frozen=True)
class Threads:
    """`of` is the case of each arrival; `news` what is not told yet of cases that were opened, by id.

    `thanks` are the arrivals that are nothing but thanks, for a case that is resolved.
    """

    of: list[UUID | None] = field(default_factory=list)
    news: dict[UUID | None, CaseOpened | CaseReopened] = field(default_factory=dict)
    thanks: set[tuple[str, str]] = field(default_factory=set)


async def thread(
    session: WriteSession,
    arrivals: Sequence[Arrival],
    people: Sequence[Person],
    settings: IntakeSettings,
    marks: Marks,
) -> Threads:
    """What a machine wrote, or we did, joins an open case but never opens one."""
    since = session.now - timedelta(days=settings.rejoin_days)
    by_family = await open_cases(session, [p.family_id for p in people])
    pointed_at = await _pointed_at(session, arrivals, marks, since)
    grateful = {a.key: p.family_id for a, p in zip(arrivals, people, strict=True) if _is_thanks(a)}
    ended = await _resolved_cases(session, set(grateful.values()), since)
    threads, reopened = Threads(), list[UUID]()
    for arrival, person in zip(arrivals, people, strict=True):
        contact, family = arrival.contact, person.family_id
        meant = next((c for c in pointed_at.get(arrival.key, ()) if c.family_id == family), None)
        is_theirs = contact.direction == "in" and not contact.automatic
        if meant and meant.is_resolved and meant.id not in reopened and not is_theirs:
            meant = None
        found = meant.id if meant else by_family.get(family)
        if arrival.key in grateful and (found is None or (meant and meant.is_resolved and meant.id not in reopened)):
            found = meant.id if meant else ended.get(family)
            if found:
                threads.thanks.add(arrival.key)
        if is_theirs and arrival.key not in threads.thanks:
            if found is None:
                case = _opened(arrival, person, settings, session.now)
                found = case.case_id
                threads.news[found] = case
            elif meant and meant.is_resolved and meant.id not in reopened:
                reopened.append(meant.id)
            by_family.setdefault(family, found)
        threads.of.append(found)
    await store(session, [case for case in threads.news.values() if isinstance(case, CaseOpened)])
    threads.news.update(await _reopen(session, reopened))
    return threads


def _opened(arrival: Arrival, person: Person, settings: IntakeSettings, now: datetime) -> CaseOpened:
    contact = arrival.contact
    return CaseOpened(
        customer_id=person.id,
        case_id=new_id(),
        kind="request",
        owner=settings.default_owner,
        stated_request=(contact.reply or contact.text or contact.subject or "")[:STATED] or None,
        opened_at=now,
    )


def _is_thanks(arrival: Arrival) -> bool:
    contact = arrival.contact
    if contact.direction == "out" or contact.automatic or any(not one.in_text for one in contact.attachments):
        return False
    return are_thanks_alone(contact.reply or contact.text or "")


class _Pointed(NamedTuple):
    id: UUID
    family_id: UUID
    resolved_at: datetime | None

    @property
    def is_resolved(self) -> bool:
        return self.resolved_at is not None


async def _pointed_at(
    session: ReadSession, arrivals: Sequence[Arrival], marks: Marks, since: datetime
) -> dict[tuple[str, str], list[_Pointed]]:
    """The cases that arrivals point at, by arrival, the surest first: open ones, then those resolved after `since`."""
    marked = {a.key: [id_ for m in a.contact.marks if (id_ := marks.read(m))] for a in arrivals if a.contact.marks}
    wanted = [(a, reference) for a in arrivals for reference in a.contact.references]
    found: dict[tuple[str, str], list[_Pointed]] = {}
    if any(marked.values()):
        ids = [id_ for ids in marked.values() for id_ in ids]
        rows = await session.execute(_MARKED, {"ids": ids, "since": since})
        known = {row.id: _Pointed(*row) for row in rows}
        for at, ids in marked.items():
            found.setdefault(at, []).extend(known[id_] for id_ in ids if id_ in known)
    if wanted:
        columns = {"channels": [a.source.channel for a, _ in wanted], "references": [r for _, r in wanted]}
        answered: dict[tuple[str, str], _Pointed] = {}
        for row in await session.execute(_ANSWERED, columns | {"since": since}):
            answered.setdefault((row.channel, row.reference), _Pointed(row.id, row.family_id, row.resolved_at))
        for arrival, reference in wanted:
            if case := answered.get((arrival.source.channel, reference)):
                found.setdefault(arrival.key, []).append(case)
    return {at: sorted(cases, key=lambda case: case.is_resolved) for at, cases in found.items()}


async def _reopen(session: WriteSession, ids: Sequence[UUID]) -> dict[UUID | None, CaseOpened | CaseReopened]:
    """Those that nobody else has opened meanwhile."""
    if not ids:
        return {}
    rows = (await session.execute(_REOPEN, {"ids": list(ids)})).mappings()
    said = {"reopened_at": session.now, "reason": WROTE_AGAIN, "by": "customer"}
    return {row["case_id"]: CaseReopened.model_validate({**row, **said}) for row in rows}


async def _resolved_cases(session: ReadSession, families: set[UUID], since: datetime) -> dict[UUID, UUID]:
    """The case of each family that was resolved last, after `since`."""
    if not families:
        return {}
    rows = await session.execute(_RESOLVED, {"families": sorted(families), "since": since})
    return {row.family_id: row.id for row in rows}


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
