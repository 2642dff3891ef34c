"""What the HTTP interface takes and gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.commitments.errors import DueTooFar
from services.commitments.promise import Promise
from services.commitments.tables import CaseRow, CommitmentRow
from shared.contracts.commitments import Assumption, CommitmentKind, Option, Progress, Step, Terms


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


class NewAssumption(Strict):
    words: Words
    whose: Literal["us", "customer"] = "customer"
    confirmed: bool = False


class NewStep(Strict):
    words: Words
    expected_at: AwareDatetime | None = None


class NewOption(Strict):
    """Another way to do it: sooner, dearer, better; `reason` says why it differs."""

    name: Name
    words: Words
    due_at: AwareDatetime
    cost: Words
    quality: Words | None = None
    reason: Words | None = None


class TermsIn(Strict):
    """What is promised. A due time and a cost are a must: `due_at` as an instant, or `due_on` as a day in `zone`.

    `cost` is a sentence: an amount, "no charge", or "not known until ...". `who` says who does it and why they can.
    """

    words: Words
    due_at: AwareDatetime | None = None
    due_on: date | None = None
    zone: Zone | None = None
    cost: Words
    scope: Words | None = None
    exclusions: Words | None = None
    who: Words | None = None
    assumptions: list[NewAssumption] = Field(default_factory=list, max_length=20)
    steps: list[NewStep] = Field(default_factory=list, max_length=50)
    options: list[NewOption] = Field(default_factory=list, max_length=10)

    @model_validator(mode="after")
    def _has_one_due(self) -> TermsIn:
        if (self.due_at is None) == (self.due_on is None):
            raise ValueError("a promise needs a due time: either due_at (an instant) or due_on (a day)")
        return self

    def terms(self, default_zone: str) -> Terms:
        """The first revision. A day is over at its midnight in its zone."""
        zone = self.zone or default_zone
        return Terms(
            revision=1,
            words=self.words,
            due_at=self.due_at or end_of_day(self.due_on, zone),
            due_on=self.due_on,
            zone=zone,
            cost=self.cost,
            scope=self.scope,
            exclusions=self.exclusions,
            who=self.who,
            assumptions=tuple(Assumption(**a.model_dump()) for a in self.assumptions),
            steps=tuple(Step(**s.model_dump()) for s in self.steps),
            options=tuple(Option(**o.model_dump()) for o in self.options),
        )


def end_of_day(day: date | None, zone: str) -> datetime:
    """The last instant of a day in a zone: a millisecond before the next one begins, whatever the clocks do there."""
    if day is None:
        raise ValueError("there is no day")
    try:
        midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
        return midnight.astimezone(UTC) - timedelta(milliseconds=1)
    except OverflowError as error:
        raise DueTooFar("a promise needs a due time within ten years") from error


def day_in(zone: str, at: datetime) -> date:
    """The day that it is there."""
    return at.astimezone(ZoneInfo(zone)).date()


class NewPromise(TermsIn):
    """The customer may be one we have not heard of yet: intake's news of them can be on its way.

    `parent_id` makes it a part of another promise, which is at risk when this one is late. `category`, `team` and
    `partner` are for the scorecard.
    """

    customer_id: UUID
    case_id: UUID | None = None
    parent_id: UUID | None = None
    owner: Name | None = None
    team: Name | None = None
    partner: Name | None = None
    category: Name | None = None
    tell: bool = False


class Agree(Strict):
    revision: int = Field(ge=1)


class Decline(Strict):
    """`proposed_due_at`: the time that would suit the customer."""

    revision: int = Field(ge=1)
    reason: Reason
    proposed_due_at: AwareDatetime | None = None


class NewProgress(Strict):
    """What we do now, what stands in the way and what is done about it, what is next, and when we speak again."""

    now_doing: Words
    problems: Words | None = None
    solution: Words | None = None
    next_step: Words
    next_contact_at: AwareDatetime
    steps_done: int = Field(0, ge=0, le=50)


class Warn(Strict):
    reason: Reason


class Wait(Strict):
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
    first_due_at: datetime
    parent_id: UUID | None
    team: str | None
    partner: str | None
    category: str | None
    waiting_since: datetime | None
    progress: Progress | None
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
