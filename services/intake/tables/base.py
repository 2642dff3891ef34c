"""The base of intake's tables, and their columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    MetaData,
    text,
)
from sqlmodel import Field, SQLModel


class Table(SQLModel):
    metadata = MetaData()


def column(kind: Any, *rest: Any, key: bool = False, null: bool = False) -> Any:
    """A column of a table; `key` makes it part of the primary key, `null` lets it be empty."""
    made: Column[Any] = Column(kind, *rest, primary_key=key, nullable=null)
    return Field(default=None, sa_column=made) if null else Field(sa_column=made)


def flag() -> Any:
    """False where nobody has said anything: also for the version before, which does not know it."""
    return Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))


INSTANT = DateTime(timezone=True)
