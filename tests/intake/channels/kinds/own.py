"""Our own JSON, whoever passes it on. Source: docs/channels/signed.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.intake.channels.provider import Request
from tests.intake.channels.kinds.samples import MESSAGE, OURS, QUARANTINE, REVIEW, Kind, Unheard, each, post

LAN = {"email": "lan@example.com"}


def cloud(item: object) -> Request:
    event = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "it", "data": item}
    return post(event, "application/cloudevents+json")


CARRIERS: dict[str, Callable[[object], Request]] = {
    "signed": lambda item: post(item, webhook_id="w"),
    "convoy": post,
    "hook0": lambda item: post(item, x_event_id="w"),
    "cloudevents": cloud,
}


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": "i", "at": "2026-03-02T09:00:00Z", "from": LAN, "about": "m", "text": "x", **more}


ITEMS: list[tuple[object, tuple[str, ...]]] = [
    (item("message"), (MESSAGE,)),
    (item("message", direction="out", to=LAN), (OURS,)),
    (item("voicemail"), ("voicemail in",)),
    (item("review"), (REVIEW,)),
    (item("call", event="newCall"), ("call new_call",)),
    (item("edited"), ("edited",)),
    (item("deleted"), ("deleted",)),
    (item("reaction"), ("reacted",)),
    (item("reaction", removed=True), ("unreacted",)),
    *((item("status", status=status), (status,)) for status in ("sent", "delivered", "read", "failed")),
    *((item("reachability", reason=reason), (reason,)) for reason in ("blocked", "opted_out", "bounced", "opted_in")),
    ({"items": [item("message"), item("order.paid", id="o")]}, (MESSAGE, QUARANTINE)),
]

KINDS: list[Kind] = [
    kind
    for carrier, sent in CARRIERS.items()
    for body, becomes in ITEMS
    for kind in each(carrier, [sent(body)], *becomes)
] + each("cloudevents", [cloud("words"), cloud(None)], QUARANTINE)


def _unheard(sent: Callable[[object], Request]) -> list[Unheard]:
    return [
        lambda kind: sent(item(kind)),
        lambda kind: sent({"items": [item(kind)]}),
        lambda kind: sent({"type": kind, "data": {"id": "1"}}),
        lambda kind: sent(item("status", status=kind)),
        lambda kind: sent(item("reachability", reason=kind)),
    ]


UNHEARD: dict[str, list[Unheard]] = {carrier: _unheard(sent) for carrier, sent in CARRIERS.items()}
