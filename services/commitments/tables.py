"""The tables of commitments. Written by statements in `store.py`; these classes read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Table(SQLModel):
    metadata = MetaData()


def _instant(*, nullable: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable)


class CommitmentRow(Table, table=True):
    """One promise as it is now. `terms` holds every revision; `due_at` repeats the binding one's.

    `first_due_at` is as first promised; `waiting_since` says that its clock stands still.
    """

    __tablename__ = "commitment"
    __table_args__ = (
        Index(
            "commitment_by_policy",
            "interaction_id",
            "kind",
            unique=True,
            postgresql_where=text("interaction_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    customer_id: UUID
    case_id: UUID | None = None
    interaction_id: UUID | None = None
    kind: str = Field(sa_column=Column(Text, nullable=False))
    obligor: str = Field(sa_column=Column(Text, nullable=False))
    owner: str | None = Field(default=None, sa_column=Column(Text))
    status: str = Field(sa_column=Column(Text, nullable=False))
    outcome: str | None = Field(default=None, sa_column=Column(Text))
    terms: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    binding: int
    answered: int
    first: int
    due_at: datetime = Field(sa_column=_instant())
    first_due_at: datetime = Field(sa_column=_instant())
    parent_id: UUID | None = None
    team: str | None = Field(default=None, sa_column=Column(Text))
    partner: str | None = Field(default=None, sa_column=Column(Text))
    category: str | None = Field(default=None, sa_column=Column(Text))
    channel_kind: str | None = Field(default=None, sa_column=Column(Text))
    waiting_since: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    progress: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    agreed: int = 0
    confirmed: int = 0
    approval: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    stated_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    promised_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    warned_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    fulfilled_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class PolicyRow(Table, table=True):
    """A clock that policy opens, valid from an instant on: history is kept, so a report finds its value."""

    __tablename__ = "policy"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    channel_kind: str | None = Field(default=None, sa_column=Column(Text))
    category: str | None = Field(default=None, sa_column=Column(Text))
    customer_class: str | None = Field(default=None, sa_column=Column(Text))
    calendar: str | None = Field(default=None, sa_column=Column(Text))
    within_minutes: int | None = None
    valid_from: datetime = Field(sa_column=_instant())
    set_by: str = Field(sa_column=Column(Text, nullable=False))


class CalendarRow(Table, table=True):
    """A version of a business calendar, valid from an instant on. `definition` is a `calendars.schemas.Definition`."""

    __tablename__ = "calendar"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    definition: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    valid_from: datetime = Field(sa_column=_instant())
    set_by: str = Field(sa_column=Column(Text, nullable=False))


class CaseRow(Table, table=True):
    """A case as commitments knows it: what it is, when we spoke last, and when we said we would speak next.

    `first_contact` is the first message of the case since it was opened, or opened again.
    """

    __tablename__ = "case_watch"

    case_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    customer_id: UUID
    open: bool
    next_contact_at: datetime = Field(sa_column=_instant())
    kind: str = Field(sa_column=Column(Text, nullable=False))
    category: str | None = Field(default=None, sa_column=Column(Text))
    owner: str | None = Field(default=None, sa_column=Column(Text))
    first_contact: UUID | None = None
    spoke_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class JoinedContactRow(Table, table=True):
    """A contact that opened no clock of its own: a promise that was still unanswered answers it too."""

    __tablename__ = "joined_contact"

    interaction_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    commitment_id: UUID
    joined_at: datetime = Field(sa_column=_instant())


class HouseRuleRow(Table, table=True):
    """A rule of the house, valid from an instant on: who has which role, a role's limits, a budget, a plain word."""

    __tablename__ = "house_rule"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    value: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    valid_from: datetime = Field(sa_column=_instant())
    set_by: str = Field(sa_column=Column(Text, nullable=False))


class GoodwillMonthRow(Table, table=True):
    """The goodwill that a team has given in a month, in one currency. The words of each gift are in its event."""

    __tablename__ = "goodwill_month"

    month: date = Field(sa_column=Column(Date, primary_key=True))
    team: str = Field(sa_column=Column(Text, primary_key=True))
    currency: str = Field(sa_column=Column(Text, primary_key=True))
    given: Decimal = Field(sa_column=Column(Numeric, nullable=False))
    gifts: int


class RefusalRow(Table, table=True):
    """A refusal, for counting. Its words are in its event."""

    __tablename__ = "refusal"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    at: datetime = Field(sa_column=_instant())
    policy_code: str | None = Field(default=None, sa_column=Column(Text))


class CustomerRow(Table, table=True):
    """A customer as commitments knows them, from intake's events. `merged_into` is a link, not a move.

    `zone` and `customer_class` are told here, not by intake.
    """

    __tablename__ = "customer"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    name: str | None = Field(default=None, sa_column=Column(Text))
    language: str = Field(sa_column=Column(Text, nullable=False))
    merged_into: UUID | None = None
    kind: str = Field(default="external", sa_column=Column(Text, nullable=False))
    zone: str | None = Field(default=None, sa_column=Column(Text))
    customer_class: str | None = Field(default=None, sa_column=Column(Text))


class CaseOutcomeRow(Table, table=True):
    """The outcome of a case, for the scorecard. `opened_at` is null until its opening has been heard of.

    `contacts` are those up to `resolved_at`, the first time it was resolved; `back_at` is the first one after it.
    """

    __tablename__ = "case_outcome"

    case_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    customer_id: UUID
    kind: str = Field(sa_column=Column(Text, nullable=False))
    category: str | None = Field(default=None, sa_column=Column(Text))
    owner: str | None = Field(default=None, sa_column=Column(Text))
    channel_kind: str | None = Field(default=None, sa_column=Column(Text))
    opened_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    contacts: int
    last_contact_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    answered: bool
    passed_on: bool
    resolved_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    back_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    reopened_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class StandardRow(Table, table=True):
    """A service standard from an instant on. The newest valid one of a name counts; no `target` takes it back."""

    __tablename__ = "standard"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    words_vi: str = Field(sa_column=Column(Text, nullable=False))
    words_en: str = Field(sa_column=Column(Text, nullable=False))
    measure: str = Field(sa_column=Column(Text, nullable=False))
    target: float | None = None
    valid_from: datetime = Field(sa_column=_instant())
    set_by: str = Field(sa_column=Column(Text, nullable=False))


class EstimateRow(Table, table=True):
    """The curve of a category in a window: the share of promises that is not done from each age (s) on.

    The empty category is that of promises without one. Nothing is known beyond the age `longest`.
    """

    __tablename__ = "estimate"

    category: str = Field(sa_column=Column(Text, primary_key=True))
    window_days: int = Field(sa_column=Column(Integer, primary_key=True))
    fitted_at: datetime = Field(sa_column=_instant())
    n: int
    events: int
    longest: float
    ages: list[float] = Field(sa_column=Column(ARRAY(Double), nullable=False))
    shares: list[float] = Field(sa_column=Column(ARRAY(Double), nullable=False))
