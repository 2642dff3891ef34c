"""The composition of the intake service: tables, routes, loops and settings."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sqlalchemy import text

from services.intake.arrivals import confirmations, quarantine, requestlog, worker
from services.intake.arrivals.calls.callbook import GRACE
from services.intake.arrivals.mail import mailboxes
from services.intake.arrivals.webhooks import Webhooks
from services.intake.cases import reports
from services.intake.cases import routes as cases
from services.intake.channels.setup import routes as channels
from services.intake.console import routes as console
from services.intake.contacts import interactions
from services.intake.contacts.files import downloads
from services.intake.contacts.files import routes as files
from services.intake.customers import routes as customers
from services.intake.settings import IntakeSettings
from services.intake.staff import browser, login
from services.intake.staff import routes as staff
from services.intake.state import Intake
from services.intake.tables import Table
from services.intake.timeline import filling
from services.intake.timeline import routes as timeline
from services.intake.timeline.projection import TOPICS, projection
from shared.clock import Clock
from shared.handling import Reactions
from shared.service import Service

SPOOL = text("SELECT received_at FROM raw_request WHERE id = (SELECT min(id) FROM raw_waiting)")
ATTACHMENTS = text("SELECT min(next_at) FROM attachment WHERE next_at IS NOT NULL")


def build(settings: IntakeSettings, clock: Clock) -> Service:
    intake = Intake.of(settings, clock)
    handle = Reactions(projection)
    return Service(
        name="intake",
        migrations=Path(__file__).parent / "migrations",
        tables=Table.metadata,
        start="/intake/console",
        routers=[
            channels.routes,
            requestlog.routes,
            customers.routes,
            timeline.routes,
            interactions.routes,
            files.routes,
            cases.routes,
            quarantine.routes,
            reports.routes,
            staff.routes,
            console.pages,
        ],
        routes=[Webhooks(intake).route(), *browser.routes, *login.routes],
        topics=TOPICS,
        handle=handle,
        wants=handle.wants,
        timers={GRACE: partial(worker.file_overdue_calls, intake)},
        loops={
            "intake": partial(worker.run, intake),
            "attachments": partial(downloads.run, intake),
            "confirmations": partial(confirmations.run, intake),
            "mailboxes": partial(mailboxes.run, intake),
            "timeline": filling.run,
        },
        close=intake.close,
        waiting={"spool": SPOOL, "attachments": ATTACHMENTS},
        state=intake,
    )
