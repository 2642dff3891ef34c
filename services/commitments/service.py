"""What the commitments service is made of."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from services.commitments import customer_page, routes
from services.commitments.board import routes as board
from services.commitments.deadlines import deadlines
from services.commitments.reactions import Reactions
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
        routers=[board.pages, customer_page.pages, routes.api],
        topics=["kept.intake"],
        handle=Reactions(promises).handlers(),
        timers={**deadlines(promises), TIMER: contact_due},
        state=promises,
    )
