"""Feedback's settings, read from the environment, besides those of every service."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class FeedbackSettings(ServiceSettings):
    survey_answer_days: float = Field(
        7, gt=0, le=365, description="Days a customer has to answer; then the survey is closed as unconfirmed."
    )
