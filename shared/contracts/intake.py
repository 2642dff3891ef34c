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


class InteractionFact(StrEnum):
    """What became of a contact, or of a message of ours."""

    EDITED = "edited"
    DELETED = "deleted"
    REACTED = "reacted"
    UNREACTED = "unreacted"
    RECORDED = "recorded"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Reachability(StrEnum):
    """Why a handle can be reached no longer, or again."""

    BLOCKED = "blocked"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    LEFT = "left"
    MOVED = "moved"
    UNBLOCKED = "unblocked"
    OPTED_IN = "opted_in"

    @property
    def is_reachable(self) -> bool:
        return self in {Reachability.UNBLOCKED, Reachability.OPTED_IN}


Language = Literal["vi", "en"]


class Handle(BaseModel):
    """An address a customer is known by. `account` tells apart the same value at two providers' accounts."""

    model_config = ConfigDict(frozen=True)

    kind: HandleKind
    value: str
    account: str = ""


class AttachmentFacts(BaseModel):
    """`size` in bytes, where the provider says. Its content is at `/intake/attachments/{attachment_id}/content`."""

    model_config = ConfigDict(frozen=True)

    attachment_id: UUID
    name: str | None = None
    content_type: str | None = None
    size: int | None = None


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
    automatic: bool = False
    attachments: tuple[AttachmentFacts, ...] = ()


class InteractionReceived(Interaction, type="kept.interaction.received.v1", topic=TOPIC):
    """The customer reached us. `text` is their own words, unchanged. `automatic` marks what a machine wrote.

    `reply` is what of `text` is new, where the rest repeats earlier mail; None where all of it is new.
    """

    language: Language
    reply: str | None = None


class InteractionSent(Interaction, type="kept.interaction.sent.v1", topic=TOPIC):
    """We reached the customer. `answers` names the contacts it answers. What is `automatic` answers nothing."""

    answers: tuple[UUID, ...] = ()


class InteractionChanged(Payload, type="kept.interaction.changed.v1", topic=TOPIC):
    """Something became of a contact, or of a message of ours; the contact itself stays as it was told.

    `interaction_id` None: a message that was sent past us; `about` is the provider's own id of it, and None where the
    fact is about all of ours up to `occurred_at`. `text` holds the new words, the emoji, or the reason.
    """

    interaction_id: UUID | None
    channel: str
    fact: InteractionFact
    about: str | None
    occurred_at: datetime
    received_at: datetime
    text: str | None = None
    attachments: tuple[AttachmentFacts, ...] = ()


class HandleReachability(Payload):
    handle: Handle
    channel: str
    reason: Reachability
    occurred_at: datetime
    detail: str | None = None


class HandleUnreachable(HandleReachability, type="kept.handle.unreachable.v1", topic=TOPIC):
    """Messages to this handle no longer arrive, or are no longer wanted."""


class HandleReachable(HandleReachability, type="kept.handle.reachable.v1", topic=TOPIC):
    """And now they do again."""


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
