"""What the commitments service is made of."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from services.commitments import (
    cadence,
    customer_page,
    goodwill,
    named,
    refusals,
    reviews,
    routes,
    staff,
    summaries,
    warnings,
    wording,
)
from services.commitments.batches import in_batches
from services.commitments.board import routes as board
from services.commitments.calendars import routes as calendar_routes
from services.commitments.deadlines import deadlines
from services.commitments.estimates import routes as estimate_routes
from services.commitments.estimates.refresh import keep_fresh
from services.commitments.features import routes as feature_routes
from services.commitments.features import store as features
from services.commitments.incidents import routes as incident_routes
from services.commitments.incidents import store as incidents
from services.commitments.parts import PromisesWithParts
from services.commitments.policies import routes as policy_routes
from services.commitments.reactions import Reactions
from services.commitments.scorecard import page, standards, standards_page
from services.commitments.scorecard import routes as scorecard
from services.commitments.settings import CommitmentsSettings
from services.commitments.tasks import page as task_page
from services.commitments.tasks import routes as task_routes
from services.commitments.tasks.reminders import reminders
from services.commitments.watch import TIMER, contact_due
from shared.clock import Clock
from shared.security import Links
from shared.service import Service

LINK_PURPOSE = "promise"
TASK_LINK_PURPOSE = "task"


def build(settings: CommitmentsSettings, clock: Clock) -> Service:
    links = Links(settings, clock, LINK_PURPOSE)
    lifetime = timedelta(days=settings.promise_link_days)
    promises = PromisesWithParts(
        links,
        Links(settings, clock, TASK_LINK_PURPOSE),
        link_lifetime=lifetime,
        default_zone=settings.default_zone,
        default_language="en" if settings.default_language == "en" else "vi",
    )
    return Service(
        name="commitments",
        migrations=Path(__file__).parent / "migrations",
        # What has a path of its own comes before `/{id}`, which would take it for a promise.
        routers=[
            board.pages,
            customer_page.pages,
            wording.api,
            staff.api,
            goodwill.api,
            refusals.api,
            reviews.api,
            page.pages,
            standards_page.pages,
            scorecard.api,
            standards.api,
            task_page.pages,
            task_routes.api,
            feature_routes.api,
            incident_routes.api,
            summaries.api,
            warnings.api,
            calendar_routes.api,
            policy_routes.api,
            estimate_routes.api,
            named.api,
            routes.api,
        ],
        routes=task_page.routes,
        body_limits={task_page.PREFIX: task_page.BODY_LIMIT},
        topics=["kept.intake"],
        handle=Reactions(promises).handlers(),
        timers={
            **deadlines(promises),
            TIMER: contact_due,
            **reminders(promises),
            **in_batches(features.NEWS, partial(features.tell, promises)),
            **in_batches(incidents.NEWS, partial(incidents.tell, promises)),
            cadence.TIMER: cadence.Cadence(promises).period_over,
        },
        loops={"estimates": partial(keep_fresh, settings.estimate_days)},
        state=promises,
    )
