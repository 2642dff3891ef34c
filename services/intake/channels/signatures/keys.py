"""Schemes with a public key: the provider signs, and nothing we hold could."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from services.intake.channels.provider import Refused

_SNS_HOST = re.compile(r"sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?")
_SNS_HASHES: Final[Mapping[str, HashAlgorithm]] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 (as SNS signs)
_SNS_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SNS_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def ecdsa_key(secret: str) -> ec.EllipticCurvePublicKey | None:
    """SendGrid's verification key, as its settings show it (base64 of DER); None where it is none."""
    try:
        key = load_der_public_key(b64decode(secret, validate=True))
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None


def sendgrid(stamp: str, given: str, body: bytes, secrets: Sequence[str]) -> None:
    """ECDSA with SHA-256 over timestamp and body (SendGrid, signed webhooks). The secrets are public keys."""
    try:
        signature = b64decode(given, validate=True)
    except ValueError as error:
        raise Refused("the signature cannot be checked") from error
    signed = stamp.encode(errors="replace") + body
    if not any(_is_ecdsa(key, signature, signed) for key in map(ecdsa_key, secrets) if key):
        raise Refused("the signature does not hold")


def _is_ecdsa(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def sns_address(value: object, *, suffix: str = "") -> str:
    """An https address at SNS itself, else Refused: it is fetched by us, so it may be nowhere else."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        is_good = (
            parts is not None
            and parts.scheme == "https"
            and parts.netloc == parts.hostname
            and _SNS_HOST.fullmatch(parts.hostname or "") is not None
            and parts.path.endswith(suffix)
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise Refused("an address in it is not at SNS")
    return str(value)


def sns(message: Mapping[str, Any], certificate: bytes | None, topics: Sequence[str]) -> None:
    """RSA over named fields of the message (docs.aws.amazon.com, verifying Amazon SNS signatures).

    `certificate` is what stands at its `SigningCertURL`, in PEM; the topic must be one of `topics`.
    """
    algorithm = _SNS_HASHES.get(str(message.get("SignatureVersion")))
    if message.get("TopicArn") not in topics:
        raise Refused("it comes from another topic")
    if algorithm is None or certificate is None:
        raise Refused("the signature cannot be checked")
    try:
        key = x509.load_pem_x509_certificate(certificate).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise Refused("the signature cannot be checked")
        signature = b64decode(str(message.get("Signature")), validate=True)
        key.verify(signature, _sns_text(message), padding.PKCS1v15(), algorithm)
    except ValueError as error:
        raise Refused("the signature cannot be checked") from error
    except InvalidSignature as error:
        raise Refused("the signature does not hold") from error


def _sns_text(message: Mapping[str, Any]) -> bytes:
    names = _SNS_NOTIFICATION if message.get("Type") == "Notification" else _SNS_CONFIRMATION
    present = [(name, message[name]) for name in names if message.get(name) is not None]
    return "".join(f"{name}\n{value}\n" for name, value in present).encode(errors="replace")
