"""Errors a caller can act on, as RFC 9457 problem documents.

    Problem                     anything a client is told
    +-- Malformed        400    the request cannot be read
    +-- Unauthenticated  401    no, or a wrong, proof of who asks
    +-- Forbidden        403    known, but not allowed (scope, CSRF)
    +-- NotFound         404
    +-- TooSlow          408    it did not come in time
    +-- Conflict         409    true once, no longer: a state or a version has moved
    +-- Gone             410    a link that was good once
    +-- TooLarge         413
    +-- Misdirected      421    sent to a name that is not ours
    +-- Invalid          422    readable, but it breaks a rule
    +-- Unavailable      503    transient: try again after `retry_after` seconds

Services derive their own named errors from these in their `errors.py`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar


class Problem(Exception):
    """An error that a caller can act on. `detail` is a sentence for a person; `extra` are members for a program."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """The `application/problem+json` body."""
        return {
            "type": f"urn:kept:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }


class Malformed(Problem):
    status, code = 400, "malformed"


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"


class Forbidden(Problem):
    status, code = 403, "forbidden"


class NotFound(Problem):
    status, code = 404, "not-found"


class TooSlow(Problem):
    status, code = 408, "too-slow"


class Conflict(Problem):
    status, code = 409, "conflict"


class Gone(Problem):
    status, code = 410, "gone"


class TooLarge(Problem):
    status, code = 413, "too-large"


class Misdirected(Problem):
    status, code = 421, "misdirected"


class Invalid(Problem):
    status, code = 422, "invalid"


class Unavailable(Problem):
    status, code = 503, "unavailable"

    def __init__(self, detail: str, *, retry_after: int = 5, **extra: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extra)
