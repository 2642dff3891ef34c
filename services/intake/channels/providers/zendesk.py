"""Zendesk: comments on tickets and messages of customers, by event webhooks and by triggers.

Source: developer.zendesk.com, webhooks: verifying, event types (ticket events, messaging events), creating and
monitoring webhooks. An event names people by Zendesk's ids alone; a trigger's body is written by the admin and may
hold their addresses: docs/channels/zendesk.md has one to paste. Zendesk tries again, three times at most, after 409,
and after 429 and 503 with a Retry-After under 60 seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.intake.channels.html import readable
from services.intake.channels.items import Address, Contact, Fact, Item
from services.intake.channels.provider import Provider, Request, Unreadable
from services.intake.channels.reading import dict_of, identifier, instant, is_among, json_object, kinds, text, unknown
from services.intake.channels.signatures import hmacs
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind

OURS = ("agent", "trigger", "system", "bot")
COMMENT_ADDED = "zen:event-type:ticket.comment_added"
COMMENT_REDACTED = "zen:event-type:ticket.comment_redacted"
MESSAGE_ADDED = "zen:event-type:messaging_ticket.message_added"
EVENT = "zen:event-type:"
NOBODY_SPOKE: Final = (
    kinds(
        "agent_assignment_changed attachment_linked_to_comment attachment_redacted_from_comment brand_changed",
        "comment_made_private created csat_requested custom_field_changed custom_status_changed description_changed",
        "email_ccs_changed external_id_changed followers_changed form_changed group_assignment_changed",
        "marked_as_spam merged next_sla_breach_changed ola_policy_changed organization_changed permanently_deleted",
        "priority_changed problem_link_changed requester_changed schedule_changed sla_policy_changed soft_deleted",
        "status_changed subject_changed submitter_changed tags_changed task_due_at_changed type_changed undeleted",
        of="ticket.",
    )
    | kinds("created custom_field_changed deleted external_id_changed name_changed tags_changed", of="organization.")
    | kinds(
        "active_changed alias_changed created custom_field_changed custom_role_changed default_group_changed deleted",
        "details_changed external_id_changed group_membership_created group_membership_deleted identity_changed",
        "identity_created identity_deleted last_login_changed merged name_changed notes_changed",
        "only_private_comments_changed organization_membership_created organization_membership_deleted",
        "password_changed photo_changed role_changed suspended_changed tags_changed time_zone_changed",
        of="user.",
    )
    | kinds(
        "author_changed published subscription_created unpublished vote_changed vote_created vote_removed",
        of="article.",
    )
    | kinds(
        "channel_created channel_deleted max_capacity_changed state_changed unified_state_changed",
        "work_item_added work_item_removed",
        of="agent.",
    )
)
"""Tickets, users and articles that changed. A new ticket's words come as its first comment."""
SIGNATURE = "x-zendesk-webhook-signature"
INVOCATION = "x-zendesk-webhook-invocation-id"
"""The same over the attempts of one delivery. It is not signed: a signature is good for one of them."""
KINDS: Final[Mapping[str, ChannelKind]] = {
    **dict.fromkeys(("email", "mail"), ChannelKind.EMAIL),
    **dict.fromkeys(("voice", "phone", "phone_call_inbound", "phone_call_outbound", "voicemail"), ChannelKind.PHONE),
    **dict.fromkeys(("sms", "text", "text_message"), ChannelKind.SMS),
    **dict.fromkeys(("chat", "messaging", "native_messaging", "whatsapp", "facebook", "line"), ChannelKind.CHAT),
}
"""By the channel a ticket came through; any other (web, web_form, api) is the web."""


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    stamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
    hmacs.zendesk(stamp, request.headers.get(SIGNATURE, ""), request.body, secrets)


def token_of(request: Request) -> str | None:
    return request.headers.get(SIGNATURE)


def parse(request: Request) -> Sequence[Item]:
    if not request.body.strip():
        return []  # a webhook may be told to send nothing
    found = json_object(request.body)
    kind = found.get("type")
    if found.get("kept") == "comment":
        contact = _trigger(found, request.headers.get(INVOCATION))
    elif kind == COMMENT_ADDED:
        contact = _comment(found)
    elif kind == MESSAGE_ADDED:
        contact = _message(found)
    elif kind == COMMENT_REDACTED:
        return _redacted(found)
    elif isinstance(kind, str) and kind.startswith(EVENT):
        if kind.removeprefix(EVENT) in NOBODY_SPOKE:
            return []
        raise unknown("an event", kind.removeprefix(EVENT))
    else:
        raise Unreadable("neither an event of Zendesk nor the body that is to be pasted into a trigger")
    return [contact] if contact else []


def _comment(event: Mapping[str, Any]) -> Contact | None:
    """A comment is by its author, or by staff to the ticket's requester. An internal note is no contact."""
    ticket, comment = dict_of(event.get("detail")), dict_of(dict_of(event.get("event")).get("comment"))
    if comment.get("is_public") is False:
        return None
    id_, author = identifier(comment.get("id")), dict_of(comment.get("author"))
    if id_ is None:
        raise Unreadable("there is no id of the comment")
    is_staff = author.get("is_staff") is True
    customer = identifier(ticket.get("requester_id") if is_staff else author.get("id"))
    if customer is None:
        raise Unreadable("there is no id of the customer")
    name = text(author.get("name"))
    return Contact(
        external_id=id_,
        kind=InteractionKind.MESSAGE,
        address=Address(HandleKind.CHAT, customer),
        occurred_at=instant(event.get("time")),
        direction="out" if is_staff else "in",
        channel_kind=_channel(dict_of(ticket.get("via")).get("channel")),
        name=None if is_staff else name,
        subject=text(ticket.get("subject")),
        text=readable(text(comment.get("body"))),
        agent=name if is_staff else None,
    )


def _message(event: Mapping[str, Any]) -> Contact | None:
    """A message of a customer. Of an agent's or a bot's, Zendesk does not say to whom."""
    said = dict_of(event.get("event"))
    actor, message = dict_of(said.get("actor")), dict_of(said.get("message"))
    if is_among(actor.get("type"), OURS):
        return None
    if actor.get("type") != "end_user":
        raise unknown("a writer", actor.get("type"))
    id_, customer = identifier(message.get("id")), identifier(actor.get("id"))
    if id_ is None or customer is None:
        raise Unreadable("there is no id of the message" if id_ is None else "there is no id of the customer")
    return Contact(
        external_id=id_,
        kind=InteractionKind.MESSAGE,
        address=Address(HandleKind.CHAT, customer),
        occurred_at=instant(event.get("time")),
        channel_kind=ChannelKind.CHAT,
        name=text(actor.get("name")),
        text=readable(text(message.get("body"))),
    )


def _redacted(event: Mapping[str, Any]) -> list[Item]:
    id_, comment = identifier(event.get("id")), dict_of(dict_of(event.get("event")).get("comment"))
    about = identifier(comment.get("id"))
    if id_ is None or about is None:
        raise Unreadable("there is no id of the event" if id_ is None else "there is no id of the comment")
    at = instant(event.get("time"))
    return [Fact(id_, InteractionFact.EDITED, about, at, text=readable(text(comment.get("body"))))]


def _trigger(body: Mapping[str, Any], invocation: str | None) -> Contact | None:
    """The body of our own that a trigger sends. What Zendesk leaves empty, or could not fill in, is not there."""
    if _given(body.get("is_public"), "").lower() == "false":
        return None
    id_ = _given(body.get("comment_id")) or text(invocation)
    addresses = [
        Address(kind, value)
        for kind, name in (
            (HandleKind.CHAT, "requester_id"),
            (HandleKind.EMAIL, "requester_email"),
            (HandleKind.PHONE, "requester_phone"),
        )
        if (value := _given(body.get(name)))
    ]
    if id_ is None or not addresses:
        raise Unreadable("there is no id of the comment" if id_ is None else "there is nothing of the requester")
    role = _given(body.get("current_user_role"), "").lower().replace("-", " ").replace("_", " ")
    is_staff = role in {"agent", "admin", "light agent", "owner"}
    return Contact(
        external_id=id_,
        kind=InteractionKind.MESSAGE,
        address=addresses[0],
        occurred_at=instant(body.get("at")),
        direction="out" if is_staff else "in",
        channel_kind=_channel(body.get("channel")),
        name=_given(body.get("requester_name")),
        subject=_given(body.get("subject")),
        text=readable(text(body.get("comment"))),
        agent=_given(body.get("current_user_name")) if is_staff else None,
        aliases=tuple(addresses[1:]),
    )


def _given(value: object, otherwise: Any = None) -> Any:
    """The text of a placeholder that was filled in."""
    found = identifier(value)
    return otherwise if found is None or "{{" in found else found.strip()


def _channel(via: object) -> ChannelKind:
    word = via.strip().lower().replace(" ", "_") if isinstance(via, str) else ""
    return KINDS.get(word, ChannelKind.WEB)


PROVIDER = Provider(
    name="zendesk",
    kind=ChannelKind.WEB,
    verify=verify,
    signed_by=("x-zendesk-webhook-signature",),
    parse=parse,
    token=token_of,
    headers=(SIGNATURE, INVOCATION, "x-zendesk-webhook-id"),
    reads=(INVOCATION,),
)
