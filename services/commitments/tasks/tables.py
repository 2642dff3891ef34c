"""The tables of tasks. The task itself is a commitment whose obligor is the customer; here is what it asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables import Table


class TaskRow(Table, table=True):
    """A task's form. `answers` by field name and `note` are what the customer filled in; null until then."""

    __tablename__ = "task"

    commitment_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    wants: str = Field(sa_column=Column(Text, nullable=False))
    fields: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    blocks: bool
    answers: dict[str, str] | None = Field(default=None, sa_column=Column(JSONB))
    note: str | None = Field(default=None, sa_column=Column(Text))


class TaskFileRow(Table, table=True):
    """A file the customer sent. `content_type` is ours, by the name and the first bytes, never what the sender says."""

    __tablename__ = "task_file"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    commitment_id: UUID
    name: str = Field(sa_column=Column(Text, nullable=False))
    content_type: str = Field(sa_column=Column(Text, nullable=False))
    size: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    added_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
