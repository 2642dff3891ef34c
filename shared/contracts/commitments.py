"""What commitments tells: the life of a promise."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import Payload

TOPIC = "kept.commitments"


class CommitmentKind(StrEnum):
    """`promise` is stated by a person; the others are opened by policy and count the same."""

    PROMISE = "promise"
    RESPONSE = "response"
    CALL_BACK = "call_back"
    TASK = "task"


class Outcome(StrEnum):
    KEPT = "kept"
    KEPT_CHANGED = "kept_after_agreed_change"
    BROKEN_WARNED = "broken_with_warning"
    BROKEN_SILENT = "broken_silently"
    WITHDRAWN = "withdrawn_by_customer"
    VOID = "void"


class Terms(BaseModel):
    """One revision of a promise. `cost` is a sentence: an amount, "no charge", or when it will be known."""

    model_config = ConfigDict(frozen=True)

    revision: int
    words: str
    due_at: datetime
    zone: str
    cost: str
    scope: str | None = None
    exclusions: str | None = None
    reason: str | None = None


class Commitment(Payload):
    """What every fact about a promise repeats, so that a consumer needs no look-up."""

    commitment_id: UUID
    case_id: UUID | None = None
    kind: CommitmentKind
    obligor: Literal["us", "customer"] = "us"
    owner: str | None = None
    terms: Terms


class CommitmentDrafted(Commitment, type="kept.commitment.drafted.v1", topic=TOPIC):
    pass


class CommitmentStated(Commitment, type="kept.commitment.stated.v1", topic=TOPIC):
    """Told to the customer. `interaction_id` names the contact that made policy open it."""

    interaction_id: UUID | None = None
    link: str | None = None


class CommitmentAgreed(Commitment, type="kept.commitment.agreed.v1", topic=TOPIC):
    """By an act of the customer; silence never makes one."""

    by: Literal["customer_page", "agent_record"] = "customer_page"


class CommitmentDeclined(Commitment, type="kept.commitment.declined.v1", topic=TOPIC):
    reason: str


class CommitmentRevised(Commitment, type="kept.commitment.revised.v1", topic=TOPIC):
    """New terms told before the due time. They bind when the customer agrees."""

    previous_due_at: datetime
    by: str
    link: str | None = None


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


class NextContactDue(Payload, type="kept.next_contact.due.v1", topic=TOPIC):
    """We said we would speak to the customer by now, and have not."""

    case_id: UUID
    due_at: datetime
