"""The providers, as they send: their own shapes, signed as they sign."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1, sha256
from typing import Any
from urllib.parse import urlencode

TWILIO_TOKEN = "12345678901234567890123456789012"
MAIL_SECRET = "kept:postmark-password"
PHONE_SECRET = "whsec_" + b64encode(b"a telephone system's own secret!").decode()


@dataclass(frozen=True)
class Webhook:
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def sms(
    text: str,
    *,
    sid: str = "SM1",
    sender: str = "+84901234567",
    channel: str = "sms",
    token: str = TWILIO_TOKEN,
    origin: str = "https://kept.example.com",
    **more: str,
) -> Webhook:
    fields = {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": "AC1",
        "From": sender,
        "To": "+12025550100",
        "Body": text,
        "NumMedia": "0",
        "SmsStatus": "received",
        **more,
    }
    path = f"/intake/webhooks/{channel}"
    signed = origin + path + "".join(k + v for k, v in sorted(fields.items()))
    signature = b64encode(hmac.new(token.encode(), signed.encode(), sha1).digest()).decode()
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return Webhook(path, urlencode(fields).encode(), form)


def mail(
    text: str,
    *,
    message_id: str = "22c74902-a0c1-4511-804f-341342852c90",
    sender: str = "Lan.Nguyen@example.com",
    date: str = "Mon, 2 Mar 2026 15:30:00 +0700",
    secret: str = MAIL_SECRET,
    channel: str = "mail",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Webhook:
    body = {
        "FromFull": {"Email": sender, "Name": "Nguyễn Thị Lan", "MailboxHash": ""},
        "From": sender,
        "To": "help@inbound.example.com",
        "Subject": "Đơn hàng",
        "MessageID": message_id,
        "Date": date,
        "TextBody": text,
        "HtmlBody": f"<p>{text}</p>",
        "StrippedTextReply": "not this",
        "Headers": [{"Name": n, "Value": v} for n, v in (headers or {}).items()],
        "Attachments": [],
        **more,
    }
    return signed_mail(json.dumps(body).encode(), secret=secret, channel=channel)


def signed_mail(body: bytes, *, secret: str = MAIL_SECRET, channel: str = "mail") -> Webhook:
    basic = {"Authorization": "Basic " + b64encode(secret.encode()).decode(), "Content-Type": "application/json"}
    return Webhook(f"/intake/webhooks/{channel}", body, basic)


def phone(
    event: str,
    at: datetime,
    *,
    call_id: str = "call-1",
    now: datetime,
    channel: str = "phone",
    secret: str = PHONE_SECRET,
    **more: Any,
) -> Webhook:
    """`at` is when it happened, `now` when it is sent."""
    body = {
        "event": event,
        "callId": call_id,
        "from": "+84901234567",
        "to": "+842812345678",
        "direction": "in",
        "at": at.isoformat(),
        **more,
    }
    return standard(json.dumps(body).encode(), now=now, channel=channel, secret=secret)


def standard(body: bytes, *, now: datetime, channel: str = "phone", secret: str = PHONE_SECRET) -> Webhook:
    from base64 import b64decode

    stamp = str(int(now.timestamp()))
    key = b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, b"msg_1." + stamp.encode() + b"." + body, sha256).digest()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + b64encode(signature).decode(),
        "Content-Type": "application/json",
    }
    return Webhook(f"/intake/webhooks/{channel}", body, headers)


FORM = "application/x-www-form-urlencoded"


def form(fields: dict[str, str]) -> bytes:
    return urlencode(fields).encode()


def mailgun_proof(key: str, timestamp: str, token: str) -> dict[str, str]:
    signature = hmac.new(key.encode(), (timestamp + token).encode(), sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": signature}
