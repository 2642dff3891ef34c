"""The store of surveys: rows read and written between the pure core and the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from services.feedback.asking import surveys
from services.feedback.asking.surveys import Answer, State
from services.feedback.errors import SurveyOver, SurveyUnknown
from services.feedback.tables import Speaker, Survey, SurveyAnswer
from shared import bulk
from shared.contracts.acts import CustomerAct
from shared.contracts.commitments import CommitmentFulfilled
from shared.contracts.feedback import FeedbackReceived, Satisfaction, SurveyClosed, SurveyRequested
from shared.database import ReadSession, WriteSession
from shared.handling import Work
from shared.ids import new_id
from shared.timers import Timer

UNANSWERED = "survey_unanswered"

_TYPES = {
    "id": "uuid",
    "customer_id": "uuid",
    "commitment_id": "uuid",
    "case_id": "uuid",
    "words": "text",
    "zone": "text",
    "state": "text",
    "requested_at": "timestamptz",
    "answer_by": "timestamptz",
}
# Nobody else asks: where another has, the constraint ends this unit of work, and done again it finds the question.
_ADD = text(bulk.insert("survey", _TYPES))
_ASKED = text("SELECT commitment_id FROM survey WHERE commitment_id = ANY(CAST(:ids AS uuid[]))")


class Question(NamedTuple):
    """A new survey, in the order of its columns."""

    id: UUID
    customer_id: UUID
    commitment_id: UUID
    case_id: UUID | None
    words: str
    zone: str
    state: str
    requested_at: datetime
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A survey and its answers, the oldest first."""

    survey: Survey
    answers: tuple[SurveyAnswer, ...]

    @property
    def last(self) -> Answer | None:
        return _answer(self.answers[-1]) if self.answers else None


def _answer(row: SurveyAnswer) -> Answer:
    return Answer(row.satisfied, row.score, row.comment)


async def asked_about(session: ReadSession, commitments: Collection[UUID]) -> set[UUID]:
    """Those of these promises that have their question already."""
    if not commitments:
        return set()
    return set((await session.execute(_ASKED, {"ids": list(commitments)})).scalars())


def ask(work: Work, done: CommitmentFulfilled, *, days: float) -> Question:
    """The question about a promise that is done, told and with its clock; `add` stores it."""
    until = surveys.answer_by(work.now, days)
    id_ = work.make_id("survey")
    work.schedule(Timer(UNANSWERED, str(id_), until))
    work.emit(
        SurveyRequested(
            customer_id=done.customer_id,
            survey_id=id_,
            commitment_id=done.commitment_id,
            case_id=done.case_id,
            words=done.terms.words,
            link=None,
            answer_by=until,
        )
    )
    whose = id_, done.customer_id, done.commitment_id, done.case_id
    return Question(*whose, done.terms.words, done.terms.zone, State.REQUESTED, work.now, until)


async def add(session: WriteSession, questions: Sequence[Question]) -> None:
    if questions:
        await session.execute(_ADD, bulk.columns(questions, _TYPES))


async def find(session: ReadSession, survey_id: UUID) -> Asked:
    """Raises SurveyUnknown."""
    return await _load(session, survey_id, lock=False)


async def _load(session: ReadSession, survey_id: UUID, *, lock: bool) -> Asked:
    query = select(Survey).where(Survey.id == survey_id)
    survey = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
    if survey is None:
        raise SurveyUnknown(survey_id)
    given = select(SurveyAnswer).where(SurveyAnswer.survey_id == survey_id).order_by(col(SurveyAnswer.number))
    return Asked(survey, tuple((await session.exec(given)).all()))


async def record(
    session: WriteSession, survey_id: UUID, answer: Answer, *, by: str, act: CustomerAct | None = None
) -> Asked:
    """Keeps an answer beside those before it. Raises SurveyUnknown or SurveyOver.

    The timer is left to find the answer: it locks its row before the survey's, and here it would be the other way.
    """
    asked = await _load(session, survey_id, lock=True)
    survey = asked.survey
    if surveys.is_over(State(survey.state), survey.answer_by, session.now):
        raise SurveyOver(survey_id)
    if not surveys.is_news(answer, asked.last):
        return asked
    row = SurveyAnswer(
        id=new_id(),
        survey_id=survey_id,
        number=len(asked.answers) + 1,
        satisfied=answer.satisfied,
        score=answer.score,
        comment=answer.comment,
        answered_at=session.now,
        by=by,
    )
    session.add(row)
    survey.state = surveys.after_answer(answer)
    session.add(survey)
    session.emit(
        FeedbackReceived(
            customer_id=survey.customer_id,
            survey_id=survey_id,
            commitment_id=survey.commitment_id,
            case_id=survey.case_id,
            satisfaction=answer.satisfaction,
            score=answer.score,
            comment=answer.comment,
            answered_at=session.now,
            act=act,
        )
    )
    return Asked(survey, (*asked.answers, row))


async def close_unanswered(session: WriteSession, survey_id: UUID) -> None:
    """Its time is over; where nobody answered it is unconfirmed."""
    survey = (await _load(session, survey_id, lock=True)).survey
    state = surveys.after_silence(State(survey.state))
    if state is None:
        return
    survey.state, survey.closed_at = state, session.now
    session.add(survey)
    with session.because_of(survey_id):
        session.emit(
            SurveyClosed(
                customer_id=survey.customer_id,
                survey_id=survey.id,
                commitment_id=survey.commitment_id,
                case_id=survey.case_id,
                satisfaction=Satisfaction.UNCONFIRMED,
                closed_at=session.now,
            )
        )


async def language_of(session: ReadSession, customer_id: UUID) -> str | None:
    return (await session.exec(select(Speaker.language).where(Speaker.customer_id == customer_id))).one_or_none()
