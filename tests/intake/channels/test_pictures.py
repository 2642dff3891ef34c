"""Which pictures a mail's text shows, whichever provider took the mail apart."""

from __future__ import annotations

import json

import pytest

from services.intake.channels.provider import Request
from tests.intake.channels.posting import as_json, contact, form

HTML = '<p>I will send it tomorrow.</p><p>--<br>Uta<br><img src="cid:logo1@x"></p>'
FILES = [
    ("attachment1", "logo.png", "image/png", b"x"),
    ("attachment2", "door.jpg", "image/jpeg", b"y"),
    ("attachment3", "bill.pdf", "application/pdf", b"z"),
]
LISTED = [{"Name": name, "ContentType": kind, "Content": "QQ==", "ContentLength": 1} for _, name, kind, _ in FILES]
HEADERS = json.dumps([["From", "uta@kunde.example"], ["Message-Id", "<1@x>"]])
TAKEN_APART = {
    "postmark": as_json(
        {
            "From": "uta@kunde.example",
            "FromFull": {"Email": "uta@kunde.example"},
            "MessageID": "1",
            "HtmlBody": HTML,
            "Attachments": [LISTED[0] | {"ContentID": "cid:logo1@x"}, LISTED[1], LISTED[2] | {"ContentID": "logo1@x"}],
        }
    ),
    "sendgrid": form(
        ("headers", "From: uta@kunde.example\nMessage-ID: <1@x>"),
        ("html", HTML),
        ("content-ids", json.dumps({"logo1@x": "attachment1", "other@x": "attachment2"})),
        files=FILES,
    ),
    "mailgun": form(
        ("timestamp", "1772442000"),
        ("token", "t" * 50),
        ("signature", "s"),
        ("message-headers", HEADERS),
        ("body-html", HTML),
        ("content-id-map", json.dumps({"<logo1@x>": "attachment1"})),
        files=FILES,
    ),
}


@pytest.mark.parametrize("provider", TAKEN_APART)
def test_a_logo_that_the_text_shows_is_part_of_it(provider: str) -> None:
    request: Request = TAKEN_APART[provider]
    assert [(one.name, one.in_text) for one in contact(provider, request).attachments] == [
        ("logo.png", True),
        ("door.jpg", False),
        ("bill.pdf", False),
    ]
