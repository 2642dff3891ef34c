"""A mailbox for trying things out: takes every mail by SMTP, keeps it in a Maildir, and shows it as pages.

For one machine and for Compose, never for production: whoever reaches it reads everybody's mail.
"""

from __future__ import annotations

import asyncio
import mailbox
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.policy import default
from itertools import islice
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.web import Pages

SHOWN = 200
"""Mails a list holds, the newest first."""


@dataclass(frozen=True, slots=True)
class Mail:
    """`id` is the Maildir's key, `to` the addresses it was delivered to, `text` what the reader sees."""

    id: str
    to: list[str]
    subject: str
    date: str
    message_id: str
    text: str


class Mailbox:
    """A Maildir in `directory`, with what has come so far listed in memory, so that a list costs no search."""

    def __init__(self, directory: Path) -> None:
        self._maildir = mailbox.Maildir(directory, create=True)
        self._one_at_a_time = asyncio.Lock()
        # A Maildir names its files `seconds.Mmicroseconds...`.
        keys = sorted(self._maildir.iterkeys(), key=lambda key: [int(n) for n in re.findall(r"\d+", key)[:2]])
        parsed = ((key, message_from_bytes(self._maildir.get_bytes(key))) for key in keys)
        self._to = {key: [str(to) for to in mail.get_all("Delivered-To", [])] for key, mail in parsed}

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        head = "".join(f"Delivered-To: {address}\r\n" for address in envelope.rcpt_tos).encode()
        async with self._one_at_a_time:
            key = await asyncio.to_thread(self._maildir.add, head + content)
        self._to[key] = list(envelope.rcpt_tos)
        return "250 OK"

    def newest(self, to: str | None = None) -> list[Mail]:
        keys = (key for key, addresses in reversed(self._to.items()) if to is None or to in addresses)
        return [self.read(key) for key in islice(keys, SHOWN)]

    def read(self, key: str) -> Mail:
        """Raises KeyError. Never looks for a file that was not listed."""
        addresses = self._to[key]
        mail = message_from_bytes(self._maildir.get_bytes(key), policy=default)
        body = mail.get_body(("plain",))
        text = body.get_content().replace("\r\n", "\n") if body is not None else ""
        subject, date, message_id = (str(mail.get(name, "")) for name in ("Subject", "Date", "Message-ID"))
        return Mail(key, addresses, subject, date, message_id, text)


def linked(text: str, origin: str) -> Markup:
    """Escaped, with the links that lead to `origin` made clickable and no others."""
    pieces = re.split(rf"({re.escape(origin.rstrip('/'))}/\S*[\w/=-])", text)
    anchor = Markup('<a href="{0}">{0}</a>')
    return Markup("").join(anchor.format(p) if odd % 2 else escape(p) for odd, p in enumerate(pieces))


def routes(box: Mailbox, public_url: str) -> list[Route]:
    """The mailbox's pages, for an application of any kind."""
    pages = Pages(Path(__file__).parent / "pages")

    async def newest(request: Request) -> Response:
        mails = await asyncio.to_thread(box.newest, request.query_params.get("to"))
        if request.url.path.endswith(".json"):
            return JSONResponse([asdict(mail) for mail in mails])
        return pages.render("mailbox.html", mails=mails)

    async def one(request: Request) -> Response:
        try:
            mail = await asyncio.to_thread(box.read, request.path_params["id"])
        except KeyError:
            return PlainTextResponse("no such mail", status_code=404)
        return pages.render("mail.html", mail=mail, text=linked(mail.text, public_url))

    return [Route("/mailbox", newest), Route("/mailbox/messages.json", newest), Route("/mailbox/{id}", one)]


@asynccontextmanager
async def listening(box: Mailbox, host: str, port: int) -> AsyncIterator[int]:
    """Takes mail while the block runs. Gives the port, which the system chooses where `port` is 0."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="mailbox", loop=loop), host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def serve(directory: Path, *, host: str, smtp_port: int, http_port: int, public_url: str) -> None:
    """The mailbox as a process of its own, until it is told to stop."""
    box = Mailbox(directory)
    app = Starlette(routes=routes(box, public_url))
    async with listening(box, host, smtp_port):
        await uvicorn.Server(uvicorn.Config(app, host=host, port=http_port, log_level="warning")).serve()
