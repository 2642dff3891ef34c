"""The providers alone, without a database: what they let in, what they read, and what they never do."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.forms import form_fields
from services.intake.channels.items import Attachment, Contact, Fact, Item
from services.intake.channels.provider import NoDownload, Provider, Refused, Request, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import ChannelKind, InteractionFact, InteractionKind
from tests.intake import senders
from tests.intake.senders import Webhook
from tests.intake.signing import SECRETS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DATA = Path(__file__).parents[4] / "shared" / "data" / "webhooks"

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
known_keys = st.sampled_from(
    ("event", "callId", "at", "from", "to", "rings", "cause", "answeredBy", "direction", "MessageID", "FromFull")
) | st.sampled_from(("Headers", "Attachments", "Date", "TextBody", "Subject", "RecordType", "From", "MessageSid"))
known_values = any_json | st.sampled_from(
    ["newCall", "hangup", "2026-03-02T09:00:00Z", "0001-01-01T00:00:00+14:00", "9"]
)
plausible = st.dictionaries(known_keys, known_values).map(lambda found: json.dumps(found).encode())
header_names = st.sampled_from(
    ["content-type", "authorization", "x-twilio-signature", "webhook-id", "webhook-timestamp", "webhook-signature"]
)
headers = st.dictionaries(header_names, st.text(st.characters(max_codepoint=255), max_size=60))


def as_request(webhook: Webhook) -> Request:
    names = {name.lower(): value for name, value in webhook.headers.items()}
    return Request("https://kept.example.com" + webhook.path, names, webhook.body)


def read(name: str, webhook: Webhook) -> Any:
    (item,) = providers()[name].parse(as_request(webhook))
    return item


@pytest.fixture(params=sorted(providers()))
def provider(request: pytest.FixtureRequest) -> Provider:
    return providers()[request.param]


@given(body=st.binary(max_size=300) | plausible, given_headers=headers, path=st.text(max_size=40))
@pytest.mark.parametrize("name", sorted(providers()))
def test_whatever_comes_is_refused_or_unreadable_and_nothing_else(
    name: str, body: bytes, given_headers: dict[str, str], path: str
) -> None:
    request = Request(f"https://kept.example.com/{path}", given_headers, body)
    with pytest.raises(Refused):
        providers()[name].verify(request, [SECRETS[name]], NOW)
    try:
        items = providers()[name].parse(request)
    except Unreadable:
        return
    assert all(isinstance(item, Item) for item in items)


texts = st.none() | st.text(max_size=60) | st.sampled_from(["https://api.twilio.com/x", "../..", "https://[::1/"])
methods = st.sampled_from(["GET", "HEAD", "OPTIONS", "POST"])


@given(
    body=st.binary(max_size=200) | plausible,
    given_headers=headers,
    path=st.text(max_size=60) | st.just("?hub.mode=subscribe&hub.verify_token=%ff&hub.challenge=" + "x" * 300),
    method=methods,
    part=st.integers(-2, 10**9),
    url=texts,
    ref=texts,
    token=texts,
)
@pytest.mark.parametrize("name", sorted(providers()))
def test_nor_do_handshakes_certificates_files_and_downloads(
    name: str,
    body: bytes,
    given_headers: dict[str, str],
    path: str,
    method: str,
    part: int,
    url: str | None,
    ref: str | None,
    token: str | None,
) -> None:
    known = providers()[name]
    request = Request(f"https://kept.example.com/{path}", given_headers, body, method)
    for ask in (
        lambda: known.greet(request, [SECRETS[name]], "verify"),
        lambda: known.certificate_url(request, [SECRETS[name]]),
        lambda: known.extract(request, part),
    ):
        with suppress(Refused, Unreadable):
            ask()
    with suppress(NoDownload):
        download = known.locate(Attachment(None, None, url=url, ref=ref), token)
        assert download.url


@pytest.mark.parametrize("name", sorted(providers()))
def test_what_a_secret_must_be_is_said_and_its_own_kind_is_taken(name: str) -> None:
    assert providers()[name].secret_fault(SECRETS[name]) is None


@pytest.mark.parametrize("name", sorted(providers()))
def test_an_access_token_goes_to_no_address_that_a_stranger_names(name: str) -> None:
    for url in ("https://evil.example/x", "https://api.twilio.com.evil.example/x", "http://files.slack.com/x"):
        with suppress(NoDownload):
            download = providers()[name].locate(Attachment(None, None, url=url), "AC1:s3cret")
            assert not download.headers, url


def test_a_provider_is_found_by_its_name(provider: Provider) -> None:
    assert providers()[provider.name] is provider
    assert {"twilio", "postmark", "telephone"} <= set(providers())


class TestTwilio:
    def test_reads_a_message(self) -> None:
        contact = read("twilio", senders.sms("Where is my order?\n", sid="SM7"))
        assert (contact.external_id, contact.text) == ("SM7", "Where is my order?\n")
        assert contact.address.value == "+84901234567"
        assert contact.channel_kind is ChannelKind.SMS
        assert contact.occurred_at is None, "Twilio does not say when"

    def test_a_whatsapp_sender_is_a_phone_without_the_prefix(self) -> None:
        contact = read("twilio", senders.sms("hi", sender="whatsapp:+84901234567", ProfileName="Lan"))
        assert (contact.address.value, contact.name) == ("+84901234567", "Lan")
        assert contact.channel_kind is ChannelKind.CHAT

    def test_media_is_named_and_not_fetched(self) -> None:
        media = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/m/1", "MediaContentType0": "image/jpeg"}
        (attachment,) = read("twilio", senders.sms("", **media)).attachments
        assert (attachment.url, attachment.content_type) == ("https://api.twilio.com/m/1", "image/jpeg")

    def test_a_status_callback_is_no_contact(self) -> None:
        fact = read("twilio", senders.sms("", MessageStatus="delivered", SmsStatus="delivered"))
        assert isinstance(fact, Fact)
        assert (fact.about, fact.fact) == ("SM1", InteractionFact.DELIVERED)

    def test_a_hidden_number_is_nobody(self) -> None:
        assert read("twilio", senders.sms("hi", sender="+266696687")).address is None

    @pytest.mark.parametrize("origin", ["https://kept.example.com:443", "https://kept.example.com"])
    def test_the_port_may_be_in_what_was_signed_or_not(self, origin: str) -> None:
        providers()["twilio"].verify(as_request(senders.sms("hi", origin=origin)), [senders.TWILIO_TOKEN], NOW)

    def test_every_secret_of_a_rotation_is_good(self) -> None:
        request = as_request(senders.sms("hi"))
        providers()["twilio"].verify(request, ["new", senders.TWILIO_TOKEN], NOW)
        with pytest.raises(Refused):
            providers()["twilio"].verify(request, ["new"], NOW)

    def test_another_body_under_the_same_signature_is_refused(self) -> None:
        good = senders.sms("hi")
        request = as_request(Webhook(good.path, urlencode({"Body": "other"}).encode(), good.headers))
        with pytest.raises(Refused):
            providers()["twilio"].verify(request, [senders.TWILIO_TOKEN], NOW)


class TestPostmark:
    def test_reads_a_mail_in_the_providers_time(self) -> None:
        contact = read("postmark", senders.mail("Xin chào\n\n> trích dẫn"))
        assert contact.text == "Xin chào\n\n> trích dẫn", "verbatim, not what the provider stripped"
        assert contact.occurred_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
        assert (contact.name, contact.subject) == ("Nguyễn Thị Lan", "Đơn hàng")
        assert not contact.automatic

    @pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026", "Fri, 31 Dec 9999 23:59:00 -2300"])
    def test_a_date_that_is_none_is_left_out(self, date: str) -> None:
        assert read("postmark", senders.mail("x", date=date)).occurred_at is None

    @pytest.mark.parametrize("year", [1970, 2099])
    def test_a_strange_date_is_still_the_providers(self, year: int) -> None:
        date = read("postmark", senders.mail("x", date=f"Fri, 2 Jan {year} 00:00:00 +0000")).occurred_at
        assert date.year == year

    @pytest.mark.parametrize(
        "mark",
        [{"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return-Path": "<>"}, {"X-Autoreply": "yes"}],
    )
    def test_a_machines_mail_is_marked(self, mark: dict[str, str]) -> None:
        assert read("postmark", senders.mail("out of office", headers=mark)).automatic

    def test_what_happened_to_mail_of_ours_is_no_contact(self) -> None:
        webhook = senders.mail("", RecordType="Click", Recipient="lan@example.com")
        (item,) = providers()["postmark"].parse(as_request(webhook))
        assert isinstance(item, Fact)

    def test_wrong_password(self) -> None:
        with pytest.raises(Refused):
            providers()["postmark"].verify(
                as_request(senders.mail("x", secret="kept:other")), [senders.MAIL_SECRET], NOW
            )


class TestTelephone:
    def test_reads_a_step(self) -> None:
        step = read("telephone", senders.phone("hangup", NOW, now=NOW, rings=4, cause="noAnswer"))
        assert (step.event, step.at, step.rings, step.answered) == ("hangup", NOW, 4, False)

    @pytest.mark.parametrize("late", [-301, 301])
    def test_the_window_is_five_minutes_either_way(self, late: int) -> None:
        request = as_request(senders.phone("newCall", NOW, now=NOW))
        verify = providers()["telephone"].verify
        verify(request, [senders.PHONE_SECRET], NOW + timedelta(seconds=late - (1 if late > 0 else -1)))
        with pytest.raises(Refused):
            verify(request, [senders.PHONE_SECRET], NOW + timedelta(seconds=late))

    @pytest.mark.parametrize("body", [b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"event":"newCall","callId":"1"}'])
    def test_what_cannot_be_read_says_so(self, body: bytes) -> None:
        with pytest.raises(Unreadable):
            providers()["telephone"].parse(as_request(senders.standard(body, now=NOW)))


@given(st.lists(st.tuples(st.text(), st.text()), max_size=9) | st.binary().map(lambda b: [("a", b.decode("latin-1"))]))
def test_forms_are_read_as_the_standard_library_reads_them(fields: list[tuple[str, str]]) -> None:
    body = urlencode(fields)
    assert form_fields(body.encode()) == parse_qsl(body, keep_blank_values=True)


@given(st.text(alphabet="%C3A9eF0x=&+ é\n", max_size=60))
def test_so_are_forms_that_are_half_escaped(body: str) -> None:
    assert form_fields(body.encode()) == parse_qsl(body, keep_blank_values=True)


@pytest.mark.parametrize(
    ("file", "name", "kind"),
    [
        ("twilio/sms_incoming.form.txt", "twilio", InteractionKind.MESSAGE),
        ("twilio/mms_incoming_media.form.txt", "twilio", InteractionKind.MESSAGE),
        ("twilio/whatsapp_incoming.form.txt", "twilio", InteractionKind.MESSAGE),
        ("twilio/sms_status_delivered.form.txt", "twilio", None),
        ("postmark/inbound_basics.json", "postmark", InteractionKind.MESSAGE),
        ("postmark/inbound_provider_test_payload.json", "postmark", InteractionKind.MESSAGE),
        ("postmark/event_bounce_event.json", "postmark", None),
    ],
)
def test_samples_of_the_providers(file: str, name: str, kind: InteractionKind | None) -> None:
    path = DATA / "payloads" / file
    if not path.exists():
        pytest.skip("the samples are not here")
    items = providers()[name].parse(Request("https://kept.example.com/", {}, path.read_bytes().strip()))
    assert [item.kind for item in items if isinstance(item, Contact)] == ([kind] if kind else [])
