"""The API of surveys: asking one, and recording an answer that came another way than by the page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import col, select, tuple_

from services.feedback.asking import store
from services.feedback.asking.surveys import Answer, State
from services.feedback.state import Made
from services.feedback.tables import Survey
from shared import paging
from shared.paging import Cursor, Limit, Page
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

feedback = router("/feedback", tags=["feedback"])


class SurveyView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    commitment_id: UUID
    case_id: UUID | None
    words: str
    state: State
    requested_at: datetime
    answer_by: datetime
    closed_at: datetime | None


class AnswerView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    satisfied: bool
    score: int | None
    comment: str | None
    answered_at: datetime
    by: str


class AnsweredView(SurveyView):
    """`answers` are all that were given, the oldest first; the last one counts."""

    answers: list[AnswerView]


class Response(BaseModel):
    """An answer to the survey named by its id, or by the token of the customer's link."""

    token: str | None = Field(None, max_length=500)
    survey_id: UUID | None = None
    satisfied: bool
    score: int | None = Field(None, ge=1, le=5)
    comment: str | None = Field(None, max_length=4000)

    @model_validator(mode="after")
    def _names_one_survey(self) -> Self:
        if (self.token is None) == (self.survey_id is None):
            raise ValueError("name the survey by token or by survey_id")
        return self


Writer = Annotated[Principal, Depends(require("feedback:write"))]


@feedback.post("/responses", status_code=201)
async def respond(response: Response, session: Writing, made: Made, who: Writer) -> AnsweredView:
    """Keeps the answer. The same answer again changes nothing."""
    survey_id = response.survey_id or made.links.read(response.token or "")
    said = Answer(response.satisfied, response.score, response.comment or None)
    return _view(await store.record(session, survey_id, said, by=who.subject))


@feedback.get("/surveys", dependencies=[Depends(require("feedback:read"))])
async def list_surveys(
    session: Reading,
    customer_id: UUID | None = None,
    commitment_id: UUID | None = None,
    state: State | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SurveyView]:
    """The newest first."""
    query = select(Survey).order_by(col(Survey.requested_at).desc(), col(Survey.id).desc())
    filters = {"customer_id": customer_id, "commitment_id": commitment_id, "state": state}
    query = query.filter_by(**{name: value for name, value in filters.items() if value is not None})
    if cursor is not None:
        query = query.where(tuple_(Survey.requested_at, Survey.id) < paging.decode(cursor))
    found = (await session.exec(query.limit(limit + 1))).all()
    items = [SurveyView.model_validate(row) for row in found[:limit]]
    more = len(found) > limit
    return Page(items=items, next=paging.encode(items[-1].requested_at, items[-1].id) if more else None)


@feedback.get("/surveys/{survey_id}", dependencies=[Depends(require("feedback:read"))])
async def show_survey(survey_id: UUID, session: Reading) -> AnsweredView:
    return _view(await store.find(session, survey_id))


def _view(asked: store.Asked) -> AnsweredView:
    survey = SurveyView.model_validate(asked.survey)
    answers = [AnswerView.model_validate(row) for row in asked.answers]
    return AnsweredView(**survey.model_dump(), answers=answers)
