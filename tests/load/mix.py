"""Webhooks of five providers in turn, in the shapes they really have, signed as each signs, as bytes for the wire.

A text message by Twilio, a WhatsApp message, a mail of three kilobytes by Postmark, a Telegram and a Messenger
message. Every id is new; `customers` people write in turn, each known by what that channel shows of them.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from tests.load.sms import TOKEN, Texts

SECRETS: Mapping[str, str] = {
    "twilio": TOKEN,
    "whatsapp": "a-meta-app-secret-of-ours",
    "postmark": "kept:postmark-password",
    "telegram": "a_telegram_token_of_ours",
    "messenger": "a-meta-app-secret-of-ours",
}
PREFIX = "/intake/webhooks/"
WORDS = "Xin chào, đơn hàng của tôi vẫn chưa đến. Khi nào thì tôi nhận được ạ?"
_QUOTED = (
    "\n\nVào Th 2, 2 thg 3, 2026 vào lúc 10:00 Chăm sóc <care@kept.example> đã viết:\n\n" + "> Chúng tôi ...\n" * 30
)
_HEADERS = [
    {"Name": "Received", "Value": "by mail.example.com with SMTP id 12; Mon, 2 Mar 2026 15:30:00 +0700"},
    {
        "Name": "DKIM-Signature",
        "Value": "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=20230601; b=" + "A" * 300,
    },
    {"Name": "X-Spam-Status", "Value": "No"},
    {"Name": "X-Spam-Score", "Value": "-0.1"},
    {"Name": "MIME-Version", "Value": "1.0"},
    {"Name": "Message-ID", "Value": "<%(id)s@mail.example.com>"},
]
_NUMBER, _ID = "%(number)s", "%(id)s"
_BODIES: Mapping[str, object] = {
    "whatsapp": {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "1234567890987654321",
                "changes": [
                    {
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {"display_phone_number": "84281234567", "phone_number_id": "1122334455667"},
                            "contacts": [
                                {"profile": {"name": "Lan"}, "wa_id": _NUMBER, "user_id": f"VN.{_NUMBER}"},
                            ],
                            "messages": [
                                {
                                    "from": _NUMBER,
                                    "id": f"wamid.{_ID}",
                                    "timestamp": "1772442000",
                                    "text": {"body": WORDS},
                                    "type": "text",
                                }
                            ],
                        },
                        "field": "messages",
                    }
                ],
            }
        ],
    },
    "postmark": {
        "FromName": "Nguyễn Thị Lan",
        "MessageStream": "inbound",
        "From": f"lan{_NUMBER}@example.com",
        "FromFull": {"Email": f"lan{_NUMBER}@example.com", "Name": "Nguyễn Thị Lan", "MailboxHash": ""},
        "To": "care@kept.example",
        "ToFull": [{"Email": "care@kept.example", "Name": "", "MailboxHash": ""}],
        "OriginalRecipient": "care@kept.example",
        "Subject": "Re: Đơn hàng 1042",
        "MessageID": _ID,
        "Date": "Mon, 2 Mar 2026 15:30:00 +0700",
        "TextBody": WORDS + _QUOTED,
        "HtmlBody": f"<div>{WORDS}</div>",
        "Headers": _HEADERS,
        "Attachments": [],
    },
    "telegram": {
        "update_id": "%(count)d",
        "message": {
            "message_id": "%(count)d",
            "from": {"id": "%(person)d", "is_bot": False, "first_name": "Lan", "language_code": "vi"},
            "chat": {"id": "%(person)d", "first_name": "Lan", "type": "private"},
            "date": 1772442000,
            "text": WORDS,
        },
    },
    "messenger": {
        "object": "page",
        "entry": [
            {
                "id": "117172741761305",
                "time": 1772442000000,
                "messaging": [
                    {
                        "sender": {"id": _NUMBER},
                        "recipient": {"id": "117172741761305"},
                        "timestamp": 1772442000000,
                        "message": {"mid": f"m_{_ID}", "text": WORDS},
                    }
                ],
            }
        ],
    },
}


def _hub(body: bytes) -> Mapping[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.digest(SECRETS["whatsapp"].encode(), body, "sha256").hex()}


_PROOFS: Mapping[str, Callable[[bytes], Mapping[str, str]]] = {
    "whatsapp": _hub,
    "messenger": _hub,
    "postmark": lambda _: {"Authorization": "Basic " + b64encode(SECRETS["postmark"].encode()).decode()},
    "telegram": lambda _: {"X-Telegram-Bot-Api-Secret-Token": SECRETS["telegram"]},
}


@dataclass(frozen=True, slots=True)
class Sent:
    channel: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Mix:
    """`origin` is the receiver's public address, with which Twilio signs; `providers` take turns."""

    origin: str
    customers: int = 10_000
    first: int = 0
    providers: Sequence[str] = tuple(SECRETS)
    run: str = field(default_factory=lambda: secrets.token_hex(8))

    def contacts(self) -> Iterator[Sent]:
        """One request after another, for ever. A channel has its provider's name."""
        makers = [self._texts() if name == "twilio" else self._json(name) for name in self.providers]
        for maker in cycle(makers):
            yield next(maker)

    def requests(self, host: str, prefix: str = PREFIX) -> Iterator[bytes]:
        """Whole HTTP/1.1 requests, for ever."""
        for one in self.contacts():
            head = "".join(f"{name}: {value}\r\n" for name, value in one.headers.items())
            yield (
                f"POST {prefix}{one.channel} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n{head}"
                f"Content-Length: {len(one.body)}\r\n\r\n"
            ).encode() + one.body

    def _texts(self) -> Iterator[Sent]:
        texts = Texts(self.origin, f"{PREFIX}twilio", self.customers, self.first, self.run)
        for body, signature in texts.form():
            form = "application/x-www-form-urlencoded; charset=UTF-8"
            yield Sent("twilio", body, {"Content-Type": form, "X-Twilio-Signature": signature})

    def _json(self, name: str) -> Iterator[Sent]:
        """Numbers stand without their quotes, as the provider writes them."""
        pattern = json.dumps(_BODIES[name]).replace('"%(count)d"', "%(count)d").replace('"%(person)d"', "%(person)d")
        count = 0
        while True:
            person = self.first + count % self.customers
            values = {
                "id": f"{self.run}{name}{count:012x}",
                "number": 84_900_000_000 + person,
                "count": count + 1,
                "person": person + 1,
            }
            body = (pattern % values).encode()
            yield Sent(name, body, {"Content-Type": "application/json", **_PROOFS[name](body)})
            count += 1
