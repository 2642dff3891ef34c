"""Zalo Official Accounts.

Source: developers.zalo.me, Official Account, "webhook" and its events. The signature covers an application id, the
body and the time in it. Zalo waits two seconds, tries for twelve hours, and then switches the webhook off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.channels.chat import chat_address, lines, place
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item, Reach
from services.intake.channels.provider import Provider, Refused, Request, Unreadable
from services.intake.channels.reading import dict_of, dicts_of, identifier, json_object, number, text, unix_millis
from services.intake.channels.signatures import hmacs
from shared.contracts.intake import ChannelKind, InteractionFact, InteractionKind, Reachability

FILES = ("image", "photo", "audio", "voice", "video", "file", "gif", "sticker")
FROM_USER = ("user_send_", "anonymous_send_", "user_click_")
FROM_US = "oa_send_"
REACHES = {"follow": Reachability.OPTED_IN, "unfollow": Reachability.OPTED_OUT}
TAKEN_BACK = "/-remove"
"""The icon of a reaction that is no more."""
SUBMITTED = ("name", "phone", "address", "ward", "district", "city")
LARGEST_FILE = 2**42


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """A secret is the OA's secret key, or `app_id:secret`. Without the id the body says which application it is."""
    given = request.headers.get("x-zevent-signature", "")
    if not given:
        raise Refused("there is no signature")
    try:
        body = json_object(request.body)
    except Unreadable as error:
        raise Refused("the signature cannot be checked") from error
    stamp, said = identifier(body.get("timestamp")) or "", identifier(body.get("app_id")) or ""
    good = [_holds(secret, said, stamp, given, request.body) for secret in secrets]
    if not any(good):
        raise Refused("the signature does not hold")


def _holds(secret: str, app_id: str, stamp: str, given: str, body: bytes) -> bool:
    own_id, _, key = secret.rpartition(":")
    try:
        hmacs.zalo(own_id or app_id, stamp, given, body, [key])
    except Refused:
        return False
    return True


def secret_fault(secret: str) -> str | None:
    app_id, colon, key = secret.rpartition(":")
    return None if key and (not colon or (app_id.isascii() and app_id.isdigit())) else "must be key or app_id:key"


def parse(request: Request) -> Sequence[Item]:
    """Groups, tags, calls and what else an application may hear are nothing to us."""
    event = json_object(request.body)
    name = text(event.get("event_name"))
    if name is None:
        raise Unreadable("there is no event_name")
    if name in REACHES:
        return _reach(event, REACHES[name])
    if name.startswith(FROM_USER):
        return _message(event, is_ours=False)
    if name.startswith(FROM_US):
        return _message(event, is_ours=True)
    match name:
        case "user_submit_info":
            return [_submitted(event)]
        case "user_reacted_message" | "oa_reacted_message":
            return [_reaction(event, is_ours=name == "oa_reacted_message")]
        case "user_received_message":
            return _receipts(event, InteractionFact.DELIVERED)
        case "user_seen_message":
            return _receipts(event, InteractionFact.READ)
    return []


def _who(event: Mapping[str, Any], *, is_ours: bool = False) -> Address | None:
    """The customer; within the OA, which is at the other end, unless that is a group and the OA is named apart."""
    sender, recipient = dict_of(event.get("sender")).get("id"), dict_of(event.get("recipient")).get("id")
    customer, account = (recipient, sender) if is_ours else (sender, recipient)
    return chat_address(customer, identifier(event.get("oa_id")) or identifier(account) or "")


def _message(event: Mapping[str, Any], *, is_ours: bool) -> Sequence[Item]:
    """A button that was clicked says what it sent; where it sent nothing (the chat was opened), neither do we."""
    message = dict_of(event.get("message"))
    if not message and str(event["event_name"]).startswith("user_click_"):
        return []
    parts, quoted = dicts_of(message.get("attachments")), identifier(message.get("quote_msg_id"))
    return [
        Contact(
            external_id=_id(message),
            kind=InteractionKind.MESSAGE,
            address=_who(event, is_ours=is_ours),
            occurred_at=unix_millis(event.get("timestamp")),
            direction="out" if is_ours else "in",
            text=text(message.get("text")) or lines(*(_words(part) for part in parts)),
            attachments=tuple(file for part in parts if (file := _file(part))),
            references=(quoted,) if quoted else (),
        )
    ]


def _words(part: Mapping[str, Any]) -> str | None:
    """A link, a place, a card; a file has none."""
    payload = dict_of(part.get("payload"))
    if part.get("type") == "location":
        at = dict_of(payload.get("coordinates"))
        return place(at.get("latitude"), at.get("longitude"))
    if part.get("type") in FILES:
        return None
    return lines(*(payload.get(name) for name in ("title", "description", "url")))


def _file(part: Mapping[str, Any]) -> Attachment | None:
    payload = dict_of(part.get("payload"))
    url, kind = text(payload.get("url")), text(payload.get("type"))
    if part.get("type") not in FILES or url is None:
        return None
    size = number(payload.get("size"), most=LARGEST_FILE)
    return Attachment(text(payload.get("name")), kind if kind and "/" in kind else None, size, url=url)


def _submitted(event: Mapping[str, Any]) -> Item:
    """A form that the customer filled in. A number that is only claimed is no address of theirs yet: it is words."""
    info, who, stamp = dict_of(event.get("info")), _who(event), identifier(event.get("timestamp"))
    if who is None or stamp is None:
        raise Unreadable("a form without its sender and time")
    return Contact(
        external_id=f"user_submit_info:{who.value}:{stamp}",
        kind=InteractionKind.MESSAGE,
        address=who,
        occurred_at=unix_millis(stamp),
        name=text(info.get("name")),
        text=lines(*(identifier(info.get(name)) for name in SUBMITTED)),
    )


def _reaction(event: Mapping[str, Any], *, is_ours: bool) -> Item:
    message, who, stamp = dict_of(event.get("message")), _who(event, is_ours=is_ours), event.get("timestamp")
    icon, about = text(message.get("react_icon")), _id(message)
    is_there = icon is not None and icon != TAKEN_BACK
    fact = InteractionFact.REACTED if is_there else InteractionFact.UNREACTED
    fact_id = ":".join([about, fact.value, identifier(dict_of(event.get("sender")).get("id")) or "", str(stamp)])
    return Fact(fact_id, fact, about, unix_millis(stamp), who, icon if is_there else None)


def _receipts(event: Mapping[str, Any], fact: InteractionFact) -> Sequence[Item]:
    """Of several messages at once, or of one. Of a template (ZNS) it says when, and not by an id of ours to whom."""
    message = dict_of(event.get("message"))
    listed = message.get("msg_ids") if isinstance(message.get("msg_ids"), list) else [_id(message)]
    told = message.get("delivery_time")
    at, who = unix_millis(told or event.get("timestamp")), None if told else _who(event)
    abouts = [about for one in (listed or [])[:1000] if (about := identifier(one))]
    return [Fact(f"{about}:{fact.value}", fact, about, at, who) for about in abouts]


def _reach(event: Mapping[str, Any], reason: Reachability) -> Sequence[Item]:
    account = identifier(event.get("oa_id")) or identifier(dict_of(event.get("recipient")).get("id")) or ""
    who = chat_address(dict_of(event.get("follower")).get("id") or dict_of(event.get("sender")).get("id"), account)
    if who is None:
        raise Unreadable("a follower without an id")
    stamp = identifier(event.get("timestamp")) or ""
    return [Reach(f"{event['event_name']}:{who.value}:{stamp}", who, reason, unix_millis(stamp))]


def _id(message: Mapping[str, Any]) -> str:
    found = identifier(message.get("msg_id")) or identifier(message.get("mid"))
    if found is None:
        raise Unreadable("a message without its id")
    return found


PROVIDER = Provider(
    name="zalo",
    kind=ChannelKind.CHAT,
    verify=verify,
    parse=parse,
    secret_fault=secret_fault,
    body_limit=256 * 1024,  # it is read before it is proved: its time is part of what is signed
    headers=("x-zevent-signature",),
)
