"""SendGrid: inbound parse (taken apart, or as raw MIME), and the event webhook.

Source: docs.sendgrid.com (Setting up the Inbound Parse Webhook, Event Webhook Reference, Event Webhook Security).
SendGrid has no id of its own for a mail that came in, and no time: the Message-ID tells a copy, else what the mail
holds. Each field of a mail that was taken apart comes in a charset of its own (`charsets`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.intake.channels.html import to_text
from services.intake.channels.items import Address, Attachment, Fact, Item, Reach, SenderCheck, Unread
from services.intake.channels.mail import message, thread
from services.intake.channels.mail.authentication import verdict_of, worst
from services.intake.channels.mail.headers import Headers, split
from services.intake.channels.mail.parts import even
from services.intake.channels.mail.pictures import files_of, shown_by
from services.intake.channels.multipart import MULTIPART, Form, media_type, read_form
from services.intake.channels.provider import Provider, Refused, Request, StatusRules, Unreadable
from services.intake.channels.reading import dict_of, identifier, instant, json_value, said_once, text, unknown
from services.intake.channels.signatures import basic, keys
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, Reachability, Verdict

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"

_FACTS: Final[Mapping[str, InteractionFact]] = {
    "processed": InteractionFact.SENT,
    "delivered": InteractionFact.DELIVERED,
    "open": InteractionFact.READ,
    "click": InteractionFact.READ,
    "bounce": InteractionFact.FAILED,
    "dropped": InteractionFact.FAILED,
}
_REACHES: Final[Mapping[str, Reachability]] = {
    "bounce": Reachability.BOUNCED,
    "spamreport": Reachability.COMPLAINED,
    "unsubscribe": Reachability.OPTED_OUT,
}
_GROUPS: Final[Mapping[str, InteractionFact]] = {
    "group_unsubscribe": InteractionFact.MARKETING_STOPPED,
    "group_resubscribe": InteractionFact.MARKETING_RESUMED,
}
NOT_YET: Final = frozenset({"deferred", "account_status_change"})
"""A mail that waits, and our own account at SendGrid."""
_DKIM = re.compile(r"(?:^|:)\s*([a-z]{2,12})\b", re.IGNORECASE)
_AS_FIELDS: Final = ("from", "to", "cc", "subject")


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """By its signature, where there is one and a key to judge it by; else by user and password."""
    public = [secret for secret in secrets if keys.ecdsa_key(secret)]
    if public and SIGNATURE in request.headers:
        keys.sendgrid(request.headers.get(TIMESTAMP, ""), request.headers[SIGNATURE], request.body, public)
        return
    passwords = [secret for secret in secrets if ":" in secret]
    if not passwords:
        raise Refused("there is no signature")
    basic.basic(request.headers.get("authorization", ""), passwords)


def secret_fault(secret: str) -> str | None:
    if keys.ecdsa_key(secret):
        return None
    if ":" not in secret:
        return "must be user:password, as in the webhook's URL, or the public verification key"
    return basic.user_and_password(secret)


def parse(request: Request) -> Sequence[Item]:
    if media_type(request) == MULTIPART:
        return _mail(read_form(request))
    events = json_value(request.body)
    if not isinstance(events, list):
        raise Unreadable(f"a JSON list was expected, not {type(events).__name__}")
    return said_once(item for event in events for item in _event(event))


def part_of(request: Request, part: int) -> tuple[str, bytes] | None:
    """(content type, content) of a part of the raw mail, or of the form's field with this number."""
    form = read_form(request)
    if raw := form.get("email"):
        return message.part_of(raw.value, part)
    if not 0 <= part < len(form.fields):
        return None
    return form.fields[part].content_type or "application/octet-stream", form.fields[part].value


def _mail(form: Form) -> list[Item]:
    if raw := form.get("email"):
        return message.read_mail(raw.value, checked=_checked(form))
    headers = _headers(form)
    if not headers.fields:
        raise Unreadable("there is no mail in it")
    charsets = dict_of(_json(form, "charsets"))
    plain, html = (form.text(name, text(charsets.get(name))) for name in ("text", "html"))
    content = (form.text(name).encode("utf-8", "replace") for name in ("envelope", "text", "html"))
    return [
        message.contact_of(
            headers,
            external_id=message.id_of(headers, *content),
            text=text(plain.replace("\r\n", "\n")) or to_text(html) or None,
            attachments=_attachments(form, shown_by([html])),
            checked=_checked(form),
        )
    ]


def _checked(form: Form) -> SenderCheck | None:
    """`SPF` is a word; `dkim` one for each domain that signed, `{@example.com : pass}`: one that holds is enough."""
    signed = [verdict_of(word) for word in _DKIM.findall(form.text("dkim")[:10_000])]
    dkim = Verdict.PASS if Verdict.PASS in signed else worst(signed)
    found = SenderCheck("sendgrid", verdict_of(form.text("SPF")), dkim)
    return found if found.spf or found.dkim else None


def _headers(form: Form) -> Headers:
    """The mail's own; then what was taken out of them, in the charsets it says; then the envelope's."""
    own = form.get("headers")
    raw = even(own.value) if own else b""
    charsets, envelope = dict_of(_json(form, "charsets")), dict_of(_json(form, "envelope"))
    taken_out = [(name, form.text(name, text(charsets.get(name)))) for name in _AS_FIELDS if form.get(name)]
    if isinstance(sender := envelope.get("from"), str):
        taken_out.append(("Return-Path", f"<{sender}>"))
    recipients = envelope.get("to")
    taken_out += [("X-Original-To", one) for one in _list(recipients)[:100] if isinstance(one, str)]
    return split(raw, 0, len(raw))[0].over(Headers.of(taken_out))


def _json(form: Form, name: str) -> object:
    try:
        return json_value(form.text(name))
    except Unreadable:
        return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _attachments(form: Form, shown: frozenset[str]) -> list[Attachment]:
    """`content-ids` says which Content-ID is of which field."""
    ids = {field: id_ for id_, field in dict_of(_json(form, "content-ids")).items() if isinstance(field, str)}
    return files_of(form, shown, ids)


def _event(event: object) -> Iterator[Item]:
    """One of a batch. A group of mail that somebody left, or came back to, is not all of it."""
    found = dict_of(event)
    kind, id_, email = (text(found.get(name)) for name in ("event", "sg_event_id", "email"))
    if kind is None:
        yield Unread("an event that does not say what it is")
        return
    if kind in NOT_YET:
        return
    if kind not in _FACTS.keys() | _REACHES.keys() | _GROUPS.keys():
        yield Unread(str(unknown("an event", kind)))
        return
    if id_ is None or email is None or "@" not in email:
        yield Unread("an event without its id or its address")
        return
    at, address = instant(found.get("timestamp")), Address(HandleKind.EMAIL, email)
    reason = text(found.get("reason")) or text(found.get("response"))
    about, fact = _about(found), _FACTS.get(kind)
    if kind in _GROUPS:
        group = identifier(found.get("asm_group_id"))
        yield Fact(id_, _GROUPS[kind], None, at, address, f"group {group}" if group else None)
    if fact and not about and kind not in _REACHES:
        yield Unread("an event that does not say of which mail")
    if fact and about and found.get("sg_machine_open") is not True:
        is_failure = fact is InteractionFact.FAILED
        yield Fact(id_, fact, about, at, address, reason if is_failure else None)
    if kind in _REACHES and found.get("type") != "blocked":
        yield Reach(id_, address, _REACHES[kind], at, reason)


def _about(event: Mapping[str, Any]) -> str | None:
    """Its Message-ID, where the event has it (`smtp-id`), else the id that SendGrid gave when it took the mail."""
    if found := thread.message_id(text(event.get("smtp-id")) or ""):
        return found
    return (text(event.get("sg_message_id")) or "").partition(".")[0] or None


PROVIDER = Provider(
    name="sendgrid",
    kind=ChannelKind.EMAIL,
    verify=verify,
    signed_by=(SIGNATURE, "authorization"),
    parse=parse,
    extract=part_of,
    secret_fault=secret_fault,
    body_limit=30 * 1024 * 1024,
    rules=StatusRules(refused_headers={"WWW-Authenticate": 'Basic realm="kept"'}),
)
