"""The survey as the customer sees it: one question on a phone, by a signed link and without a login."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Form, Request
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, Field

from services.feedback.asking import store, surveys
from services.feedback.asking.surveys import Answer
from services.feedback.asking.surveys import State as Standing
from services.feedback.state import Made
from shared.routing import Reading, Writing, router
from shared.security import CustomerPage
from shared.security.acts import act_by
from shared.web.screen import On

pages = router("/feedback/s", include_in_schema=False)


def _as_meant(value: Any) -> Any:
    """A field left empty was not answered; a line break counts as the one character the form counted."""
    return (value.replace("\r\n", "\n").strip() or None) if isinstance(value, str) else value


class AnswerForm(BaseModel):
    """`comment` counts characters as the form does."""

    satisfied: Literal["yes", "no"]
    score: Annotated[int | None, Field(ge=1, le=5), BeforeValidator(_as_meant)] = None
    comment: Annotated[str | None, Field(max_length=4000), BeforeValidator(_as_meant)] = None

    def answer(self) -> Answer:
        return Answer(self.satisfied == "yes", self.score, self.comment)


@pages.get("/{token}")
async def show(screen: On, token: str, session: Reading, made: Made) -> Response:
    asked = await store.find(session, made.links.read(token))
    survey = asked.survey
    known = await store.language_of(session, survey.customer_id)
    return screen.speaking(known).render(
        "survey.html",
        survey=survey,
        answer=asked.last,
        over=surveys.is_over(Standing(survey.state), survey.answer_by, screen.now),
    )


@pages.post("/{token}")
async def answer(
    request: Request, screen: On, token: str, form: Annotated[AnswerForm, Form()], session: Writing, made: Made
) -> Response:
    """Answers, then shows what was answered by its own address, so that a reload asks nothing again."""
    act = act_by(request, made.links, CustomerPage.SURVEY, token, session.now)
    await store.record(session, act.link_id, form.answer(), by="customer_page", act=act)
    return screen.turn(screen.path)
