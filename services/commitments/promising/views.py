"""The answers about promises."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from services.commitments.promise.core import Promise, both
from services.commitments.tables import CaseRow, CommitmentRow
from services.commitments.wording.plain import Hint
from shared.contracts.terms import (
    CommitmentKind,
    Over,
    Progress,
    Terms,
)


class PromiseView(BaseModel):
    """A promise with every revision. `binding` names the revision that counts.

    `approval`: how it stands with terms that are `over` the limits of who wrote them. `by_both`: for a goal, whether
    each side (`us`, `customer`) has said yes to what binds.
    """

    id: UUID
    customer_id: UUID
    case_id: UUID | None
    interaction_id: UUID | None
    kind: CommitmentKind
    obligor: Literal["us", "customer"]
    owner: str | None
    status: str
    outcome: str | None
    due_at: datetime
    binding: int
    awaits_answer: bool
    first_due_at: datetime
    parent_id: UUID | None
    team: str | None
    partner: str | None
    category: str | None
    waiting_since: datetime | None
    progress: Progress | None
    approval: Literal["needed", "approved", "refused"] | None
    over: list[Over]
    by_both: dict[str, bool] | None
    terms: list[Terms]
    stated_at: datetime | None
    warned_at: datetime | None
    fulfilled_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, promise: Promise) -> PromiseView:
        return cls.model_validate(
            {name: getattr(promise, name) for name in cls.model_fields if hasattr(promise, name)}
            | {"due_at": promise.binds.due_at}
            | _standing(promise.approval.model_dump() if promise.approval else None),
        )

    @classmethod
    def of_row(cls, row: CommitmentRow) -> PromiseView:
        awaits = row.obligor == "us" and row.status in {"stated", "agreed"} and row.answered < len(row.terms)
        said = both(
            row.kind,
            agreed=row.agreed,
            confirmed=row.confirmed,
            binding=row.binding,
            waited=[terms.get("waited_seconds", 0) for terms in row.terms],
        )
        held = row.model_dump() | {"awaits_answer": awaits, "by_both": said} | _standing(row.approval)
        return cls.model_validate(held)


def _standing(approval: dict[str, Any] | None) -> dict[str, Any]:
    return {"approval": approval["state"], "over": approval["over"]} if approval else {"approval": None, "over": []}


class Proposal(PromiseView):
    """A promise as it was just written or changed. `hints` are what could be said better, and hinder nothing."""

    hints: list[dict[str, str]]

    @classmethod
    def hinting(cls, view: PromiseView, hints: list[Hint]) -> Proposal:
        return cls.model_validate(view.model_dump() | {"hints": [hint._asdict() for hint in hints]})


class Fact(BaseModel):
    event_id: UUID
    type: str
    at: datetime
    data: dict[str, Any]


class BreachedCase(BaseModel):
    case_id: UUID
    customer_id: UUID
    next_contact_at: datetime
    breached: bool

    @classmethod
    def of(cls, row: CaseRow, now: datetime) -> BreachedCase:
        return cls(
            case_id=row.case_id,
            customer_id=row.customer_id,
            next_contact_at=row.next_contact_at,
            breached=row.next_contact_at <= now,
        )
