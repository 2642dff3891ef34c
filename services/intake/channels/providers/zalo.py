"""Zalo Official Accounts.

Source: developers.zalo.me, Official Account, "webhook" and its events. The signature covers an application id, the
body and the time in it. Zalo waits two seconds, tries for twelve hours, and then switches the webhook off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.channels.chat import chat_address, lines, place
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item, Reach, act
from services.intake.channels.provider import Provider, Refused, Request, Unreadable
from services.intake.channels.reading import (
    dict_of,
    dicts_of,
    identifier,
    instant,
    json_object,
    kinds,
    number,
    text,
    unknown,
)
from services.intake.channels.signatures import hmacs
from services.intake.channels.strength import guessable
from shared.contracts.intake import ChannelKind, InteractionFact, InteractionKind, Reachability

FILES = ("image", "photo", "audio", "voice", "video", "file", "gif", "sticker")
FROM_USER = ("user_send_", "anonymous_send_", "user_click_", "user_asking_")
FROM_US = "oa_send_"
ACTS = frozenset({"shop_has_order", "user_reply_consent", "user_withdraw", "widget_interaction_accepted"})
"""What somebody did and wrote nothing: ordered, agreed to be called, took their consent back."""
NOBODY_SPOKE = kinds(
    "add_user_to_tag remove_user_from_tag remove_tag update_user_info create_group delete_group update_group_info",
    "update_group_link add_group_admin remove_group_admin user_join_group user_out_group user_request_join_group",
    "accept_request_join_group reject_request_join_group change_oa_daily_quota change_oa_template_tags",
    "change_template_quality change_template_quota change_template_status event_journey_acknowledged",
    "event_journey_time_out extension_purchased permission_revoked widget_failed_to_sync_user_external_id",
)
"""Groups and who is in them, our own tags, templates and quotas."""
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
    is_good = key and (not colon or (app_id.isascii() and app_id.isdigit()))
    return guessable(key) if is_good else "must be key or app_id:key"


def parse(request: Request) -> Sequence[Item]:
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
    return _other(name, event)


def _other(name: str, event: Mapping[str, Any]) -> Sequence[Item]:
    """What is no message. Raises Unreadable for a kind that nobody knows yet."""
    match name:
        case "user_submit_info":
            return [_submitted(event)]
        case "user_feedback":
            return [_rated(event)]
        case "user_reacted_message" | "oa_reacted_message":
            return [_reaction(event, is_ours=name == "oa_reacted_message")]
        case "user_received_message":
            return _receipts(event, InteractionFact.DELIVERED)
        case "user_seen_message":
            return _receipts(event, InteractionFact.READ)
        case _ if name in ACTS:
            return [_acted(event)]
        case _ if name in NOBODY_SPOKE:
            return []
    raise unknown("an event", name)


def _who(event: Mapping[str, Any], *, is_ours: bool = False) -> Address | None:
    """The customer; within the OA, which is at the other end, unless that is a group and the OA is named apart."""
    sender, recipient = dict_of(event.get("sender")).get("id"), dict_of(event.get("recipient")).get("id")
    customer, account = (recipient, sender) if is_ours else (sender, recipient)
    return chat_address(customer, identifier(event.get("oa_id")) or identifier(account) or "")


def _message(event: Mapping[str, Any], *, is_ours: bool) -> Sequence[Item]:
    """A button that was clicked says what it sent; where it sent nothing, only that the chat was opened."""
    message, name = dict_of(event.get("message")), str(event["event_name"])
    if not message and name.startswith("user_click_"):
        return [_acted(event)]
    product = dict_of(event.get("product"))
    if name.startswith("user_asking_") and not message:
        return [_asked(event, product)]
    parts, quoted = dicts_of(message.get("attachments")), identifier(message.get("quote_msg_id"))
    return [
        Contact(
            external_id=_id(message),
            kind=InteractionKind.MESSAGE,
            address=_who(event, is_ours=is_ours),
            occurred_at=instant(event.get("timestamp")),
            direction="out" if is_ours else "in",
            text=text(message.get("text")) or lines(*(_words(part) for part in parts)),
            attachments=tuple(file for part in parts if (file := _file(part))),
            references=(quoted,) if quoted else (),
        )
    ]


def _asked(event: Mapping[str, Any], product: Mapping[str, Any]) -> Item:
    """Somebody asks about a product by its button: what they say is which."""
    return _by_button(event, subject=text(product.get("name")) or identifier(product.get("id")))


def _by_button(event: Mapping[str, Any], **said: Any) -> Contact:
    """What has no message of its own: it is known by its kind, its sender and its time."""
    who, stamp = _who(event), identifier(event.get("timestamp"))
    if who is None or stamp is None:
        raise Unreadable("an event without its sender and time")
    external_id = f"{event['event_name']}:{who.value}:{stamp}"
    return Contact(external_id, InteractionKind.MESSAGE, who, instant(stamp), **said)


def _acted(event: Mapping[str, Any]) -> Item:
    """What somebody did and wrote nothing. Some events name them as the customer, by `user_id` or as a sender."""
    person = dict_of(event.get("sender")).get("id") or dict_of(event.get("customer")).get("id") or event.get("user_id")
    account = identifier(event.get("oa_id")) or identifier(dict_of(event.get("recipient")).get("id")) or ""
    who, stamp, name = chat_address(person, account), identifier(event.get("timestamp")), str(event["event_name"])
    if who is None or stamp is None:
        raise Unreadable(f"{name} without who it was and when")
    what = identifier(dict_of(event.get("order")).get("id")) or text(event.get("user_consent"))
    return act(f"{name}:{who.value}:{stamp}", who, instant(stamp), name.replace("_", " "), what)


def _rated(event: Mapping[str, Any]) -> Item:
    """How satisfied somebody is, by a template that was sent to them: it names the message, and not them."""
    message = dict_of(event.get("message"))
    about, chosen = _id(message), message.get("feedbacks")
    rate = identifier(message.get("rate"))
    said = [one for one in (chosen if isinstance(chosen, list) else []) if isinstance(one, str)]
    return Contact(
        external_id=f"feedback:{about}",
        kind=InteractionKind.MESSAGE,
        address=_who(event),
        occurred_at=instant(message.get("submit_time")) or instant(event.get("timestamp")),
        subject=f"feedback: {rate}" if rate else "feedback",
        text=lines(message.get("note"), *said),
        references=(about,),
    )


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
    info = dict_of(event.get("info"))
    words = lines(*(identifier(info.get(name)) for name in SUBMITTED))
    return _by_button(event, name=text(info.get("name")), text=words)


def _reaction(event: Mapping[str, Any], *, is_ours: bool) -> Item:
    message, who, stamp = dict_of(event.get("message")), _who(event, is_ours=is_ours), event.get("timestamp")
    icon, about = text(message.get("react_icon")), _id(message)
    is_there = icon is not None and icon != TAKEN_BACK
    fact = InteractionFact.REACTED if is_there else InteractionFact.UNREACTED
    fact_id = ":".join([about, fact.value, identifier(dict_of(event.get("sender")).get("id")) or "", str(stamp)])
    return Fact(fact_id, fact, about, instant(stamp), who, icon if is_there else None)


def _receipts(event: Mapping[str, Any], fact: InteractionFact) -> Sequence[Item]:
    """Of several messages at once, or of one. Of a template (ZNS) it says when, and not by an id of ours to whom."""
    message = dict_of(event.get("message"))
    listed = message.get("msg_ids") if isinstance(message.get("msg_ids"), list) else [_id(message)]
    told = message.get("delivery_time")
    at, who = instant(told or event.get("timestamp")), None if told else _who(event)
    abouts = [about for one in (listed or []) if (about := identifier(one))]
    return [Fact(f"{about}:{fact.value}", fact, about, at, who) for about in abouts]


def _reach(event: Mapping[str, Any], reason: Reachability) -> Sequence[Item]:
    account = identifier(event.get("oa_id")) or identifier(dict_of(event.get("recipient")).get("id")) or ""
    who = chat_address(dict_of(event.get("follower")).get("id") or dict_of(event.get("sender")).get("id"), account)
    if who is None:
        raise Unreadable("a follower without an id")
    stamp = identifier(event.get("timestamp")) or ""
    return [Reach(f"{event['event_name']}:{who.value}:{stamp}", who, reason, instant(stamp))]


def _id(message: Mapping[str, Any]) -> str:
    found = identifier(message.get("msg_id")) or identifier(message.get("mid"))
    if found is None:
        raise Unreadable("a message without its id")
    return found


PROVIDER = Provider(
    name="zalo",
    kind=ChannelKind.CHAT,
    verify=verify,
    signed_by=("x-zevent-signature",),
    parse=parse,
    secret_fault=secret_fault,
    body_limit=256 * 1024,  # it is read before it is proved: its time is part of what is signed
    headers=("x-zevent-signature",),
)
