"""The composition of the feedback service: tables, routes, reactions and timers."""

from __future__ import annotations

from pathlib import Path

from services.feedback.asking import reactions, store
from services.feedback.asking.page import pages
from services.feedback.asking.routes import feedback
from services.feedback.settings import FeedbackSettings
from services.feedback.state import State
from services.feedback.tables import Table
from shared.clock import Clock
from shared.contracts import commitments, intake
from shared.handling import Reactions
from shared.security import CustomerPage, Links
from shared.service import Service

HERE = Path(__file__).parent


def build(settings: FeedbackSettings, clock: Clock) -> Service:
    links = Links(settings, clock, CustomerPage.SURVEY)
    handle = Reactions(reactions.hearing(answer_days=settings.survey_answer_days))
    return Service(
        name="feedback",
        migrations=HERE / "migrations",
        tables=Table.metadata,
        routers=[pages, feedback],
        topics=[intake.TOPIC, commitments.TOPIC],
        handle=handle,
        wants=handle.wants,
        timers={store.UNANSWERED: reactions.unanswered},
        state=State(links),
    )
