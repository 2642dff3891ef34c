"""Bearer tokens for programs: JWT (RFC 7519), HS256, with a space-separated `scope` (RFC 8693, 4.2).

A scope is `<service>:read`, `:write` or `:admin`, each good for itself alone; `*` is all of them. `write` is the work
of every day, `admin` to say what holds for others: channels and their secrets, roles, limits, policies.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import jwt
from jwt.types import Options

from shared.clock import Clock
from shared.ids import new_id
from shared.problems import Unauthenticated
from shared.security.spelling import read_urlsafe
from shared.settings import ServiceSettings

AUDIENCE = "kept"

_OPTIONS: Options = {
    "require": ["exp", "sub", "aud"],
    # Times are judged here, by the clock that was handed in.
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


class Tokens:
    def __init__(self, settings: ServiceSettings, clock: Clock) -> None:
        self._keys, self._clock = settings.derive_all("tokens"), clock

    def issue(self, subject: str, scopes: frozenset[str], *, lifetime: timedelta) -> str:
        now = self._clock.now()
        claims = {"sub": subject, "scope": " ".join(sorted(scopes)), "aud": AUDIENCE, "iat": now, "jti": str(new_id())}
        return jwt.encode({**claims, "exp": now + lifetime}, self._keys[0], algorithm="HS256")

    def verify(self, token: str) -> tuple[str, frozenset[str]]:
        """The (subject, scopes) of a token. Raises Unauthenticated, which says no more than a stranger may know."""
        now = self._clock.now().timestamp()
        try:
            # What was signed are the letters before it; the signature's own are not, and could be spelled otherwise.
            read_urlsafe(token.rpartition(".")[2])
            claims = self._signed(token)
            ends, begins = _instant(claims["exp"]), _instant(claims.get("nbf", 0))
            subject, scopes = _words(claims["sub"]), _words(claims.get("scope", ""))
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Unauthenticated("the bearer token is not valid", headers={"WWW-Authenticate": "Bearer"}) from error
        if ends <= now:
            raise Unauthenticated("the bearer token has expired", headers={"WWW-Authenticate": "Bearer"})
        if begins > now:
            raise Unauthenticated("the bearer token is not valid yet", headers={"WWW-Authenticate": "Bearer"})
        return subject, frozenset(scopes.split())

    def _signed(self, token: str) -> dict[str, Any]:
        """The claims, signed by any of our keys. Raises jwt.InvalidTokenError and what hostile JSON raises."""
        for key in self._keys[:-1]:
            with suppress(jwt.InvalidSignatureError):
                return _decoded(token, key)
        return _decoded(token, self._keys[-1])


def _decoded(token: str, key: bytes) -> dict[str, Any]:
    return jwt.decode(token, key, algorithms=["HS256"], audience=AUDIENCE, options=_OPTIONS)


def _instant(value: Any) -> int:
    """A NumericDate (RFC 7519, section 2) in whole seconds, as we write it. JSON as Python reads it knows others."""
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError("not an instant")
    return value


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
