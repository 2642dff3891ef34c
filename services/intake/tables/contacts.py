"""The tables of contacts, their files and facts, and the timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.intake.tables.base import INSTANT, Table, column, flag


class Interaction(Table, table=True):
    """One contact. `text` is whole and unchanged, `reply` what of it is new where that is less.

    `digest` tells a copy from another contact under its id; `message_id` is a mail's own. `automatic`: no person wrote
    it; `may_be_person`: that is likely, not sure. `no_automatic_answer`: no machine may answer it.
    `authentication`: of a mail whose sender was checked, the JSON of contracts.intake.Authentication.
    """

    __table_args__ = (Index("interaction_once", "channel", "external_id", unique=True),)

    id: UUID = column(Uuid, key=True)
    channel: str = column(Text)
    external_id: str = column(Text)
    customer_id: UUID = column(Uuid, ForeignKey("customer.id"))
    case_id: UUID | None = column(Uuid, null=True)
    direction: str = column(Text)
    kind: str = column(Text)
    channel_kind: str = column(Text)
    occurred_at: datetime = column(INSTANT)
    received_at: datetime = column(INSTANT)
    subject: str | None = column(Text, null=True)
    text: str | None = column(Text, null=True)
    ring_count: int | None = column(Integer, null=True)
    duration_seconds: int | None = column(Integer, null=True)
    agent: str | None = column(Text, null=True)
    automatic: bool = column(Boolean)
    raw_id: int | None = column(BigInteger, null=True)
    digest: int = column(BigInteger)
    reply: str | None = column(Text, null=True)
    message_id: str | None = column(Text, null=True)
    may_be_person: bool = flag()
    no_automatic_answer: bool = flag()
    authentication: dict[str, Any] | None = column(JSONB(none_as_null=True), null=True)


class InteractionFactRow(Table, table=True):
    """What became of a contact. `interaction_id` is null until that contact has come in, and for a watermark."""

    __tablename__ = "interaction_fact"
    __table_args__ = (Index("interaction_fact_once", "channel", "external_id", unique=True),)
    id: UUID = column(Uuid, key=True)
    channel: str = column(Text)
    external_id: str = column(Text)
    about: str | None = column(Text, null=True)
    fact: str = column(Text)
    occurred_at: datetime = column(INSTANT)
    received_at: datetime = column(INSTANT)
    text: str | None = column(Text, null=True)
    interaction_id: UUID | None = column(Uuid, null=True)
    customer_id: UUID | None = column(Uuid, null=True)
    raw_id: int | None = column(BigInteger, null=True)


class AttachmentRow(Table, table=True):
    """A file that came with a contact or a fact (`owner_id`).

    `status`: inline (it lies in the raw request), waiting, kept, or refused with a reason.
    """

    __tablename__ = "attachment"
    id: UUID = column(Uuid, key=True)
    owner_id: UUID = column(Uuid)
    position: int = column(Integer)
    channel: str = column(Text)
    raw_id: int | None = column(BigInteger, null=True)
    name: str | None = column(Text, null=True)
    content_type: str | None = column(Text, null=True)
    size: int | None = column(BigInteger, null=True)
    url: str | None = column(Text, null=True)
    ref: str | None = column(Text, null=True)
    part: int | None = column(Integer, null=True)
    status: str = column(Text)
    reason: str | None = column(Text, null=True)
    attempts: int = column(Integer)
    next_at: datetime | None = column(INSTANT, null=True)
    content: bytes | None = column(LargeBinary, null=True)
    sha256: bytes | None = column(LargeBinary, null=True)
    stored_at: datetime | None = column(INSTANT, null=True)
    in_text: bool = flag()


class TimelineEntry(Table, table=True):
    """An event of any service, as the timeline of its customer shows it. `data` is the payload's JSON."""

    __tablename__ = "timeline_entry"
    event_id: UUID = column(Uuid, key=True)
    customer_id: UUID = column(Uuid)
    occurred_at: datetime = column(INSTANT)
    recorded_at: datetime = column(INSTANT)
    source: str = column(Text)
    type: str = column(Text)
    sequence: int = column(BigInteger)
    data: str = column(Text)
    kind: str | None = column(Text, null=True)
    channel: str | None = column(Text, null=True)
    case_id: UUID | None = column(Uuid, null=True)
    subject: UUID | None = column(Uuid, null=True)
    audience: str | None = column(Text, null=True)
