"""A mailbox for trying things out: takes every mail by SMTP, keeps it in a Maildir, and shows it as pages.

For one machine and for Compose, never for production: its readers read everybody's mail, and act by the links in it.
They are people or programs who may see the state of the installation (`operations:read`).
"""

from __future__ import annotations

import asyncio
import mailbox
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.message import MIMEPart
from email.policy import default
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakSet

import httpx
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.host.protocol import LimitedHttp
from services.host.remote import PASSED_ON, PATIENCE
from services.host.serve import bound
from shared.clock import Clock, SystemClock
from shared.hosts import guarded
from shared.problems import Problem
from shared.security.access import not_signed_in
from shared.settings import PublicSettings
from shared.web.pages import Pages
from shared.web.screen import Screen, answer_problem, screen_of

MayRead = Callable[[Request], Awaitable[bool]]
Show = Callable[[Request], Awaitable[Response]]

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
        self._one_at_a_time = Lock()
        """A Maildir is not for several threads: whichever looks for a file reads the folder anew, for all of them."""
        # A Maildir names its files `seconds.Mmicroseconds...`.
        keys = sorted(self._maildir.iterkeys(), key=lambda key: [int(n) for n in re.findall(r"\d+", key)[:2]])
        parsed = ((key, message_from_bytes(self._maildir.get_bytes(key))) for key in keys)
        self._to = {key: [str(to) for to in mail.get_all("Delivered-To", [])] for key, mail in parsed}

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        head = "".join(f"Delivered-To: {address}\r\n" for address in envelope.rcpt_tos).encode()
        key = await asyncio.to_thread(self._add, head + content)
        self._to[key] = list(envelope.rcpt_tos)
        return "250 OK"

    def _add(self, content: bytes) -> str:
        with self._one_at_a_time:
            return self._maildir.add(content)

    def newest(self, to: str | None = None) -> list[Mail]:
        listed = list(self._to.items())  # at once: mail comes in meanwhile, and this is another thread
        keys = (key for key, addresses in reversed(listed) if to is None or to in addresses)
        return [self.read(key) for key in islice(keys, SHOWN)]

    def read(self, key: str) -> Mail:
        """Raises KeyError. Never looks for a file that was not listed."""
        addresses = self._to[key]
        with self._one_at_a_time:
            content = self._maildir.get_bytes(key)
        mail = message_from_bytes(content, policy=default)
        body = mail.get_body(("plain",))
        text = _text(body).replace("\r\n", "\n") if body is not None else ""
        subject, date, message_id = (str(mail.get(name, "")) for name in ("Subject", "Date", "Message-ID"))
        return Mail(key, addresses, subject, date, message_id, text)


def _text(part: MIMEPart) -> str:
    """The text of a part; where it names a charset that nobody knows, what of it is ASCII."""
    try:
        return str(part.get_content())
    except LookupError:
        return bytes(part.get_payload(decode=True) or b"").decode("ascii", "replace")


def linked(text: str, origin: str) -> Markup:
    """Escaped, with the links that lead to `origin` made clickable and no others."""
    pieces = re.split(rf"({re.escape(origin.rstrip('/'))}/\S*[\w/=-])", text)
    anchor = Markup('<a href="{0}">{0}</a>')
    return Markup("").join(anchor.format(p) if odd % 2 else escape(p) for odd, p in enumerate(pieces))


def application(box: Mailbox, settings: PublicSettings, may_read: MayRead, clock: Clock | None = None) -> Starlette:
    """The mailbox's pages, for those of whom `may_read` says so."""
    pages, clock = Pages(Path(__file__).parent, prefix="/mailbox"), clock or SystemClock()

    def screen(request: Request) -> Screen:
        return screen_of(request, pages, settings, clock.now())

    def closed(show: Show) -> Show:
        async def shown(request: Request) -> Response:
            if await may_read(request):
                return await show(request)
            raise not_signed_in(request)

        return shown

    async def health(_: Request) -> Response:
        return JSONResponse({"service": "mailbox", "status": "alive"})

    async def newest(request: Request) -> Response:
        mails = await asyncio.to_thread(box.newest, request.query_params.get("to"))
        if request.url.path.endswith(".json"):
            return JSONResponse([asdict(mail) for mail in mails])
        return screen(request).render("mailbox.html", mails=mails)

    async def one(request: Request) -> Response:
        try:
            mail = await asyncio.to_thread(box.read, request.path_params["id"])
        except KeyError:
            return PlainTextResponse("no such mail", status_code=404)
        here = screen(request)
        above = here.under("/mailbox", here.words.gettext("Mailbox"))
        return above.render("mail.html", mail=mail, text=linked(mail.text, settings.public_url))

    return Starlette(
        exception_handlers={Problem: partial(_refuse, screen)},
        routes=[
            Route("/mailbox", closed(newest)),
            Route("/mailbox/health", health),
            Route(pages.assets.route, pages.assets.answer),
            Route("/mailbox/messages.json", closed(newest)),
            Route("/mailbox/{id}", closed(one)),
        ],
    )


async def _refuse(screen: Callable[[Request], Screen], request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return answer_problem(request, problem, screen)


@asynccontextmanager
async def known_to(intake: str, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[MayRead]:
    """Asks intake at this address: whoever may see how the installation is may read what is tried out in it."""
    async with httpx.AsyncClient(base_url=intake, timeout=PATIENCE, trust_env=False, transport=transport) as client:

        async def may_read(request: Request) -> bool:
            who = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
            try:
                report = (await client.get("/intake/ready", headers=who)).json() if who else None
            except (httpx.HTTPError, ValueError):
                return False
            return isinstance(report, dict) and "checks" in report

        yield may_read


@asynccontextmanager
async def listening(box: Mailbox, host: str, port: int) -> AsyncIterator[int]:
    """Takes mail while the block runs. Gives the port, which the system chooses where `port` is 0."""
    loop = asyncio.get_running_loop()
    connections: WeakSet[SMTP] = WeakSet()

    def connection() -> SMTP:
        made = SMTP(box, hostname="mailbox", loop=loop)
        connections.add(made)
        return made

    server = await loop.create_server(connection, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in connections:  # the server closes its listening socket alone
            if one.transport is not None:
                one.transport.close()
        await asyncio.sleep(0)  # a transport lets go of its socket in the loop's next round


async def serve(directory: Path, *, host: str, smtp_port: int, http_port: int, intake: str) -> None:
    """The mailbox as a process of its own, until it is told to stop. `intake` is where it asks who somebody is."""
    box, settings = Mailbox(directory), PublicSettings()
    with bound(host, http_port) as web:
        async with known_to(intake) as may_read, listening(box, host, smtp_port):
            app = guarded(application(box, settings, may_read), settings, inside=("mailbox",))
            await uvicorn.Server(uvicorn.Config(app, log_level="warning", http=LimitedHttp)).serve([web])
