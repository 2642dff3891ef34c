"""The tables that every service's database has, as the schema check needs them. Statements on them stand where they
are used; `migrations/` makes them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

BACKBONE = MetaData()

_INSTANT = DateTime(timezone=True)


def _column(name: str, kind: type | object, *, null: bool = False) -> Column[object]:
    return Column(name, kind, nullable=null)  # type: ignore[arg-type]


Table(
    "event_log",
    BACKBONE,
    Column("id", BigInteger, primary_key=True),
    _column("event_id", Uuid),
    _column("type", Text),
    _column("topic", Text),
    _column("source", Text),
    _column("key", Text),
    _column("sequence", BigInteger),
    _column("time", _INSTANT),
    _column("traceparent", Text, null=True),
    _column("data", Text),
    _column("subject", Uuid, null=True),
    _column("actor", Text, null=True),
    Index("event_log_key", "key", "sequence", unique=True),
    Index("event_log_subject", "subject", "id"),
)
Table("outbox", BACKBONE, Column("id", BigInteger, primary_key=True))
Table("stream_head", BACKBONE, Column("key", Text, primary_key=True), _column("last", BigInteger))
Table("inbox", BACKBONE, Column("event_id", Uuid, primary_key=True), _column("received_at", _INSTANT))
Table(
    "parked_event",
    BACKBONE,
    Column("id", BigInteger, primary_key=True),
    _column("topic", Text),
    _column("partition", Integer),
    _column("offset", BigInteger),
    _column("key", Text),
    _column("headers", JSONB),
    _column("value", LargeBinary, null=True),
    _column("reason", Text),
    _column("attempts", Integer),
    _column("parked_at", _INSTANT),
    _column("dead_letter_sent", Boolean),
    UniqueConstraint("topic", "partition", "offset"),
)
Table(
    "timer",
    BACKBONE,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    _column("due_at", _INSTANT),
    _column("attempts", Integer),
    _column("last_error", Text, null=True),
)
Table(
    "lease",
    BACKBONE,
    Column("name", Text, primary_key=True),
    _column("holder", Text),
    _column("term", BigInteger),
    _column("expires_at", _INSTANT),
)
Table(
    "idempotency_key",
    BACKBONE,
    Column("key", Text, primary_key=True),
    _column("request_hash", Text),
    _column("status", Integer, null=True),
    _column("headers", Text, null=True),
    _column("body", LargeBinary, null=True),
    _column("created_at", _INSTANT),
)
Table(
    "consumer_position",
    BACKBONE,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    _column("next_offset", BigInteger),
    _column("broker", Text),
    _column("event_time", _INSTANT, null=True),
    _column("handled_before", BigInteger),
    _column("replay_from", _INSTANT, null=True),
)
