"""Contacts in JSON of our own shape (`our_json`), passed on and signed by Convoy.

Source: docs.getconvoy.io, webhook signatures. Which hash and which encoding is a setting of the project there, so
every one of them may hold. Convoy's own ids are not the sender's: an item needs an id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.intake.channels.items import Item
from services.intake.channels.provider import Provider, Refused, Request
from services.intake.channels.providers.our_json import Envelope, items_of
from services.intake.channels.reading import json_object
from services.intake.channels.signatures import gateways
from shared.contracts.intake import ChannelKind

FORMS = (("sha256", "hex"), ("sha512", "hex"), ("sha256", "base64"), ("sha512", "base64"))
"""Convoy's default first."""


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    given = request.headers.get("x-convoy-signature", "")
    for digest, encoding in FORMS:
        try:
            gateways.convoy(given, request.body, secrets, now.timestamp(), digest=digest, encoding=encoding)
        except Refused as error:
            refused = error
        else:
            return
    raise refused


def parse(request: Request) -> Sequence[Item]:
    return items_of(json_object(request.body), Envelope(None))


PROVIDER = Provider(name="convoy", kind=ChannelKind.WEB, verify=verify, signed_by=("x-convoy-signature",), parse=parse)
