"""What feedback is made of."""

from __future__ import annotations

from pathlib import Path

from services.feedback import reactions, store
from services.feedback.pages import pages
from services.feedback.routes import feedback
from services.feedback.settings import FeedbackSettings
from services.feedback.state import State
from shared.clock import Clock
from shared.contracts import commitments, intake
from shared.security import Links
from shared.service import Service
from shared.web import Pages

HERE = Path(__file__).parent


def build(settings: FeedbackSettings, clock: Clock) -> Service:
    links = Links(settings, clock, "survey")
    return Service(
        name="feedback",
        migrations=HERE / "migrations",
        routers=[pages, feedback],
        topics=[intake.TOPIC, commitments.TOPIC],
        handle=reactions.handlers(links, answer_days=settings.survey_answer_days),
        timers={store.UNANSWERED: reactions.unanswered},
        state=State(links, Pages(HERE / "pages"), settings.default_language),
    )
