"""What notifications is made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.notifications.providers import Provider, configured
from services.notifications.reactions import handlers
from services.notifications.routes import notifications
from services.notifications.sending import Sender
from services.notifications.settings import NotificationsSettings
from shared.clock import Clock
from shared.contracts import commitments, feedback, intake
from shared.service import Service


def build(settings: NotificationsSettings, clock: Clock, providers: Sequence[Provider] | None = None) -> Service:
    """`providers` are those the settings name, unless they are handed in."""
    sender = Sender(configured(settings) if providers is None else providers, settings, clock)
    return Service(
        name="notifications",
        migrations=Path(__file__).parent / "migrations",
        routers=[notifications],
        topics=[intake.TOPIC, commitments.TOPIC, feedback.TOPIC],
        handle=sender.waking(handlers),
        loops={"sender": sender.run},
    )
