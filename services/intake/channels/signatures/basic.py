"""Schemes where a secret is simply sent: basic authentication, a bearer token, a header of the provider's."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Sequence

from services.intake.channels.provider import Refused
from services.intake.channels.strength import guessable


def basic(authorization: str, secrets: Sequence[str]) -> None:
    """HTTP basic authentication (RFC 7617); a secret is `user:password`."""
    scheme, _, given = authorization.partition(" ")
    try:
        pair = b64decode(given.strip(), validate=True)
    except ValueError:
        pair = b""
    good = [hmac.compare_digest(pair, secret.encode()) for secret in secrets]
    if scheme.lower() != "basic" or not any(good):
        raise Refused("wrong user or password")


def bearer(authorization: str, secrets: Sequence[str]) -> None:
    """A bearer token (RFC 6750)."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Refused("there is no bearer token")
    token(given.strip(), secrets)


def token(given: str, secrets: Sequence[str]) -> None:
    """Plain equality, in constant time."""
    good = [hmac.compare_digest(given.encode(errors="replace"), secret.encode()) for secret in secrets]
    if not any(good):
        raise Refused("wrong token")


def user_and_password(secret: str) -> str | None:
    """What is wrong with a secret that is to be `user:password`, or None."""
    user, _, password = secret.partition(":")
    if not user or not password.strip():
        return "must be user:password, as in the webhook's URL"
    fault = guessable(password)
    return f"has a password that {fault}" if fault else None
