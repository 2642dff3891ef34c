"""How each provider proves itself: its secrets, and a request signed as it signs. `now` is the sender's clock."""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from typing import Any
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from services.intake.channels.provider import Request
from services.intake.channels.providers import mailgun
from tests.intake.senders import Webhook

ORIGIN = "https://kept.example.com"
TOPIC = "arn:aws:sns:us-east-1:111111111111:SES_Inbound"
CERTIFICATE_URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-" + "0a" * 16 + ".pem"
_RSA = rsa.generate_private_key(65537, 2048)
_EC = ec.generate_private_key(ec.SECP256R1())
_STANDARD = b"a generic channel's own secret!!"


def certificate() -> bytes:
    """What stands at CERTIFICATE_URL."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_RSA.public_key())
    made = made.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=3650))
    return made.sign(_RSA, SHA256()).public_bytes(Encoding.PEM)


SECRETS: Mapping[str, str] = {
    "twilio": "a-twilio-auth-token",
    "postmark": "kept:postmark-password",
    "sendgrid": b64encode(_EC.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode(),
    "mailgun": "TEST_WEBHOOK_SIGNING_KEY",
    "ses": TOPIC,
    "whatsapp": "meta-app-secret-of-ours",
    "messenger": "meta-app-secret-of-ours",
    "telegram": "s3cret-Token_of-a-bot",
    "line": "line-channel-secret",
    "slack": "slack-signing-secret",
    "zalo": "oa-secret-key-of-ours",
    "zendesk": "zendesk-signing-secret",
    "intercom": "intercom-client-secret",
    "chatwoot": "chatwoot-secret-of-ours",
    "signed": "whsec_" + b64encode(_STANDARD).decode(),
    "telephone": "whsec_" + b64encode(_STANDARD).decode(),
    "cloudevents": "a-bearer-token-of-ours",
    "convoy": "convoy-endpoint-secret",
    "hook0": "hook0-subscription-secret",
    "imap": "imaps://lan:a-password@mail.example.com/INBOX",
}


@dataclass(frozen=True)
class Raw:
    """A body as it stands in a file, to be proved: `path` is that of the channel's webhook."""

    path: str
    body: bytes
    content_type: str
    now: datetime

    @property
    def stamp(self) -> str:
        return str(int(self.now.timestamp()))


Signed = tuple[bytes, dict[str, str]]


def _hex(secret: str, signed: bytes, digest: str = "sha256") -> str:
    return hmac.digest(secret.encode(), signed, digest).hex()


def _twilio(raw: Raw) -> Signed:
    fields = sorted(set(parse_qsl(raw.body.decode(), keep_blank_values=True)))
    signed = ORIGIN + raw.path + "".join(k + v for k, v in fields)
    return raw.body, {
        "X-Twilio-Signature": b64encode(hmac.new(SECRETS["twilio"].encode(), signed.encode(), sha1).digest()).decode()
    }


def _basic(raw: Raw) -> Signed:
    return raw.body, {"Authorization": "Basic " + b64encode(SECRETS["postmark"].encode()).decode()}


def _sendgrid(raw: Raw) -> Signed:
    signature = _EC.sign(raw.stamp.encode() + raw.body, ec.ECDSA(SHA256()))
    return raw.body, {
        "X-Twilio-Email-Event-Webhook-Signature": b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": raw.stamp,
    }


def _mailgun(raw: Raw) -> Signed:
    """The samples' signatures are as old as they are: signed anew, where the old one stands."""
    request = Request(ORIGIN + raw.path, {"content-type": raw.content_type}, raw.body)
    stamp, token, old = mailgun.signature_of(request)
    code = _hex(SECRETS["mailgun"], (raw.stamp + token).encode())
    body = raw.body.replace(old.encode(), code.encode())
    return re.sub(
        rb"(timestamp\W+(?:\r\n\r\n)?)" + stamp.encode() + rb"(?![0-9.])", rb"\g<1>" + raw.stamp.encode(), body
    ), {}


def _ses(raw: Raw) -> Signed:
    """The samples' signatures are placeholders: signed anew, over what SNS signs."""
    message: dict[str, Any] = {
        **json.loads(raw.body),
        "TopicArn": TOPIC,
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
    }
    is_message = message["Type"] == "Notification"
    more = ("Subject", "Timestamp") if is_message else ("SubscribeURL", "Timestamp", "Token")
    names = ("Message", "MessageId", *more, "TopicArn", "Type")
    signed = "".join(f"{n}\n{message[n]}\n" for n in names if message.get(n) is not None)
    message["Signature"] = b64encode(_RSA.sign(signed.encode(), padding.PKCS1v15(), SHA256())).decode()
    return json.dumps(message).encode(), {"X-Amz-Sns-Message-Type": message["Type"]}


def _meta(raw: Raw) -> Signed:
    return raw.body, {"X-Hub-Signature-256": "sha256=" + _hex(SECRETS["whatsapp"], raw.body)}


def _slack(raw: Raw) -> Signed:
    code = _hex(SECRETS["slack"], f"v0:{raw.stamp}:".encode() + raw.body)
    return raw.body, {"X-Slack-Request-Timestamp": raw.stamp, "X-Slack-Signature": f"v0={code}"}


def _zalo(raw: Raw) -> Signed:
    message = json.loads(raw.body)
    signed = str(message.get("app_id", "")).encode() + raw.body + str(message["timestamp"]).encode()
    return raw.body, {"X-ZEvent-Signature": "mac=" + sha256(signed + SECRETS["zalo"].encode()).hexdigest()}


def _zendesk(raw: Raw) -> Signed:
    stamp = raw.now.isoformat()
    code = hmac.digest(SECRETS["zendesk"].encode(), stamp.encode() + raw.body, "sha256")
    return raw.body, {
        "X-Zendesk-Webhook-Signature": b64encode(code).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }


def _chatwoot(raw: Raw) -> Signed:
    code = _hex(SECRETS["chatwoot"], f"{raw.stamp}.".encode() + raw.body)
    return raw.body, {"X-Chatwoot-Timestamp": raw.stamp, "X-Chatwoot-Signature": f"sha256={code}"}


def _standard(raw: Raw) -> Signed:
    id_ = "msg_" + sha256(raw.body).hexdigest()[:20]
    key = b64decode(SECRETS["signed"].removeprefix("whsec_"))
    code = b64encode(hmac.digest(key, f"{id_}.{raw.stamp}.".encode() + raw.body, "sha256")).decode()
    return raw.body, {"webhook-id": id_, "webhook-timestamp": raw.stamp, "webhook-signature": f"v1,{code}"}


SIGN: Mapping[str, Callable[[Raw], Signed]] = {
    "twilio": _twilio,
    "postmark": _basic,
    "sendgrid": _sendgrid,
    "mailgun": _mailgun,
    "ses": _ses,
    "whatsapp": _meta,
    "messenger": _meta,
    "telegram": lambda raw: (raw.body, {"X-Telegram-Bot-Api-Secret-Token": SECRETS["telegram"]}),
    "line": lambda raw: (
        raw.body,
        {"X-Line-Signature": b64encode(hmac.digest(SECRETS["line"].encode(), raw.body, "sha256")).decode()},
    ),
    "slack": _slack,
    "zalo": _zalo,
    "zendesk": _zendesk,
    "intercom": lambda raw: (
        raw.body,
        {"X-Hub-Signature": "sha1=" + _hex(SECRETS["intercom"], raw.body, "sha1")},
    ),
    "chatwoot": _chatwoot,
    "signed": _standard,
    "telephone": _standard,
    "cloudevents": lambda raw: (raw.body, {"Authorization": f"Bearer {SECRETS['cloudevents']}"}),
    "convoy": lambda raw: (raw.body, {"X-Convoy-Signature": _hex(SECRETS["convoy"], raw.body)}),
    "hook0": lambda raw: (
        raw.body,
        {"X-Hook0-Signature": f"t={raw.stamp},v0={_hex(SECRETS['hook0'], f'{raw.stamp}.'.encode() + raw.body)}"},
    ),
}


def signed(provider: str, body: bytes, content_type: str, now: datetime, *, channel: str | None = None) -> Webhook:
    """To the channel of the provider's own name, unless another is given."""
    path = f"/intake/webhooks/{channel or provider}"
    proved, headers = SIGN[provider](Raw(path, body, content_type, now))
    return Webhook(path, proved, {"Content-Type": content_type, **headers})
