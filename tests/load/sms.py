"""Incoming SMS as Twilio posts them, signed as Twilio signs, as bytes for the wire. Every MessageSid is new."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

TOKEN = "12345678901234567890123456789012"
CHANNEL = "twilio"
PATH = f"/intake/webhooks/{CHANNEL}"

_FIXED = {
    "ToCountry": "US",
    "ToState": "NY",
    "NumMedia": "0",
    "ToCity": "NEW YORK",
    "FromZip": "",
    "FromState": "",
    "SmsStatus": "received",
    "FromCity": "",
    "Body": "Xin chào, đơn hàng của tôi vẫn chưa đến. Khi nào thì tôi nhận được ạ?",
    "FromCountry": "VN",
    "To": "+12025550100",
    "ToZip": "10001",
    "NumSegments": "1",
    "AccountSid": "AC" + "0" * 32,
    "ApiVersion": "2010-04-01",
}
_SIDS = ("SmsMessageSid", "SmsSid", "MessageSid")


@dataclass(frozen=True)
class Texts:
    """`origin` is what the receiver signs with, its public address; `customers` how many numbers
    write in turn, beginning with number `first`."""

    origin: str
    path: str = PATH
    customers: int = 10_000
    first: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(8))

    def form(self) -> Iterator[tuple[bytes, str]]:
        """(body, signature), for ever."""
        marks = {**dict.fromkeys(_SIDS, "{0}"), "From": "{1}"}
        fields = {**_FIXED, **marks}
        body = (
            urlencode(fields, safe="{}").replace("%", "%%").replace("{0}", "%(sid)s").replace("{1}", "%%2B%(number)s")
        )
        signed = (
            "".join(k + v for k, v in sorted(fields.items())).replace("{0}", "%(sid)s").replace("{1}", "+%(number)s")
        )
        prefix, key = (self.origin + self.path).encode(), TOKEN.encode()
        index, first = 0, 84_900_000_000 + self.first
        while True:
            values = {"sid": f"SM{self.run}{index:016x}", "number": first + index % self.customers}
            digest = hmac.digest(key, prefix + (signed % values).encode(), "sha1")
            yield (body % values).encode(), b64encode(digest).decode()
            index += 1
