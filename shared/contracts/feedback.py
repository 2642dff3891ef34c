"""The events of feedback: what we asked, and what the customer said."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.acts import CustomerAct
from shared.contracts.envelope import CustomerPayload

TOPIC = "kept.feedback"


class Satisfaction(StrEnum):
    CONFIRMED = "confirmed"
    NOT_SATISFIED = "not_satisfied"
    UNCONFIRMED = "unconfirmed"


class Survey(CustomerPayload, concerns=("survey_id",)):
    survey_id: UUID
    commitment_id: UUID
    case_id: UUID | None = None


class SurveyRequested(Survey, type="kept.survey.requested.v1", topic=TOPIC):
    """A survey was requested. `link` is null: whoever reads an event must not be able to answer for the customer."""

    words: str
    link: str | None
    answer_by: datetime


class FeedbackReceived(Survey, type="kept.feedback.received.v1", topic=TOPIC):
    """The customer's answer. `score` is 1 (worst) to 5; `comment` their own words.

    `act` is the evidence of one that they gave on their page.
    """

    satisfaction: Satisfaction
    score: int | None = None
    comment: str | None = None
    answered_at: datetime
    act: CustomerAct | None = None


class SurveyClosed(Survey, type="kept.survey.closed.v1", topic=TOPIC):
    """A survey was closed because nobody answered in time: unconfirmed, which is not the same as satisfied."""

    satisfaction: Satisfaction
    closed_at: datetime
