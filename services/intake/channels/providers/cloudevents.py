"""CloudEvents 1.0 over HTTP, structured, batched and binary, whose data is JSON of our own shape (`our_json`).

Source: github.com/cloudevents/spec: bindings/http-protocol-binding.md, formats/json-format.md, http-webhook.md. An
event whose data is nothing of ours waits in quarantine.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from services.intake.channels.forms import MOST_FIELDS
from services.intake.channels.items import Item
from services.intake.channels.provider import Provider, Refused, Reply, Request, Unreadable
from services.intake.channels.providers.our_json import Envelope, items_of
from services.intake.channels.reading import each_of, instant, json_object, json_value, text, unknown
from services.intake.channels.signatures import basic
from shared.contracts.intake import ChannelKind

STRUCTURED = "application/cloudevents"
BATCH = "application/cloudevents-batch"
REQUIRED = ("specversion", "id", "source", "type")

_ORIGIN = re.compile(r"[A-Za-z0-9*_.:-]{1,253}")


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """The token is in Authorization or, where a sender cannot do that, in `access_token` (http-webhook.md, 3)."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        basic.bearer(authorization, secrets)
        return
    try:
        query = dict(parse_qsl(urlsplit(request.url).query, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise Refused("there is no bearer token") from error
    if "access_token" not in query:
        raise Refused("there is no bearer token")
    basic.token(query["access_token"], secrets)


def greet(request: Request, secrets: Sequence[str], verify_token: str) -> Reply | None:
    """A sender asks whether it may deliver here (http-webhook.md, 4). It proves nothing and is told nothing else."""
    origin = request.headers.get("webhook-request-origin", "")
    if request.method != "OPTIONS" or not _ORIGIN.fullmatch(origin):
        return None
    allowed = (("WebHook-Allowed-Origin", origin), ("WebHook-Allowed-Rate", "*"), ("Allow", "POST, OPTIONS"))
    return Reply(b"", headers=allowed)


def parse(request: Request) -> Sequence[Item]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type.startswith(BATCH):
        _check_format(content_type)
        return _batch(json_value(request.body))
    if not content_type.startswith(STRUCTURED) and "ce-specversion" in request.headers:
        return _event(_attributes(request.headers), _binary(content_type, request.body))
    _check_format(content_type)
    event = json_object(request.body)
    return _event(event, _data(event))


def _check_format(content_type: str) -> None:
    _, plus, form = content_type.partition("+")
    if plus and form != "json":
        raise Unreadable("of the event formats we read JSON alone")


def _batch(events: object) -> list[Item]:
    if not isinstance(events, list):
        raise Unreadable("a batch is a JSON array")
    return each_of(events, lambda event: _event(event, _data(event)))


def _event(attributes: Mapping[str, Any], data: object) -> list[Item]:
    """What its data says. Source and id together are unique (spec.md, REQUIRED attributes). Raises Unreadable."""
    missing = [name for name in REQUIRED if text(attributes.get(name)) is None]
    if missing:
        raise Unreadable(f"no CloudEvent: there is no {missing[0]}")
    if not isinstance(data, dict):
        raise unknown("an event", attributes["type"])
    around = Envelope(f"{attributes['source']}#{attributes['id']}", instant(attributes.get("time")))
    return items_of(data, around)


def _attributes(headers: Mapping[str, str]) -> dict[str, str]:
    """A binary event's, percent-decoded (http-protocol-binding.md, 3.1.3.2)."""
    return {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}


def _binary(content_type: str, body: bytes) -> object:
    return json_value(body) if _is_json(content_type) else None


def _data(event: Mapping[str, Any]) -> object:
    """As it stands, or out of base64 where that may hold JSON. Raises Unreadable where it says so and does not."""
    encoded, stated = event.get("data_base64"), text(event.get("datacontenttype"))
    if not isinstance(encoded, str) or not _is_json(stated or "application/json"):
        return event.get("data")
    try:
        return json_value(b64decode(encoded, validate=True))
    except (ValueError, Unreadable) as error:
        if stated is None:
            return None
        raise Unreadable("its data_base64 is not JSON") from error


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))


PROVIDER = Provider(
    name="cloudevents",
    kind=ChannelKind.WEB,
    verify=verify,
    headers_prove=True,
    parse=parse,
    greet=greet,
    methods=("POST", "OPTIONS"),
    headers=("ce-*",),
    reads=("ce-*",),
)
