"""What the HTTP interface takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.commitments.promise import Promise
from services.commitments.tables import CaseRow, CommitmentRow
from shared.contracts.commitments import CommitmentKind, Terms
from shared.contracts.intake import ChannelKind


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone")
    ZoneInfo(name)
    return name


def _storable(words: str) -> str:
    if "\0" in words:
        raise ValueError("holds a character that cannot be stored (NUL)")
    return words


Zone = Annotated[str, AfterValidator(_known_zone)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_storable)
]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(_storable)
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_storable)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPromise(Strict):
    """`cost` is a sentence: an amount, "no charge", or "not known until ...".

    The customer may be one we have not heard of yet: intake's news of them can be on its way.
    """

    customer_id: UUID
    case_id: UUID | None = None
    words: Words
    due_at: AwareDatetime
    zone: Zone | None = None
    cost: Words
    scope: Words | None = None
    exclusions: Words | None = None
    owner: Name | None = None
    tell: bool = False


class Agree(Strict):
    revision: int = Field(ge=1)


class Decline(Strict):
    revision: int = Field(ge=1)
    reason: Reason


class Revise(Strict):
    """`revision` is the one the author looked at. Where it has been replaced meanwhile, the change is refused."""

    revision: int | None = Field(None, ge=1)
    due_at: AwareDatetime
    reason: Reason
    words: Words | None = None
    cost: Words | None = None


class Withdraw(Strict):
    reason: Reason


class PromiseView(BaseModel):
    """A promise with every revision. `binding` names the revision that counts."""

    id: UUID
    customer_id: UUID
    case_id: UUID | None
    interaction_id: UUID | None
    kind: CommitmentKind
    owner: str | None
    status: str
    outcome: str | None
    due_at: datetime
    binding: int
    awaits_answer: bool
    terms: list[Terms]
    stated_at: datetime | None
    warned_at: datetime | None
    fulfilled_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, promise: Promise) -> PromiseView:
        return cls.model_validate(
            {name: getattr(promise, name) for name in cls.model_fields if hasattr(promise, name)}
            | {"due_at": promise.binds.due_at},
        )

    @classmethod
    def of_row(cls, row: CommitmentRow) -> PromiseView:
        awaits = row.status in {"stated", "agreed"} and row.answered < len(row.terms)
        return cls.model_validate(row.model_dump() | {"awaits_answer": awaits})


class Fact(BaseModel):
    event_id: UUID
    type: str
    at: datetime
    data: dict[str, Any]


class NewPolicy(Strict):
    kind: Literal["response", "call_back", "next_contact"]
    channel_kind: ChannelKind | None = None
    within_minutes: int = Field(ge=1, le=525_600)
    valid_from: AwareDatetime | None = None


class PolicyView(BaseModel):
    kind: str
    channel_kind: str | None
    within_minutes: int
    valid_from: datetime
    set_by: str


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
