"""Twilio: SMS, MMS and WhatsApp messages, what became of ours, and calls (`twilio_voice`).

Source: twilio.com/docs/messaging/guides/webhook-request, /track-outbound-message-status, /docs/usage/webhooks/
webhooks-security. Twilio states no time of its own on a message and has no replay window, so MessageSid alone tells
a copy.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from services.intake.channels.forms import form_fields
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item, Reach
from services.intake.channels.provider import Download, NoDownload, Provider, Reply, Request, Unreadable
from services.intake.channels.providers import twilio_voice
from services.intake.channels.reading import number, text
from services.intake.channels.signatures.twilio import twilio as check
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind, Reachability

FORM = "application/x-www-form-urlencoded"
MOST_MEDIA = 10
WITHHELD = twilio_voice.WITHHELD
PHONE_NETWORKS = frozenset({"", "whatsapp", "rcs"})
"""Prefixes whose addresses are phone numbers; what stands behind another one (messenger:) is that network's own id."""
BECAME: Final[Mapping[str, InteractionFact]] = {
    "sent": InteractionFact.SENT,
    "delivered": InteractionFact.DELIVERED,
    "read": InteractionFact.READ,
    "undelivered": InteractionFact.FAILED,
    "failed": InteractionFact.FAILED,
}
"""Statuses that are facts; queued, accepted, sending, scheduled and canceled are Twilio's own business."""
STOPPED = "21610"
"""The error of a message to somebody who has replied STOP. Others (a handset that is off) say nothing lasting."""
OPTED: Final[Mapping[str, Reachability]] = {"STOP": Reachability.OPTED_OUT, "START": Reachability.OPTED_IN}


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
        return twilio_voice.parse(fields)
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or "received"
    if status in {"received", "receiving"}:
        return _incoming(message_id, fields)
    return _outcome(message_id, status, fields)


def _incoming(message_id: str, fields: Mapping[str, str]) -> list[Item]:
    address = _address(fields.get("From", ""), fields.get("To", ""))
    replied_to = text(fields.get("OriginalRepliedMessageSid"))
    contact = Contact(
        external_id=message_id,
        kind=InteractionKind.MESSAGE,
        address=address,
        channel_kind=ChannelKind.CHAT if ":" in fields.get("From", "") else ChannelKind.SMS,
        name=text(fields.get("ProfileName")),
        text=fields.get("Body") or _place(fields) or fields.get("Body"),
        attachments=_media(fields),
        references=(replied_to,) if replied_to else (),
    )
    opted = OPTED.get(fields.get("OptOutType", ""))
    if opted is None or address is None:
        return [contact]
    return [contact, Reach(f"{message_id}:{opted.value}", address, opted, detail=text(fields.get("Body")))]


def _outcome(message_id: str, status: str, fields: Mapping[str, str]) -> list[Item]:
    """What became of a message of ours. The same status comes twice with the same id, in any order."""
    fact = BECAME.get(status)
    if fact is None:
        return []
    error = text(fields.get("ErrorCode"))
    address = _address(fields.get("To", ""), fields.get("From", ""))
    reason = f"Twilio error {error}" if error else None
    found: list[Item] = [Fact(f"{message_id}:{status}", fact, message_id, None, address, reason)]
    if error == STOPPED and address:
        found.append(Reach(f"{message_id}:stopped", address, Reachability.OPTED_OUT, detail=reason))
    return found


def _address(value: str, ours: str) -> Address | None:
    """`+84...`, or `whatsapp:+84...`; None for who hides."""
    network, _, bare = value.strip().rpartition(":")
    if bare.lower() in WITHHELD:
        return None
    if network in PHONE_NETWORKS:
        return Address(HandleKind.PHONE, bare)
    return Address(HandleKind.CHAT, bare, scope=ours)


def _place(fields: Mapping[str, str]) -> str | None:
    """A location that was sent instead of words."""
    where = (fields.get("Label"), fields.get("Address"), fields.get("Latitude"), fields.get("Longitude"))
    return ", ".join(part for part in where if part) or None


def _media(fields: Mapping[str, str]) -> tuple[Attachment, ...]:
    count = min(number(fields.get("NumMedia")) or 0, MOST_MEDIA)
    return tuple(
        Attachment(None, text(fields.get(f"MediaContentType{i}")), url=text(fields.get(f"MediaUrl{i}")))
        for i in range(count)
    )


def locate(attachment: Attachment, access_token: str | None) -> Download:
    """Media and recordings stand at Twilio; an account may ask for `AccountSid:AuthToken` before it shows them."""
    try:
        parts = urlsplit(attachment.url or "")
        host = parts.hostname or ""
        is_twilio = parts.scheme == "https" and parts.netloc == host and host.endswith(".twilio.com")
    except ValueError:
        is_twilio = False
    if not is_twilio:
        raise NoDownload("its address is not at Twilio")
    if access_token is None:
        return Download(str(attachment.url))
    pair = b64encode(access_token.encode()).decode()
    return Download(str(attachment.url), {"Authorization": f"Basic {pair}"})


PROVIDER = Provider(
    name="twilio",
    kind=ChannelKind.SMS,
    verify=verify,
    parse=parse,
    locate=locate,
    headers=("x-twilio-signature", "i-twilio-idempotency-token"),
    reply=Reply(b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml"),
)
