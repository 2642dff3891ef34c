"""Requests of providers in their own shapes, signed as they sign.

Twilio: form fields, HMAC-SHA1 over the URL and the sorted parameters. Postmark: JSON behind basic
authentication. The telephone system: JSON signed by Standard Webhooks.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1, sha256
from typing import Literal

import httpx


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST as a provider makes it. Sending it twice is what providers do."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Twilio:
    channel: str
    auth_token: str
    public_url: str
    number: str = "+842838229999"

    def sms(self, sid: str, sender: str, text: str) -> Delivery:
        path = f"/intake/webhooks/{self.channel}"
        fields = {
            "ToCountry": "VN",
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "SmsSid": sid,
            "SmsStatus": "received",
            "Body": text,
            "To": self.number,
            "NumSegments": "1",
            "MessageSid": sid,
            "AccountSid": "AC00000000000000000000000000000000",
            "From": sender,
            "ApiVersion": "2010-04-01",
        }
        signed = self.public_url + path + "".join(k + fields[k] for k in sorted(fields))
        digest = hmac.new(self.auth_token.encode(), signed.encode(), sha1).digest()
        body = str(httpx.QueryParams(fields)).encode()
        return Delivery(
            path,
            body,
            {
                "content-type": "application/x-www-form-urlencoded; charset=utf-8",
                "x-twilio-signature": b64encode(digest).decode(),
            },
        )


@dataclass(frozen=True, slots=True)
class Postmark:
    channel: str
    credentials: str

    def email(self, message_id: str, sender: str, name: str, subject: str, text: str, at: datetime) -> Delivery:
        body = {
            "FromName": name,
            "MessageStream": "inbound",
            "From": sender,
            "FromFull": {"Email": sender, "Name": name, "MailboxHash": ""},
            "To": "care@kept.example",
            "ToFull": [{"Email": "care@kept.example", "Name": "", "MailboxHash": ""}],
            "CcFull": [],
            "BccFull": [],
            "OriginalRecipient": "care@kept.example",
            "Subject": subject,
            "MessageID": message_id,
            "ReplyTo": "",
            "MailboxHash": "",
            "Date": at.strftime("%a, %d %b %Y %H:%M:%S %z"),
            "TextBody": text,
            "HtmlBody": "",
            "StrippedTextReply": "",
            "Tag": "",
            "Headers": [{"Name": "Message-ID", "Value": f"<{message_id}@mail.example>"}],
            "Attachments": [],
        }
        basic = b64encode(self.credentials.encode()).decode()
        return Delivery(
            f"/intake/webhooks/{self.channel}",
            json.dumps(body, ensure_ascii=False).encode(),
            {"content-type": "application/json", "authorization": f"Basic {basic}"},
        )


@dataclass(frozen=True, slots=True)
class Telephone:
    channel: str
    secret: str

    def step(
        self,
        event: Literal["newCall", "answer", "hangup"],
        call_id: str,
        caller: str,
        at: datetime,
        now: datetime,
        **more: object,
    ) -> Delivery:
        call = {"event": event, "callId": call_id, "from": caller, "to": "+842838229998", "direction": "in"}
        body = json.dumps({**call, "at": at.isoformat(), **more}).encode()
        message_id, stamp = f"{call_id}-{event}", str(int(now.timestamp()))
        key = b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, sha256).digest()
        return Delivery(
            f"/intake/webhooks/{self.channel}",
            body,
            {
                "content-type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": stamp,
                "webhook-signature": "v1," + b64encode(digest).decode(),
            },
        )
