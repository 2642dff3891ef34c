"""What the tables of kinds are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlencode

from services.intake.channels.provider import Request, Unreadable
from services.intake.channels.registry import providers
from tests.intake.channels.chats import in_short

AT = 1772442000
MESSAGE, OURS, REVIEW, ACT = "message in", "message out", "review in", "note in"
QUARANTINE = "unread"
NOBODY_SPOKE: Sequence[str] = ()
"""Nothing: it is about a chat, an account or an app, it is among ourselves, or nothing has become of it yet."""

Kind = tuple[str, Request, Sequence[str]]
"""(provider, a sample, what it becomes in short)"""
Unheard = Callable[[str], Request]
"""A sample whose kind has this name instead of its own."""


def post(body: object, content_type: str = "application/json", **headers: str) -> Request:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("https://kept.example.com/intake/webhooks/it", {"content-type": content_type, **named}, raw)


def form(**fields: str) -> Request:
    return post(urlencode(fields).encode(), "application/x-www-form-urlencoded")


def each(provider: str, samples: Iterable[Request], *becomes: str) -> list[Kind]:
    return [(provider, sample, becomes) for sample in samples]


def became(provider: str, sample: Request) -> list[str]:
    """What it is in short; what cannot be read at all stands in quarantine, as what cannot be read in part."""
    try:
        return [in_short(item) for item in providers()[provider].parse(sample)]
    except Unreadable:
        return [QUARANTINE]
