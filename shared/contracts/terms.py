"""The terms of a promise: what they say, when, at what price, and on what they stand."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CommitmentKind(StrEnum):
    """`promise` is stated by a person; the others are opened by policy and count the same."""

    PROMISE = "promise"
    RESPONSE = "response"
    CALL_BACK = "call_back"
    TASK = "task"
    NEXT_RESPONSE = "next_response"
    UPDATE = "update"
    FOLLOW_UP = "follow_up"
    ESCALATION = "escalation"
    INFORMATION = "information"
    GOAL = "goal"


class Assumption(BaseModel):
    """An assumption of a promise: `whose` it is to see to, and whether they have confirmed it."""

    model_config = ConfigDict(frozen=True)

    words: str
    whose: Literal["us", "customer"] = "customer"
    confirmed: bool = False


class Step(BaseModel):
    """One step on the way, in order, with the time it is expected to be done."""

    model_config = ConfigDict(frozen=True)

    words: str
    expected_at: datetime | None = None


class Money(BaseModel):
    """An amount of money. `amount` is a decimal number as text, never a float; `currency` a code of ISO 4217."""

    model_config = ConfigDict(frozen=True)

    amount: str = Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")
    currency: str


class Concession(Money):
    """A concession: what we give up to come to terms, and why. For us, not for the customer."""

    reason: str


class Estimated(BaseModel):
    """The estimate when it was promised: done by `due_at` in `level` of 1 of such cases.

    `override_reason`: why we promised earlier than that all the same. `n` promises of the last `window_days` are what
    it rests on; None where the author named the estimate.
    """

    model_config = ConfigDict(frozen=True)

    due_at: datetime
    level: float = 0.9
    override_reason: str | None = None
    n: int | None = None
    window_days: int | None = None


class Over(BaseModel):
    """One limit of a role that terms are over: what is allowed, and what was asked."""

    model_config = ConfigDict(frozen=True)

    limit: Literal["concession", "cost", "shortest", "longest", "early"]
    allowed: str
    asked: str


class Option(BaseModel):
    """Another way to do it, with its own time, cost and quality, and the reason for the difference.

    `kind` says what the customer gives for it, where it is a counter-offer: time, a part of it, or money. `charge` is
    its cost as an amount, where it is one.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    words: str
    due_at: datetime
    cost: str
    quality: str | None = None
    reason: str | None = None
    kind: Literal["later", "less", "dearer"] | None = None
    charge: Money | None = None


class Progress(BaseModel):
    """The progress: what we do now, what stands in the way and is done about it, what is next, when we speak again."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    now_doing: str
    problems: str | None = None
    solution: str | None = None
    next_step: str
    next_contact_at: datetime
    steps_done: int = 0


class Terms(BaseModel):
    """One revision of a promise. `cost` is a sentence: an amount, "no charge", or when it will be known.

    `due_on` is set where the promise is for a day: `due_at` is then the end of that day in `zone`. `who` says who does
    it and why they can. `waited_seconds` is by how much due moved because we waited for the customer.

    `charge` is the cost as an amount, where it is one; `expected_by` what the customer had wished for; `chosen` the
    option they took. `unusual`: work begins when the customer has agreed, and not before.
    """

    model_config = ConfigDict(frozen=True)

    revision: int
    words: str
    due_at: datetime
    zone: str
    cost: str
    scope: str | None = None
    exclusions: str | None = None
    reason: str | None = None
    due_on: date | None = None
    who: str | None = None
    assumptions: tuple[Assumption, ...] = ()
    steps: tuple[Step, ...] = ()
    options: tuple[Option, ...] = ()
    chosen: str | None = None
    waited_seconds: int = 0
    charge: Money | None = None
    concession: Concession | None = None
    expected_by: datetime | None = None
    estimate: Estimated | None = None
    unusual: bool = False
