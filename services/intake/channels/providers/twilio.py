"""Twilio Programmable Messaging: incoming SMS, MMS and WhatsApp messages.

Source: twilio.com/docs/messaging/guides/webhook-request and /docs/usage/webhooks/webhooks-security. Twilio states
no time of its own on an incoming message and has no replay window, so MessageSid alone tells a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.intake.channels.forms import form_fields
from services.intake.channels.items import Address, Attachment, Contact, Item
from services.intake.channels.provider import Provider, Reply, Request, Unreadable
from services.intake.channels.reading import number, text
from services.intake.channels.signatures.twilio import twilio as check
from shared.contracts.intake import ChannelKind, HandleKind, InteractionKind

FORM = "application/x-www-form-urlencoded"
MOST_MEDIA = 10
WITHHELD = frozenset({"", "anonymous", "unknown", "restricted", "+266696687", "+7378742833", "+2562533"})
"""What Twilio writes for a sender who hides: the words, and the words typed on a phone's keys."""


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    is_form = request.headers.get("content-type", FORM).partition(";")[0].strip().lower() == FORM
    signature = request.headers.get("x-twilio-signature", "")
    check(request.url, request.body, signature, secrets, is_form=is_form)


def parse(request: Request) -> Sequence[Item]:
    try:
        fields = dict(form_fields(request.body))
    except ValueError as error:
        raise Unreadable(f"not a form: {type(error).__name__}") from error
    message_id = text(fields.get("MessageSid")) or text(fields.get("SmsSid"))
    if message_id is None:
        raise Unreadable("a voice webhook" if "CallSid" in fields else "there is no MessageSid")
    if _is_status(fields):
        return []
    sender = fields.get("From", "").strip()
    prefix, _, bare = sender.rpartition(":")
    address = None if bare.lower() in WITHHELD else Address(HandleKind.PHONE, bare)
    return [
        Contact(
            external_id=message_id,
            kind=InteractionKind.MESSAGE,
            address=address,
            channel_kind=ChannelKind.CHAT if prefix else ChannelKind.SMS,
            name=text(fields.get("ProfileName")),
            text=fields.get("Body"),
            attachments=_media(fields),
        )
    ]


def _is_status(fields: Mapping[str, str]) -> bool:
    """A status callback is about a message of ours. An incoming one says `received`, or no status at all."""
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or "received"
    return status not in {"received", "receiving"}


def _media(fields: Mapping[str, str]) -> tuple[Attachment, ...]:
    count = min(number(fields.get("NumMedia")) or 0, MOST_MEDIA)
    return tuple(
        Attachment(None, text(fields.get(f"MediaContentType{i}")), url=text(fields.get(f"MediaUrl{i}")))
        for i in range(count)
    )


PROVIDER = Provider(
    name="twilio",
    kind=ChannelKind.SMS,
    verify=verify,
    parse=parse,
    headers=("x-twilio-signature", "i-twilio-idempotency-token"),
    reply=Reply(b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml"),
)
