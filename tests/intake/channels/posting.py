"""Requests as those who bring mail make them, and what is read in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from services.intake.channels.items import Contact, Fact, Item, Reach
from services.intake.channels.provider import Request
from services.intake.channels.registry import providers

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://kept.example.com/intake/webhooks/mail"
RAW = (
    "From: Lan <lan@example.com>\r\nTo: help@example.com\r\nSubject: Đơn hàng\r\nMessage-ID: <1@example.com>\r\n"
    "In-Reply-To: <ours@kept>\r\nDate: Mon, 2 Mar 2026 15:30:00 +0700\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nChào\r\n\r\n> cũ\r\n--b\r\n'
    "Content-Type: text/csv; name=a.csv\r\n\r\n1;2\r\n--b--\r\n"
).encode()


def form(*fields: tuple[str, str | bytes], files: Sequence[tuple[str, str, str, bytes]] = ()) -> Request:
    """multipart/form-data, as every provider writes it. A file is (field, name, content type, content)."""
    parts = []
    for name, value in fields:
        raw = value.encode() if isinstance(value, str) else value
        parts.append(f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + raw + b"\r\n")
    for name, file_name, content_type, raw in files:
        head = f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        parts.append(f"{head}Content-Type: {content_type}\r\n\r\n".encode() + raw + b"\r\n")
    return Request(URL, {"content-type": "multipart/form-data; boundary=xYzZY"}, b"".join(parts) + b"--xYzZY--\r\n")


def as_json(body: object, **headers: str) -> Request:
    return Request(URL, {"content-type": "application/json", **headers}, json.dumps(body).encode())


def items(provider: str, request: Request) -> list[Item]:
    return list(providers()[provider].parse(request))


def contact(provider: str, request: Request) -> Contact:
    (found,) = items(provider, request)
    assert isinstance(found, Contact)
    return found


def told(found: Sequence[Item]) -> list[tuple[str, str | None, str]]:
    """(what, about, address) of facts, and of reaches without the second."""
    return [
        (item.fact.value, item.about, item.address.value if item.address else "")
        if isinstance(item, Fact)
        else (item.reason.value, None, item.address.value)
        for item in found
        if isinstance(item, Fact | Reach)
    ]
