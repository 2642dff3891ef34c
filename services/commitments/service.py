"""What the commitments service is made of."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from services.commitments import board, customer_page, goodwill, refusals, reviews, routes, staff, wording
from services.commitments.deadlines import deadlines
from services.commitments.reactions import Reactions
from services.commitments.scorecard import page, standards, standards_page
from services.commitments.scorecard import routes as scorecard
from services.commitments.settings import CommitmentsSettings
from services.commitments.store import Promises
from services.commitments.watch import TIMER, contact_due
from shared.clock import Clock
from shared.security import Links
from shared.service import Service

LINK_PURPOSE = "promise"


def build(settings: CommitmentsSettings, clock: Clock) -> Service:
    links = Links(settings, clock, LINK_PURPOSE)
    lifetime = timedelta(days=settings.promise_link_days)
    promises = Promises(links, link_lifetime=lifetime, default_zone=settings.default_zone)
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
            routes.api,
        ],
        topics=["kept.intake"],
        handle=Reactions(promises).handlers(),
        timers={**deadlines(promises), TIMER: contact_due},
        state=promises,
    )
