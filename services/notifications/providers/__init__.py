"""Providers: who carries a message to the customer. A provider is a file here and a line in `configured`."""

from __future__ import annotations

from collections.abc import Sequence

from services.notifications.providers.handover import Account
from services.notifications.providers.protocol import Route
from services.notifications.providers.smtp import SmtpProvider
from services.notifications.settings import NotificationsSettings

__all__ = ["configured"]


def configured(settings: NotificationsSettings) -> Sequence[Route]:
    """The routes that these settings name, the preferred first. Raises BadSetting."""
    return [Route(SmtpProvider(settings), Account(settings.mail_from, settings.signature, settings.mail_plus))]
