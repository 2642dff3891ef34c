"""The parts of notifications."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text

from services.notifications.delivery import upkeep
from services.notifications.delivery.restoring import restored
from services.notifications.delivery.sending import Sender
from services.notifications.delivery.tracking import receipts
from services.notifications.hearing.reactions import hearing
from services.notifications.providers import configured
from services.notifications.providers.protocol import Route
from services.notifications.routes import notifications
from services.notifications.settings import NotificationsSettings
from services.notifications.tables import Table
from shared.clock import Clock
from shared.contracts import commitments, feedback, intake
from shared.handling import Reactions
from shared.service import Service

WAITING = text("SELECT min(next_attempt_at) FROM notification WHERE state IN ('pending', 'sending')")


def build(settings: NotificationsSettings, clock: Clock, routes: Sequence[Route] | None = None) -> Service:
    """Puts the service together. `routes` are those that the settings name, unless they are handed in."""
    sender = Sender(configured(settings) if routes is None else routes, settings, clock)
    handle = Reactions(hearing, receipts)
    return Service(
        name="notifications",
        migrations=Path(__file__).parent / "migrations",
        tables=Table.metadata,
        routers=[notifications],
        topics=[intake.TOPIC, commitments.TOPIC, feedback.TOPIC],
        handle=handle,
        wants=handle.wants,
        loops={"sender": sender.run, "upkeep": upkeep.run},
        waiting={"sender": WAITING},
        restored=restored,
    )
