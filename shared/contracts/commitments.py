"""What commitments tells: the life of a promise."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Payload

TOPIC = "kept.commitments"


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


class Outcome(StrEnum):
    KEPT = "kept"
    KEPT_CHANGED = "kept_after_agreed_change"
    BROKEN_WARNED = "broken_with_warning"
    BROKEN_SILENT = "broken_silently"
    WITHDRAWN = "withdrawn_by_customer"
    VOID = "void"


class Assumption(BaseModel):
    """What must hold for the promise to hold: `whose` it is to see to, and whether they have confirmed it."""

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
    """`amount` is a decimal number as text, never a float; `currency` a code of ISO 4217."""

    model_config = ConfigDict(frozen=True)

    amount: str = Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")
    currency: str


class Concession(Money):
    """What we give up to come to terms, and why. For us, not for the customer."""

    reason: str


class Estimated(BaseModel):
    """What history said when it was promised: done by `due_at` in `level` of 1 of such cases.

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
    """How it goes: doing now, what stands in the way and what is done about it, what is next, when we speak again."""

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


class Commitment(Payload):
    """What every fact about a promise repeats, so that a consumer needs no look-up."""

    commitment_id: UUID
    case_id: UUID | None = None
    parent_id: UUID | None = None
    kind: CommitmentKind
    obligor: Literal["us", "customer"] = "us"
    owner: str | None = None
    terms: Terms


class CommitmentDrafted(Commitment, type="kept.commitment.drafted.v1", topic=TOPIC):
    """Written down, or written anew, and told to nobody yet."""

    by: str | None = None


class CommitmentStated(Commitment, type="kept.commitment.stated.v1", topic=TOPIC):
    """Told to the customer. `interaction_id` names the contact that made policy open it, `policy` the kind of its rule.

    `blocks`: of a task of the customer, whether our promise waits for it. `about`: of an escalation, the words of the
    promise that was given to somebody else, as the customer knows them.
    """

    interaction_id: UUID | None = None
    link: str | None = None
    policy: str | None = None
    blocks: bool | None = None
    about: str | None = None


class CommitmentAgreed(Commitment, type="kept.commitment.agreed.v1", topic=TOPIC):
    """By an act of the customer; silence never makes one."""

    by: Literal["customer_page", "agent_record"] = "customer_page"
    recorded_by: str | None = None


class CommitmentDeclined(Commitment, type="kept.commitment.declined.v1", topic=TOPIC):
    """`proposed_due_at`: the time that would suit the customer, where they name one."""

    reason: str
    proposed_due_at: datetime | None = None
    by: Literal["customer_page", "agent_record"] = "customer_page"
    recorded_by: str | None = None


class CommitmentReviewed(Commitment, type="kept.commitment.reviewed.v1", topic=TOPIC):
    """Somebody of ours decided about terms that were over their author's limits, or said our yes to a goal."""

    decision: Literal["approved", "refused", "confirmed"]
    by: str
    reason: str | None = None
    limit: tuple[Over, ...] = ()


class CommitmentRevised(Commitment, type="kept.commitment.revised.v1", topic=TOPIC):
    """New terms told before the due time. They bind when the customer agrees."""

    previous_due_at: datetime
    by: str
    link: str | None = None


class CommitmentProgressed(Commitment, type="kept.commitment.progressed.v1", topic=TOPIC):
    progress: Progress
    by: str


class CommitmentWaiting(Commitment, type="kept.commitment.waiting.v1", topic=TOPIC):
    """The customer has something to do first: our clock stands still. `task_id`: the task that tells them so."""

    since: datetime
    reason: str
    by: str
    task_id: UUID | None = None
    link: str | None = None


class CommitmentResumed(Commitment, type="kept.commitment.resumed.v1", topic=TOPIC):
    """The clock runs again; due is later by what we waited."""

    previous_due_at: datetime
    waited_seconds: int
    by: str
    link: str | None = None


class CommitmentEscalated(Commitment, type="kept.commitment.escalated.v1", topic=TOPIC):
    """Given to somebody who can: `to` speaks with the customer by `by_when`."""

    to: str
    by_when: datetime
    reason: str
    by: str


class CommitmentAtRisk(Commitment, type="kept.commitment.at_risk.v1", topic=TOPIC):
    """Said before it slips, to the owner and to the customer. `next_contact_at`: when we speak again."""

    reason: str
    next_contact_at: datetime
    link: str | None = None


class CommitmentFulfilled(Commitment, type="kept.commitment.fulfilled.v1", topic=TOPIC):
    outcome: Outcome
    fulfilled_at: datetime
    by: str
    evidence: UUID | None = None


class CommitmentBroken(Commitment, type="kept.commitment.broken.v1", topic=TOPIC):
    outcome: Outcome
    broken_at: datetime


class CommitmentWithdrawn(Commitment, type="kept.commitment.withdrawn.v1", topic=TOPIC):
    outcome: Outcome
    reason: str
    by: str


class GoodwillGiven(Payload, type="kept.goodwill.given.v1", topic=TOPIC):
    """Something beyond what was promised, out of the month's budget of a team. It moves no date."""

    goodwill_id: UUID
    given: Money
    words: str
    by: str
    team: str | None = None
    case_id: UUID | None = None
    commitment_id: UUID | None = None


class RequestRefused(Payload, type="kept.request.refused.v1", topic=TOPIC):
    """We said no: to what, why, who decided, and what we offered instead."""

    refusal_id: UUID
    asked: str
    reason: str
    decided_by: str
    by: str
    policy_code: str | None = None
    alternatives: tuple[str, ...] = ()
    case_id: UUID | None = None


class NextContactDue(Payload, type="kept.next_contact.due.v1", topic=TOPIC):
    """We said we would speak to the customer by now, and have not."""

    case_id: UUID
    due_at: datetime
