"""Mail by SMTP (RFC 5321), over a few connections that are used again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from services.notifications.errors import Refused, TryLater, Undelivered
from services.notifications.providers.mail import mail_of
from services.notifications.providers.protocol import Letter
from services.notifications.settings import NotificationsSettings
from shared.contracts.intake import ChannelKind, HandleKind

IDLE = 10.0
"""Seconds after which a connection is not used again: servers hang up without a word."""


def verdict(error: Exception) -> Undelivered:
    """Whether the server's answer is about this message for good, or about now, or about us."""
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    if isinstance(error, SMTPAuthenticationError | SMTPConnectResponseError | SMTPHeloError):
        return TryLater(f"the mail server does not let us in: {error}")
    if isinstance(error, SMTPResponseException):
        said = f"the mail server answered {error.code} {error.message}"
        # 530: authentication is required (RFC 4954), which is our settings' fault and not the message's.
        return Refused(said) if 500 <= error.code < 600 and error.code != 530 else TryLater(said)
    return TryLater(f"the mail server cannot be reached: {error!r}")


class SmtpProvider:
    channel_kind = ChannelKind.EMAIL
    handle_kind = HandleKind.EMAIL

    def __init__(self, settings: NotificationsSettings) -> None:
        self._sender, self._name, self._plus = settings.mail_from, settings.signature, settings.mail_plus
        self._options = _options(settings.smtp_url.get_secret_value(), settings.smtp_timeout)
        self._free = asyncio.Semaphore(settings.smtp_connections)
        self._idle: list[tuple[float, SMTP]] = []

    async def send(self, letter: Letter) -> None:
        mail = mail_of(letter, sender=self._sender, name=self._name, answer_to_mark=self._plus)
        try:
            async with self._connection() as server:
                await server.sendmail(self._sender, [letter.to], mail)
        except (SMTPException, OSError) as error:
            raise verdict(error) from error

    async def close(self) -> None:
        while self._idle:
            await _hang_up(self._idle.pop()[1])

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        """One for the caller alone. It is kept for the next where the server's last answer was about a message."""
        async with self._free:
            server = await self._fresh() or await self._connect()
            try:
                yield server
            except SMTPResponseException:
                self._keep(server)
                raise
            except SMTPRecipientsRefused:
                self._keep(server)
                raise
            except BaseException:
                server.close()
                raise
            self._keep(server)

    def _keep(self, server: SMTP) -> None:
        if server.is_connected:
            self._idle.append((monotonic(), server))

    async def _fresh(self) -> SMTP | None:
        while self._idle:
            since, server = self._idle.pop()
            if server.is_connected and monotonic() - since < IDLE:
                return server
            await _hang_up(server)
        return None

    async def _connect(self) -> SMTP:
        server = SMTP(**self._options)
        await server.connect()
        return server


async def _hang_up(server: SMTP) -> None:
    with suppress(SMTPException, OSError):
        if server.is_connected:
            await server.quit(timeout=1)
    server.close()


def _options(url: str, timeout: float) -> dict[str, Any]:
    """Raises ValueError. With a user, TLS is demanded and checked; without one it is taken where it is offered."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("KEPT_SMTP_URL is smtp://host[:port] or smtps://user:password@host[:port]")
    encrypted, user = parts.scheme == "smtps", parts.username
    return {
        "hostname": parts.hostname,
        "port": parts.port or (465 if encrypted else 587 if user else 25),
        "username": unquote(user) if user else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": encrypted,
        "start_tls": True if user and not encrypted else None,
        "validate_certs": encrypted or bool(user),
        "timeout": timeout,
    }
