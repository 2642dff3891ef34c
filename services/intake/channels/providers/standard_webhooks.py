"""Any system's contacts in JSON of our own shape (`our_json`), signed as Standard Webhooks, v1 or v1a.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md. The webhook-id is the same over all
attempts, so it stands in where an item has no id of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.intake.channels.items import Item
from services.intake.channels.provider import Provider, Request
from services.intake.channels.providers.our_json import Envelope, items_of
from services.intake.channels.reading import json_object, text
from services.intake.channels.signatures import standard
from shared.contracts.intake import ChannelKind


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    standard.standard_webhooks(request.headers, request.body, secrets, now.timestamp())


def parse(request: Request) -> Sequence[Item]:
    id_ = text(request.headers.get("webhook-id")) or text(request.headers.get("svix-id"))
    return items_of(json_object(request.body), Envelope(id_))


PROVIDER = Provider(
    name="signed",
    kind=ChannelKind.WEB,
    verify=verify,
    signed_by=("webhook-signature", "svix-signature"),
    parse=parse,
    secret_fault=standard.fault,
    headers=standard.HEADERS,
    reads=("webhook-id", "svix-id"),
)
