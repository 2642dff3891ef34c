"""Schemes that hash a secret with the raw body, each in its provider's form."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Literal

from services.intake.channels.provider import Refused
from services.intake.channels.signatures.windows import within

WINDOW = 300
"""Seconds Slack's and Chatwoot's timestamps may differ from our clock, either way."""


def hub(given: str, body: bytes, secrets: Sequence[str], digest: Literal["sha256", "sha1"] = "sha256") -> None:
    """`sha256=` hex HMAC of the body (Meta, and WebSub's X-Hub-Signature); Intercom's is `sha1=`."""
    _one_of(given, (f"{digest}={_hex(secret, body, digest)}" for secret in secrets))


def slack(stamp: str, given: str, body: bytes, secrets: Sequence[str], now: float) -> None:
    """`v0=` hex HMAC-SHA256 of `v0:timestamp:body` (docs.slack.dev, verifying requests from Slack)."""
    within(stamp, WINDOW, now)
    _one_of(given, ("v0=" + _hex(secret, f"v0:{stamp}:".encode() + body) for secret in secrets))


def line(given: str, body: bytes, secrets: Sequence[str]) -> None:
    """base64 HMAC-SHA256 of the body (developers.line.biz, verify webhook signature)."""
    _one_of(given, (_base64(secret, body) for secret in secrets))


def zendesk(stamp: str, given: str, body: bytes, secrets: Sequence[str]) -> None:
    """base64 HMAC-SHA256 of the timestamp and the body, without a window (developer.zendesk.com, verifying)."""
    _one_of(given, (_base64(secret, stamp.encode(errors="replace") + body) for secret in secrets))


def chatwoot(stamp: str, given: str, body: bytes, secrets: Sequence[str], now: float) -> None:
    """`sha256=` hex HMAC-SHA256 of `timestamp.body`."""
    within(stamp, WINDOW, now)
    _one_of(given, ("sha256=" + _hex(secret, f"{stamp}.".encode() + body) for secret in secrets))


def mailgun(stamp: str, token: str, given: str, secrets: Sequence[str]) -> None:
    """hex HMAC-SHA256 of the timestamp and the token: it says nothing of the payload.

    So a token is good for one contact only, for ever (`Contact.token`), which is more than a window would give:
    Mailgun comes again for eight hours (documentation.mailgun.com, securing webhooks).
    """
    if not stamp or not token:
        raise Refused("there is no signature")
    _one_of(given, (_hex(secret, (stamp + token).encode(errors="replace")) for secret in secrets))


def zalo(app_id: str, stamp: str, given: str, body: bytes, secrets: Sequence[str]) -> None:
    """`mac=` hex SHA-256 of app id, body, timestamp and secret: a plain hash, no HMAC (developers.zalo.me)."""
    start, end = app_id.encode(errors="replace") + body + stamp.encode(errors="replace"), given.removeprefix("mac=")
    _one_of(end, (sha256(start + secret.encode()).hexdigest() for secret in secrets))


def _one_of(given: str, expected: Iterable[str]) -> None:
    """Raises Refused. All are compared, so that time does not tell which was near."""
    raw = given.encode(errors="replace")
    good = [hmac.compare_digest(one.encode(), raw) for one in expected]
    if not any(good):
        raise Refused("the signature does not hold" if given else "there is no signature")


def _hex(secret: str, signed: bytes, digest: str = "sha256") -> str:
    return hmac.digest(secret.encode(), signed, digest).hex()


def _base64(secret: str, signed: bytes) -> str:
    return b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()
