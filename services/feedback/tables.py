"""The tables of feedback, besides the backbone's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, MetaData, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from services.feedback.asking.surveys import State

_INSTANT: Any = DateTime(timezone=True)


class Table(SQLModel):
    metadata = MetaData()


class Survey(Table, table=True):
    """One question about one promise that is done. `state` is what its answers, or their absence, amount to."""

    __tablename__ = "survey"
    __table_args__ = (
        UniqueConstraint("commitment_id", name="survey_once"),
        Index("survey_newest", "requested_at", "id"),
        Index("survey_customer", "customer_id", "requested_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    commitment_id: UUID
    case_id: UUID | None = None
    words: str = Field(sa_type=Text)
    zone: str = Field(sa_type=Text)
    state: str = Field(State.REQUESTED, sa_type=Text)
    requested_at: datetime = Field(sa_type=_INSTANT)
    answer_by: datetime = Field(sa_type=_INSTANT)
    closed_at: datetime | None = Field(None, sa_type=_INSTANT)


class SurveyAnswer(Table, table=True):
    """One answer, never changed: another one is another row. `number` counts those of a survey from 1."""

    __tablename__ = "survey_answer"
    __table_args__ = (UniqueConstraint("survey_id", "number", name="survey_answer_number"),)

    id: UUID = Field(primary_key=True)
    survey_id: UUID = Field(foreign_key="survey.id")
    number: int
    satisfied: bool
    score: int | None = None
    comment: str | None = Field(None, sa_type=Text)
    answered_at: datetime = Field(sa_type=_INSTANT)
    by: str = Field(sa_type=Text)


class Speaker(Table, table=True):
    """The language of a customer, learned from intake."""

    __tablename__ = "speaker"

    customer_id: UUID = Field(primary_key=True)
    language: str = Field(sa_type=Text)
