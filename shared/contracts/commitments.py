"""The events of commitments: the life of a promise."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.acts import CustomerAct
from shared.contracts.envelope import CustomerPayload
from shared.contracts.intake import Authentication
from shared.contracts.terms import CommitmentKind, Money, Over, Progress, Terms

TOPIC = "kept.commitments"


class Outcome(StrEnum):
    KEPT = "kept"
    KEPT_CHANGED = "kept_after_agreed_change"
    BROKEN_WARNED = "broken_with_warning"
    BROKEN_SILENT = "broken_silently"
    WITHDRAWN = "withdrawn_by_customer"
    VOID = "void"


class Commitment(CustomerPayload, concerns=("commitment_id",)):
    """The fields that every event about a promise repeats, so that a consumer needs no look-up.

    `link`, where a fact has one, is null: whoever reads an event must not be able to act for the customer.
    """

    commitment_id: UUID
    case_id: UUID | None = None
    parent_id: UUID | None = None
    kind: CommitmentKind
    obligor: Literal["us", "customer"] = "us"
    owner: str | None = None
    terms: Terms


class Heard(BaseModel):
    """The facts an automatic answer needs of the contact it answers: a mail's id and subject, and whether it may be.

    `authentication`: of a mail whose sender was checked.
    """

    model_config = ConfigDict(frozen=True)

    message_id: str | None = None
    subject: str | None = None
    no_automatic_answer: bool = False
    authentication: Authentication | None = None


class CommitmentDrafted(Commitment, type="kept.commitment.drafted.v1", topic=TOPIC):
    """A promise was drafted, or drafted anew, and nobody has been told yet."""

    by: str | None = None


class CommitmentStated(Commitment, type="kept.commitment.stated.v1", topic=TOPIC):
    """A promise was told to the customer. `interaction_id` names the contact that opened it, `policy` its kind of rule.

    `blocks`: of a task of the customer, whether our promise waits for it. `about`: of an escalation, the words of the
    promise that was given to somebody else, as the customer knows them. `heard`: of the contact that opened it.
    """

    interaction_id: UUID | None = None
    link: str | None = None
    policy: str | None = None
    blocks: bool | None = None
    about: str | None = None
    heard: Heard | None = None


class CommitmentJoined(Commitment, type="kept.commitment.joined.v1", topic=TOPIC):
    """A further contact joined a promise that answers it too, so that it opens none of its own.

    `interaction_id` names that contact, `heard` is of it, `policy` the kind of the rule for it.
    """

    interaction_id: UUID
    policy: str | None = None
    heard: Heard | None = None


class CommitmentAgreed(Commitment, type="kept.commitment.agreed.v1", topic=TOPIC):
    """The customer agreed by an act of theirs, never by silence. `act` is the evidence of one on their page."""

    by: Literal["customer_page", "agent_record"] = "customer_page"
    recorded_by: str | None = None
    act: CustomerAct | None = None


class CommitmentDeclined(Commitment, type="kept.commitment.declined.v1", topic=TOPIC):
    """The customer declined. `proposed_due_at`: the time that would suit them, where they name one."""

    reason: str
    proposed_due_at: datetime | None = None
    by: Literal["customer_page", "agent_record"] = "customer_page"
    recorded_by: str | None = None
    act: CustomerAct | None = None


class CommitmentReviewed(Commitment, type="kept.commitment.reviewed.v1", topic=TOPIC):
    """Somebody of ours decided about terms that were over their author's limits, or said our yes to a goal."""

    decision: Literal["approved", "refused", "confirmed"]
    by: str
    reason: str | None = None
    limit: tuple[Over, ...] = ()


class CommitmentRevised(Commitment, type="kept.commitment.revised.v1", topic=TOPIC):
    """New terms were told before the due time. They bind when the customer agrees."""

    previous_due_at: datetime
    by: str
    link: str | None = None


class CommitmentProgressed(Commitment, type="kept.commitment.progressed.v1", topic=TOPIC):
    progress: Progress
    by: str


class CommitmentWaiting(Commitment, type="kept.commitment.waiting.v1", topic=TOPIC):
    """We wait for the customer, and our clock stands still. `task_id`: the task that tells them so."""

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
    """A promise was escalated: `to` speaks with the customer by `by_when`."""

    to: str
    by_when: datetime
    reason: str
    by: str


class CommitmentAtRisk(Commitment, type="kept.commitment.at_risk.v1", topic=TOPIC):
    """A promise is at risk, said to owner and customer before it is late. `next_contact_at`: when we speak again."""

    reason: str
    next_contact_at: datetime
    link: str | None = None


class CommitmentFulfilled(Commitment, type="kept.commitment.fulfilled.v1", topic=TOPIC):
    """A promise was fulfilled. `evidence` is the contact by which a customer did it, `heard` more of that.

    `act` is the evidence of a customer's act on the page.
    """

    outcome: Outcome
    fulfilled_at: datetime
    by: str
    evidence: UUID | None = None
    act: CustomerAct | None = None
    heard: Heard | None = None


class CommitmentBroken(Commitment, type="kept.commitment.broken.v1", topic=TOPIC):
    outcome: Outcome
    broken_at: datetime


class CommitmentWithdrawn(Commitment, type="kept.commitment.withdrawn.v1", topic=TOPIC):
    outcome: Outcome
    reason: str
    by: str


class GoodwillGiven(CustomerPayload, type="kept.goodwill.given.v1", topic=TOPIC, concerns=("commitment_id", "case_id")):
    """Goodwill was given beyond what was promised, out of a team's budget of the month. It moves no date."""

    goodwill_id: UUID
    given: Money
    words: str
    by: str
    team: str | None = None
    case_id: UUID | None = None
    commitment_id: UUID | None = None


class RequestRefused(CustomerPayload, type="kept.request.refused.v1", topic=TOPIC, concerns=("case_id",)):
    """A request was refused: what, why, who decided, and what we offered instead."""

    refusal_id: UUID
    asked: str
    reason: str
    decided_by: str
    by: str
    policy_code: str | None = None
    alternatives: tuple[str, ...] = ()
    case_id: UUID | None = None


class NextContactDue(CustomerPayload, type="kept.next_contact.due.v1", topic=TOPIC, concerns=("case_id",)):
    """A next contact is due: we said we would speak to the customer by now, and have not."""

    case_id: UUID
    due_at: datetime
