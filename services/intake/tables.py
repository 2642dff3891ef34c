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
    """A configured way in. `sealed_secrets` are readable to this installation's vault alone."""

    name: str = _column(Text, key=True)
    provider: str = _column(Text)
    kind: str = _column(Text)
    account: str = _column(Text)
    sealed_secrets: list[str] = _column(ARRAY(Text))
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
    """One contact. `text` is whole and unchanged; `digest` tells a copy from another contact under its id."""

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
    attachments: str | None = _column(Text, null=True)
    raw_id: int | None = _column(BigInteger, null=True)
    digest: int = _column(BigInteger)


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
