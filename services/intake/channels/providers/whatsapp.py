"""WhatsApp Cloud API: messages, what became of ours, calls, and what the business wrote in its own app (echoes).

Source: developers.facebook.com, WhatsApp Business Platform, "webhooks" and "business-scoped user IDs". Meta comes
again for seven days, in any order. Since 2026 a sender may have no phone number that we see, only a user id that is
theirs with this business (BSUID): it is an alias of the number where there is one, else the address. It means the
same on every number of a business portfolio, so it has no scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from services.intake.channels import meta, whatsapp_beside
from services.intake.channels.chat import answer_of, chat_address, phone_address, usable_ref, with_bearer
from services.intake.channels.items import Address, Attachment, CallStep, Contact, Fact, Item, Moved, act
from services.intake.channels.provider import Download, Request, Unreadable
from services.intake.channels.reading import (
    dict_of,
    dicts_of,
    each_of,
    identifier,
    instant,
    is_among,
    json_object,
    listed,
    number,
    text,
    unknown,
)
from services.intake.channels.whatsapp_words import about_of, files_of, words_of
from shared.contracts.intake import InteractionFact, InteractionKind

GRAPH = "https://graph.facebook.com/v23.0"
HOSTS = ("fbsbx.com", "fbcdn.net", "whatsapp.net", "facebook.com")
"""Where media lie, and where the access token may go."""

TOLD = ("messages", "message_echoes", "statuses", "calls")
NO_NEW_ADDRESS = frozenset({"customer_identity_changed", "user_identity_changed"})
"""Another telephone, or the same one set up anew: nobody did anything, and they are reached as before."""


@dataclass(frozen=True, slots=True)
class Person:
    """The customer of a message. `address` None: nothing says who they are."""

    address: Address | None = None
    aliases: tuple[Address, ...] = ()
    name: str | None = None


def parse(request: Request) -> Sequence[Item]:
    body = json_object(request.body)
    if body.get("object") != "whatsapp_business_account":
        raise Unreadable("it is not about a WhatsApp business account")
    return each_of(
        listed(body.get("entry"), "entries"), lambda one: each_of(listed(one.get("changes"), "changes"), _change)
    )


def _change(change: Mapping[str, Any]) -> Sequence[Item]:
    """By what is in it: the fields `messages`, `calls`, `smb_message_echoes` and `standby` share one shape.

    `history` is what was said before the channel was there: read as if it came today, each old message would be owed
    an answer.
    """
    value = dict_of(change.get("value"))
    if change.get("field") == "history" or "history" in value:
        raise Unreadable("messages from before the channel was there (history): kept, and not filed")
    contacts = dicts_of(value.get("contacts"))
    senders = {identifier(one.get("from")) for one in dicts_of(value.get("messages"))}
    only = contacts[0] if len(contacts) == 1 and len(senders) == 1 else {}
    found = [
        *each_of(value.get("messages"), lambda one: _message(one, _sender(one, contacts, only), "in")),
        *each_of(value.get("message_echoes"), lambda one: _message(one, _recipient(one, contacts), "out")),
        *each_of(value.get("statuses"), _status),
        *each_of(value.get("calls"), lambda one: _call(one, contacts)),
    ]
    is_told = any(isinstance(value.get(name), list) and value[name] for name in TOLD)
    return found if is_told else whatsapp_beside.items_of(change.get("field"), value)


def _sender(message: Mapping[str, Any], contacts: Sequence[Mapping[str, Any]], only: Mapping[str, Any]) -> Person:
    """`only` is the one contact beside messages of one sender: theirs, though it may name them by another number."""
    wa_id, user_id = identifier(message.get("from")), identifier(message.get("from_user_id"))
    if wa_id is None and user_id is None:
        return _person(None, None, only)
    return _person(wa_id, user_id, _named(wa_id, user_id, contacts) or {"profile": only.get("profile")})


def _recipient(message: Mapping[str, Any], contacts: Sequence[Mapping[str, Any]]) -> Person:
    wa_id, user_id = identifier(message.get("to")), identifier(message.get("to_user_id"))
    return _person(wa_id, user_id, _named(wa_id, user_id, contacts))


def _named(wa_id: str | None, user_id: str | None, contacts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What is said of this very person: a batch may hold several, and nobody is to get another's id."""
    for contact in contacts:
        if (wa_id and contact.get("wa_id") == wa_id) or (user_id and contact.get("user_id") == user_id):
            return contact
    return {}


def _person(wa_id: str | None, user_id: str | None, contact: Mapping[str, Any]) -> Person:
    phone = phone_address(wa_id) or phone_address(contact.get("wa_id"))
    bsuid = chat_address(user_id) or chat_address(contact.get("user_id"))
    name = text(dict_of(contact.get("profile")).get("name"))
    if phone:
        return Person(phone, (bsuid,) if bsuid else (), name)
    return Person(bsuid or chat_address(wa_id), (), name)


def _message(message: Mapping[str, Any], person: Person, direction: Literal["in", "out"]) -> Sequence[Item]:
    kind, at = message.get("type"), instant(message.get("timestamp"))
    if kind in ("reaction", "edit", "revoke"):
        return _change_of_one(message, kind, person)
    message_id = _id(message)
    if kind == "system":
        return _moves(message_id, message, dict_of(message.get("system")))
    if kind == "request_welcome":  # the chat was opened for the first time
        return [act(message_id, person.address, at, "request_welcome", name=person.name, aliases=person.aliases)]
    answered = identifier(dict_of(message.get("context")).get("id"))
    return [
        Contact(
            external_id=message_id,
            kind=InteractionKind.MESSAGE,
            address=person.address,
            occurred_at=at,
            direction=direction,
            name=person.name,
            subject=about_of(message),
            text=words_of(message),
            attachments=files_of(message),
            aliases=person.aliases,
            references=(answered,) if answered else (),
        )
    ]


def _change_of_one(message: Mapping[str, Any], kind: str, person: Person) -> Sequence[Item]:
    said = dict_of(message.get(kind))
    about = identifier(said.get("message_id" if kind == "reaction" else "original_message_id"))
    if about is None:
        raise Unreadable("it does not say which message it is about")
    emoji = text(said.get("emoji"))
    edited = dict_of(said.get("message")) if kind == "edit" else {}
    match kind:
        case "reaction":
            fact = InteractionFact.REACTED if emoji else InteractionFact.UNREACTED
        case "edit":
            fact = InteractionFact.EDITED
        case _:
            fact = InteractionFact.DELETED
    return [
        Fact(
            external_id=_id(message),
            fact=fact,
            about=about,
            at=instant(message.get("timestamp")),
            address=person.address,
            text=emoji or words_of(edited),
            attachments=files_of(edited),
        )
    ]


def _moves(message_id: str, message: Mapping[str, Any], system: Mapping[str, Any]) -> Sequence[Item]:
    """A new number, a new BSUID, or both. `new_wa_id` is what older versions call `wa_id`."""
    at = instant(message.get("timestamp"))
    pairs = (
        (
            phone_address(identifier(message.get("from")) or identifier(system.get("customer"))),
            phone_address(identifier(system.get("new_wa_id")) or identifier(system.get("wa_id"))),
        ),
        (chat_address(system.get("previous_user_id")), chat_address(system.get("user_id"))),
    )
    moved = [Moved(f"{message_id}:{new.kind.value}", old, new, at) for old, new in pairs if old and new and old != new]
    if not any(old and new for old, new in pairs) and not is_among(system.get("type"), NO_NEW_ADDRESS):
        raise unknown("a change of the customer's", system.get("type"))
    return moved


def _status(status: Mapping[str, Any]) -> Sequence[Item]:
    said = status.get("status")
    if status.get("type") == "call":
        return _call_status(status)
    message_id = _id(status)
    if status.get("type") == "payment":
        return [whatsapp_beside.paid(status, message_id, _reached(status))]
    if said == "deleted":
        return [act(f"{message_id}:deleted", _reached(status), instant(status.get("timestamp")), "deleted our message")]
    if is_among(said, whatsapp_beside.NOT_YET):
        return []
    fact = whatsapp_beside.STATUSES.get(said) if isinstance(said, str) else None
    if fact is None:
        raise unknown("a status", said)
    is_group = status.get("recipient_type") == "group"
    # In a group it is said of each participant.
    reader = identifier(status.get("recipient_participant_user_id")) or identifier(
        status.get("recipient_participant_id")
    )
    errors = dicts_of(status.get("errors"))
    return [
        Fact(
            external_id=":".join(part for part in (message_id, str(said), reader) if part),
            fact=fact,
            about=message_id,
            at=instant(status.get("timestamp")),
            address=None if is_group else _reached(status),
            text=(text(errors[0].get("title")) or text(errors[0].get("message"))) if errors else None,
        )
    ]


def _reached(status: Mapping[str, Any]) -> Address | None:
    return phone_address(identifier(status.get("recipient_id"))) or chat_address(status.get("recipient_user_id"))


def _call(call: Mapping[str, Any], contacts: Sequence[Mapping[str, Any]]) -> Sequence[Item]:
    """`connect` begins a call; `terminate` says all of one, and when it had been answered, if it had."""
    call_id, event = _id(call), call.get("event")
    at = instant(call.get("timestamp"))
    if event not in ("connect", "terminate"):
        raise unknown("an event of a call", event)
    if at is None:
        raise Unreadable("a call without a time")
    is_out = call.get("direction") == "BUSINESS_INITIATED"
    caller, called = phone_address(identifier(call.get("from"))), phone_address(identifier(call.get("to")))
    if not is_out and caller is None and len(contacts) == 1:
        caller = phone_address(contacts[0].get("wa_id"))
    began = CallStep(
        call_id,
        "new_call",
        at,
        direction="out" if is_out else "in",
        caller=caller.value if caller else None,
        called=called.value if called else None,
        person=_caller_id(call, contacts),
    )
    if event == "connect":
        return [began]
    answered_at, seconds = instant(call.get("start_time")), number(call.get("duration"))
    was_answered = answered_at is not None or bool(seconds)
    ended_at = instant(call.get("end_time")) or at
    ended = replace(began, event="hangup", at=ended_at, answered=was_answered, seconds=seconds)
    return [ended, replace(began, event="answer", at=answered_at)] if answered_at else [ended]


def _caller_id(call: Mapping[str, Any], contacts: Sequence[Mapping[str, Any]]) -> str | None:
    """The BSUID of whoever is called or calls, where it is said of them alone."""
    said = identifier(call.get("from_user_id")) or identifier(call.get("to_user_id"))
    return said or (identifier(contacts[0].get("user_id")) if len(contacts) == 1 else None)


def _call_status(status: Mapping[str, Any]) -> Sequence[Item]:
    """How a call of ours goes. One that is rejected is terminated too, and `terminate` says so."""
    at, called = instant(status.get("timestamp")), phone_address(identifier(status.get("recipient_id")))
    event: Literal["new_call", "answer"] | None = None
    match status.get("status"):
        case "RINGING":
            event = "new_call"
        case "ACCEPTED":
            event = "answer"
        case "REJECTED":
            return []
        case said:
            raise unknown("a status of a call", said)
    if at is None:
        raise Unreadable("a call without a time")
    return [CallStep(_id(status), event, at, direction="out", called=called.value if called else None)]


def _id(one: Mapping[str, Any]) -> str:
    found = identifier(one.get("id"))
    if found is None:
        raise Unreadable("an item without an id")
    return found


def locate(attachment: Attachment, access_token: str | None) -> Download:
    """By its id where it has one: an address is good for minutes, and an id for days ("Media", retrieve media URL)."""
    if not attachment.ref:
        return with_bearer(attachment.url, access_token, HOSTS)

    def media(answer: bytes) -> Download:
        return with_bearer(answer_of(answer).get("url"), access_token, HOSTS)

    return with_bearer(f"{GRAPH}/{usable_ref(attachment.ref)}", access_token, HOSTS, media)


PROVIDER = meta.provider("whatsapp", parse, locate)
