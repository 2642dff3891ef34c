"""What became of cases, learned from intake's events: how many contacts it took, who had it, and whether it came back.

One statement reads and one writes for a whole batch of events: every contact of every customer comes by here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from shared.contracts import Event, Payload, parse
from shared.contracts.intake import (
    CaseFacts,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    Interaction,
    InteractionKind,
    InteractionReceived,
    InteractionSent,
)
from shared.database import WriteSession

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
_STORE = text(f"""
    INSERT INTO case_outcome ({", ".join(_TYPES)})
    SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {type_}[])" for name, type_ in _TYPES.items())})
    ON CONFLICT (case_id) DO UPDATE SET {", ".join(f"{n} = excluded.{n}" for n in _TYPES if n != "case_id")}
""")


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """`contacts` and `passed_on` are of the time until `resolved_at`, the first resolution.

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
    """What is known of the case after one more fact. What a machine said, or we to ourselves, changes nothing."""
    match payload:
        case CaseFacts():
            return _told(case, payload)
        case Interaction() if payload.automatic or payload.kind is InteractionKind.NOTE:
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


async def record_cases(session: WriteSession, events: Sequence[Event]) -> None:
    """A handler of batches: the facts of each case, in order."""
    facts = [parse(event) for event in events if event.type.startswith(("kept.case.", "kept.interaction."))]
    wanted = {id_ for fact in facts if (id_ := case_of(fact)) is not None}
    if not wanted:
        return
    rows = await session.execute(_LOAD, {"ids": sorted(wanted)})
    before = {row.case_id: CaseOutcome(**row._mapping) for row in rows}
    after = dict(before)
    for fact in facts:
        id_ = case_of(fact)
        if id_ is not None:
            after[id_] = fold(after.get(id_) or CaseOutcome(id_, fact.customer_id), fact)
    await _store(session, [case for id_, case in after.items() if case != before.get(id_)])


async def _store(session: WriteSession, cases: Iterable[CaseOutcome]) -> None:
    chosen = sorted(cases, key=lambda case: case.case_id)
    if chosen:
        await session.execute(_STORE, {name: [getattr(case, name) for case in chosen] for name in _TYPES})
