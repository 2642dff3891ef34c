"""The tables of customers, their handles and links, and their cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Text,
    Uuid,
    text,
)

from services.intake.tables.base import INSTANT, Table, column


class Customer(Table, table=True):
    """`family_id` is the root of the customers merged with this one: derived from the links, which are the truth.

    `language` is null until it is known.
    """

    id: UUID = column(Uuid, key=True)
    family_id: UUID = column(Uuid)
    name: str | None = column(Text, null=True)
    kind: str = column(Text)
    language: str | None = column(Text, null=True)
    created_at: datetime = column(INSTANT)


class CustomerHandle(Table, table=True):
    __tablename__ = "handle"
    kind: str = column(Text, key=True)
    account: str = column(Text, key=True)
    value: str = column(Text, key=True)
    customer_id: UUID = column(Uuid, ForeignKey("customer.id", deferrable=True, initially="DEFERRED"))
    first_seen_at: datetime = column(INSTANT)


class CustomerLink(Table, table=True):
    """`customer_id` is the same person as `into_id`, until it is undone. Rows stay as history."""

    __tablename__ = "customer_link"
    __table_args__ = (
        Index("customer_link_active", "customer_id", unique=True, postgresql_where=text("undone_at IS NULL")),
    )
    id: UUID = column(Uuid, key=True)
    customer_id: UUID = column(Uuid, ForeignKey("customer.id"))
    into_id: UUID = column(Uuid, ForeignKey("customer.id"))
    reason: str = column(Text)
    by: str = column(Text)
    at: datetime = column(INSTANT)
    undone_reason: str | None = column(Text, null=True)
    undone_by: str | None = column(Text, null=True)
    undone_at: datetime | None = column(INSTANT, null=True)


class HandleReach(Table, table=True):
    """The newest that is known of whether a handle can be reached; no row: nothing speaks against it.

    `told_at` is when the other services heard of it. `refused_at` is when its owner last refused to be written to,
    `agreed_at` when they last agreed.
    """

    __tablename__ = "handle_reach"
    __table_args__ = (
        Index(
            "handle_reach_untold",
            "kind",
            "account",
            "value",
            postgresql_where=text("NOT reachable AND told_at IS NULL"),
        ),
    )
    kind: str = column(Text, key=True)
    account: str = column(Text, key=True)
    value: str = column(Text, key=True)
    reason: str = column(Text)
    reachable: bool = column(Boolean)
    occurred_at: datetime = column(INSTANT)
    channel: str = column(Text)
    detail: str | None = column(Text, null=True)
    told_at: datetime | None = column(INSTANT, null=True)
    refused_at: datetime | None = column(INSTANT, null=True)
    agreed_at: datetime | None = column(INSTANT, null=True)


class Case(Table, table=True):
    """An open situation of one customer, with exactly one owner. `case` is a word of SQL, hence the table's name."""

    __tablename__ = "customer_case"
    id: UUID = column(Uuid, key=True)
    customer_id: UUID = column(Uuid, ForeignKey("customer.id"))
    kind: str = column(Text)
    category: str | None = column(Text, null=True)
    owner: str = column(Text)
    stated_request: str | None = column(Text, null=True)
    status: str = column(Text)
    opened_at: datetime = column(INSTANT)
    resolved_at: datetime | None = column(INSTANT, null=True)
    summary: str | None = column(Text, null=True)
