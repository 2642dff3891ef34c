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
from services.intake.channels.reading import number, text, unknown
from services.intake.channels.signatures.twilio import twilio as check
from services.intake.customers.spellings import is_withheld
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind, Reachability

FORM = "application/x-www-form-urlencoded"
MOST_MEDIA = 10
REFERRAL = ("ReferralHeadline", "ReferralBody", "ReferralSourceUrl")
"""Of the advertisement that a WhatsApp message was sent from."""
PHONE_NETWORKS = frozenset({"", "whatsapp", "rcs"})
"""Prefixes whose addresses are phone numbers; what stands behind another one (messenger:) is that network's own id."""
BECAME: Final[Mapping[str, InteractionFact]] = {
    "sent": InteractionFact.SENT,
    "delivered": InteractionFact.DELIVERED,
    "read": InteractionFact.READ,
    "undelivered": InteractionFact.FAILED,
    "failed": InteractionFact.FAILED,
}
"""Statuses that are facts."""
NOT_YET: Final = frozenset({"queued", "accepted", "sending", "scheduled", "canceled", "partially_delivered"})
"""Statuses that are Twilio's own business: it is on its way, or we have thought better of it."""
STOPPED = "21610"
"""The error of a message to somebody who has replied STOP. Others (a handset that is off) say nothing lasting."""
OPTED: Final[Mapping[str, Reachability]] = {"STOP": Reachability.OPTED_OUT, "START": Reachability.OPTED_IN}


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    is_form = request.headers.get("content-type", FORM).partition(";")[0].strip().lower() == FORM
    signature = request.headers.get("x-twilio-signature", "")
    check(request.url, request.body, signature, secrets, is_form=is_form)


def token_of(request: Request) -> str | None:
    return request.headers.get("x-twilio-signature")


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
    addresses = _addresses(fields, "From", "To")
    address = addresses[0] if addresses else None
    replied_to = text(fields.get("OriginalRepliedMessageSid"))
    contact = Contact(
        external_id=message_id,
        kind=InteractionKind.MESSAGE,
        address=address,
        channel_kind=ChannelKind.CHAT if ":" in fields.get("From", "") else ChannelKind.SMS,
        name=text(fields.get("ProfileName")),
        subject=next((found for name in REFERRAL if (found := text(fields.get(name)))), None),
        text=fields.get("Body") or _place(fields) or fields.get("Body"),
        attachments=_media(fields),
        aliases=tuple(addresses[1:]),
        references=(replied_to,) if replied_to else (),
    )
    opted = OPTED.get(fields.get("OptOutType", ""))
    if opted is None or address is None:
        return [contact]
    return [contact, Reach(f"{message_id}:{opted.value}", address, opted, detail=text(fields.get("Body")))]


def _outcome(message_id: str, status: str, fields: Mapping[str, str]) -> list[Item]:
    """What became of a message of ours. The same status comes twice with the same id, in any order."""
    fact = BECAME.get(status)
    if status in NOT_YET:
        return []
    if fact is None:
        raise unknown("a status", status)
    error = text(fields.get("ErrorCode"))
    address = next(iter(_addresses(fields, "To", "From")), None)
    reason = f"Twilio error {error}" if error else None
    found: list[Item] = [Fact(f"{message_id}:{status}", fact, message_id, None, address, reason)]
    if error == STOPPED and address:
        found.append(Reach(f"{message_id}:stopped", address, Reachability.OPTED_OUT, detail=reason))
    return found


def _address(value: str, ours: str) -> Address | None:
    """`+84...`, or `whatsapp:+84...`, or the user id that WhatsApp gives instead; None for who hides."""
    network, _, bare = value.strip().rpartition(":")
    if is_withheld(bare):
        return None
    if network and twilio_voice.is_user_id(bare):
        return Address(HandleKind.CHAT, bare)
    if network in PHONE_NETWORKS:
        return Address(HandleKind.PHONE, bare)
    return Address(HandleKind.CHAT, bare, scope=ours)


def _addresses(fields: Mapping[str, str], theirs: str, ours: str) -> list[Address]:
    """Who it is with: the number first, where there is one, and the user id that is theirs with this business."""
    given = (fields.get(theirs, ""), fields.get("ExternalUserId", ""))
    found = [_address(one, fields.get(ours, "")) for one in given if one]
    return list(dict.fromkeys(one for one in found if one))


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
    signed_by=("x-twilio-signature",),
    parse=parse,
    locate=locate,
    token=token_of,
    headers=("x-twilio-signature", "i-twilio-idempotency-token"),
    reply=Reply(b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml"),
)
