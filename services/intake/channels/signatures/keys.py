"""Schemes with a public key: the provider signs, and nothing we hold could."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from services.intake.channels.provider import Refused

_SNS_HOST = re.compile(
    r"sns\.((?!cn-)[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com|cn(-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com\.cn)"
)
"""SNS in one region. Not what may be a bucket of anybody's: `sns.s3-us-west-2.amazonaws.com`."""
_SNS_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{32}\.pem")
_SENDGRID_STAMP = re.compile(r"[0-9]{10}")
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f]*")
_SNS_HASHES: Final[Mapping[str, HashAlgorithm]] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 (as SNS signs)
_SNS_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SNS_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SNS_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Notification": _SNS_NOTIFICATION,
    "SubscriptionConfirmation": _SNS_CONFIRMATION,
    "UnsubscribeConfirmation": _SNS_CONFIRMATION,
}
"""What is signed, by the type. All must be there but the subject."""


def ecdsa_key(secret: str) -> ec.EllipticCurvePublicKey | None:
    """SendGrid's verification key, as its settings show it (base64 of DER); None where it is none."""
    try:
        key = load_der_public_key(b64decode(secret, validate=True))
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None


def sendgrid(stamp: str, given: str, body: bytes, secrets: Sequence[str]) -> None:
    """ECDSA with SHA-256 over timestamp and body (SendGrid, signed webhooks). The secrets are public keys.

    The timestamp has ten digits, so no digit at the body's beginning can pass for one of it.
    """
    if not _SENDGRID_STAMP.fullmatch(stamp):
        raise Refused("there is no timestamp")
    try:
        signature = b64decode(given, validate=True)
    except ValueError as error:
        raise Refused("the signature cannot be checked") from error
    signed = stamp.encode() + body
    if not any(_is_ecdsa(key, signature, signed) for key in map(ecdsa_key, secrets) if key):
        raise Refused("the signature does not hold")


def _is_ecdsa(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def sns_certificate(value: object) -> str:
    """The address of a certificate of SNS, exactly as SNS writes them, else Refused: it is fetched by us."""
    parts = _at_sns(value)
    if "?" in str(value) or not _SNS_CERTIFICATE.fullmatch(parts.path):
        raise Refused("an address in it is not at SNS")
    return str(value)


def sns_subscription(message: Mapping[str, Any]) -> str:
    """The address that confirms a subscription, and does nothing else, else Refused: it is asked by us."""
    parts = _at_sns(message.get("SubscribeURL"))
    try:
        asked = dict(parse_qsl(parts.query, strict_parsing=True, max_num_fields=3))
    except ValueError as error:
        raise Refused("an address in it is not at SNS") from error
    is_good = parts.path in ("", "/") and asked.keys() <= {"Action", "TopicArn", "Token"}
    if not is_good or asked.get("Action") != "ConfirmSubscription":
        raise Refused("an address in it does not confirm this subscription")
    return str(message["SubscribeURL"])


def _at_sns(value: object) -> SplitResult:
    """Refused for what is not https at SNS itself, on the usual port, without a user and a fragment."""
    try:
        parts = urlsplit(value) if isinstance(value, str) and _ONE_LINE.fullmatch(value) else None
        is_good = parts is not None and parts.scheme == "https" and _SNS_HOST.fullmatch(parts.netloc) is not None
    except ValueError:
        parts, is_good = None, False
    if parts is None or not is_good or "#" in str(value):
        raise Refused("an address in it is not at SNS")
    return parts


def sns_topic(message: Mapping[str, Any], topics: Sequence[str]) -> None:
    """Raises Refused where it is from none of `topics`."""
    if message.get("TopicArn") not in topics:
        raise Refused("it comes from another topic")


def sns(message: Mapping[str, Any], certificate: bytes | None, topics: Sequence[str], now: datetime) -> None:
    """RSA over named fields of the message (docs.aws.amazon.com, verifying Amazon SNS signatures).

    `certificate` is what stands at its `SigningCertURL`, in PEM; the topic must be one of `topics`. There is no window:
    the same message again is known by its MessageId, which is signed, and one may be sent anew days later.
    """
    sns_topic(message, topics)
    algorithm = _SNS_HASHES.get(str(message.get("SignatureVersion")))
    if algorithm is None or certificate is None:
        raise Refused("the signature cannot be checked")
    try:
        found = x509.load_pem_x509_certificate(certificate)
        key = found.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise Refused("the signature cannot be checked")
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            raise Refused("the certificate is not valid at present")
        signature = b64decode(str(message.get("Signature")), validate=True)
        key.verify(signature, _sns_text(message), padding.PKCS1v15(), algorithm)
    except ValueError as error:
        raise Refused("the signature cannot be checked") from error
    except InvalidSignature as error:
        raise Refused("the signature does not hold") from error


def _sns_text(message: Mapping[str, Any]) -> bytes:
    """Names and values, each on a line. Only the message itself, which comes first, may have more lines than one: so
    the others are told from it whatever it says. Raises ValueError, Refused."""
    names = _SNS_FIELDS.get(str(message.get("Type")), ())
    signed = ""
    for name in names:
        value = message.get(name)
        if value is None and name == "Subject":
            continue
        if not isinstance(value, str) or (name != "Message" and not _ONE_LINE.fullmatch(value)):
            raise Refused("the signature cannot be checked")
        signed += f"{name}\n{value}\n"
    if not signed:
        raise Refused("it is of no type of SNS")
    return signed.encode()
