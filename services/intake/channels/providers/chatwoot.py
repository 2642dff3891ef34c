"""Chatwoot: the messages of its conversations, of customers and of agents.

Source: chatwoot.com/hc, how to use webhooks; developers.chatwoot.com, webhooks; app/models/message.rb. Chatwoot sends
once and never again. It signs since 2026; an older one proves nothing and cannot be let in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from services.intake.channels.chat import lines
from services.intake.channels.html import readable
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item
from services.intake.channels.provider import Provider, Request, Unreadable
from services.intake.channels.reading import (
    dict_of,
    dicts_of,
    identifier,
    instant,
    is_among,
    json_object,
    kinds,
    number,
    text,
    unknown,
)
from services.intake.channels.signatures import hmacs
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind

TYPES: Final[Mapping[int, str]] = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}
"""Message types as older versions number them."""
KINDS: Final[Mapping[str, ChannelKind]] = {
    "Channel::Email": ChannelKind.EMAIL,
    "Channel::Sms": ChannelKind.SMS,
    "Channel::Voice": ChannelKind.PHONE,
}
NOBODY_SPOKE: Final = kinds(
    "contact_created contact_updated conversation_created conversation_opened conversation_resolved",
    "conversation_status_changed conversation_typing_off conversation_typing_on conversation_updated inbox_created",
    "inbox_updated webwidget_triggered",
)
"""Conversations, contacts and inboxes that changed, a widget that was opened; the words come as messages."""
BECAME: Final[Mapping[str, InteractionFact]] = {
    "delivered": InteractionFact.DELIVERED,
    "read": InteractionFact.READ,
    "failed": InteractionFact.FAILED,
}


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    stamp = request.headers.get("x-chatwoot-timestamp", "")
    given = request.headers.get("x-chatwoot-signature", "")
    hmacs.chatwoot(stamp, given, request.body, secrets, now.timestamp())


def parse(request: Request) -> Sequence[Item]:
    message = json_object(request.body)
    event = message.get("event")
    if is_among(event, NOBODY_SPOKE):
        return []
    if event not in ("message_created", "message_updated"):
        raise unknown("an event", event)
    kind = _type(message.get("message_type"))
    if kind == "activity" or message.get("private") is True:
        return []  # said among agents, or by Chatwoot to them
    id_ = identifier(message.get("id"))
    if id_ is None or kind is None:
        raise Unreadable("there is no id" if id_ is None else "the message_type is not known")
    if event == "message_updated":
        return [_submitted(id_, message) or _change(id_, kind, message)]
    contact = _incoming(id_, message) if kind == "incoming" else _outgoing(id_, kind, message)
    if contact is None:
        raise Unreadable("a message of ours that does not say to whom it was")
    return [contact]


def _type(value: object) -> str | None:
    if isinstance(value, int):
        return TYPES.get(value)
    return value if isinstance(value, str) and value in TYPES.values() else None


def _incoming(id_: str, message: Mapping[str, Any]) -> Contact:
    addresses = _addresses(_customer(message))
    return Contact(
        external_id=id_,
        kind=InteractionKind.MESSAGE,
        address=addresses[0] if addresses else None,
        occurred_at=instant(message.get("created_at")),
        channel_kind=_channel(message),
        name=text(_customer(message).get("name")),
        subject=_subject(message),
        text=readable(text(message.get("content"))),
        automatic=dict_of(message.get("content_attributes")).get("automated") is True,
        attachments=_attachments(message),
        aliases=tuple(addresses[1:]),
        references=_answers(message),
    )


def _outgoing(id_: str, kind: str, message: Mapping[str, Any]) -> Contact | None:
    """What an agent or a bot wrote; None where it does not say to whom."""
    customer = dict_of(dict_of(dict_of(message.get("conversation")).get("meta")).get("sender"))
    addresses = _addresses(customer)
    if not addresses:
        inbox = dict_of(dict_of(message.get("conversation")).get("contact_inbox"))
        addresses = _addresses({"id": inbox.get("contact_id")})
    if not addresses:
        return None
    sender = dict_of(message.get("sender"))
    return Contact(
        external_id=id_,
        kind=InteractionKind.MESSAGE,
        address=addresses[0],
        occurred_at=instant(message.get("created_at")),
        direction="out",
        channel_kind=_channel(message),
        name=text(customer.get("name")),
        subject=_subject(message),
        text=readable(text(message.get("content"))),
        automatic=kind == "template" or sender.get("type") != "user",
        agent=text(sender.get("name")),
        attachments=_attachments(message),
        aliases=tuple(addresses[1:]),
        references=_answers(message),
    )


def _submitted(id_: str, message: Mapping[str, Any]) -> Contact | None:
    """What a customer filled in: a form, a choice, an address, how satisfied they are. None where nothing is."""
    given = dict_of(message.get("content_attributes"))
    csat = dict_of(dict_of(given.get("submitted_values")).get("csat_survey_response"))
    values = [
        lines(one.get("title") or one.get("name"), one.get("value")) for one in dicts_of(given.get("submitted_values"))
    ]
    rating = identifier(csat.get("rating"))
    said = lines(*values, given.get("submitted_email"), f"{rating}/5" if rating else None, csat.get("feedback_message"))
    addresses = _addresses(dict_of(dict_of(dict_of(message.get("conversation")).get("meta")).get("sender")))
    if said is None or not addresses:
        return None
    return Contact(
        external_id=f"{id_}:submitted:{sha256(said.encode(errors='replace')).hexdigest()[:16]}",
        kind=InteractionKind.MESSAGE,
        address=addresses[0],
        occurred_at=instant(message.get("updated_at")),
        channel_kind=_channel(message),
        subject=text(message.get("content")),
        text=said,
        aliases=tuple(addresses[1:]),
        references=(id_,),
    )


def _change(id_: str, kind: str, message: Mapping[str, Any]) -> Fact:
    """A message is updated when it is deleted, when it is delivered, and when its words change."""
    at = instant(message.get("updated_at"))
    if dict_of(message.get("content_attributes")).get("deleted") is True:
        return Fact(f"{id_}:deleted", InteractionFact.DELETED, id_, at)
    status = message.get("status")
    if kind != "incoming" and isinstance(status, str) and status in BECAME:
        reason = text(dict_of(message.get("content_attributes")).get("external_error"))
        return Fact(f"{id_}:{status}", BECAME[status], id_, at, text=reason)
    words = readable(text(message.get("content")))
    version = sha256((words or "").encode(errors="replace")).hexdigest()[:16]
    return Fact(f"{id_}:edited:{version}", InteractionFact.EDITED, id_, at, text=words)


def _customer(message: Mapping[str, Any]) -> dict[str, Any]:
    return dict_of(message.get("sender")) or dict_of(message.get("contact"))


def _addresses(person: Mapping[str, Any]) -> list[Address]:
    id_, email, phone = identifier(person.get("id")), text(person.get("email")), text(person.get("phone_number"))
    found = [(HandleKind.CHAT, id_), (HandleKind.EMAIL, email), (HandleKind.PHONE, phone)]
    return [Address(kind, value) for kind, value in found if value]


def _channel(message: Mapping[str, Any]) -> ChannelKind:
    channel = dict_of(message.get("conversation")).get("channel")
    return KINDS.get(channel, ChannelKind.CHAT) if isinstance(channel, str) else ChannelKind.CHAT


def _subject(message: Mapping[str, Any]) -> str | None:
    email = dict_of(dict_of(message.get("content_attributes")).get("email"))
    return text(email.get("subject"))


def _answers(message: Mapping[str, Any]) -> tuple[str, ...]:
    answered = identifier(dict_of(message.get("content_attributes")).get("in_reply_to"))
    return (answered,) if answered else ()


def _attachments(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    listed = [(one, text(one.get("data_url"))) for one in dicts_of(message.get("attachments"))]
    return tuple(Attachment(_name(url), None, number(one.get("file_size")), url=url) for one, url in listed if url)


def _name(url: str) -> str | None:
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2]) or None
    except ValueError:
        return None


PROVIDER = Provider(
    name="chatwoot", kind=ChannelKind.CHAT, verify=verify, signed_by=("x-chatwoot-signature",), parse=parse
)
