"""A mailbox that is read by IMAP. Nothing is ever posted to it: each mail comes in as its own bytes (RFC 5322)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from services.intake.channels.items import Item
from services.intake.channels.mail import message
from services.intake.channels.provider import Provider, Refused, Request
from shared.contracts.intake import ChannelKind

_PORTS = {"imaps": 993, "imap": 143}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a mailbox is and how it is opened. Not `is_tls`: in clear, on a network of one's own."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    is_tls: bool = True


def mailbox_of(secret: str) -> Mailbox:
    """Of `imaps://user:password@host:993/INBOX`, user and password percent-encoded. Raises ValueError."""
    parts = urlsplit(secret.strip())
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("no address of a mailbox")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user or not password:
        raise ValueError("no user, or no password")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if any(ord(c) < 32 or ord(c) == 127 for c in user + password + folder):
        raise ValueError("a control character")
    port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    return Mailbox(parts.hostname, port, user, password, folder, parts.scheme == "imaps")


def secret_fault(secret: str) -> str | None:
    try:
        mailbox_of(secret)
    except ValueError:
        return "must be imaps://user:password@host/INBOX, with user and password percent-encoded"
    return None


def verify(request: Request, secrets: Sequence[str], now: datetime) -> NoReturn:
    raise Refused("this channel is read, not written to")


def parse(request: Request) -> Sequence[Item]:
    return message.read_mail(request.body)


def part_of(request: Request, part: int) -> tuple[str, bytes] | None:
    return message.part_of(request.body, part)


PROVIDER = Provider(
    name="imap",
    kind=ChannelKind.EMAIL,
    verify=verify,
    headers_prove=True,
    parse=parse,
    secret_fault=secret_fault,
    body_limit=50 * 1024 * 1024,
    extract=part_of,
)
