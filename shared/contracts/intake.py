"""What intake tells: contacts, customers and cases."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import Payload

TOPIC = "kept.intake"


class ChannelKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"
    WEB = "web"
    REVIEW = "review"


class InteractionKind(StrEnum):
    MESSAGE = "message"
    CALL = "call"
    MISSED_CALL = "missed_call"
    VOICEMAIL = "voicemail"
    REVIEW = "review"
    NOTE = "note"


class HandleKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    CHAT = "chat"


Language = Literal["vi", "en"]


class Handle(BaseModel):
    """An address a customer is known by. `account` tells apart the same value at two providers' accounts."""

    model_config = ConfigDict(frozen=True)

    kind: HandleKind
    value: str
    account: str = ""


class Interaction(Payload):
    interaction_id: UUID
    case_id: UUID | None
    channel: str
    channel_kind: ChannelKind
    kind: InteractionKind
    occurred_at: datetime
    received_at: datetime
    subject: str | None = None
    text: str | None = None
    ring_count: int | None = None
    duration_seconds: int | None = None
    agent: str | None = None


class InteractionReceived(Interaction, type="kept.interaction.received.v1", topic=TOPIC):
    """The customer reached us. `text` is their own words, unchanged. `automatic` marks machines' mail."""

    language: Language
    automatic: bool = False


class InteractionSent(Interaction, type="kept.interaction.sent.v1", topic=TOPIC):
    """A person of ours reached the customer. `answers` names the contacts it answers."""

    answers: tuple[UUID, ...] = ()


class CustomerFacts(Payload):
    name: str | None
    kind: Literal["external", "internal"] = "external"
    language: Language
    handles: list[Handle]


class CustomerCreated(CustomerFacts, type="kept.customer.created.v1", topic=TOPIC):
    pass


class CustomerUpdated(CustomerFacts, type="kept.customer.updated.v1", topic=TOPIC):
    """The customer's facts as they are now, whole."""


class CustomerMerged(Payload, type="kept.customer.merged.v1", topic=TOPIC):
    """`customer_id` is from now on the same person as `into`. A link, no move: `unmerged` takes it back."""

    into: UUID
    reason: str
    by: str


class CustomerUnmerged(Payload, type="kept.customer.unmerged.v1", topic=TOPIC):
    from_customer: UUID
    reason: str
    by: str


class CaseFacts(Payload):
    case_id: UUID
    kind: Literal["request", "question", "complaint", "praise"]
    category: str | None = None
    owner: str | None = None
    stated_request: str | None = None


class CaseOpened(CaseFacts, type="kept.case.opened.v1", topic=TOPIC):
    opened_at: datetime


class CaseUpdated(CaseFacts, type="kept.case.updated.v1", topic=TOPIC):
    pass


class CaseResolved(CaseFacts, type="kept.case.resolved.v1", topic=TOPIC):
    resolved_at: datetime
    summary: str
    by: str


class CaseReopened(CaseFacts, type="kept.case.reopened.v1", topic=TOPIC):
    reopened_at: datetime
    reason: str
    by: str
