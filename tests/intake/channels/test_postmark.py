"""Postmark: what came in and what became of ours (I1, I2, I3)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from services.intake.channels.items import Contact, Fact
from services.intake.channels.providers import postmark
from tests.intake.channels.posting import NOW, as_json, contact, items, told


class TestPostmark:
    MAIL: Mapping[str, Any] = {
        "FromFull": {"Email": "lan@example.com", "Name": "Lan"},
        "To": "help@example.com",
        "MessageID": "pm-1",
        "Subject": "Đơn hàng",
        "Date": "Mon, 2 Mar 2026 15:30:00 +0700",
        "TextBody": "Chào\n\n> cũ",
        "Headers": [
            {"Name": "Message-ID", "Value": "<1@example.com>"},
            {"Name": "In-Reply-To", "Value": "<kept-" + "a2b3c4d5e6" * 4 + "@kept>"},
            {"Name": "References", "Value": "<0@example.com>"},
            "nonsense",
        ],
        "Attachments": [
            {"Name": "a.txt", "ContentType": "text/plain", "Content": b64encode(b"abc").decode(), "ContentLength": 3},
            {"Name": "b.bin", "Data": "!!"},
            None,
        ],
    }

    def test_a_mail_with_what_it_answers(self) -> None:
        found = contact("postmark", as_json(self.MAIL))
        mark = "kept-" + "a2b3c4d5e6" * 4
        assert (found.external_id, found.message_id) == ("pm-1", "<1@example.com>")
        assert found.references == (f"<{mark}@kept>", "<0@example.com>")
        assert found.marks == (mark,)
        assert (found.text, found.reply) == ("Chào\n\n> cũ", "Chào")

    def test_a_form_that_answers_go_past(self) -> None:
        """Postmark takes Reply-To out of the header."""
        form = {**self.MAIL, "FromFull": {"Email": "noreply@forms.example"}, "ReplyTo": "Dung <dung@kunde.example>"}
        found = contact("postmark", as_json(form))
        assert found.address is not None
        assert (found.address.value, found.name, found.automatic) == ("dung@kunde.example", "Dung", False)

    def test_attachments_are_found_again_in_the_request(self) -> None:
        request = as_json(self.MAIL)
        one, two = contact("postmark", request).attachments
        assert (one.part, two.part) == (0, 1)
        assert postmark.part_of(request, 0) == ("text/plain", b"abc")
        assert postmark.part_of(request, 1) == ("application/octet-stream", b"")
        assert postmark.part_of(request, 3) is None

    def test_html_alone_is_read_as_text(self) -> None:
        body = {**self.MAIL, "TextBody": "", "HtmlBody": "<p>Chào<br>bạn</p>"}
        assert contact("postmark", as_json(body)).text == "Chào\nbạn"

    def test_the_raw_mail_tells_of_bounces(self) -> None:
        raw = (
            "From: MAILER-DAEMON@mx.example\nAuto-Submitted: auto-replied\nReferences: <r@x>\n"
            "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; gone@example.com\nAction: failed\nStatus: 5.1.1\n"
            "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ours@kept>\n--b--\n"
        )
        first, *others = items("postmark", as_json({**self.MAIL, "Headers": [], "RawEmail": raw}))
        assert isinstance(first, Contact)
        assert first.automatic
        assert first.references == ("<ours@kept>", "<r@x>")
        assert told(others) == [("bounced", None, "gone@example.com"), ("failed", "<ours@kept>", "gone@example.com")]

    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            ({"RecordType": "Delivery"}, [("delivered", "m", "a@b.c")]),
            ({"RecordType": "Open"}, [("read", "m", "a@b.c")]),
            ({"RecordType": "Click"}, [("read", "m", "a@b.c")]),
            ({"RecordType": "Bounce", "Type": "HardBounce"}, [("bounced", None, "a@b.c"), ("failed", "m", "a@b.c")]),
            ({"RecordType": "Bounce", "Type": "SoftBounce"}, [("failed", "m", "a@b.c")]),
            ({"RecordType": "Bounce", "Type": "Transient"}, []),
            ({"RecordType": "Bounce", "Type": "AutoResponder"}, []),
            ({"RecordType": "Bounce", "Type": "Unsubscribe"}, [("opted_out", None, "a@b.c")]),
            ({"RecordType": "SpamComplaint"}, [("complained", None, "a@b.c")]),
            ({"RecordType": "SubscriptionChange", "SuppressSending": False}, [("opted_in", None, "a@b.c")]),
            (
                {"RecordType": "SubscriptionChange", "SuppressSending": True, "SuppressionReason": "ManualSuppression"},
                [("opted_out", None, "a@b.c")],
            ),
            (
                {"RecordType": "SubscriptionChange", "SuppressSending": True, "SuppressionReason": "HardBounce"},
                [("bounced", None, "a@b.c")],
            ),
        ],
    )
    def test_what_became_of_ours(self, record: dict[str, Any], expected: list[tuple[str, str | None, str]]) -> None:
        body = {"MessageID": "m", "Recipient": "a@b.c", "BouncedAt": "2016-04-27T16:28:50.3963933-04:00", **record}
        assert told(items("postmark", as_json(body))) == expected

    def test_the_times_are_postmarks(self) -> None:
        body = {"RecordType": "Delivery", "MessageID": "m", "Recipient": "a@b.c", "DeliveredAt": "2026-03-02T09:00:00Z"}
        (fact,) = items("postmark", as_json(body))
        assert isinstance(fact, Fact)
        assert fact.at == NOW
