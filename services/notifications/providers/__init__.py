"""Who carries a message to the customer. A provider is a file here and a line in `configured`."""

from __future__ import annotations

from collections.abc import Sequence

from services.notifications.providers import smtp
from services.notifications.providers.protocol import Letter, Provider
from services.notifications.settings import NotificationsSettings

__all__ = ["Letter", "Provider", "configured"]


def configured(settings: NotificationsSettings) -> Sequence[Provider]:
    """The providers these settings name, the preferred first."""
    return [smtp.SmtpProvider(settings)]
