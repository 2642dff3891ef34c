"""A real SMTP server for tests, which keeps what it takes and refuses what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


class _Speaking(SMTP):
    """A server whose answers may be any bytes, as real ones' are."""

    async def push(self, status: str | bytes) -> None:
        if isinstance(status, bytes):
            self._writer.write(status + b"\r\n")
            await self._writer.drain()
        else:
            await super().push(status)


class MailServer:
    """`answers` are given to the next mails instead of taking them; `delay` holds up the answer to each it takes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str | bytes] = []
        self.delay = 0.0
        self.arrived = asyncio.Event()
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str | bytes:  # noqa: N802 - aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.arrived.set()
        await asyncio.sleep(self.delay)
        return "250 OK"

    async def listen(self) -> None:
        """On the port it had before, if it had one."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    def hang_up(self) -> None:
        """New connections are refused from now on."""
        self._listening.close()

    def _protocol(self) -> SMTP:
        self.connections += 1
        return _Speaking(self, hostname="mail.test", loop=asyncio.get_running_loop())


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    mail = MailServer()
    await mail.listen()
    try:
        yield mail
    finally:
        mail.hang_up()


def text_of(mail: EmailMessage) -> str:
    """What the reader sees."""
    content: str = mail.get_content()
    return content.replace("\r\n", "\n")
