"""Errors of surveys and answers, by name.

SurveyUnknown   404    no such survey
SurveyOver      409    its time to be answered is over
"""

from __future__ import annotations

from uuid import UUID

from shared.problems import Conflict, NotFound
from shared.translation import N_


class SurveyUnknown(NotFound):
    code = "survey-unknown"

    def __init__(self, survey_id: UUID) -> None:
        super().__init__(N_("We do not know this question, or no longer."), survey_id=str(survey_id))


class SurveyOver(Conflict):
    code = "survey-over"

    def __init__(self, survey_id: UUID) -> None:
        super().__init__("The time to answer this is over. Write to us all the same.", survey_id=str(survey_id))
