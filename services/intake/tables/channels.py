"""The tables of channels: settings, recent outcomes, and positions in mailboxes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.intake.tables.base import INSTANT, Table, column, flag


class Channel(Table, table=True):
    """A configured way in. What is sealed is readable to this installation's vault alone.

    `sealed_access_token` opens the provider's own API: it is for fetching attachments. `reply_to_is_writer`: a mail's
    Reply-To says who wrote it, as where a form sends every mail.
    """

    name: str = column(Text, key=True)
    provider: str = column(Text)
    kind: str = column(Text)
    account: str = column(Text)
    sealed_secrets: list[str] = column(ARRAY(Text))
    sealed_access_token: str | None = column(Text, null=True)
    enabled: bool = column(Boolean)
    reply_to_is_writer: bool = flag()
    created_at: datetime = column(INSTANT)
    updated_at: datetime = column(INSTANT)


class ChannelChange(Table, table=True):
    """Who changed what of a channel. Rows are only ever added, and hold no secret."""

    __tablename__ = "channel_change"
    id: UUID = column(Uuid, key=True)
    channel: str = column(Text)
    at: datetime = column(INSTANT)
    by: str = column(Text)
    what: str = column(Text)


class ChannelNews(Table, table=True):
    """What came in by a channel so far: counts, and the last."""

    __tablename__ = "channel_news"
    channel: str = column(Text, key=True)
    requests: int = column(BigInteger)
    contacts: int = column(BigInteger)
    facts: int = column(BigInteger)
    copies: int = column(BigInteger)
    shared_ids: int = column(BigInteger)
    last_raw_id: int = column(BigInteger)
    last_received_at: datetime = column(INSTANT)
    last_contact_at: datetime | None = column(INSTANT, null=True)


class ChannelRefusal(Table, table=True):
    """How often a channel refused for a reason, and when last."""

    __tablename__ = "channel_refusal"
    channel: str = column(Text, key=True)
    reason: str = column(Text, key=True)
    count: int = column(BigInteger)
    last_at: datetime = column(INSTANT)


class MailboxPlace(Table, table=True):
    """How far a mailbox has been read (IMAP's UIDVALIDITY and UID), and when it was read that far."""

    __tablename__ = "mailbox_place"
    channel: str = column(Text, key=True)
    uid_validity: int = column(BigInteger)
    last_uid: int = column(BigInteger)
    as_of: datetime = column(INSTANT)
