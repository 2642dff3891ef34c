"""What feedback tells: what we asked, and what the customer said."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.envelope import Payload

TOPIC = "kept.feedback"


class Satisfaction(StrEnum):
    CONFIRMED = "confirmed"
    NOT_SATISFIED = "not_satisfied"
    UNCONFIRMED = "unconfirmed"


class Survey(Payload):
    survey_id: UUID
    commitment_id: UUID
    case_id: UUID | None = None


class SurveyRequested(Survey, type="kept.survey.requested.v1", topic=TOPIC):
    words: str
    link: str
    answer_by: datetime


class FeedbackReceived(Survey, type="kept.feedback.received.v1", topic=TOPIC):
    """The customer's answer. `score` is 1 (worst) to 5; `comment` their own words."""

    satisfaction: Satisfaction
    score: int | None = None
    comment: str | None = None
    answered_at: datetime


class SurveyClosed(Survey, type="kept.survey.closed.v1", topic=TOPIC):
    """Nobody answered in time: unconfirmed, which is not the same as satisfied."""

    satisfaction: Satisfaction
    closed_at: datetime
