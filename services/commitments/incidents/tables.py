"""The tables of incidents: what happened, whom it hits, and how soon customers of each class must know."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Text, Uuid
from sqlmodel import Field

from services.commitments.tables import Table


class IncidentRow(Table, table=True):
    """An incident. `limit_minutes` is the limit of its class as it was when we knew."""

    __tablename__ = "incident"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    class_: str = Field(sa_column=Column("class", Text, nullable=False))
    words: str = Field(sa_column=Column(Text, nullable=False))
    known_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    new_due_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    limit_minutes: int
    filed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    filed_by: str = Field(sa_column=Column(Text, nullable=False))


class IncidentPromiseRow(Table, table=True):
    """A promise that an incident hits. `state`: pending, warned, revised or skipped; `why` is the reason of a skip."""

    __tablename__ = "incident_promise"

    incident_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    commitment_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    customer_id: UUID
    owner: str | None = Field(default=None, sa_column=Column(Text))
    state: str = Field(sa_column=Column(Text, nullable=False))
    why: str | None = Field(default=None, sa_column=Column(Text))
    told_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class IncidentLimitRow(Table, table=True):
    """The limit of how soon customers must know. `class_` None: every class that has no limit of its own."""

    __tablename__ = "incident_limit"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    class_: str | None = Field(default=None, sa_column=Column("class", Text))
    within_minutes: int
    valid_from: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    set_by: str = Field(sa_column=Column(Text, nullable=False))
