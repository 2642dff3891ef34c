"""Every sample of real mail and of what became of mail is read as its index says; and anything else is read or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import Confirm, Contact, Fact, Item, Reach
from services.intake.channels.provider import Refused, Request, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import InteractionFact, Reachability
from tests.intake.channels.posting import NOW, URL, as_json, form, items

DATA = Path(__file__).parents[4] / "shared" / "data" / "webhooks" / "payloads"
NAMES = {"mailgun": "mailgun", "sendgrid": "sendgrid", "postmark": "postmark", "ses_sns": "ses", "email_mime": "imap"}


MISTAKEN = {"sendgrid/inbound_inbound_mime.multipart.txt": "<CAEPk3RKEx@mail.example.org>"}
"""Where the index names another Message-ID than the sample holds."""


def _samples() -> list[Any]:
    index = DATA / "manifest.json"
    if not index.exists():
        return []
    found = json.loads(index.read_text())
    listed = found if isinstance(found, list) else next(v for v in found.values() if isinstance(v, list))
    return [pytest.param(one, id=one["file"]) for one in listed if one["provider"] in NAMES]


@pytest.mark.parametrize("sample", _samples())
def test_every_sample_is_read_as_its_index_says(sample: dict[str, Any]) -> None:
    request = Request(URL, {"content-type": sample["content_type"]}, (DATA / sample["file"]).read_bytes())
    found = items(NAMES[sample["provider"]], request)
    expect = sample.get("expect") or {}
    contacts = [item for item in found if isinstance(item, Contact)]
    assert len(contacts) == (1 if sample["kind"].startswith("inbound") else 0)
    for one in contacts:
        if message_id := MISTAKEN.get(sample["file"], expect.get("message_id")):
            assert one.message_id == message_id
        if sender := expect.get("sender"):
            assert one.address is not None
            assert one.address.value == sender
        if event_id := expect.get("event_id"):
            assert one.external_id == event_id
        if sample["provider"] == "mailgun":
            token = providers()["mailgun"].token(request)
            assert token is not None
            assert token in request.body.decode()
    if sample["kind"] == "delivery-event" and not contacts:
        quiet = ("deferred", "failed_temporary")
        assert bool(found) is not any(word in sample["file"] for word in quiet)
        for item in found:
            assert isinstance(item, Fact | Reach)
            assert item.address is not None
            assert item.address.value in request.body.decode()
            id_ = expect.get("event_id") or item.external_id
            assert item.external_id.startswith(id_)
    if sample["kind"] == "handshake":
        assert [type(item) for item in found] == [Confirm]


def test_a_sampled_bounce_says_that_the_address_is_none() -> None:
    if not DATA.exists():
        pytest.skip("the samples are not here")
    request = Request(URL, {}, (DATA / "ses_sns" / "multiple_bounce_event.json").read_bytes())
    reached = [item for item in items("ses", request) if isinstance(item, Reach)]
    assert [(r.address.value, r.reason) for r in reached] == [
        ("jane@example.com", Reachability.BOUNCED),
        ("richard@example.com", Reachability.BOUNCED),
    ]
    assert {item.fact for item in items("ses", request) if isinstance(item, Fact)} == {InteractionFact.FAILED}


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "RecordType", "MessageID", "Recipient", "Email", "FromFull", "From", "Headers", "Attachments", "RawEmail",
    "Type", "BouncedAt", "SuppressSending", "Name", "Value", "Content", "event", "email", "sg_event_id",
    "sg_message_id", "smtp-id", "timestamp", "signature", "token", "event-data", "recipient", "message",
    "headers", "message-id", "severity", "reason", "delivery-status", "client-info", "MessageId", "Message",
    "notificationType", "eventType", "mail", "content", "receipt", "action", "bounce", "bouncedRecipients",
    "emailAddress", "complaint", "complainedRecipients", "delivery", "recipients", "destination",
    "commonHeaders", "from", "SubscribeURL",
)  # fmt: skip
VALUES = (
    "Inbound", "Bounce", "Delivery", "Open", "SubscriptionChange", "HardBounce", "delivered", "bounce", "open",
    "failed", "permanent", "Received", "Notification", "SubscriptionConfirmation", "Complaint", "Permanent",
    "a@b.c", "2026-03-02T09:00:00Z", "1772442000", "99999999999999999999",
)  # fmt: skip
plausible = st.recursive(
    any_json | st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=25,
)


@given(body=plausible, wrapped=st.booleans())
@pytest.mark.parametrize("name", ["postmark", "sendgrid", "mailgun", "ses"])
def test_any_json_of_a_providers_words_is_read_or_unreadable(name: str, body: Any, wrapped: bool) -> None:
    if name == "ses" and wrapped:
        body = {"Type": "Notification", "MessageId": "1", "Message": json.dumps(body)}
    elif name == "mailgun" and wrapped:
        body = {"signature": {"token": "t"}, "event-data": body}
    elif name == "sendgrid" and wrapped:
        body = [body]
    request = as_json(body)
    with pytest.raises(Refused):
        providers()[name].verify(request, ["user:password"], NOW)
    try:
        found = items(name, request)
    except Unreadable:
        return
    assert all(isinstance(item, Item) for item in found)


@given(
    fields=st.lists(
        st.tuples(
            st.sampled_from(
                ["email", "headers", "text", "charsets", "envelope", "token", "body-mime", "message-headers"]
            )
            | st.sampled_from(
                ["attachments", "body-plain", "body-html", "sender", "timestamp", "Message-Id", "subject"]
            ),
            st.binary(max_size=40) | plausible.map(lambda value: json.dumps(value).encode()),
        ),
        max_size=8,
    ),
    cut=st.integers(0, 400),
)
@pytest.mark.parametrize("name", ["sendgrid", "mailgun"])
def test_any_form_is_read_or_unreadable(name: str, fields: list[tuple[str, bytes]], cut: int) -> None:
    whole = form(*fields, files=[("attachment-1", "é", "a/b", b"x")])
    for request in (whole, Request(URL, whole.headers, whole.body[:cut])):
        with pytest.raises(Refused):
            providers()[name].verify(request, ["user:password"], NOW)
        try:
            found = items(name, request)
        except Unreadable:
            continue
        assert all(isinstance(item, Item) for item in found)
