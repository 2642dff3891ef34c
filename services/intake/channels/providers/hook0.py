"""Contacts in JSON of our own shape (`our_json`), passed on and signed by Hook0.

Source: documentation.hook0.com, verifying webhook signatures. `X-Event-Id` is the same over all attempts, so it stands
in where an item has no id of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from services.intake.channels.items import Item
from services.intake.channels.provider import Provider, Request
from services.intake.channels.providers.our_json import Envelope, items_of
from services.intake.channels.reading import json_object, text
from services.intake.channels.signatures import gateways
from shared.contracts.intake import ChannelKind

SIGNATURE = "x-hook0-signature"


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    given = request.headers.get(SIGNATURE, "")
    gateways.hook0(request.headers, given, request.body, secrets, now.timestamp())


def token_of(request: Request) -> str | None:
    """What both of its signatures cover. The event's id is in one, where it is named, and never in the other."""
    stamp = gateways.hook0_stamp(request.headers.get(SIGNATURE, ""))
    return f"{stamp}:{sha256(request.body).hexdigest()}" if stamp else None


def parse(request: Request) -> Sequence[Item]:
    return items_of(json_object(request.body), Envelope(text(request.headers.get("x-event-id"))))


PROVIDER = Provider(
    name="hook0",
    kind=ChannelKind.WEB,
    verify=verify,
    signed_by=("x-hook0-signature",),
    parse=parse,
    token=token_of,
    headers=(SIGNATURE, "x-event-id", "x-event-type"),
    reads=("x-event-id",),
)
