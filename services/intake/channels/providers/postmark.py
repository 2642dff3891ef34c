"""Postmark inbound email.

Source: postmarkapp.com/developer/webhooks/inbound-webhook. Postmark signs nothing: it sends the user and password
of the webhook's URL. `StrippedTextReply` is a guess of theirs and not used: the full text is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.intake.channels.items import Address, Attachment, Contact, Item
from services.intake.channels.mail import is_automatic
from services.intake.channels.provider import Provider, Request, StatusRules, Unreadable
from services.intake.channels.reading import json_object, mail_date, number, text
from services.intake.channels.signatures import basic
from shared.contracts.intake import ChannelKind, HandleKind, InteractionKind


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    basic.basic(request.headers.get("authorization", ""), secrets)


def parse(request: Request) -> Sequence[Item]:
    mail = json_object(request.body)
    if mail.get("RecordType", "Inbound") != "Inbound":
        return []  # a delivery, open or bounce of mail of ours
    message_id = text(mail.get("MessageID"))
    if message_id is None:
        raise Unreadable("there is no MessageID")
    full = mail.get("FromFull")
    sender: dict[str, Any] = full if isinstance(full, dict) else {}
    email = text(sender.get("Email")) or text(mail.get("From")) or ""
    return [
        Contact(
            external_id=message_id,
            kind=InteractionKind.MESSAGE,
            address=Address(HandleKind.EMAIL, email) if "@" in email else None,
            occurred_at=mail_date(mail.get("Date")),
            name=text(sender.get("Name")) or text(mail.get("FromName")),
            subject=text(mail.get("Subject")),
            text=text(mail.get("TextBody")) or text(mail.get("HtmlBody")),
            automatic=is_automatic(_headers(mail.get("Headers")), email),
            attachments=tuple(_attachments(mail.get("Attachments"))),
        )
    ]


def _headers(listed: object) -> dict[str, str]:
    entries = listed if isinstance(listed, list) else []
    pairs = [(e.get("Name"), e.get("Value")) for e in entries if isinstance(e, dict)]
    return {name.lower(): value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}


def _attachments(listed: object) -> list[Attachment]:
    entries = listed if isinstance(listed, list) else []
    return [
        Attachment(text(e.get("Name")), text(e.get("ContentType")), number(e.get("ContentLength")))
        for e in entries
        if isinstance(e, dict)
    ]


PROVIDER = Provider(
    name="postmark",
    kind=ChannelKind.EMAIL,
    verify=verify,
    parse=parse,
    secret_fault=basic.user_and_password,
    body_limit=50 * 1024 * 1024,  # 35 MB of attachments, in base64
    rules=StatusRules(refused_headers={"WWW-Authenticate": 'Basic realm="kept"'}, stop=403, too_large=403),
)
