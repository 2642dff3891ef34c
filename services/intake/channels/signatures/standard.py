"""Standard Webhooks 1 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md)."""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.intake.channels.provider import Refused
from services.intake.channels.signatures.windows import within

WINDOW = 300
"""Seconds a timestamp may differ from our clock, either way."""
MOST_SIGNATURES = 20

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-timestamp", "svix-signature")
_ASYMMETRIC = ("whpk_", "whsk_")
LEAST_KEY = 24
"""Bytes of a symmetric key (spec: 24 to 64). A channel that was made with fewer goes on working."""

_ID = re.compile(r"[!-\-/-~]{1,256}")
"""An id has no full stop (spec): that is the border between it and the timestamp."""


def fault(secret: str) -> str | None:
    """What is wrong with a secret, or None."""
    try:
        key = _key(secret)
    except ValueError:
        return "must be whsec_ and base64, or whpk_ and the public key in base64"
    if not secret.startswith(_ASYMMETRIC) and len(key) < LEAST_KEY:
        return f"must be whsec_ and at least {LEAST_KEY} bytes in base64"
    return None


def standard_webhooks(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """`v1,` base64 HMAC-SHA256, or `v1a,` base64 ed25519, over `id.timestamp.body`; any one of several holds.

    A secret that begins with `whpk_` is a public key, `whsk_` a pair whose public half is used.
    """
    message_id = headers.get("webhook-id") or headers.get("svix-id", "")
    stamp = headers.get("webhook-timestamp") or headers.get("svix-timestamp", "")
    if not _ID.fullmatch(message_id):
        raise Refused("there is no webhook-id")
    within(stamp, WINDOW, now)
    signed = f"{message_id}.{stamp}.".encode() + body
    given = headers.get("webhook-signature") or headers.get("svix-signature", "")
    entries = [entry.partition(",")[::2] for entry in given.split(" ")[:MOST_SIGNATURES]]
    for secret in secrets:
        version = "v1a" if secret.startswith(_ASYMMETRIC) else "v1"
        if _holds(version, _key(secret), signed, [value for name, value in entries if name == version]):
            return
    raise Refused("the signature does not hold")


def _holds(version: str, key: bytes, signed: bytes, given: Sequence[str]) -> bool:
    if version == "v1":
        expected = b64encode(hmac.digest(key, signed, "sha256"))
        good = [hmac.compare_digest(expected, one.encode(errors="replace")) for one in given]
        return any(good)
    return any(_is_ed25519(key, signed, one) for one in given)


def _is_ed25519(key: bytes, signed: bytes, given: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(b64decode(given, validate=True), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _key(secret: str) -> bytes:
    """The bytes of a secret. Raises ValueError."""
    prefix = next((p for p in (*_ASYMMETRIC, "whsec_") if secret.startswith(p)), "")
    key = b64decode(secret.removeprefix(prefix), validate=True)
    if prefix in _ASYMMETRIC:
        key = key[-32:]
        Ed25519PublicKey.from_public_bytes(key)
    if not key:
        raise ValueError("the secret is empty")
    return key
