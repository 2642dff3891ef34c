"""The tables of arrivals: raw requests until they are read, quarantine, and calls."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    LargeBinary,
    Text,
    Uuid,
)

from services.intake.tables.base import INSTANT, Table, column


class RawRequest(Table, table=True):
    """A webhook as it came, never changed. `headers` is a JSON object without credentials."""

    __tablename__ = "raw_request"
    id: int = column(BigInteger, key=True)
    channel: str = column(Text)
    received_at: datetime = column(INSTANT)
    method: str = column(Text)
    path: str = column(Text)
    headers: str = column(Text)
    body: bytes = column(LargeBinary)
    traceparent: str | None = column(Text, null=True)


class RawWaiting(Table, table=True):
    """Which raw requests are not yet turned into events. `size` is the body's, in bytes.

    `done` of a request's items are filed already: one that holds very many is filed a page at a time.
    """

    __tablename__ = "raw_waiting"
    id: int = column(BigInteger, key=True)
    size: int = column(Integer)
    done: int = column(Integer)


class Quarantined(Table, table=True):
    """A raw request, or an item in it, that could not be read. Replayed after a fix, and kept as history."""

    __tablename__ = "quarantine"
    id: UUID = column(Uuid, key=True)
    raw_id: int = column(BigInteger)
    channel: str = column(Text)
    reason: str = column(Text)
    at: datetime = column(INSTANT)
    replayed_at: datetime | None = column(INSTANT, null=True)


class UsedToken(Table, table=True):
    """A proof that is good for one request alone, and the digest of the body it was used for.

    Or the id of a report on a handle that says no time and is taken once; its digest is the kind of report.
    """

    __tablename__ = "used_token"
    channel: str = column(Text, key=True)
    token: str = column(Text, key=True)
    digest: str = column(Text)


class Confirmation(Table, table=True):
    """An address a provider wants fetched once. `outcome` null: not yet."""

    url: str = column(Text, key=True)
    channel: str = column(Text)
    asked_at: datetime = column(INSTANT)
    attempts: int = column(Integer)
    next_at: datetime | None = column(INSTANT, null=True)
    outcome: str | None = column(Text, null=True)


class Call(Table, table=True):
    """What is known of one phone call so far; `facts` is the JSON of `calls.CallFacts`."""

    channel: str = column(Text, key=True)
    call_id: str = column(Text, key=True)
    facts: str = column(Text)
    raw_id: int = column(BigInteger)
    filed: bool = column(Boolean)
