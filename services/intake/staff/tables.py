"""The table of our own people. `migrations/` makes it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.intake.tables import Table


class Person(Table, table=True):
    """One of our own people, as of now; what they were before is in their events. `email` is in lower case.

    `openid` is who they are at the OpenID provider `openid_issuer`, once they have signed in with it.
    """

    __table_args__ = (UniqueConstraint("openid_issuer", "openid", name="person_openid"),)
    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    subject: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    email: str | None = Field(default=None, sa_column=Column(Text, nullable=True, unique=True))
    language: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    zone: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    openid_issuer: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    openid: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    team: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    partner: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    active: bool = Field(sa_column=Column(Boolean, nullable=False))
    added_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    changed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
