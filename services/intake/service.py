"""What intake is made of."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from services.intake import (
    browser,
    cases,
    confirmations,
    console,
    customers,
    downloads,
    files,
    interactions,
    mailboxes,
    quarantine,
    reports,
    timeline,
    worker,
)
from services.intake.callbook import GRACE
from services.intake.channels import routes as channels
from services.intake.settings import IntakeSettings
from services.intake.state import Intake
from services.intake.webhooks import Webhooks
from shared.clock import Clock
from shared.service import Service


def build(settings: IntakeSettings, clock: Clock) -> Service:
    intake = Intake.of(settings, clock)
    return Service(
        name="intake",
        migrations=Path(__file__).parent / "migrations",
        routers=[
            channels.routes,
            customers.routes,
            timeline.routes,
            interactions.routes,
            files.routes,
            cases.routes,
            quarantine.routes,
            reports.routes,
            console.pages,
        ],
        routes=[Webhooks(intake).route(), *browser.routes],
        topics=timeline.TOPICS,
        handle=timeline.project,
        timers={GRACE: partial(worker.file_overdue_calls, intake)},
        loops={
            "intake": partial(worker.run, intake),
            "attachments": partial(downloads.run, intake),
            "confirmations": partial(confirmations.run, intake),
            "mailboxes": partial(mailboxes.run, intake),
        },
        state=intake,
    )
