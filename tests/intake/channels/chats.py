"""What the tests of the chat providers share: requests as they come, and what is in them in short."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from services.intake.channels.items import CallStep, Contact, Fact, Item, Moved, Reach, Unread
from services.intake.channels.provider import Request
from services.intake.channels.registry import providers

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
MILLIS = STAMP * 1000
URL = "https://kept.example.com/intake/webhooks/chat"


def request(body: object, *, url: str = URL, method: str = "POST", **headers: str) -> Request:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(url, {name.replace("_", "-"): value for name, value in headers.items()}, raw, method)


def parse(name: str, body: object) -> Sequence[Item]:
    return providers()[name].parse(request(body))


def one(name: str, body: object) -> Any:
    (item,) = parse(name, body)
    return item


def hub(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def in_short(item: Item) -> str:
    match item:
        case Contact():
            return f"{item.kind} {item.direction}"
        case CallStep():
            return f"call {item.event}"
        case Fact():
            return item.fact.value
        case Reach():
            return item.reason.value
        case Moved() | Unread():
            return type(item).__name__.lower()
        case _:
            return "confirm"
