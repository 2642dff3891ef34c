"""Intercom: what customers and teammates write in its conversations, and who will have no more mail.

Source: developers.intercom.com, webhook models, webhook notifications and responding to notifications. A conversation
comes with its newest parts; a part's id tells a copy, whichever notification brings it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from services.intake.channels.html import to_text
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item, Reach
from services.intake.channels.provider import Provider, Reply, Request, Unreadable
from services.intake.channels.reading import dict_of, dicts_of, identifier, json_object, number, text, unix_seconds
from services.intake.channels.signatures import hmacs
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind, Reachability

OPENED = frozenset({"conversation.user.created", "conversation.admin.single.created"})
REPLIED = frozenset({"conversation.user.replied", "conversation.admin.replied"})
SPOKEN = frozenset({"comment", "quick_reply", "conversation"})
"""Kinds of parts that are words between a customer and a team; the others are notes, assignments, closings."""
CUSTOMERS = frozenset({"user", "lead", "contact", "visitor"})
OPTED: Final[Mapping[str, tuple[Reachability, HandleKind]]] = {
    "user.unsubscribed": (Reachability.OPTED_OUT, HandleKind.EMAIL),
    "contact.unsubscribed": (Reachability.OPTED_OUT, HandleKind.EMAIL),
    "contact.subscribed": (Reachability.OPTED_IN, HandleKind.EMAIL),
    "user.unsubscribed_from_sms": (Reachability.OPTED_OUT, HandleKind.PHONE),
    "contact.unsubscribed_from_sms": (Reachability.OPTED_OUT, HandleKind.PHONE),
    "contact.subscribed_to_sms": (Reachability.OPTED_IN, HandleKind.PHONE),
}
KINDS: Final[Mapping[str, ChannelKind]] = {
    "email": ChannelKind.EMAIL,
    "sms": ChannelKind.SMS,
    "phone_call": ChannelKind.PHONE,
    "phone_switch": ChannelKind.PHONE,
}


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    hmacs.hub(request.headers.get("x-hub-signature", ""), request.body, secrets, "sha1")


def greet(request: Request, secrets: Sequence[str], verify_token: str) -> Reply | None:
    """Intercom asks with HEAD whether somebody is there before it takes the address."""
    return Reply(b"") if request.method == "HEAD" else None


def parse(request: Request) -> Sequence[Item]:
    notification = json_object(request.body)
    topic, id_ = notification.get("topic"), text(notification.get("id"))
    if not isinstance(topic, str):
        raise Unreadable("there is no topic")
    item = dict_of(dict_of(notification.get("data")).get("item"))
    workspace = text(notification.get("app_id")) or ""
    if topic in OPTED:
        reason, kind = OPTED[topic]
        at = unix_seconds(notification.get("created_at"))
        return _opted(id_, dict_of(item.get("contact")) or item, reason, kind, at)
    if topic in OPENED:
        talk = Talk.of(item, workspace)
        found = [talk.contact(_opening(item))]
    elif topic in REPLIED:
        talk = Talk.of(item, workspace)
        found = [talk.contact(part) for part in _parts(item) if _is_spoken(part)]
    elif topic == "conversation_part.redacted":
        return list(_redacted(item))
    else:
        return []  # notes, assignments, tags, companies, pings
    return [contact for contact in found if contact]


class Talk(NamedTuple):
    """What is true of every part of a conversation. `customer` is who it is with."""

    customer: Mapping[str, Any]
    workspace: str
    subject: str | None
    kind: ChannelKind

    @classmethod
    def of(cls, item: Mapping[str, Any], workspace: str) -> Talk:
        opening = _opening(item)
        author = dict_of(opening.get("author"))
        contacts = dicts_of(dict_of(item.get("contacts")).get("contacts")) or [dict_of(item.get("user"))]
        is_customers = author.get("type") in CUSTOMERS
        subject = text(opening.get("subject"))
        via = opening.get("type")
        return cls(
            customer=author if is_customers else contacts[0],
            workspace=workspace,
            subject=text(to_text(subject)) if subject else None,
            kind=KINDS.get(via, ChannelKind.CHAT) if isinstance(via, str) else ChannelKind.CHAT,
        )

    def contact(self, part: Mapping[str, Any]) -> Contact | None:
        """One part of it; None where it says nothing, or not with whom."""
        id_, body = identifier(part.get("id")), text(part.get("body"))
        files = _attachments(part)
        author = dict_of(part.get("author"))
        is_in = author.get("type") in CUSTOMERS
        addresses = _addresses(author if is_in else self.customer, self.workspace)
        if id_ is None or not addresses or not (body or files):
            return None
        return Contact(
            external_id=id_,
            kind=InteractionKind.MESSAGE,
            address=addresses[0],
            occurred_at=unix_seconds(part.get("created_at")),
            direction="in" if is_in else "out",
            channel_kind=self.kind,
            name=text((author if is_in else self.customer).get("name")),
            subject=self.subject,
            text=to_text(body) if body else None,
            automatic=author.get("type") == "bot",
            agent=None if is_in else text(author.get("name")),
            attachments=files,
            aliases=tuple(addresses[1:]),
        )


def _opening(item: Mapping[str, Any]) -> dict[str, Any]:
    """The first message: `source`, or `conversation_message` before version 2. It has the conversation's time."""
    opening = dict_of(item.get("source")) or dict_of(item.get("conversation_message"))
    return {"created_at": item.get("created_at"), **opening}


def _parts(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = item.get("conversation_parts")
    return dicts_of(dict_of(listed).get("conversation_parts") if isinstance(listed, dict) else listed)


def _is_spoken(part: Mapping[str, Any]) -> bool:
    kind = part.get("part_type", "comment")
    return isinstance(kind, str) and kind in SPOKEN


def _redacted(item: Mapping[str, Any]) -> Iterator[Fact]:
    for part in _parts(item):
        id_ = identifier(part.get("id"))
        if id_ and part.get("redacted") is True:
            at = unix_seconds(part.get("updated_at"))
            yield Fact(f"{id_}:deleted", InteractionFact.DELETED, id_, at)


def _addresses(person: Mapping[str, Any], workspace: str) -> list[Address]:
    """Intercom's own id first: it is there always, and the same in every notification."""
    id_, email, phone = identifier(person.get("id")), text(person.get("email")), text(person.get("phone"))
    own = [Address(HandleKind.CHAT, id_, workspace)] if id_ else []
    mail = [Address(HandleKind.EMAIL, email)] if email else []
    return own + mail + ([Address(HandleKind.PHONE, phone)] if phone else [])


def _attachments(part: Mapping[str, Any]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(text(one.get("name")), text(one.get("content_type")), number(one.get("filesize")), url=url)
        for one in dicts_of(part.get("attachments"))
        if (url := text(one.get("url")))
    )


def _opted(
    id_: str | None, contact: Mapping[str, Any], reason: Reachability, kind: HandleKind, at: datetime | None
) -> list[Item]:
    """One list that was left is not all mail: where Intercom says that the rest may still come, nothing has changed."""
    value = text(contact.get("email" if kind is HandleKind.EMAIL else "phone"))
    all_mail = contact.get("unsubscribed_from_emails")
    if id_ is None or value is None:
        raise Unreadable("there is no id" if id_ is None else "there is no address that was unsubscribed")
    if kind is HandleKind.EMAIL and isinstance(all_mail, bool) and all_mail is reason.is_reachable:
        return []
    return [Reach(id_, Address(kind, value), reason, at)]


PROVIDER = Provider(
    name="intercom",
    kind=ChannelKind.CHAT,
    verify=verify,
    parse=parse,
    greet=greet,
    methods=("POST", "HEAD"),
)
