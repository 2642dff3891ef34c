"""Contacts in JSON of our own shape, for any system that has none: docs/channels/signed.md says it whole.

    {"type": "message", "id": "m-1", "at": "2026-01-31T09:00:00+07:00", "direction": "in", "channel": "chat",
     "from": {"name": "Lan", "email": "lan@example.com", "phone": "+84...", "id": "u-7"},
     "to": {...}, "subject": "...", "text": "...", "agent": "...", "automatic": false, "replyTo": "m-0",
     "attachments": [{"name": "a.pdf", "type": "application/pdf", "size": 1024, "url": "https://..."}]}

`type` is message, voicemail, review, call, edited, deleted, reaction, status or reachability; an event of another
type waits in quarantine. Several stand in a list under `items`. An event may be in an envelope: type, timestamp, data.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from services.intake.channels.items import Fact, Item, Reach, Unread
from services.intake.channels.provider import Unreadable
from services.intake.channels.providers.our_contact import Reader, addresses_of, attachments_of, contact, first_of, word
from services.intake.channels.providers.telephone import step_of
from services.intake.channels.reading import dict_of, identifier, instant, said_once, text, unknown
from shared.contracts.intake import ChannelKind, InteractionFact, InteractionKind, Reachability


class Envelope(NamedTuple):
    """What stands around an item. `id` is its id where it has none of its own, `at` its time likewise."""

    id: str | None
    at: datetime | None = None


def items_of(found: object, around: Envelope) -> list[Item]:
    """The items of what came, each on its own: one that cannot be read is an Unread among the others."""
    whole = dict_of(found)
    listed = found if isinstance(found, list) else whole.get("items")
    if not isinstance(listed, list):
        return _one(whole, around)
    each = (around._replace(id=f"{around.id}:{place}" if around.id else None) for place in range(len(listed)))
    return said_once(item for one, envelope in zip(listed, each, strict=True) for item in _one(one, envelope))


def _one(found: object, around: Envelope) -> list[Item]:
    if not isinstance(found, dict):
        return [Unread("an item is not a JSON object")]
    item = _opened(found)
    read = READERS.get(_type(item))
    try:
        if read is None:
            raise unknown("an item", item.get("type"))
        id_ = identifier(item.get("id")) or around.id
        if id_ is None:
            raise Unreadable("an item has no id")
        return [read(item, id_, _instant(item) or around.at)]
    except Unreadable as error:
        return [Unread(str(error))]


def _opened(item: dict[str, Any]) -> dict[str, Any]:
    """Out of its envelope, where it came in one (Standard Webhooks: type, timestamp, data)."""
    data = item.get("data")
    return {**item, **data, "type": item.get("type") or data.get("type")} if isinstance(data, dict) else item


def _type(item: Mapping[str, Any]) -> str:
    """`message.created` and `message_received` are messages, `message.edited` is an edit; so are words of somebody."""
    if item.get("type") is None and first_of(item, "text", "body") and (item.get("from") or item.get("sender")):
        return "message"
    return word(item.get("type")).removesuffix(".received").removesuffix(".created").removeprefix("message.")


def _instant(item: Mapping[str, Any]) -> datetime | None:
    given = (item.get(name) for name in ("at", "time", "timestamp", "occurred_at", "created_at", "createdAt"))
    value = next((one for one in given if one is not None), None)
    return instant(value)


def _fact(fact: InteractionFact) -> Reader:
    def read(item: Mapping[str, Any], id_: str, at: datetime | None) -> Item:
        return _about(item, id_, at, fact, first_of(item, "text", "body", "content"))

    return read


def _reaction(item: Mapping[str, Any], id_: str, at: datetime | None) -> Item:
    fact = InteractionFact.UNREACTED if item.get("removed") is True else InteractionFact.REACTED
    return _about(item, id_, at, fact, first_of(item, "emoji", "text"))


def _status(item: Mapping[str, Any], id_: str, at: datetime | None) -> Item:
    status = word(item.get("status"))
    if status not in {"sent", "delivered", "read", "failed"}:
        raise Unreadable("the status is none of sent, delivered, read, failed")
    return _about(item, id_, at, InteractionFact(status), text(item.get("reason")))


def _about(item: Mapping[str, Any], id_: str, at: datetime | None, fact: InteractionFact, words: str | None) -> Item:
    about = identifier(item.get("about"))
    if about is None:
        raise Unreadable("it does not say in `about` which contact it is about")
    person = next((item[name] for name in ("customer", "to", "from") if item.get(name)), None)
    addresses = addresses_of(person, item)
    return Fact(
        external_id=id_,
        fact=fact,
        about=about,
        at=at,
        address=addresses[0] if addresses else None,
        text=words,
        attachments=attachments_of(item.get("attachments")),
    )


def _reachability(item: Mapping[str, Any], id_: str, at: datetime | None) -> Item:
    reason = item.get("reason")
    addresses = addresses_of(item.get("customer") or item.get("from"), item)
    if not isinstance(reason, str) or reason not in set(Reachability):
        raise Unreadable("the reason is none of " + ", ".join(Reachability))
    if not addresses:
        raise Unreadable("there is no email, phone or id of the customer")
    return Reach(id_, addresses[0], Reachability(reason), at, text(item.get("detail")))


def _call(item: Mapping[str, Any], id_: str, at: datetime | None) -> Item:
    numbers = {name: _phone(item.get(name)) for name in ("from", "to")}
    return step_of({"callId": id_, **item, **numbers, "at": at.isoformat() if at else None})


def _phone(person: object) -> str | None:
    found = addresses_of(person, {"channel": "phone"})
    return found[0].value if found else None


READERS: Final[Mapping[str, Reader]] = {
    "message": contact(InteractionKind.MESSAGE, None),
    "voicemail": contact(InteractionKind.VOICEMAIL, ChannelKind.PHONE),
    "review": contact(InteractionKind.REVIEW, ChannelKind.REVIEW),
    "call": _call,
    "edited": _fact(InteractionFact.EDITED),
    "deleted": _fact(InteractionFact.DELETED),
    "reaction": _reaction,
    "status": _status,
    "reachability": _reachability,
}
