"""Cookies of ours: for this host alone, out of reach of scripts, and by TLS where the installation has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie by its name in a browser."""

    name: str
    secure: bool

    @classmethod
    def named(cls, name: str, *, secure: bool) -> Cookie:
        """A cookie whose name has `__Host-` before it where the installation is reached by https.

        Browsers take that with Secure, Path=/ and no Domain alone (RFC 6265bis, 4.1.3.2): no other host of the same
        domain, and nobody on a line without TLS, can put a cookie of theirs in its place.
        """
        return cls(f"__Host-{name}" if secure else name, secure)

    def set(self, answer: Response, value: str, lifetime: timedelta) -> None:
        """Gives a browser the cookie with an answer."""
        seconds = int(lifetime.total_seconds())
        answer.set_cookie(
            self.name, value, max_age=seconds, httponly=True, samesite="lax", secure=self.secure, path="/"
        )

    def delete(self, answer: Response) -> None:
        """Takes the cookie from a browser with an answer."""
        answer.delete_cookie(self.name, path="/", httponly=True, samesite="lax", secure=self.secure)
