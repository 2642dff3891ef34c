"""Bearer tokens for programs: JWT (RFC 7519), HS256, with a space-separated `scope` (RFC 8693, 4.2).

A scope is `<service>:read` or `<service>:write`; `*` is all of them.
"""

from __future__ import annotations

from datetime import timedelta

import jwt

from shared.clock import Clock
from shared.problems import Unauthenticated
from shared.settings import ServiceSettings

AUDIENCE = "kept"


class Tokens:
    def __init__(self, settings: ServiceSettings, clock: Clock) -> None:
        self._key, self._clock = settings.derive("tokens"), clock

    def issue(self, subject: str, scopes: frozenset[str], *, lifetime: timedelta) -> str:
        now = self._clock.now()
        claims = {"sub": subject, "scope": " ".join(sorted(scopes)), "aud": AUDIENCE, "iat": now}
        return jwt.encode({**claims, "exp": now + lifetime}, self._key, algorithm="HS256")

    def verify(self, token: str) -> tuple[str, frozenset[str]]:
        """(subject, scopes). Raises Unauthenticated, which says no more than a stranger may know."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=AUDIENCE,
                options={"require": ["exp", "sub", "aud"], "verify_exp": False, "verify_iat": False},
            )
            expired = float(claims["exp"]) <= self._clock.now().timestamp()
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise Unauthenticated("the bearer token is not valid", headers={"WWW-Authenticate": "Bearer"}) from error
        if expired:
            raise Unauthenticated("the bearer token has expired", headers={"WWW-Authenticate": "Bearer"})
        return str(claims["sub"]), frozenset(str(claims.get("scope", "")).split())
