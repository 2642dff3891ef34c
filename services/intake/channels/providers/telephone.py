"""A generic telephone system: newCall, answer and hangup as JSON, signed as Standard Webhooks.

    {"event": "newCall" | "answer" | "hangup", "callId": "...", "from": "+84...", "to": "+84...",
     "direction": "in" | "out", "at": "2026-01-31T09:00:00+07:00",
     "rings": 4, "answeredBy": "lan", "cause": "normalClearing" | "busy" | "cancel" | "noAnswer" | ..., "seconds": 90}

`rings`, `answeredBy`, `cause` and `seconds` (how long they spoke, with a hangup) are optional. An `answeredBy`, or the
cause normalClearing, says that the call had been answered; any other cause that it had not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from services.intake.channels.items import CallStep, Item
from services.intake.channels.provider import Provider, Request, Unreadable
from services.intake.channels.reading import instant, json_object, number, text
from services.intake.channels.signatures import standard
from shared.contracts.intake import ChannelKind

Event = Literal["new_call", "answer", "hangup"]
EVENTS: Final[Mapping[str, Event]] = {"newCall": "new_call", "answer": "answer", "hangup": "hangup"}
ANSWERED_CAUSES = frozenset({"normalclearing", "answered", "forwarded"})


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    standard.standard_webhooks(request.headers, request.body, secrets, now.timestamp())


def parse(request: Request) -> Sequence[Item]:
    return [step_of(json_object(request.body))]


def step_of(call: Mapping[str, Any]) -> CallStep:
    """One event of a call in the shape above. Raises Unreadable."""
    name, call_id, at = call.get("event"), text(call.get("callId")), instant(call.get("at"))
    event = EVENTS.get(name) if isinstance(name, str) else None
    if event is None:
        raise Unreadable("the event is none of newCall, answer, hangup")
    if call_id is None or at is None:
        raise Unreadable("there is no callId" if call_id is None else "there is no time in `at`")
    direction = call.get("direction")
    return CallStep(
        call_id=call_id,
        event=event,
        at=at,
        direction=direction if direction in ("in", "out") else None,
        caller=text(call.get("from")),
        called=text(call.get("to")),
        rings=number(call.get("rings")),
        answered_by=text(call.get("answeredBy")),
        answered=_was_answered(call),
        seconds=number(call.get("seconds")) if event == "hangup" else None,
    )


def _was_answered(call: Mapping[str, Any]) -> bool | None:
    if text(call.get("answeredBy")):
        return True
    cause = text(call.get("cause"))
    return cause.lower() in ANSWERED_CAUSES if cause else None


PROVIDER = Provider(
    name="telephone",
    kind=ChannelKind.PHONE,
    verify=verify,
    signed_by=("webhook-signature", "svix-signature"),
    parse=parse,
    secret_fault=standard.fault,
    headers=standard.HEADERS,
)
