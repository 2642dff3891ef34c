"""Intake's tables. `migrations/` makes them; a test holds both to each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Integer, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


class Table(SQLModel):
    metadata = MetaData()


def _column(kind: Any, *rest: Any, key: bool = False, null: bool = False) -> Any:
    column: Column[Any] = Column(kind, *rest, primary_key=key, nullable=null)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


_INSTANT = DateTime(timezone=True)


class Channel(Table, table=True):
    """A configured way in. What is sealed is readable to this installation's vault alone.

    `sealed_access_token` opens the provider's own API: it is for fetching attachments.
    """

    name: str = _column(Text, key=True)
    provider: str = _column(Text)
    kind: str = _column(Text)
    account: str = _column(Text)
    sealed_secrets: list[str] = _column(ARRAY(Text))
    sealed_access_token: str | None = _column(Text, null=True)
    enabled: bool = _column(Boolean)
    created_at: datetime = _column(_INSTANT)
    updated_at: datetime = _column(_INSTANT)


class RawRequest(Table, table=True):
    """A webhook as it came, never changed. `headers` is a JSON object without credentials."""

    __tablename__ = "raw_request"
    id: int = _column(BigInteger, key=True)
    channel: str = _column(Text)
    received_at: datetime = _column(_INSTANT)
    method: str = _column(Text)
    path: str = _column(Text)
    headers: str = _column(Text)
    body: bytes = _column(LargeBinary)
    traceparent: str | None = _column(Text, null=True)


class RawWaiting(Table, table=True):
    """Which raw requests are not yet turned into events. `size` is the body's, in bytes."""

    __tablename__ = "raw_waiting"
    id: int = _column(BigInteger, key=True)
    size: int = _column(Integer)


class Quarantined(Table, table=True):
    """A raw request, or an item in it, that could not be read. Replayed after a fix, and kept as history."""

    __tablename__ = "quarantine"
    id: UUID = _column(Uuid, key=True)
    raw_id: int = _column(BigInteger)
    channel: str = _column(Text)
    reason: str = _column(Text)
    at: datetime = _column(_INSTANT)
    replayed_at: datetime | None = _column(_INSTANT, null=True)


class Customer(Table, table=True):
    """`family_id` is the root of the customers merged with this one: derived from the links, which are the truth.

    `language` is null until it is known.
    """

    id: UUID = _column(Uuid, key=True)
    family_id: UUID = _column(Uuid)
    name: str | None = _column(Text, null=True)
    kind: str = _column(Text)
    language: str | None = _column(Text, null=True)
    created_at: datetime = _column(_INSTANT)


class CustomerHandle(Table, table=True):
    __tablename__ = "handle"
    kind: str = _column(Text, key=True)
    account: str = _column(Text, key=True)
    value: str = _column(Text, key=True)
    customer_id: UUID = _column(Uuid, ForeignKey("customer.id", deferrable=True, initially="DEFERRED"))
    first_seen_at: datetime = _column(_INSTANT)


class CustomerLink(Table, table=True):
    """`customer_id` is the same person as `into_id`, until it is undone. Rows stay as history."""

    __tablename__ = "customer_link"
    id: UUID = _column(Uuid, key=True)
    customer_id: UUID = _column(Uuid, ForeignKey("customer.id"))
    into_id: UUID = _column(Uuid, ForeignKey("customer.id"))
    reason: str = _column(Text)
    by: str = _column(Text)
    at: datetime = _column(_INSTANT)
    undone_reason: str | None = _column(Text, null=True)
    undone_by: str | None = _column(Text, null=True)
    undone_at: datetime | None = _column(_INSTANT, null=True)


class Case(Table, table=True):
    """An open situation of one customer, with exactly one owner. `case` is a word of SQL, hence the table's name."""

    __tablename__ = "customer_case"
    id: UUID = _column(Uuid, key=True)
    customer_id: UUID = _column(Uuid, ForeignKey("customer.id"))
    kind: str = _column(Text)
    category: str | None = _column(Text, null=True)
    owner: str = _column(Text)
    stated_request: str | None = _column(Text, null=True)
    status: str = _column(Text)
    opened_at: datetime = _column(_INSTANT)
    resolved_at: datetime | None = _column(_INSTANT, null=True)
    summary: str | None = _column(Text, null=True)


class Interaction(Table, table=True):
    """One contact. `text` is whole and unchanged, `reply` what of it is new where that is less.

    `digest` tells a copy from another contact under its id; `message_id` is a mail's own.
    """

    id: UUID = _column(Uuid, key=True)
    channel: str = _column(Text)
    external_id: str = _column(Text)
    customer_id: UUID = _column(Uuid, ForeignKey("customer.id"))
    case_id: UUID | None = _column(Uuid, null=True)
    direction: str = _column(Text)
    kind: str = _column(Text)
    channel_kind: str = _column(Text)
    occurred_at: datetime = _column(_INSTANT)
    received_at: datetime = _column(_INSTANT)
    subject: str | None = _column(Text, null=True)
    text: str | None = _column(Text, null=True)
    ring_count: int | None = _column(Integer, null=True)
    duration_seconds: int | None = _column(Integer, null=True)
    agent: str | None = _column(Text, null=True)
    automatic: bool = _column(Boolean)
    raw_id: int | None = _column(BigInteger, null=True)
    digest: int = _column(BigInteger)
    reply: str | None = _column(Text, null=True)
    message_id: str | None = _column(Text, null=True)


class InteractionFactRow(Table, table=True):
    """What became of a contact. `interaction_id` is null until that contact has come in, and for a watermark."""

    __tablename__ = "interaction_fact"
    id: UUID = _column(Uuid, key=True)
    channel: str = _column(Text)
    external_id: str = _column(Text)
    about: str | None = _column(Text, null=True)
    fact: str = _column(Text)
    occurred_at: datetime = _column(_INSTANT)
    received_at: datetime = _column(_INSTANT)
    text: str | None = _column(Text, null=True)
    interaction_id: UUID | None = _column(Uuid, null=True)
    customer_id: UUID | None = _column(Uuid, null=True)
    raw_id: int | None = _column(BigInteger, null=True)


class HandleReach(Table, table=True):
    """The newest that is known of whether a handle can be reached; no row: nothing speaks against it."""

    __tablename__ = "handle_reach"
    kind: str = _column(Text, key=True)
    account: str = _column(Text, key=True)
    value: str = _column(Text, key=True)
    reason: str = _column(Text)
    reachable: bool = _column(Boolean)
    occurred_at: datetime = _column(_INSTANT)
    channel: str = _column(Text)
    detail: str | None = _column(Text, null=True)


class AttachmentRow(Table, table=True):
    """A file that came with a contact or a fact (`owner_id`).

    `status`: inline (it lies in the raw request), waiting, kept, or refused with a reason.
    """

    __tablename__ = "attachment"
    id: UUID = _column(Uuid, key=True)
    owner_id: UUID = _column(Uuid)
    position: int = _column(Integer)
    channel: str = _column(Text)
    raw_id: int | None = _column(BigInteger, null=True)
    name: str | None = _column(Text, null=True)
    content_type: str | None = _column(Text, null=True)
    size: int | None = _column(BigInteger, null=True)
    url: str | None = _column(Text, null=True)
    ref: str | None = _column(Text, null=True)
    part: int | None = _column(Integer, null=True)
    status: str = _column(Text)
    reason: str | None = _column(Text, null=True)
    attempts: int = _column(Integer)
    next_at: datetime | None = _column(_INSTANT, null=True)
    content: bytes | None = _column(LargeBinary, null=True)
    sha256: bytes | None = _column(LargeBinary, null=True)
    stored_at: datetime | None = _column(_INSTANT, null=True)


class UsedToken(Table, table=True):
    """A proof that is good for one request alone, and the digest of the body it was used for."""

    __tablename__ = "used_token"
    channel: str = _column(Text, key=True)
    token: str = _column(Text, key=True)
    digest: str = _column(Text)


class Confirmation(Table, table=True):
    """An address a provider wants fetched once. `outcome` null: not yet."""

    url: str = _column(Text, key=True)
    channel: str = _column(Text)
    asked_at: datetime = _column(_INSTANT)
    attempts: int = _column(Integer)
    next_at: datetime | None = _column(_INSTANT, null=True)
    outcome: str | None = _column(Text, null=True)


class MailboxPlace(Table, table=True):
    """How far a mailbox has been read (IMAP's UIDVALIDITY and UID), and when it was read that far."""

    __tablename__ = "mailbox_place"
    channel: str = _column(Text, key=True)
    uid_validity: int = _column(BigInteger)
    last_uid: int = _column(BigInteger)
    as_of: datetime = _column(_INSTANT)


class ChannelChange(Table, table=True):
    """Who changed what of a channel. Rows are only ever added, and hold no secret."""

    __tablename__ = "channel_change"
    id: UUID = _column(Uuid, key=True)
    channel: str = _column(Text)
    at: datetime = _column(_INSTANT)
    by: str = _column(Text)
    what: str = _column(Text)


class ChannelNews(Table, table=True):
    """What came in by a channel so far: counts, and the last."""

    __tablename__ = "channel_news"
    channel: str = _column(Text, key=True)
    requests: int = _column(BigInteger)
    contacts: int = _column(BigInteger)
    facts: int = _column(BigInteger)
    copies: int = _column(BigInteger)
    last_raw_id: int = _column(BigInteger)
    last_received_at: datetime = _column(_INSTANT)
    last_contact_at: datetime | None = _column(_INSTANT, null=True)


class ChannelRefusal(Table, table=True):
    """How often a channel refused for a reason, and when last."""

    __tablename__ = "channel_refusal"
    channel: str = _column(Text, key=True)
    reason: str = _column(Text, key=True)
    count: int = _column(BigInteger)
    last_at: datetime = _column(_INSTANT)


class Call(Table, table=True):
    """What is known of one phone call so far; `facts` is the JSON of `calls.CallFacts`."""

    channel: str = _column(Text, key=True)
    call_id: str = _column(Text, key=True)
    facts: str = _column(Text)
    raw_id: int = _column(BigInteger)
    filed: bool = _column(Boolean)


class TimelineEntry(Table, table=True):
    """An event of any service, as the timeline of its customer shows it. `data` is the payload's JSON."""

    __tablename__ = "timeline_entry"
    event_id: UUID = _column(Uuid, key=True)
    customer_id: UUID = _column(Uuid)
    occurred_at: datetime = _column(_INSTANT)
    recorded_at: datetime = _column(_INSTANT)
    source: str = _column(Text)
    type: str = _column(Text)
    sequence: int = _column(BigInteger)
    data: str = _column(Text)


class UsedLink(Table, table=True):
    """One-time links that were opened; the digest of the token, never the token."""

    __tablename__ = "used_link"
    digest: bytes = _column(LargeBinary, key=True)
    used_at: datetime = _column(_INSTANT)
