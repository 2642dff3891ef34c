"""Mailgun: routes in both their forms, and webhooks (I1, I2, X2, X5)."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest

from services.intake.channels.items import Attachment, Fact, Reach
from services.intake.channels.provider import NoDownload, Refused, Request
from services.intake.channels.providers import mailgun
from services.intake.channels.registry import providers
from tests.intake.channels.posting import NOW, RAW, URL, as_json, contact, form, items, told

MAILGUN_KEY = "key-0123456789abcdef"


def mailgun_signature(token: str = "7" * 50, key: str = MAILGUN_KEY) -> dict[str, str]:
    signature = hmac.new(key.encode(), f"1772442000{token}".encode(), sha256).hexdigest()
    return {"timestamp": "1772442000", "token": token, "signature": signature}


class TestMailgun:
    FIELDS: Mapping[str, str] = {
        "recipient": "help@example.com",
        "sender": "bounces+lan@example.com",
        "from": "Lan <lan@example.com>",
        "subject": "Đơn hàng",
        "body-plain": "Chào\r\n\r\n> cũ",
        "stripped-text": "not this",
        "message-headers": json.dumps([["Message-Id", "<1@example.com>"], ["From", "Lan <lan@example.com>"], 5, ["x"]]),
    }

    def request(self, **more: str) -> Request:
        fields = {**mailgun_signature(), **self.FIELDS, **more}
        return Request(URL, {"content-type": "application/x-www-form-urlencoded"}, urlencode(fields).encode())

    def test_a_mail_taken_apart(self) -> None:
        found = contact("mailgun", self.request())
        assert (found.external_id, mailgun.token_of(self.request())) == ("<1@example.com>", "7" * 50)
        assert (found.name, found.text, found.reply) == ("Lan", "Chào\n\n> cũ", "Chào")
        assert found.occurred_at == NOW, "it has no date of its own"

    def test_without_a_message_id_the_token_tells_a_copy(self) -> None:
        assert contact("mailgun", self.request(**{"message-headers": "[]"})).external_id == "7" * 50
        named = self.request(**{"message-headers": "nonsense", "Message-Id": "<2@example.com>"})
        assert contact("mailgun", named).external_id == "<2@example.com>"

    def test_a_raw_mail(self) -> None:
        request = form(*mailgun_signature().items(), ("body-mime", RAW))
        found = contact("mailgun", request)
        assert (found.external_id, mailgun.token_of(request)) == ("<1@example.com>", "7" * 50)
        assert found.text == "Chào\n\n> cũ"
        assert mailgun.part_of(request, 2) == ("text/csv", b"1;2")

    def test_files_in_the_form_and_files_that_were_stored(self) -> None:
        stored = {"url": "https://sw.api.mailgun.net/v3/a/1", "content-type": "image/png", "name": "b.png", "size": 5}
        fields = {**mailgun_signature(), **self.FIELDS, "attachments": json.dumps([stored, 5])}
        request = form(*fields.items(), files=[("attachment-1", "a.txt", "text/plain", b"abc")])
        one, two = contact("mailgun", request).attachments
        assert mailgun.part_of(request, one.part or 0) == ("text/plain", b"abc")
        assert (two.url, two.name, two.size) == (stored["url"], "b.png", 5)
        download = mailgun.locate(two, "key")
        assert download.headers == {"Authorization": "Basic " + b64encode(b"api:key").decode()}

    @pytest.mark.parametrize(
        "url",
        ["https://evil.example/", "https://mailgun.net.evil.example/", "http://api.mailgun.net/", "https://[", None],
    )
    def test_the_key_goes_to_mailgun_alone(self, url: str | None) -> None:
        with pytest.raises(NoDownload):
            mailgun.locate(Attachment(None, None, url=url), "key")
        with pytest.raises(NoDownload):
            mailgun.locate(Attachment(None, None, url="https://sw.api.mailgun.net/1"), None)

    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            ({"event": "delivered"}, [("delivered", "<m@kept>", "a@b.c")]),
            ({"event": "opened"}, [("read", "<m@kept>", "a@b.c")]),
            ({"event": "opened", "client-info": {"bot": "apple"}}, []),
            ({"event": "failed", "severity": "temporary"}, []),
            (
                {"event": "failed", "severity": "permanent", "reason": "bounce"},
                [("failed", "<m@kept>", "a@b.c"), ("bounced", None, "a@b.c")],
            ),
            (
                {"event": "failed", "severity": "permanent", "reason": "suppress-unsubscribe"},
                [("failed", "<m@kept>", "a@b.c"), ("opted_out", None, "a@b.c")],
            ),
            ({"event": "failed", "severity": "permanent", "reason": "old"}, [("failed", "<m@kept>", "a@b.c")]),
            ({"event": "complained"}, [("complained", None, "a@b.c")]),
            ({"event": "unsubscribed"}, [("opted_out", None, "a@b.c")]),
            ({"event": "accepted"}, []),
        ],
    )
    def test_what_became_of_ours(self, event: dict[str, Any], expected: list[tuple[str, str | None, str]]) -> None:
        data = {
            "timestamp": 1772442000.0,
            "recipient": "a@b.c",
            "message": {"headers": {"message-id": "m@kept"}},
            **event,
        }
        found = items("mailgun", as_json({"signature": mailgun_signature(), "event-data": data}))
        assert told(found) == expected
        assert all(item.external_id == "7" * 50 and item.at == NOW for item in found if isinstance(item, Fact | Reach))

    def test_signed_wherever_the_signature_stands(self) -> None:
        verify = providers()["mailgun"].verify
        event = as_json({"signature": mailgun_signature()})
        raw = form(("body-mime", RAW), *mailgun_signature().items())
        for request in (self.request(), event, raw):
            verify(request, ["old", MAILGUN_KEY], NOW)
            with pytest.raises(Refused):
                verify(request, ["old"], NOW)

    def test_what_cannot_be_read_is_refused_before_it_is_kept(self) -> None:
        multipart = {"content-type": "multipart/form-data; boundary=b"}
        for request in (Request(URL, multipart, b"--c\r\n"), Request(URL, {}, b"["), Request(URL, multipart, b"")):
            with pytest.raises(Refused):
                providers()["mailgun"].verify(request, [MAILGUN_KEY], NOW)

    def test_406_is_how_mailgun_is_told_to_stop(self) -> None:
        rules = providers()["mailgun"].rules
        assert (rules.stop, rules.too_large, rules.refused) == (406, 406, 401)
