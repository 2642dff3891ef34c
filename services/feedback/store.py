"""Surveys between the pure core and the database: asked, answered, and closed for want of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from services.feedback import surveys
from services.feedback.errors import SurveyOver, SurveyUnknown
from services.feedback.surveys import Answer, State
from services.feedback.tables import Speaker, Survey, SurveyAnswer
from shared.contracts.commitments import CommitmentFulfilled
from shared.contracts.feedback import FeedbackReceived, Satisfaction, SurveyClosed, SurveyRequested
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.security import Links
from shared.timers import Timer

PATH = "/feedback/s/"
UNANSWERED = "survey_unanswered"

_REQUEST = text("""
    INSERT INTO survey (id, customer_id, commitment_id, case_id, words, zone, state, requested_at, answer_by)
    VALUES (:id, :customer_id, :commitment_id, :case_id, :words, :zone, 'requested', :requested_at, :answer_by)
    ON CONFLICT (commitment_id) DO NOTHING RETURNING id
""")


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


async def request(session: WriteSession, done: CommitmentFulfilled, links: Links, *, days: float) -> UUID | None:
    """Asks about a promise that is done: once, or None where it was asked before."""
    until = surveys.answer_by(session.now, days)
    values = {
        "id": new_id(),
        "customer_id": done.customer_id,
        "commitment_id": done.commitment_id,
        "case_id": done.case_id,
        "words": done.terms.words,
        "zone": done.terms.zone,
        "requested_at": session.now,
        "answer_by": until,
    }
    id_: UUID | None = (await session.execute(_REQUEST, values)).scalar_one_or_none()
    if id_ is None:
        return None
    session.schedule(Timer(UNANSWERED, str(id_), until))
    session.emit(
        SurveyRequested(
            customer_id=done.customer_id,
            survey_id=id_,
            commitment_id=done.commitment_id,
            case_id=done.case_id,
            words=done.terms.words,
            link=links.url(PATH, id_, lifetime=until - session.now),
            answer_by=until,
        )
    )
    return id_


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


async def record(session: WriteSession, survey_id: UUID, answer: Answer, *, by: str) -> Asked:
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
