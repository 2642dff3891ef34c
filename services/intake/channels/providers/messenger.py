"""Messenger and Instagram messaging: both send one shape, about a page or about an Instagram account.

Source: developers.facebook.com, Messenger Platform, "webhook events", and Instagram messaging, "webhooks". People
are known by an id that is theirs with this page alone. Deliveries and reads are watermarks: all of ours up to then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.channels import messenger_beside, meta, meta_public
from services.intake.channels.chat import chat_address, is_at, lines, place
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item
from services.intake.channels.provider import Download, NoDownload, Request, Unreadable
from services.intake.channels.reading import (
    dict_of,
    dicts_of,
    each_of,
    identifier,
    instant,
    json_object,
    listed,
    text,
)
from shared.contracts.intake import InteractionFact, InteractionKind

HOSTS = ("fbsbx.com", "fbcdn.net", "cdninstagram.com", "facebook.com")
"""Where files lie: at addresses that are signed, so that nothing of ours goes along."""


def parse(request: Request) -> Sequence[Item]:
    body = json_object(request.body)
    if body.get("object") not in ("page", "instagram"):
        raise Unreadable("it is about neither a page nor an Instagram account")
    return each_of(listed(body.get("entry"), "entries"), _entry)


def _entry(entry: Mapping[str, Any]) -> Sequence[Item]:
    """`standby`: another app answers this person at present. They reached us all the same.

    Instagram's login of its own puts a change into the entry itself, without a list around it.
    """
    page, told_at = identifier(entry.get("id")) or "", instant(entry.get("time"))
    changes = [entry] if "field" in entry else entry.get("changes")
    lists = [name for name in ("messaging", "standby") if isinstance(entry.get(name), list)]
    said = [item for name in lists for item in each_of(entry[name], lambda one: _event(one, page))]
    if not lists:
        changes = listed(changes, "events and no changes")
    return said + each_of(changes, lambda one: _change(one, page, told_at))


def _change(change: Mapping[str, Any], page: str, told_at: datetime | None) -> Sequence[Item]:
    """Something public, or an event of a chat in another wrapping, as the console's trials send it."""
    value = dict_of(change.get("value"))
    if isinstance(value.get("recipient"), dict) and not meta_public.is_public(change.get("field")):
        return _event(value, page)
    return meta_public.items_of(change.get("field"), value, page, told_at)


def _event(event: Mapping[str, Any], page: str) -> Sequence[Item]:
    """What it is by the key that it has."""
    message = dict_of(event.get("message"))
    is_ours = message.get("is_echo") is True
    person = dict_of(event.get("recipient" if is_ours else "sender"))
    address = chat_address(person.get("id") or person.get("user_ref"), page)
    at = instant(event.get("timestamp"))
    match event:
        case {"message": dict()}:
            return [_message(message, address, event, is_ours=is_ours)]
        case {"postback": dict(postback)}:
            return [_postback(postback, address, event)]
        case {"reaction": dict(reaction)}:
            is_there = reaction.get("action") != "unreact"
            fact = InteractionFact.REACTED if is_there else InteractionFact.UNREACTED
            about, who = _mid(reaction), address.value if address else ""
            emoji = text(reaction.get("emoji")) or text(reaction.get("reaction"))
            stamp = identifier(event.get("timestamp")) or ""
            return [Fact(f"{about}:{fact.value}:{who}:{stamp}", fact, about, at, address, emoji)]
        case {"message_edit": dict(edit)}:
            about = _mid(edit)
            nth = identifier(edit.get("num_edit")) or identifier(event.get("timestamp")) or ""
            return [Fact(f"{about}:edited:{nth}", InteractionFact.EDITED, about, at, address, text(edit.get("text")))]
        case {"delivery": dict(receipt)}:
            return _receipts(receipt, InteractionFact.DELIVERED, event, address)
        case {"read": dict(receipt)}:
            return _receipts(receipt, InteractionFact.READ, event, address)
        case {"messaging_feedback": dict(feedback)}:
            return [_feedback(feedback, address, event)]
        case {"response_feedback": dict(feedback)}:
            about, stamp = _mid(feedback), identifier(event.get("timestamp")) or ""
            said = text(feedback.get("feedback"))
            return [Fact(f"{about}:feedback:{stamp}", InteractionFact.REACTED, about, at, address, said)]
    return messenger_beside.items_of(event, address, at)


def _message(message: Mapping[str, Any], address: Address | None, event: Mapping[str, Any], *, is_ours: bool) -> Item:
    mid, at = _mid(message), instant(event.get("timestamp"))
    if message.get("is_deleted") is True:
        return Fact(f"{mid}:deleted", InteractionFact.DELETED, mid, at, address)
    answered = identifier(dict_of(message.get("reply_to")).get("mid"))
    parts = dicts_of(message.get("attachments"))
    return Contact(
        external_id=mid,
        kind=InteractionKind.MESSAGE,
        address=address,
        occurred_at=at,
        direction="out" if is_ours else "in",
        subject=_about(message, parts),
        text=text(message.get("text")) or lines(*(_words(part) for part in parts)),
        attachments=tuple(file for part in parts if (file := _file(part))),
        references=(answered,) if answered else (),
    )


def _about(message: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> str | None:
    """What it is said about and does not say itself: an advertisement, a product, a story, a post that was shared."""
    referral, story = dict_of(message.get("referral")), dict_of(dict_of(message.get("reply_to")).get("story"))
    shown = text(dict_of(referral.get("ads_context_data")).get("ad_title"))
    product = identifier(dict_of(referral.get("product")).get("id"))
    titles = lines(*(_words(part) for part in parts)) if text(message.get("text")) else None
    return shown or product or text(referral.get("ref")) or text(story.get("url")) or titles


def _postback(postback: Mapping[str, Any], address: Address | None, event: Mapping[str, Any]) -> Item:
    """A button: what stood on it is what the person said. Older ones have no `mid`."""
    who = address.value if address else ""
    return Contact(
        external_id=identifier(postback.get("mid")) or f"postback:{who}:{identifier(event.get('timestamp')) or ''}",
        kind=InteractionKind.MESSAGE,
        address=address,
        occurred_at=instant(event.get("timestamp")),
        text=text(postback.get("title")) or text(postback.get("payload")),
    )


def _receipts(
    receipt: Mapping[str, Any], fact: InteractionFact, event: Mapping[str, Any], address: Address | None
) -> Sequence[Item]:
    """Of the messages that it names, else of all of ours to this person up to its watermark."""
    mark = identifier(receipt.get("watermark")) or identifier(event.get("timestamp"))
    at = instant(mark)
    named = receipt.get("mids") if isinstance(receipt.get("mids"), list) else [receipt.get("mid")]
    mids = [mid for one in (named or []) if (mid := identifier(one))]
    if mids:
        return [Fact(f"{mid}:{fact.value}", fact, mid, at, address) for mid in mids]
    if address is None or at is None:
        raise Unreadable("a receipt that says neither of what nor of whom")
    return [Fact(f"{fact.value}:{address.scope}:{address.value}:{mark}", fact, None, at, address)]


def _words(part: Mapping[str, Any]) -> str | None:
    """A shared link or place; a file has none."""
    payload = dict_of(part.get("payload"))
    if part.get("type") == "location":
        coordinates = dict_of(payload.get("coordinates"))
        return place(coordinates.get("lat"), coordinates.get("long"), part.get("title"))
    url = text(payload.get("url")) or text(part.get("url"))
    title = text(part.get("title")) or text(payload.get("title")) or text(payload.get("text"))
    products = dict_of(payload.get("product")).get("elements") or payload.get("elements")
    shown = [lines(one.get("title"), one.get("subtitle")) for one in dicts_of(products)]
    return lines(title, None if is_at(url, HOSTS) else url, *shown)


def _feedback(feedback: Mapping[str, Any], address: Address | None, event: Mapping[str, Any]) -> Item:
    """A form about how satisfied somebody is: their answers, each with what they wrote to it."""
    stamp = identifier(event.get("timestamp"))
    if address is None or stamp is None:
        raise Unreadable("answers without their sender and time")
    asked = [dict_of(screen.get("questions")) for screen in dicts_of(feedback.get("feedback_screens"))]
    said = [
        lines(f"{name}: {found}", dict_of(dict_of(answer).get("follow_up")).get("payload"))
        for questions in asked
        for name, answer in questions.items()
        if (found := identifier(dict_of(answer).get("payload")))
    ]
    id_, at = f"feedback:{address.value}:{stamp}", instant(stamp)
    return Contact(id_, InteractionKind.MESSAGE, address, occurred_at=at, text=lines(*said))


def _file(part: Mapping[str, Any]) -> Attachment | None:
    """A file of theirs; a shared link to elsewhere is words."""
    url = text(dict_of(part.get("payload")).get("url"))
    return Attachment(None, None, url=url) if is_at(url, HOSTS) and part.get("type") != "fallback" else None


def _mid(one: Mapping[str, Any]) -> str:
    mid = identifier(one.get("mid"))
    if mid is None:
        raise Unreadable("there is no mid")
    return mid


def locate(attachment: Attachment, access_token: str | None) -> Download:
    if not attachment.url or not is_at(attachment.url, HOSTS):
        raise NoDownload("the address is not the provider's")
    return Download(attachment.url)


PROVIDER = meta.provider("messenger", parse, locate)
