"""SES by SNS: signed, confirmed once, split by recipient (I1, I2, X2, X5)."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from services.intake.channels.items import Confirm, Fact
from services.intake.channels.provider import Refused, Request, Unreadable
from services.intake.channels.providers import ses
from services.intake.channels.registry import providers
from tests.intake.channels.posting import NOW, RAW, URL, contact, items, told

CERTIFICATE = "SimpleNotificationService-" + "1f" * 16 + ".pem"
TOPIC = "arn:aws:sns:ap-southeast-1:123456789012:mail"


@cache
def sns_key() -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    return key, builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def sns(message: object = None, *, is_signed: bool = True, **more: Any) -> Request:
    envelope = {
        "Type": "Notification",
        "MessageId": "sns-1",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-03-02T09:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": "https://sns.ap-southeast-1.amazonaws.com/" + CERTIFICATE,
        **more,
    }
    key, certificate = sns_key()
    names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
    if is_signed:
        envelope["Signature"] = b64encode(key.sign(text.encode(), padding.PKCS1v15(), SHA256())).decode()
    body = json.dumps(envelope).encode()
    return Request(URL, {"content-type": "text/plain; charset=UTF-8"}, body, certificate=certificate)


class TestSes:
    MAIL: Mapping[str, Any] = {
        "timestamp": "2026-03-02T09:00:00.000Z",
        "messageId": "ses-1",
        "source": "lan@example.com",
        "destination": ["Lan <a@b.c>", "d@e.f", 5],
    }

    @pytest.mark.parametrize(
        ("content", "encoding"), [(RAW.decode(), "UTF-8"), (b64encode(RAW).decode(), "BASE64"), (RAW.decode(), None)]
    )
    def test_a_mail_with_its_content(self, content: str, encoding: str | None) -> None:
        message = {
            "notificationType": "Received",
            "mail": self.MAIL,
            "content": content,
            "receipt": {"action": {"type": "SNS", "encoding": encoding}},
        }
        request = sns(message)
        found = contact("ses", request)
        assert (found.external_id, found.message_id) == ("sns-1", "<1@example.com>")
        assert (found.text, found.reply) == ("Chào\n\n> cũ", "Chào")
        assert ses.part_of(request, found.attachments[0].part or 0) == ("text/csv", b"1;2")

    def test_a_mail_that_was_stored_is_known_by_its_headers(self) -> None:
        headers = [{"name": "Message-ID", "value": "<1@example.com>"}, {"name": "Precedence", "value": "bulk"}]
        common = {"from": ["Lan <lan@example.com>"], "subject": "Đơn hàng", "to": 5}
        request = sns(
            {"notificationType": "Received", "mail": {**self.MAIL, "headers": headers, "commonHeaders": common}}
        )
        found = contact("ses", request)
        assert (found.message_id, found.subject, found.text) == ("<1@example.com>", "Đơn hàng", None)
        assert found.automatic
        assert found.occurred_at == NOW
        assert ses.part_of(request, 0) is None

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            (
                {"bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "a@b.c"}, {}, 5]}},
                [("bounced", None, "a@b.c"), ("failed", "ses-1", "a@b.c")],
            ),
            ({"bounce": {"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "a@b.c"}]}}, []),
            (
                {"complaint": {"complainedRecipients": [{"emailAddress": "a@b.c"}, {"emailAddress": "d@e.f"}]}},
                [("complained", None, "a@b.c"), ("complained", None, "d@e.f")],
            ),
            ({"delivery": {"recipients": ["a@b.c", None]}}, [("delivered", "ses-1", "a@b.c")]),
            ({"send": {}}, [("sent", "ses-1", "a@b.c"), ("sent", "ses-1", "d@e.f")]),
            ({"open": {"timestamp": "2026-03-02T09:00:00Z"}}, [("read", "ses-1", "a@b.c"), ("read", "ses-1", "d@e.f")]),
            ({"reject": {}}, [("failed", "ses-1", "a@b.c"), ("failed", "ses-1", "d@e.f")]),
            ({"click": {}}, [("read", "ses-1", "a@b.c"), ("read", "ses-1", "d@e.f")]),
        ],
    )
    @pytest.mark.parametrize("kind", ["notificationType", "eventType"])
    def test_what_became_of_ours(
        self, kind: str, message: dict[str, Any], expected: list[tuple[str, str | None, str]]
    ) -> None:
        found = items("ses", sns({kind: next(iter(message)).capitalize(), "mail": self.MAIL, **message}))
        assert told(found) == expected
        assert len({item.external_id for item in found if isinstance(item, Fact)}) == len(
            [item for item in found if isinstance(item, Fact)]
        )

    def test_a_subscription_is_confirmed_at_sns_alone(self) -> None:
        url = "https://sns.ap-southeast-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"
        assert items("ses", sns("", Type="SubscriptionConfirmation", SubscribeURL=url)) == [Confirm(url)]
        for wrong in ("https://evil.example/", "http://sns.ap-southeast-1.amazonaws.com/", None, 5):
            with pytest.raises(Unreadable):
                items("ses", sns("", Type="SubscriptionConfirmation", SubscribeURL=wrong))
        assert items("ses", sns("", Type="UnsubscribeConfirmation", SubscribeURL=url)) == []

    def test_the_words_that_try_a_topic_out_are_nothing(self) -> None:
        assert items("ses", sns("Successfully validated SNS topic for Amazon SES event publishing.")) == []
        with pytest.raises(Unreadable):
            items("ses", sns("anything else"))

    def test_signed_by_sns_for_a_topic_of_ours(self) -> None:
        provider = providers()["ses"]
        provider.verify(sns({}), ["arn:aws:sns:x:1:other", TOPIC], NOW)
        for request, topics in (
            (sns({}), ["arn:aws:sns:x:1:other"]),
            (sns({}, is_signed=False), [TOPIC]),
            (Request(URL, {}, sns({}).body), [TOPIC]),
            (Request(URL, {}, b"[]"), [TOPIC]),
        ):
            with pytest.raises(Refused):
                provider.verify(request, topics, NOW)

    def test_the_certificate_is_sns_own(self) -> None:
        certificate_url = providers()["ses"].certificate_url
        assert certificate_url(sns({}), [TOPIC]) == "https://sns.ap-southeast-1.amazonaws.com/" + CERTIFICATE
        for wrong in ("https://evil.example/a.pem", "https://sns.ap-southeast-1.amazonaws.com/a.txt", 5):
            with pytest.raises(Refused):
                certificate_url(sns({}, SigningCertURL=wrong), [TOPIC])
        with pytest.raises(Refused):
            certificate_url(Request(URL, {}, b"\xff"), [TOPIC])

    def test_secrets_are_topics(self) -> None:
        assert ses.secret_fault(TOPIC) is None
        assert ses.secret_fault("arn:aws:s3:::bucket")
        assert ses.secret_fault("user:password")
