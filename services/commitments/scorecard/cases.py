"""Outcomes of cases from intake's events: how many contacts it took, who had it, and whether it came back.

One statement reads and one writes for a whole batch of events: every contact of every customer comes by here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared import bulk
from shared.contracts import Event, Payload
from shared.contracts.intake import (
    CaseFacts,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    CaseUpdated,
    Interaction,
    InteractionKind,
    InteractionReceived,
    InteractionSent,
)
from shared.database import WriteSession
from shared.handling import Fact, Reaction, Work

SAME_CONTACT = timedelta(hours=1)
"""Messages that follow each other within this time are one contact: people write in lines."""

_TYPES = {
    "case_id": "uuid",
    "customer_id": "uuid",
    "kind": "text",
    "category": "text",
    "owner": "text",
    "channel_kind": "text",
    "opened_at": "timestamptz",
    "contacts": "int",
    "last_contact_at": "timestamptz",
    "answered": "boolean",
    "passed_on": "boolean",
    "resolved_at": "timestamptz",
    "back_at": "timestamptz",
    "reopened_at": "timestamptz",
}
_LOAD = text(f"""
    SELECT {", ".join(_TYPES)} FROM case_outcome
    WHERE case_id = ANY(CAST(:ids AS uuid[])) ORDER BY case_id FOR UPDATE
""")
_STORE = text(bulk.upsert("case_outcome", _TYPES, key="case_id"))


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """The outcome of a case. `contacts` and `passed_on` are of the time until `resolved_at`, the first resolution.

    `back_at`: the first contact on it after that. `opened_at` None: its opening has not been heard of (yet).
    """

    case_id: UUID
    customer_id: UUID
    kind: str = "request"
    category: str | None = None
    owner: str | None = None
    channel_kind: str | None = None
    opened_at: datetime | None = None
    contacts: int = 0
    last_contact_at: datetime | None = None
    answered: bool = False
    passed_on: bool = False
    resolved_at: datetime | None = None
    back_at: datetime | None = None
    reopened_at: datetime | None = None


def case_of(payload: Payload) -> UUID | None:
    """The case that a fact says something about, where the scorecard wants to know."""
    return payload.case_id if isinstance(payload, CaseFacts | Interaction) else None


def fold(case: CaseOutcome, payload: Payload) -> CaseOutcome:
    """The outcome after one more fact. Contacts of machines and notes among ourselves change nothing."""
    match payload:
        case CaseFacts():
            return _told(case, payload)
        case Interaction() if payload.automatic or payload.kind is InteractionKind.NOTE:
            return case
        case InteractionReceived(only_thanks=True):  # it has not come back
            return case
        case InteractionReceived(kind=InteractionKind.CALL):  # somebody took it
            return replace(_contacted(case, payload), answered=True)
        case InteractionReceived():
            return _contacted(case, payload)
        case InteractionSent(kind=InteractionKind.MESSAGE | InteractionKind.CALL):
            return replace(case, answered=True)
    return case


def _told(case: CaseOutcome, facts: CaseFacts) -> CaseOutcome:
    """A new owner before anybody has spoken with the customer is routing, and no handing over."""
    handed_over = case.owner is not None and facts.owner != case.owner
    case = replace(
        case,
        kind=facts.kind,
        category=facts.category,
        owner=facts.owner,
        passed_on=case.passed_on or (handed_over and case.answered and case.resolved_at is None),
    )
    match facts:
        case CaseOpened():
            return replace(case, customer_id=facts.customer_id, opened_at=facts.opened_at)
        case CaseResolved() if case.resolved_at is None:
            return replace(case, resolved_at=facts.resolved_at)
        case CaseReopened() if case.reopened_at is None:
            return replace(case, reopened_at=facts.reopened_at)
    return case


def _contacted(case: CaseOutcome, contact: InteractionReceived) -> CaseOutcome:
    at, last = contact.received_at, case.last_contact_at
    case = replace(
        case, last_contact_at=max(at, last) if last else at, channel_kind=case.channel_kind or contact.channel_kind
    )
    if case.resolved_at is not None:
        return replace(case, back_at=case.back_at or at)
    goes_on = last is not None and at - last <= SAME_CONTACT
    return case if goes_on else replace(case, contacts=case.contacts + 1)


class Outcomes(NamedTuple):
    """Cases as they were loaded, and as the facts since have left them."""

    before: Mapping[UUID, CaseOutcome]
    after: dict[UUID, CaseOutcome]


async def gather(session: WriteSession, facts: Sequence[Fact]) -> Outcomes:
    wanted = {id_ for fact in facts if (id_ := case_of(fact.payload)) is not None}
    rows = await session.execute(_LOAD, {"ids": sorted(wanted)}) if wanted else ()
    before = {row.case_id: CaseOutcome(**row._mapping) for row in rows}
    return Outcomes(before, dict(before))


async def write(session: WriteSession, outcomes: Outcomes) -> None:
    await _store(session, [case for id_, case in outcomes.after.items() if case != outcomes.before.get(id_)])


recording = Reaction(gather, write)
"""What the scorecard keeps of each case, fact by fact."""


@recording.on(InteractionReceived, InteractionSent, CaseOpened, CaseUpdated, CaseReopened, CaseResolved)
def record(outcomes: Outcomes, _: Work, __: Event, fact: CaseFacts | Interaction) -> None:
    id_ = case_of(fact)
    if id_ is not None:
        outcomes.after[id_] = fold(outcomes.after.get(id_) or CaseOutcome(id_, fact.customer_id), fact)


async def _store(session: WriteSession, cases: Iterable[CaseOutcome]) -> None:
    chosen = sorted(cases, key=lambda case: case.case_id)
    if chosen:
        await session.execute(_STORE, bulk.columns(chosen, _TYPES))
