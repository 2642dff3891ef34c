"""What the HTTP interface takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.commitments.days import Due, communicable, end_of_day
from services.commitments.money import NewGift, NewMoney
from services.commitments.plain import Hint
from services.commitments.promise import Promise, both, check_due
from services.commitments.tables import CaseRow, CommitmentRow
from shared.contracts.commitments import (
    Assumption,
    CommitmentKind,
    Concession,
    Estimated,
    Option,
    Over,
    Progress,
    Step,
    Terms,
)


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


class NewConcession(NewGift):
    reason: Reason


class NewEstimate(Strict):
    """What the estimate said; where none is named, that of our own history counts. Promising earlier needs a reason."""

    estimate_due_at: AwareDatetime | None = None
    estimate_level: float = Field(0.9, gt=0, lt=1)
    override_reason: Reason | None = None

    @property
    def level(self) -> float:
        return self.estimate_level if self.estimate_due_at else 0.0

    def estimated(self) -> Estimated | None:
        if self.estimate_due_at is None:
            return None
        reason = self.override_reason
        return Estimated(due_at=self.estimate_due_at, level=self.estimate_level, override_reason=reason)


class NewOption(Strict):
    """Another way to do it: sooner, dearer, better; `reason` says why it differs. `words` say in full what is promised.

    `kind` marks a counter-offer by what the customer gives for it: time, a part of what they asked, or money.
    """

    name: Name
    words: Words
    due_at: AwareDatetime
    cost: Words
    quality: Words | None = None
    reason: Words | None = None
    kind: Literal["later", "less", "dearer"] | None = None
    charge: NewMoney | None = None


def _with_own_names(options: list[NewOption]) -> list[NewOption]:
    if len({option.name for option in options}) < len(options):
        raise ValueError("two options have one name: the customer chooses by it")
    return options


Options = Annotated[list[NewOption], Field(max_length=10), AfterValidator(_with_own_names)]


class TermsIn(NewEstimate):
    """What is promised. A due time and a cost are a must: `due_at` as an instant, or `due_on` as a day in `zone`;
    without either the estimate stands in, `estimate_due_at` or our own, rounded up.

    `cost` is a sentence: an amount, "no charge", or "not known until ...". `who` says who does it and why they can.

    `charge` is the cost as an amount, where it is one; `concession` what we give up to come to terms, for us alone.
    `expected_by` is what the customer had wished for: where that is before `due_at`, offer `options`. `unusual`: work
    begins when the customer has agreed.
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
    options: Options = Field(default_factory=list)
    charge: NewMoney | None = None
    concession: NewConcession | None = None
    expected_by: AwareDatetime | None = None
    unusual: bool = False

    @model_validator(mode="after")
    def _has_one_due(self) -> TermsIn:
        if self.due_at is not None and self.due_on is not None:
            raise ValueError("a promise needs a due time: either due_at (an instant) or due_on (a day)")
        return self

    @property
    def has_due(self) -> bool:
        return self.due_at is not None or self.due_on is not None

    def terms(self, default_zone: str, now: datetime, own: Estimated | None = None) -> Terms:
        """The first revision. A day is over at its midnight in its zone.

        Without a due time it is the estimate's, rounded up to a time that can be said (C2). `own` is the estimate of
        our history, where the author names none.
        """
        zone = self.zone or default_zone
        estimate = self.estimated() or (own and own.model_copy(update={"override_reason": self.override_reason}))
        due = self._due(zone, now, estimate)
        return Terms(
            revision=1,
            words=self.words,
            due_at=due.at,
            due_on=due.on,
            zone=zone,
            cost=self.cost,
            scope=self.scope,
            exclusions=self.exclusions,
            who=self.who,
            assumptions=tuple(Assumption(**a.model_dump()) for a in self.assumptions),
            steps=tuple(Step(**s.model_dump()) for s in self.steps),
            options=_options(self.options),
            charge=self.charge.money() if self.charge else None,
            concession=Concession(**self.concession.model_dump()) if self.concession else None,
            expected_by=self.expected_by,
            estimate=estimate,
            unusual=self.unusual,
        )

    def _due(self, zone: str, now: datetime, estimate: Estimated | None) -> Due:
        if self.due_at is not None:
            return Due(self.due_at)
        if self.due_on is not None or estimate is None:
            return Due(end_of_day(self.due_on, zone), self.due_on)
        return communicable(estimate.due_at, now, zone)


def option_texts(options: Iterable[NewOption | Option]) -> Iterator[tuple[str, str | None]]:
    for at, option in enumerate(options):
        for name in ("name", "words", "cost", "quality", "reason"):
            yield f"options/{at}/{name}", getattr(option, name)


def _options(options: list[NewOption]) -> tuple[Option, ...]:
    return tuple(Option(**option.model_dump()) for option in options)


def day_in(zone: str, at: datetime) -> date:
    """The day that it is there."""
    return at.astimezone(ZoneInfo(zone)).date()


class NewPromise(TermsIn):
    """The customer may be one we have not heard of yet: intake's news of them can be on its way.

    `parent_id` makes it a part of another promise, which is at risk when this one is late. `category`, `team` and
    `partner` are for the scorecard. A `goal` is confirmed by both sides.
    """

    customer_id: UUID
    kind: Literal["promise", "goal"] = "promise"
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

    def at(self, now: datetime) -> Progress:
        """Raises DueInThePast or DueTooFar: when we speak again is a promise too."""
        check_due(self.next_contact_at, now, what="an update needs a next contact")
        return Progress(at=now, **self.model_dump())


class Warn(Strict):
    reason: Reason


class Wait(Strict):
    reason: Reason


class Revise(NewEstimate):
    """`revision` is the one the author looked at. Where it has been replaced meanwhile, the change is refused.

    What is left out stays as it is; null takes a `charge` or `concession` away, as a new `cost` does with the charge
    of the old one; `options` replace those there were.
    """

    revision: int | None = Field(None, ge=1)
    due_at: AwareDatetime
    reason: Reason
    words: Words | None = None
    cost: Words | None = None
    charge: NewMoney | None = None
    concession: NewConcession | None = None
    options: Options | None = None

    def texts(self) -> Iterator[tuple[str, str | None]]:
        """What of it the customer reads, with the field it is in."""
        yield from (("words", self.words), ("reason", self.reason), ("cost", self.cost))
        yield from option_texts(self.options or ())

    @property
    def without(self) -> set[str]:
        """What there is no longer."""
        named = self.model_fields_set | ({"charge"} if self.cost else set())
        return {name for name in ("charge", "concession") if name in named and getattr(self, name) is None}

    def on(self, old: Terms, own: Estimated | None = None) -> dict[str, Any]:
        """What of the old terms changes, beside due and reason. `own` as in the terms of a new promise."""
        estimate, before = self.estimated(), own or old.estimate
        if estimate is None and before is not None and self.due_at != old.due_at:
            estimate = before.model_copy(update={"override_reason": self.override_reason})
        changes: dict[str, Any] = {"estimate": estimate, "words": self.words, "cost": self.cost}
        if self.charge is not None:
            changes["charge"] = self.charge.money()
        if self.concession is not None:
            changes["concession"] = Concession(**self.concession.model_dump())
        if self.options is not None:
            changes["options"] = _options(self.options)
        return changes


class Withdraw(Strict):
    reason: Reason


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
