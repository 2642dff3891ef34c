"""LINE Messaging API.

Source: developers.line.biz, Messaging API reference, "webhook event objects". A message is told by its own id, which
a withdrawal, an edit and a quotation point at; everything else by `webhookEventId`. Both stay the same when LINE
delivers once more. `destination` is the bot, within which people's ids mean something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.intake.channels.chat import chat_address, lines, place, usable_ref, with_bearer
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item, Reach, act
from services.intake.channels.provider import Download, Provider, Request, Unreadable, plain_download
from services.intake.channels.reading import (
    dict_of,
    each_of,
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
from shared.contracts.intake import ChannelKind, InteractionFact, InteractionKind, Reachability

CONTENT_HOST = "api-data.line.me"
FILES = ("image", "video", "audio", "file")
NOBODY_SPOKE = kinds("join leave memberJoined memberLeft module activated deactivated botSuspended botResumed things")
"""What only groups, and the bot itself, are about."""
ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "beacon": ("type",),
    "accountLink": ("result",),
    "membership": ("type",),
    "videoPlayComplete": ("trackingId",),
}
"""What somebody did, and what in it says the most."""
PASSED_BY = ("enter", "leave", "stay")
"""Of a beacon: nobody did anything, they were near it."""
LARGEST_FILE = 2**42


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """A secret is the channel secret."""
    hmacs.line(request.headers.get("x-line-signature", ""), request.body, secrets)


def parse(request: Request) -> Sequence[Item]:
    """Empty for the trial that LINE's console sends, which has no events."""
    body = json_object(request.body)
    if not isinstance(body.get("events"), list):
        raise Unreadable("there are no events")
    bot = identifier(body.get("destination")) or ""
    return each_of(body["events"], lambda event: _event(event, bot))


def _event(event: Mapping[str, Any], bot: str) -> Sequence[Item]:
    address, at = _who(event, bot), instant(event.get("timestamp"))
    message = dict_of(event.get("message"))
    match event.get("type"):
        case "message":
            return [_message(message, address, at)]
        case "messageEdited":
            about = _message_id(message.get("id"))
            fact_id = f"{about}:edited:{_event_id(event)}"
            return [Fact(fact_id, InteractionFact.EDITED, about, at, address, text(message.get("text")))]
        case "unsend":
            about = _message_id(dict_of(event.get("unsend")).get("messageId"))
            return [Fact(f"{about}:deleted", InteractionFact.DELETED, about, at, address)]
        case "follow" | "unfollow":
            return [Reach(_event_id(event), _required(address), _reason(event), at)]
        case "postback":
            return _postback(event, address, at)
        case "delivery":
            return [_delivered(event, at)]
        case "beacon" if dict_of(event.get("beacon")).get("type") in PASSED_BY:
            return []
        case kind if is_among(kind, ACTS):
            said = dict_of(event.get(kind))
            what = next((one for name in ACTS[kind] if (one := identifier(said.get(name)))), None)
            return [act(_event_id(event), _required(address), at, kind, what)]
        case kind if is_among(kind, NOBODY_SPOKE):
            return []
        case kind:
            raise unknown("an event", kind)


def _required(address: Address | None) -> Address:
    if address is None:
        raise Unreadable("an event that does not say of whom")
    return address


def _delivered(event: Mapping[str, Any], at: datetime | None) -> Item:
    """A notification that was sent to a number has arrived: told by the tag that was sent along, or by a hash."""
    about = _message_id(dict_of(event.get("delivery")).get("data"))
    return Fact(f"{_event_id(event)}:delivered", InteractionFact.DELIVERED, about, at)


def _who(event: Mapping[str, Any], bot: str) -> Address | None:
    """The person where they are named. In a group they may not be: then the group stands for whoever it was."""
    source = dict_of(event.get("source"))
    return chat_address(source.get("userId") or source.get("groupId") or source.get("roomId"), bot)


def _reason(event: Mapping[str, Any]) -> Reachability:
    if event.get("type") == "unfollow":
        return Reachability.BLOCKED
    was_blocked = dict_of(event.get("follow")).get("isUnblocked") is True
    return Reachability.UNBLOCKED if was_blocked else Reachability.OPTED_IN


def _message(message: Mapping[str, Any], address: Address | None, at: datetime | None) -> Item:
    message_id, quoted = _message_id(message.get("id")), identifier(message.get("quotedMessageId"))
    return Contact(
        external_id=message_id,
        kind=InteractionKind.MESSAGE,
        address=address,
        occurred_at=at,
        text=_words(message),
        attachments=_files(message, message_id),
        references=(quoted,) if quoted else (),
    )


def _words(message: Mapping[str, Any]) -> str | None:
    """A sticker without words of its own says what LINE's keywords say of it."""
    match message.get("type"):
        case "location":
            return place(
                message.get("latitude"), message.get("longitude"), message.get("title"), message.get("address")
            )
        case "sticker":
            listed = message.get("keywords")
            keywords = [one for one in (listed[:3] if isinstance(listed, list) else []) if isinstance(one, str)]
            return text(message.get("text")) or ", ".join(keywords) or None
    return text(message.get("text"))


def _files(message: Mapping[str, Any], message_id: str) -> tuple[Attachment, ...]:
    """LINE keeps a file under its message's id, unless somebody else does (`external`)."""
    if message.get("type") not in FILES:
        return ()
    kept = dict_of(message.get("contentProvider"))
    url = text(kept.get("originalContentUrl")) if kept.get("type") == "external" else None
    size = number(message.get("fileSize"), most=LARGEST_FILE)
    return (Attachment(text(message.get("fileName")), None, size, url=url, ref=None if url else message_id),)


def _postback(event: Mapping[str, Any], address: Address | None, at: datetime | None) -> Sequence[Item]:
    """A button, or a date that was picked. Turning to another page of a menu is nothing said."""
    postback = dict_of(event.get("postback"))
    params = dict_of(postback.get("params"))
    if "newRichMenuAliasId" in params:
        return []
    picked = [params.get(name) for name in ("datetime", "date", "time")]
    said = lines(postback.get("data"), *picked)
    return [Contact(_event_id(event), InteractionKind.MESSAGE, address, occurred_at=at, text=said)]


def _event_id(event: Mapping[str, Any]) -> str:
    event_id = identifier(event.get("webhookEventId"))
    if event_id is None:
        raise Unreadable("an event without its id")
    return event_id


def _message_id(value: object) -> str:
    message_id = identifier(value)
    if message_id is None:
        raise Unreadable("a message without its id")
    return message_id


def locate(attachment: Attachment, access_token: str | None) -> Download:
    """What LINE does not keep lies with whoever sent it, and is asked for without our token."""
    if not attachment.ref:
        return plain_download(attachment, None)
    url = f"https://{CONTENT_HOST}/v2/bot/message/{usable_ref(attachment.ref)}/content"
    return with_bearer(url, access_token, (CONTENT_HOST,))


PROVIDER = Provider(
    name="line",
    kind=ChannelKind.CHAT,
    verify=verify,
    signed_by=("x-line-signature",),
    parse=parse,
    locate=locate,
    headers=("x-line-signature",),
)
