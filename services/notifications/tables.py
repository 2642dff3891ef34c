"""The tables of notifications, besides the backbone's.

pending -> sending -> sent | failed | suppressed; sending -> pending where an attempt is to be repeated.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_INSTANT: Any = DateTime(timezone=True)


class Table(SQLModel):
    metadata = MetaData()


class Notification(Table, table=True):
    """One message to one customer. `once_for` is what it may be sent for only once: the contact, or the event.

    `details` fill the template. `next_attempt_at` is when it may be taken up: while it is being sent, when its
    worker is taken for dead. Not sent at or after `expires_at`. What the customer read stays in `subject` and `text`.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("once_for", "template", name="notification_once"),
        Index("notification_due", "next_attempt_at", postgresql_where=text("state IN ('pending', 'sending')")),
        Index("notification_newest", "created_at", "id"),
        Index("notification_customer", "customer_id", "created_at", "id"),
        Index(
            "notification_open_commitment", "commitment_id", postgresql_where=text("state IN ('pending', 'sending')")
        ),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    template: str = Field(sa_type=Text)
    cause_id: UUID
    once_for: UUID
    commitment_id: UUID | None = None
    case_id: UUID | None = None
    details: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    traceparent: str | None = Field(None, sa_type=Text)
    state: str = Field(sa_type=Text)
    attempts: int = 0
    created_at: datetime = Field(sa_type=_INSTANT)
    next_attempt_at: datetime = Field(sa_type=_INSTANT)
    expires_at: datetime | None = Field(None, sa_type=_INSTANT)
    channel_kind: str | None = Field(None, sa_type=Text)
    language: str | None = Field(None, sa_type=Text)
    address: str | None = Field(None, sa_type=Text)
    subject: str | None = Field(None, sa_type=Text)
    text: str | None = Field(None, sa_type=Text)
    ended_at: datetime | None = Field(None, sa_type=_INSTANT)
    reason: str | None = Field(None, sa_type=Text)


class Recipient(Table, table=True):
    """What we know of a customer from intake's events. `handles` as intake tells them, newest facts whole."""

    __tablename__ = "recipient"
    __table_args__ = (Index("recipient_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),)

    customer_id: UUID = Field(primary_key=True)
    name: str | None = Field(None, sa_type=Text)
    language: str | None = Field(None, sa_type=Text)
    handles: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    merged_into: UUID | None = None
