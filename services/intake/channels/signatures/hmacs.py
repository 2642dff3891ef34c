"""Schemes that hash a secret with the raw body, each in its provider's form."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Literal

from services.intake.channels.provider import Refused
from services.intake.channels.signatures.windows import within

WINDOW = 300
"""Seconds Slack's and Chatwoot's timestamps may differ from our clock, either way."""
MAILGUN_WINDOW = 8 * 3600 + 600
"""Seconds a timestamp of Mailgun's may differ from our clock: it tries again for eight hours with the first one."""

# What is glued to another field without a border has a form of its own, so that the border cannot be moved.
_MAILGUN_STAMP, _MAILGUN_TOKEN = re.compile(r"[0-9]{10}"), re.compile(r"[0-9a-f]{32,64}")
_ZENDESK_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_DIGITS = re.compile(r"[0-9]{0,20}")


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
    """base64 HMAC-SHA256 of the timestamp, in ISO 8601, and the body (developer.zendesk.com, verifying).

    No timestamp is the beginning of another one, so nothing of the body can pass for a part of it.
    """
    if not _ZENDESK_STAMP.fullmatch(stamp):
        raise Refused("there is no timestamp")
    _one_of(given, (_base64(secret, stamp.encode() + body) for secret in secrets))


def chatwoot(stamp: str, given: str, body: bytes, secrets: Sequence[str], now: float) -> None:
    """`sha256=` hex HMAC-SHA256 of `timestamp.body`."""
    within(stamp, WINDOW, now)
    _one_of(given, ("sha256=" + _hex(secret, f"{stamp}.".encode() + body) for secret in secrets))


def mailgun(stamp: str, token: str, given: str, secrets: Sequence[str]) -> None:
    """hex HMAC-SHA256 of the timestamp and the token: it says nothing of the payload.

    So a token is good for one request only, for ever (`proofs.once`). Between the two there is no border but that a
    timestamp has ten digits; a token has fifty of 0-9 and a-f (documentation.mailgun.com, securing webhooks).
    """
    if not _MAILGUN_STAMP.fullmatch(stamp) or not _MAILGUN_TOKEN.fullmatch(token):
        raise Refused("there is no signature")
    _one_of(given, (_hex(secret, (stamp + token).encode()) for secret in secrets))


def zalo(app_id: str, stamp: str, given: str, body: bytes, secrets: Sequence[str]) -> None:
    """`mac=` hex SHA-256 of app id, body, timestamp and secret: a plain hash, no HMAC (developers.zalo.me).

    The id, where there is one, and the timestamp are digits; the body, a JSON object, neither begins nor ends with one.
    """
    is_bordered = not body[:1].isdigit() and not body[-1:].isdigit()
    if not is_bordered or not _DIGITS.fullmatch(app_id) or not _DIGITS.fullmatch(stamp):
        raise Refused("the signature cannot be checked")
    start, end = app_id.encode() + body + stamp.encode(), given.removeprefix("mac=")
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
