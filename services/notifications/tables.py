"""The tables of notifications, besides the backbone's.

A message: pending -> sending -> sent | failed | suppressed; sending -> pending where an attempt is to be repeated;
unknown where it may have left and is not sent again. A receipt says later that it was sent, or has failed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_INSTANT: Any = DateTime(timezone=True)


MESSAGES = "messages"
"""The signal that messages wait to be sent."""


class Table(SQLModel):
    metadata = MetaData()


_ANSWERED = "template = 'acknowledgement' AND handed_at IS NOT NULL"


class Notification(Table, table=True):
    """A message to one customer: what is to be said, once. How it is brought to them are its attempts.

    `once_for` is what it may be sent for only once: the contact, or the event. `details` fill the template.
    `attempts` counts those begun. `next_attempt_at` is when it may be taken up: while it is being sent, when its worker
    is taken for dead. Not sent at or after `expires_at`. What automatic answers are bounded by stands here: it was
    `handed_at` last, to `mailbox`, and `covers_case` says whether another answer of its case is one too many.

    What is behind `mailbox` is the version before's alone, which may run beside or after this one. `attempts_kept`
    counts the attempts that stand as rows: fewer than `attempts` where that version has sent.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("once_for", "template", name="notification_once"),
        Index("notification_due", "next_attempt_at", postgresql_where=text("state IN ('pending', 'sending')")),
        Index("notification_newest", "created_at", "id"),
        Index("notification_customer", "customer_id", "created_at", "id"),
        Index("notification_answered_mailbox", "mailbox", "handed_at", postgresql_where=text(_ANSWERED)),
        Index("notification_answered_case", "case_id", "handed_at", postgresql_where=text(_ANSWERED)),
        Index(
            "notification_open_commitment", "commitment_id", postgresql_where=text("state IN ('pending', 'sending')")
        ),
        Index("notification_unkept", "id", postgresql_where=text("attempts > attempts_kept")),
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
    ended_at: datetime | None = Field(None, sa_type=_INSTANT)
    reason: str | None = Field(None, sa_type=Text)
    handed_at: datetime | None = Field(None, sa_type=_INSTANT)
    covers_case: bool = Field(True, sa_column_kwargs={"server_default": text("true")})
    mailbox: str | None = Field(None, sa_type=Text)
    attempts_kept: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    channel_kind: str | None = Field(None, sa_type=Text)
    language: str | None = Field(None, sa_type=Text)
    address: str | None = Field(None, sa_type=Text)
    subject: str | None = Field(None, sa_type=Text)
    text: str | None = Field(None, sa_type=Text)


class Attempt(Table, table=True):
    """One hand-over of a message to one provider: handed -> accepted -> delivered -> read; failed; unknown.

    `number` counts from 1 within the message. `account` is ours at the provider, None where it is not known any more.
    `subject` and `text` are what the customer reads. `reference` is our id of it at the provider, `provider_id` the
    provider's own, by which receipts name it.
    """

    __tablename__ = "attempt"
    __table_args__ = (Index("attempt_provider_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),)

    notification_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    provider: str = Field(sa_type=Text)
    account: str | None = Field(None, sa_type=Text)
    form: str = Field(sa_type=Text)
    channel_kind: str = Field(sa_type=Text)
    address: str | None = Field(None, sa_type=Text)
    language: str | None = Field(None, sa_type=Text)
    subject: str | None = Field(None, sa_type=Text)
    text: str | None = Field(None, sa_type=Text)
    reference: str | None = Field(None, sa_type=Text)
    provider_id: str | None = Field(None, sa_type=Text)
    state: str = Field(sa_type=Text)
    begun_at: datetime = Field(sa_type=_INSTANT)
    accepted_at: datetime | None = Field(None, sa_type=_INSTANT)
    delivered_at: datetime | None = Field(None, sa_type=_INSTANT)
    read_at: datetime | None = Field(None, sa_type=_INSTANT)
    failed_at: datetime | None = Field(None, sa_type=_INSTANT)
    reason: str | None = Field(None, sa_type=Text)


class Suppression(Table, table=True):
    """The last word on an address: whether it is to be written to, and why not. `occurred_at`: by who says so."""

    __tablename__ = "suppression"

    kind: str = Field(sa_type=Text, primary_key=True)
    account: str = Field(sa_type=Text, primary_key=True)
    value: str = Field(sa_type=Text, primary_key=True)
    reason: str = Field(sa_type=Text)
    reachable: bool
    occurred_at: datetime = Field(sa_type=_INSTANT)


class Receipt(Table, table=True):
    """A receipt that came before its message: it waits for an attempt with this provider's id."""

    __tablename__ = "receipt"
    __table_args__ = (Index("receipt_heard", "heard_at"),)

    provider_id: str = Field(sa_type=Text, primary_key=True)
    fact: str = Field(sa_type=Text, primary_key=True)
    occurred_at: datetime = Field(sa_type=_INSTANT)
    heard_at: datetime = Field(sa_type=_INSTANT)
    reason: str | None = Field(None, sa_type=Text)


class Recipient(Table, table=True):
    """A customer as intake's events tell of them: `handles` as they stand there, the newest facts whole."""

    __tablename__ = "recipient"
    __table_args__ = (Index("recipient_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),)

    customer_id: UUID = Field(primary_key=True)
    name: str | None = Field(None, sa_type=Text)
    language: str | None = Field(None, sa_type=Text)
    handles: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    merged_into: UUID | None = None
