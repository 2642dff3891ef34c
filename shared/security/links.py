"""Signed links for people without a login: an id and an end, and nothing of the customer."""

from __future__ import annotations

import hmac
from base64 import b64decode, urlsafe_b64encode
from datetime import timedelta
from struct import Struct
from uuid import UUID

from shared.clock import Clock
from shared.problems import Gone, NotFound
from shared.settings import ServiceSettings

_SAYS = Struct(">16sQ")
"""The id, and the second since 1970 at which the link ends."""

_SIGNED = 18
"""Bytes of HMAC-SHA256 that are kept: a link stays short enough for an SMS, and fills its last character."""


class LinkExpired(Gone):
    code = "link-expired"


class LinkAltered(NotFound):
    code = "link-altered"


class Links:
    """`purpose` keeps a survey's link from opening a promise: each has a key of its own."""

    def __init__(self, settings: ServiceSettings, clock: Clock, purpose: str) -> None:
        self._clock, self._public_url = clock, settings.public_url.rstrip("/")
        self._key = settings.derive(f"links/{purpose}")

    def token(self, id: UUID, *, lifetime: timedelta) -> str:  # noqa: A002
        says = _SAYS.pack(id.bytes, int((self._clock.now() + lifetime).timestamp()))
        return urlsafe_b64encode(says + self._sign(says)).decode()

    def url(self, path: str, id: UUID, *, lifetime: timedelta) -> str:  # noqa: A002
        return f"{self._public_url}{path}{self.token(id, lifetime=lifetime)}"

    def read(self, token: str) -> UUID:
        """The id. Raises LinkAltered or LinkExpired."""
        try:
            packed = b64decode(token, b"-_", validate=True)
        except ValueError:
            packed = b""
        says, signature = packed[: _SAYS.size], packed[_SAYS.size :]
        if not hmac.compare_digest(signature, self._sign(says)):
            raise LinkAltered("This link is not one of ours, or a part of it is missing.")
        id_, ends = _SAYS.unpack(says)
        if ends <= self._clock.now().timestamp():
            raise LinkExpired("This link was good once and has expired. Write to us and we send a new one.")
        return UUID(bytes=id_)

    def _sign(self, says: bytes) -> bytes:
        return hmac.digest(self._key, says, "sha256")[:_SIGNED]
