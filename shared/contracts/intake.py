"""The events of intake: contacts, customers and cases, and our own people."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import CustomerPayload, Payload

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
    """A later fact about a contact, about a message of ours, or about what customers want to hear from us.

    `MARKETING_STOPPED` and `MARKETING_RESUMED` are about advertising alone: all else still reaches them.
    """

    EDITED = "edited"
    DELETED = "deleted"
    REACTED = "reacted"
    UNREACTED = "unreacted"
    RECORDED = "recorded"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    MARKETING_STOPPED = "marketing_stopped"
    MARKETING_RESUMED = "marketing_resumed"


class Reachability(StrEnum):
    """The reason why a handle can be reached no longer, or again.

    `HEARD_FROM`: a customer wrote from an address that had bounced.
    """

    BLOCKED = "blocked"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    LEFT = "left"
    MOVED = "moved"
    UNBLOCKED = "unblocked"
    OPTED_IN = "opted_in"
    HEARD_FROM = "heard_from"

    @property
    def is_reachable(self) -> bool:
        return self in {Reachability.UNBLOCKED, Reachability.OPTED_IN, Reachability.HEARD_FROM}


Language = Literal["vi", "en"]


class Handle(BaseModel):
    """An address a customer is known by. `account` tells apart the same value at two providers' accounts."""

    model_config = ConfigDict(frozen=True)

    kind: HandleKind
    value: str
    account: str = ""


class AttachmentFacts(BaseModel):
    """An attachment, with its `size` in bytes, if known; content is at `/intake/attachments/{attachment_id}/content`.

    `in_text`: a picture that the text shows where it stands, such as the logo of a signature.
    """

    model_config = ConfigDict(frozen=True)

    attachment_id: UUID
    name: str | None = None
    content_type: str | None = None
    size: int | None = None
    in_text: bool = False


class Verdict(StrEnum):
    """The result of a check of a mail's sender, in the words of RFC 8601, section 2.7."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    POLICY = "policy"
    NONE = "none"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Authentication(BaseModel):
    """The checks of a mail's origin, by `by`: the provider, or a host that is trusted.

    None where that check was not made.
    """

    model_config = ConfigDict(frozen=True)

    by: str
    spf: Verdict | None = None
    dkim: Verdict | None = None
    dmarc: Verdict | None = None


class Interaction(CustomerPayload, concerns=("interaction_id",)):
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
    """A contact came in. `text` is the customer's own words, unchanged. `automatic` marks what a machine wrote.

    `reply` is what of `text` is new, where the rest repeats earlier mail; None where all of it is new.
    `no_automatic_answer`: whoever wrote it, no machine may answer it (it came by a list, or asks for silence).
    `only_thanks`: nothing but thanks, after its case was resolved: no answer is owed.
    `message_id` is a mail's own, in angle brackets: an answer names it.
    `authentication`: of a mail whose sender was checked by somebody we trust.
    """

    language: Language
    reply: str | None = None
    no_automatic_answer: bool = False
    only_thanks: bool = False
    message_id: str | None = None
    authentication: Authentication | None = None


class InteractionSent(Interaction, type="kept.interaction.sent.v1", topic=TOPIC):
    """A contact went out. `answers` names the contacts it answers. An `automatic` one answers nothing."""

    answers: tuple[UUID, ...] = ()


class InteractionChanged(
    CustomerPayload, type="kept.interaction.changed.v1", topic=TOPIC, concerns=("interaction_id",)
):
    """A contact, or a message of ours, changed: a fact beside it, while the contact itself stays as it was told.

    `interaction_id` None: a message that was sent past us; `about` is the provider's own id of it, and None where the
    fact is about all of ours up to `occurred_at`, or about none (what they want to hear). `text` holds the new words,
    the emoji, or the reason.
    """

    interaction_id: UUID | None
    channel: str
    fact: InteractionFact
    about: str | None
    occurred_at: datetime
    received_at: datetime
    text: str | None = None
    attachments: tuple[AttachmentFacts, ...] = ()


class HandleReachability(CustomerPayload):
    handle: Handle
    channel: str
    reason: Reachability
    occurred_at: datetime
    detail: str | None = None


class HandleUnreachable(HandleReachability, type="kept.handle.unreachable.v1", topic=TOPIC):
    """A handle became unreachable: messages to it no longer arrive, or are no longer wanted."""


class HandleReachable(HandleReachability, type="kept.handle.reachable.v1", topic=TOPIC):
    """A handle became reachable again: messages to it arrive, or are wanted again."""


class CustomerFacts(CustomerPayload):
    name: str | None
    kind: Literal["external", "internal"] = "external"
    language: Language
    handles: list[Handle]


class CustomerCreated(CustomerFacts, type="kept.customer.created.v1", topic=TOPIC):
    pass


class CustomerUpdated(CustomerFacts, type="kept.customer.updated.v1", topic=TOPIC):
    """A customer's facts changed; the event holds all of them as they are now."""


class CustomerMerged(CustomerPayload, type="kept.customer.merged.v1", topic=TOPIC):
    """A customer was merged: `customer_id` is the same person as `into` from now on, by a link that can be undone."""

    into: UUID
    reason: str
    by: str


class CustomerUnmerged(CustomerPayload, type="kept.customer.unmerged.v1", topic=TOPIC):
    from_customer: UUID
    reason: str
    by: str


class CaseFacts(CustomerPayload, concerns=("case_id",)):
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


class PersonUpdated(Payload, type="kept.person.updated.v1", topic=TOPIC):
    """One of our own people was added or changed; the event holds all of their facts as they are now.

    `subject` is who they are wherever something says who did it, and never changes. `roles` are in their order: the
    first that has limits in commitments is the one whose limits count. `partner` is the firm they work for, where that
    is not us. `active` false: they can no longer sign in. `by` is who changed it.
    """

    keyed_by = "person_id"

    person_id: UUID
    subject: str
    name: str
    email: str | None = None
    language: Language | None = None
    zone: str | None = None
    team: str | None = None
    roles: tuple[str, ...]
    partner: str | None = None
    active: bool
    by: str
