"""The terms of a promise, as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from services.commitments.authority.money import NewGift, NewMoney
from services.commitments.fields import Name, Reason, Strict, Words
from services.commitments.promise.core.days import Due, communicable, end_of_day
from shared.contracts.terms import (
    Assumption,
    Concession,
    Estimated,
    Option,
    Step,
    Terms,
)
from shared.instants import Day, Instant, Zone


class NewAssumption(Strict):
    words: Words
    whose: Literal["us", "customer"] = "customer"
    confirmed: bool = False


class NewStep(Strict):
    words: Words
    expected_at: Instant | None = None


class NewConcession(NewGift):
    reason: Reason


class NewEstimate(Strict):
    """An estimate to promise by; without one that of our own history counts. Promising earlier needs a reason."""

    estimate_due_at: Instant | None = None
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
    due_at: Instant
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
    due_at: Instant | None = None
    due_on: Day | None = None
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
    expected_by: Instant | None = None
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
