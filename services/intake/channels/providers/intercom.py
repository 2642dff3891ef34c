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
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind, Reachability

OPENED = frozenset({"conversation.user.created", "conversation.admin.single.created"})
REPLIED = frozenset({"conversation.user.replied", "conversation.admin.replied", "conversation.operator.replied"})
SPOKEN = frozenset({"comment", "quick_reply", "conversation"})
"""Kinds of parts that are words between a customer and a team; the others are notes, assignments, closings."""
WITH_WORDS = frozenset({"open", "close"})
"""Kinds that may hold words too: an answer that opens a conversation again, or closes it."""
CUSTOMERS = frozenset({"user", "lead", "contact", "visitor"})
OPTED: Final[Mapping[str, tuple[Reachability, HandleKind]]] = {
    "user.unsubscribed": (Reachability.OPTED_OUT, HandleKind.EMAIL),
    "contact.unsubscribed": (Reachability.OPTED_OUT, HandleKind.EMAIL),
    "contact.subscribed": (Reachability.OPTED_IN, HandleKind.EMAIL),
    "user.unsubscribed_from_sms": (Reachability.OPTED_OUT, HandleKind.PHONE),
    "contact.unsubscribed_from_sms": (Reachability.OPTED_OUT, HandleKind.PHONE),
    "contact.subscribed_to_sms": (Reachability.OPTED_IN, HandleKind.PHONE),
}
LISTS: Final[Mapping[str, bool]] = {"granular.unsubscribe": False, "granular.subscribe": True}
MARKETING: Final = {False: InteractionFact.MARKETING_STOPPED, True: InteractionFact.MARKETING_RESUMED}
NOBODY_SPOKE: Final = kinds(
    "admin.activity_log_event.created admin.added_to_workspace admin.away_mode_updated admin.logged_in",
    "admin.logged_out admin.removed_from_workspace api.request.completed article.created article.deleted",
    "article.published article.unpublished article.updated audience.created audience.deleted audience.member_added",
    "audience.member_removed audience.updated company.contact.attached company.contact.detached company.created",
    "company.deleted company.updated contact.added_email contact.archive contact.archived contact.created",
    "contact.deleted contact.email.updated contact.lead.added_email contact.lead.created contact.lead.signed_up",
    "contact.lead.tag.created contact.lead.tag.deleted contact.lead.updated contact.merged contact.signed_up",
    "contact.tag.created contact.tag.deleted contact.unarchive contact.updated contact.user.created",
    "contact.user.tag.created contact.user.tag.deleted contact.user.updated content_import_source.created",
    "content_import_source.deleted content_import_source.updated content_snippet.created content_snippet.deleted",
    "content_snippet.updated conversation.admin.assigned conversation.admin.closed conversation.admin.noted",
    "conversation.admin.open.assigned conversation.admin.opened conversation.admin.snoozed",
    "conversation.admin.unsnoozed conversation.company.updated conversation.contact.attached",
    "conversation.contact.detached conversation.deleted conversation.priority.updated conversation.read",
    "conversation_part.tag.created data_connector.execution.completed event.created job.completed ping",
    "ticket.admin.assigned ticket.attribute.updated ticket.closed ticket.contact.attached ticket.contact.detached",
    "ticket.note.created ticket.resolved ticket.state.updated ticket.team.assigned user.created user.deleted",
    "user.email.updated user.tag.created user.tag.deleted visitor.signed_up",
)
"""Topics in which no words pass between a customer and a team: assignments, notes, tags, articles, pings."""
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
        at = instant(notification.get("created_at"))
        return [_opted(id_, dict_of(item.get("contact")) or item, reason, kind, at)]
    if topic in LISTS:
        return [_list_of(id_, item, LISTS[topic], instant(notification.get("created_at")), workspace)]
    if topic in OPENED:
        talk = Talk.of(item, workspace)
        found = [talk.contact(_opening(item))]
    elif topic in REPLIED:
        talk = Talk.of(item, workspace)
        found = [talk.contact(part) for part in _parts(item) if _is_spoken(part)]
    elif topic == "conversation_part.redacted":
        return list(_redacted(item))
    elif topic == "conversation.rating.added":
        return [_rated(item, workspace)]
    elif is_among(topic, NOBODY_SPOKE):
        return []
    else:
        raise unknown("a topic", topic)
    contacts = [contact for contact in found if contact]
    if not contacts:
        raise Unreadable("a conversation in which nobody says anything, or not with whom")
    return contacts


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
            occurred_at=instant(part.get("created_at")),
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
    author = dict_of(part.get("author")).get("type")
    is_said = text(part.get("body")) is not None
    return is_among(kind, SPOKEN) or (is_said and (is_among(kind, WITH_WORDS) or is_among(author, CUSTOMERS)))


def _redacted(item: Mapping[str, Any]) -> Iterator[Fact]:
    for part in _parts(item):
        id_ = identifier(part.get("id"))
        if id_ and part.get("redacted") is True:
            at = instant(part.get("updated_at"))
            yield Fact(f"{id_}:deleted", InteractionFact.DELETED, id_, at)


def _rated(item: Mapping[str, Any], workspace: str) -> Contact:
    """How satisfied somebody is with a conversation."""
    rated, customer = dict_of(item.get("conversation_rating")), Talk.of(item, workspace).customer
    given, of = identifier(rated.get("rating")), identifier(item.get("id"))
    addresses = _addresses(dict_of(rated.get("contact")) or dict_of(rated.get("customer")) or customer, workspace)
    if given is None or of is None or not addresses:
        raise Unreadable("a rating without what it is, of what and by whom")
    at = instant(rated.get("created_at"))
    return Contact(
        external_id=f"rating:{of}:{identifier(rated.get('created_at')) or ''}",
        kind=InteractionKind.MESSAGE,
        address=addresses[0],
        occurred_at=at,
        channel_kind=ChannelKind.CHAT,
        subject=f"rating: {given}/5",
        text=text(rated.get("remark")),
        aliases=tuple(addresses[1:]),
    )


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
) -> Item:
    """One list that was left is not all mail: where Intercom says that the rest may still come, it is about that list.

    And where one was joined, and none may come, likewise.
    """
    value = text(contact.get("email" if kind is HandleKind.EMAIL else "phone"))
    all_mail = contact.get("unsubscribed_from_emails")
    if id_ is None or value is None:
        raise Unreadable("there is no id" if id_ is None else "there is no address that was unsubscribed")
    if kind is HandleKind.EMAIL and isinstance(all_mail, bool) and all_mail is reason.is_reachable:
        return Fact(id_, MARKETING[reason.is_reachable], None, at, Address(kind, value))
    return Reach(id_, Address(kind, value), reason, at)


def _list_of(id_: str | None, item: Mapping[str, Any], is_in: bool, at: datetime | None, workspace: str) -> Item:
    """Somebody has joined or left one of the lists that a workspace sends to."""
    addresses = _addresses(dict_of(item.get("contact")) or item, workspace)
    if id_ is None or not addresses:
        raise Unreadable("there is no id" if id_ is None else "there is nobody who joined or left")
    listed = dict_of(item.get("subscription_type")) or dict_of(item.get("subscription"))
    return Fact(id_, MARKETING[is_in], None, at, addresses[0], text(listed.get("name")))


PROVIDER = Provider(
    name="intercom",
    kind=ChannelKind.CHAT,
    verify=verify,
    signed_by=("x-hub-signature",),
    parse=parse,
    greet=greet,
    methods=("POST", "HEAD"),
)
