"""A mailbox that is read over IMAP. Nobody sends us anything: a loop of ours goes and looks.

A secret is the mailbox's address, percent-encoded where it must be: `imaps://user:password@mail.example.com/INBOX`,
or `imap://` for a server on a network of one's own that speaks in clear. The raw request's body is the mail as the
server holds it, its content type `message/rfc822`; `text/rfc822-headers` where only the headers were taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import parseaddr
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from services.intake.channels.items import Address, Contact, Item
from services.intake.channels.mail import is_automatic
from services.intake.channels.provider import Provider, Refused, Request, Unreadable
from services.intake.channels.reading import mail_date, text
from shared.contracts.intake import ChannelKind, HandleKind, InteractionKind

PORTS = {"imaps": 993, "imap": 143}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a mailbox is and how it is opened. Not `is_tls`: in clear, on a network of one's own."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    is_tls: bool = True


def mailbox_of(secret: str) -> Mailbox:
    """Raises ValueError."""
    url = urlsplit(secret)
    user, password = unquote(url.username or ""), unquote(url.password or "")
    folder = unquote(url.path.removeprefix("/")) or "INBOX"
    if url.scheme not in PORTS or not (url.hostname and user and password):
        raise ValueError("a mailbox is imaps://user:password@host/folder")
    if not (user + password + folder).isprintable():
        raise ValueError("a mailbox's address holds no control characters")
    return Mailbox(url.hostname, url.port or PORTS[url.scheme], user, password, folder, url.scheme == "imaps")


def fault(secret: str) -> str | None:
    try:
        mailbox_of(secret)
    except ValueError:
        return "must be imaps://user:password@host/folder"
    return None


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    raise Refused("a mailbox is read by us: nobody sends its mail here")


def parse(request: Request) -> Sequence[Item]:
    try:
        return [_contact(request.body)]
    except Exception as error:  # the parser of the standard library raises nearly anything on hostile mail
        raise Unreadable(f"not a mail: {type(error).__name__}") from error


def _contact(body: bytes) -> Contact:
    mail = message_from_bytes(body, policy=policy.default)
    headers = {name.lower(): str(value) for name, value in mail.items()}
    name, sender = parseaddr(headers.get("from", ""))
    part = mail.get_body(("plain", "html"))
    message_id = text(headers.get("message-id", "").strip())
    return Contact(
        external_id=message_id or sha256(body).hexdigest(),
        kind=InteractionKind.MESSAGE,
        address=Address(HandleKind.EMAIL, sender) if "@" in sender else None,
        occurred_at=mail_date(headers.get("date")),
        name=text(name),
        subject=text(headers.get("subject")),
        text=str(part.get_content()) if part else None,
        automatic=is_automatic(headers, sender),
        message_id=message_id,
    )


PROVIDER = Provider(
    name="imap",
    kind=ChannelKind.EMAIL,
    verify=verify,
    parse=parse,
    secret_fault=fault,
    body_limit=50 * 1024 * 1024,
)
