"""The tables of features: the date itself, what was said of it, and who waits for it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables import Table


class FeatureRow(Table, table=True):
    """A feature: `due_at` is the estimate (the end of `due_on`, if set), `news` the number of the last news."""

    __tablename__ = "feature"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    title: str = Field(sa_column=Column(Text, nullable=False))
    words: str = Field(sa_column=Column(Text, nullable=False))
    cost: str = Field(sa_column=Column(Text, nullable=False))
    zone: str = Field(sa_column=Column(Text, nullable=False))
    due_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    due_on: date | None = None
    window_days: int
    owner: str = Field(sa_column=Column(Text, nullable=False))
    category: str | None = Field(default=None, sa_column=Column(Text))
    news: int
    made_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    done_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class FeatureNewsRow(Table, table=True):
    """News to all who wait: a new date, how it goes, or that it is done."""

    __tablename__ = "feature_news"

    feature_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    number: int = Field(primary_key=True)
    kind: str = Field(sa_column=Column(Text, nullable=False))
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))


class SubscriberRow(Table, table=True):
    """A customer's own promise of a feature. `told` is the number of the last news that has reached it."""

    __tablename__ = "feature_subscriber"
    __table_args__ = (Index("feature_subscriber_once", "feature_id", "customer_id", unique=True),)

    commitment_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    feature_id: UUID
    customer_id: UUID
    told: int
