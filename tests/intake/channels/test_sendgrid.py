"""SendGrid: inbound parse in both its forms, and the event webhook (I1, I2, X2, X5)."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.intake.channels.items import Fact, Reach, Unread
from services.intake.channels.provider import Refused, Request
from services.intake.channels.providers import sendgrid
from services.intake.channels.registry import providers
from tests.intake.channels.posting import NOW, RAW, URL, as_json, contact, form, items, told


@cache
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_key() -> str:
    der = signing_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(der).decode()


def signed(request: Request) -> Request:
    signature = b64encode(signing_key().sign(b"1772442000" + request.body, ec.ECDSA(SHA256()))).decode()
    headers = {**request.headers, sendgrid.SIGNATURE: signature, sendgrid.TIMESTAMP: "1772442000"}
    return Request(request.url, headers, request.body)


def with_password(request: Request, pair: str = "kept:secret") -> Request:
    headers = {**request.headers, "authorization": "Basic " + b64encode(pair.encode()).decode()}
    return Request(request.url, headers, request.body)


class TestSendGrid:
    HEADERS = "From: =?utf-8?Q?L=C3=AA?= <le@example.com>\nMessage-ID: <1@example.com>\nIn-Reply-To: <ours@kept>\n"
    FIELDS = (
        ("headers", HEADERS),
        ("subject", "Đơn hàng".encode("utf-16")),
        ("text", "Chào bạn\r\n\r\n> cũ".encode("cp1258", "replace")),
        ("charsets", json.dumps({"subject": "UTF-16", "text": "windows-1258"})),
        ("envelope", json.dumps({"from": "le@example.com", "to": ["help@example.com"]})),
    )

    def test_a_mail_taken_apart_with_a_charset_for_each_field(self) -> None:
        fields = (*self.FIELDS[:2], ("text", b"Vi\xea\xf2t\r\n\r\n> c\xf9"), *self.FIELDS[3:])
        found = contact("sendgrid", form(*fields))
        assert (found.external_id, found.name, found.subject) == ("<1@example.com>", "Lê", "Đơn hàng")
        assert (found.text, found.reply) == ("Việt\n\n> cù", "Việt")
        assert found.references == ("<ours@kept>",)

    def test_a_raw_mail(self) -> None:
        request = form(("email", RAW), ("envelope", "{}"))
        found = contact("sendgrid", request)
        assert (found.external_id, found.text, found.reply) == ("<1@example.com>", "Chào\n\n> cũ", "Chào")
        (attachment,) = found.attachments
        assert sendgrid.part_of(request, attachment.part or 0) == ("text/csv", b"1;2")

    def test_attachments_are_found_again_in_the_form(self) -> None:
        files = [("attachment1", "đơn.pdf", "application/pdf", b"%PDF\r\n--x\x00")]
        request = form(*self.FIELDS, files=files)
        (found,) = contact("sendgrid", request).attachments
        assert (found.name, found.content_type, found.size) == ("đơn.pdf", "application/pdf", 10)
        assert sendgrid.part_of(request, found.part or 0) == ("application/pdf", b"%PDF\r\n--x\x00")
        assert sendgrid.part_of(request, 99) is None

    def test_without_a_message_id_a_copy_is_known_by_what_it_holds(self) -> None:
        """I2: SendGrid has no id, and the form's boundary changes with every try."""
        fields = (("headers", "From: a@b.c\nReceived: x"), *self.FIELDS[1:])
        one = form(*fields)
        other = Request(
            URL, {"content-type": "multipart/form-data; boundary=other"}, one.body.replace(b"xYzZY", b"other")
        )
        assert contact("sendgrid", one).external_id == contact("sendgrid", other).external_id
        changed = form(*fields[:2], ("text", "Other"), *fields[3:])
        assert contact("sendgrid", changed).external_id != contact("sendgrid", one).external_id

    def test_an_empty_envelope_sender_is_a_machine(self) -> None:
        fields = (*self.FIELDS[:4], ("envelope", json.dumps({"from": "", "to": []})))
        assert contact("sendgrid", form(*fields)).automatic

    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            ({"event": "processed"}, [("sent", "<m@kept>", "a@b.c")]),
            ({"event": "delivered"}, [("delivered", "<m@kept>", "a@b.c")]),
            ({"event": "open", "smtp-id": None}, [("read", "sg", "a@b.c")]),
            ({"event": "open", "sg_machine_open": True}, []),
            ({"event": "bounce", "type": "bounce"}, [("failed", "<m@kept>", "a@b.c"), ("bounced", None, "a@b.c")]),
            ({"event": "bounce", "type": "blocked"}, [("failed", "<m@kept>", "a@b.c")]),
            ({"event": "dropped"}, [("failed", "<m@kept>", "a@b.c")]),
            ({"event": "spamreport"}, [("complained", None, "a@b.c")]),
            ({"event": "unsubscribe"}, [("opted_out", None, "a@b.c")]),
            ({"event": "group_unsubscribe"}, [("marketing_stopped", None, "a@b.c")]),
            ({"event": "group_resubscribe"}, [("marketing_resumed", None, "a@b.c")]),
            ({"event": "deferred"}, []),
            ({"event": "click"}, [("read", "<m@kept>", "a@b.c")]),
        ],
    )
    def test_what_became_of_ours(self, event: dict[str, Any], expected: list[tuple[str, str | None, str]]) -> None:
        common = {"sg_event_id": "e", "sg_message_id": "sg.filter1", "smtp-id": "<m@kept>", "email": "a@b.c"}
        found = items("sendgrid", as_json([{**common, "timestamp": 1772442000, **event}]))
        assert told(found) == expected
        assert all(item.at == NOW for item in found if isinstance(item, Fact | Reach))

    def test_a_batch_is_split_and_one_bad_event_holds_up_nothing(self) -> None:
        good = {"event": "delivered", "sg_event_id": "e", "email": "a@b.c", "sg_message_id": "m.x"}
        batch = [{**good, "sg_event_id": str(i)} for i in range(3000)]
        found = items("sendgrid", as_json([*batch, 5, {"event": "delivered"}, {"event": []}]))
        assert [type(item) for item in found] == [Fact] * 3000 + [Unread] * 2, "a fault that two have is said once"
        assert len({item.external_id for item in found if isinstance(item, Fact)}) == 3000

    def test_signed_or_with_a_password(self) -> None:
        verify = providers()["sendgrid"].verify
        request = as_json([])
        verify(signed(request), [public_key()], NOW)
        verify(signed(request), ["kept:secret", public_key()], NOW)
        verify(with_password(request), ["kept:secret", public_key()], NOW)
        verify(with_password(signed(request)), ["kept:secret"], NOW)

    def test_what_proves_nothing_is_refused(self) -> None:
        request = as_json([])
        other = signed(as_json([1]))
        bad: list[tuple[Request, list[str]]] = [
            (request, [public_key()]),
            (request, ["kept:secret", public_key()]),
            (with_password(request, "kept:other"), ["kept:secret"]),
            (with_password(request, public_key()), [public_key()]),
            (Request(URL, other.headers, request.body), [public_key()]),
            (with_password(Request(URL, other.headers, request.body)), ["kept:secret", public_key()]),
        ]
        for given_request, secrets in bad:
            with pytest.raises(Refused):
                providers()["sendgrid"].verify(given_request, secrets, NOW)

    def test_secrets(self) -> None:
        fault = sendgrid.secret_fault
        assert fault("user:a-password-of-ours") is None
        assert fault(public_key()) is None
        assert fault("neither")
        assert fault("user:")
        assert fault("user:short")
