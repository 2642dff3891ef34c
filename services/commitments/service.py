"""The commitments service, put together: its routes, topics, reactions, timers and loops."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from services.commitments.authority import goodwill
from services.commitments.authority import roles as staff
from services.commitments.authority.members import learning
from services.commitments.board import news, warnings
from services.commitments.board import routes as board
from services.commitments.calendars import routes as calendar_routes
from services.commitments.cases import cadence, summaries
from services.commitments.cases.hearing import hearing
from services.commitments.cases.watch import TIMER, contact_due
from services.commitments.customer_page import page as customer_page
from services.commitments.estimates import routes as estimate_routes
from services.commitments.estimates.refresh import keep_fresh
from services.commitments.features import routes as feature_routes
from services.commitments.features import store as features
from services.commitments.features import tables as feature_tables
from services.commitments.incidents import routes as incident_routes
from services.commitments.incidents import store as incidents
from services.commitments.policies import routes as policy_routes
from services.commitments.promise.deadlines import deadlines
from services.commitments.promise.parts import PromisesWithParts
from services.commitments.promising import approvals as reviews
from services.commitments.promising import named, refusals, routes
from services.commitments.scorecard import page, standards, standards_page
from services.commitments.scorecard import routes as scorecard
from services.commitments.scorecard.cases import recording
from services.commitments.settings import CommitmentsSettings
from services.commitments.tables import Table
from services.commitments.tasks import page as task_page
from services.commitments.tasks import routes as task_routes
from services.commitments.tasks import tables as task_tables
from services.commitments.tasks.reminders import reminders
from services.commitments.wording import glossary as wording
from shared.batches import in_batches
from shared.clock import Clock
from shared.handling import Reactions
from shared.security import CustomerPage, Links
from shared.service import Service

ROOMS_WITH_TABLES = (feature_tables, task_tables)
"""Their tables are in `Table.metadata` once they are imported; nothing else here imports them."""


def build(settings: CommitmentsSettings, clock: Clock) -> Service:
    links = Links(settings, clock, CustomerPage.PROMISE)
    lifetime = timedelta(days=settings.promise_link_days)
    promises = PromisesWithParts(
        links,
        Links(settings, clock, CustomerPage.TASK),
        link_lifetime=lifetime,
        default_zone=settings.default_zone,
        default_language="en" if settings.default_language == "en" else "vi",
    )
    handle = Reactions(learning, hearing(promises), recording)
    return Service(
        name="commitments",
        migrations=Path(__file__).parent / "migrations",
        tables=Table.metadata,
        start="/commitments/board",
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
        streams={news.NAME: news.news},
        body_limits={task_page.PREFIX: task_page.BODY_LIMIT},
        topics=["kept.intake"],
        handle=handle,
        wants=handle.wants,
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
