"""The contacts of our own JSON (`our_json`): who, when, by which channel, and the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from services.intake.channels.html import to_text
from services.intake.channels.items import Address, Attachment, Contact, Item
from services.intake.channels.provider import Unreadable
from services.intake.channels.reading import dict_of, dicts_of, identifier, number, text
from shared.contracts.intake import ChannelKind, HandleKind, InteractionKind

CHANNELS: Final[Mapping[str, ChannelKind]] = {
    **{kind.value: kind for kind in ChannelKind},
    "call": ChannelKind.PHONE,
    "voice": ChannelKind.PHONE,
    "mail": ChannelKind.EMAIL,
    "form": ChannelKind.WEB,
    **dict.fromkeys(("whatsapp", "messenger", "telegram", "zalo", "line", "livechat"), ChannelKind.CHAT),
}

FIRST: Final[Mapping[ChannelKind, HandleKind]] = {
    ChannelKind.PHONE: HandleKind.PHONE,
    ChannelKind.SMS: HandleKind.PHONE,
    ChannelKind.CHAT: HandleKind.CHAT,
}
"""The kind of address that belongs to a channel; for the others it is email."""
OUTGOING = frozenset({"out", "outgoing", "outbound"})

Reader = Callable[[Mapping[str, Any], str, "datetime | None"], Item]
"""(an item, its id, its time) to what it says. Raises Unreadable."""


def contact(kind: InteractionKind, channel: ChannelKind | None) -> Reader:
    """`channel` where the item does not name one; None: the kind of the channel it came by."""

    def read(item: Mapping[str, Any], id_: str, at: datetime | None) -> Item:
        direction: Literal["in", "out"] = "out" if word(item.get("direction")) in OUTGOING else "in"
        person = _person(item, direction)
        html = text(item.get("html"))
        words = first_of(item, "text", "body", "message", "content") or (to_text(html) if html else None)
        attachments = attachments_of(item.get("attachments"))
        if not words and not attachments and kind is InteractionKind.MESSAGE and not text(item.get("subject")):
            raise Unreadable("a message has neither text nor attachments")
        addresses = addresses_of(person, item)
        if not addresses and kind is not InteractionKind.REVIEW:
            raise Unreadable("there is no email, phone or id of the customer")
        answers = identifier(item.get("replyTo")) or identifier(item.get("about"))
        return Contact(
            external_id=id_,
            kind=kind,
            address=addresses[0] if addresses else None,
            occurred_at=at,
            direction=direction,
            channel_kind=CHANNELS.get(word(item.get("channel")), channel),
            name=first_of(dict_of(person), "name", "fullName", "full_name"),
            subject=_subject(item),
            text=words,
            automatic=item.get("automatic") is True,
            duration_seconds=number(item.get("seconds")),
            agent=text(item.get("agent")),
            attachments=attachments,
            aliases=tuple(addresses[1:]),
            references=(answers,) if answers else (),
        )

    return read


def _person(item: Mapping[str, Any], direction: str) -> object:
    """The customer: who wrote it, or whom we wrote to."""
    names = ("customer", "to", "recipient") if direction == "out" else ("customer", "from", "sender")
    return next((item[name] for name in names if item.get(name)), None)


def addresses_of(person: object, item: Mapping[str, Any]) -> list[Address]:
    """All they are known by, the one that belongs to the channel first."""
    if isinstance(person, str):
        bare = person.strip()
        is_phone = bare.removeprefix("+").replace(" ", "").isdecimal()
        person = {"email" if "@" in bare else "phone" if is_phone else "id": bare}
    given = dict_of(person)
    found = [
        (HandleKind.EMAIL, first_of(given, "email", "mail")),
        (HandleKind.PHONE, first_of(given, "phone", "phone_number", "phoneNumber")),
        (HandleKind.CHAT, identifier(given.get("id"))),
    ]
    first = FIRST.get(CHANNELS.get(word(item.get("channel")), ChannelKind.EMAIL), HandleKind.EMAIL)
    return [Address(kind, value.strip()) for kind, value in sorted(found, key=lambda f: f[0] is not first) if value]


def _subject(item: Mapping[str, Any]) -> str | None:
    subject = first_of(item, "subject", "title")
    rating, best = number(item.get("rating"), most=100), number(item.get("bestRating"), most=100) or 5
    if rating is None:
        return subject
    return f"{rating}/{best} {subject}" if subject else f"{rating}/{best}"


def attachments_of(listed: object) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            first_of(one, "name", "filename", "fileName"),
            first_of(one, "type", "contentType", "content_type", "mimeType", "mime_type"),
            number(one.get("size")),
            url=first_of(one, "url", "href"),
        )
        for one in dicts_of(listed)
    )


def first_of(item: Mapping[str, Any], *names: str) -> str | None:
    return next((found for name in names if (found := text(item.get(name)))), None)


def word(value: object) -> str:
    """In lower case, and with a point where others write an underscore."""
    return value.strip().lower().replace("_", ".") if isinstance(value, str) else ""
