"""Mail by SMTP (RFC 5321), over a few connections that are used again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPConnectError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from services.notifications.errors import Outcome, Undelivered
from services.notifications.providers.handover import Accepted, Account, Outgoing, Prepared, Sought, Status
from services.notifications.providers.mail import mail_of, message_id
from services.notifications.providers.protocol import Form, Limits, Repeat
from services.notifications.providers.smtp_answers import verdict
from services.notifications.settings import NotificationsSettings
from shared.contracts.intake import ChannelKind, HandleKind
from shared.settings import BadSetting

IDLE = 10.0
"""Seconds after which a connection is not used again: servers hang up without a word."""


class SmtpProvider:
    """Mail by one server. To repeat is safe: the copy has the same Message-ID, and no mail is worse than two."""

    name = "smtp"
    channel_kind = ChannelKind.EMAIL
    handle_kind = HandleKind.EMAIL
    forms: Mapping[Form, Limits] = {Form.MAIL: Limits()}
    repeat = Repeat.SAFE

    def __init__(self, settings: NotificationsSettings) -> None:
        self._options = _options(settings.smtp_url.get_secret_value(), settings.smtp_timeout)
        self._free = asyncio.Semaphore(settings.smtp_connections)
        self._idle: list[tuple[float, SMTP]] = []

    def prepare(self, message: Outgoing, account: Account, to: str) -> Prepared:
        """Makes the mail. Its Message-ID is what receipts name: the server's own id reaches nobody.

        Raises UnsafeHeader.
        """
        id_ = message_id(message, account)
        return Prepared(account, to, mail_of(message, account, to), id_, id_)

    async def send(self, prepared: Prepared) -> Accepted:
        try:
            async with self._connection() as server:
                await server.sendmail(prepared.account.address, [prepared.to], prepared.content)
        except (SMTPException, OSError) as error:
            raise verdict(error) from error
        return Accepted(prepared.provider_id)

    async def lookup(self, sought: Sought) -> Status | None:
        """Raises Undelivered always: no mail server can be asked."""
        raise Undelivered(Outcome.UNKNOWN, "a mail server cannot be asked what became of a mail")

    async def answers(self) -> None:
        """Asks the server whether it lets us in. Raises Undelivered where it does not."""
        try:
            await _hang_up(await self._connect())
        except (SMTPException, OSError) as error:
            raise verdict(error) from error

    async def close(self) -> None:
        while self._idle:
            await _hang_up(self._idle.pop()[1])

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        """A connection for the caller alone, kept for the next where the server's last answer was about a message."""
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
        try:
            await server.connect()
        except SMTPResponseException:
            raise
        except (SMTPException, OSError) as error:
            raise SMTPConnectError(str(error) or repr(error)) from error
        return server


async def _hang_up(server: SMTP) -> None:
    with suppress(SMTPException, OSError):
        if server.is_connected:
            await server.quit(timeout=1)
    server.close()


def _options(url: str, timeout: float) -> dict[str, Any]:
    """The connection's options. With a user, TLS is demanded and checked; else it is taken where it is offered.

    Raises BadSetting.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError
    except ValueError:
        wanted = "smtp://host[:port] nor smtps://user:password@host[:port]"
        raise BadSetting(f"KEPT_SMTP_URL is neither {wanted}") from None
    encrypted, user = parts.scheme == "smtps", parts.username
    return {
        "hostname": parts.hostname,
        "port": port or (465 if encrypted else 587 if user else 25),
        "username": unquote(user) if user else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": encrypted,
        "start_tls": True if user and not encrypted else None,
        "validate_certs": encrypted or bool(user),
        "timeout": timeout,
    }
