"""Signed links for people without a login: an id and an end, and nothing of the customer."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from struct import Struct
from uuid import UUID

from shared.clock import Clock
from shared.problems import Gone, NotFound
from shared.security.spelling import read_urlsafe, urlsafe
from shared.settings import ServiceSettings
from shared.translation import N_

_SAYS = Struct(">16sQ")
"""The id, and the second since 1970 at which the link ends."""

_SIGNED = 18
"""Bytes of HMAC-SHA256 that are kept: a link stays short enough for an SMS, and fills its last character."""


class LinkExpired(Gone):
    code = "link-expired"


class LinkAltered(NotFound):
    code = "link-altered"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that holds: `ends` is the second since 1970 at which it does, `token` its one spelling."""

    id: UUID
    ends: int
    token: str


class Links:
    """Makes and reads signed links. `purpose` keeps a survey's link from opening a promise: each has its own key."""

    def __init__(self, settings: ServiceSettings, clock: Clock, purpose: str) -> None:
        self._clock, self._public_url = clock, settings.public_url.rstrip("/")
        self._keys = settings.derive_all(f"links/{purpose}")

    def token(self, id: UUID, *, lifetime: timedelta) -> str:  # noqa: A002
        return self._token(id, self._clock.now() + lifetime)

    def url(self, path: str, id: UUID, *, lifetime: timedelta) -> str:  # noqa: A002
        return self.url_until(path, id, self._clock.now() + lifetime)

    def url_until(self, path: str, id: UUID, ends: datetime) -> str:  # noqa: A002
        return f"{self._public_url}{path}{self._token(id, ends)}"

    def _token(self, id_: UUID, ends: datetime) -> str:
        says = _SAYS.pack(id_.bytes, int(ends.timestamp()))
        return urlsafe(says + _sign(self._keys[0], says))

    def read(self, token: str) -> UUID:
        """The id in a link. Raises LinkAltered or LinkExpired."""
        return self.open(token).id

    def open(self, token: str) -> Link:
        """The link that a token spells; it has one spelling. Raises LinkAltered or LinkExpired."""
        try:
            packed = read_urlsafe(token)
        except ValueError:
            packed = b""
        says, signature = packed[: _SAYS.size], packed[_SAYS.size :]
        if not any(hmac.compare_digest(signature, _sign(key, says)) for key in self._keys):
            raise LinkAltered(N_("This link is not one of ours, or a part of it is missing."))
        id_, ends = _SAYS.unpack(says)
        if ends <= self._clock.now().timestamp():
            raise LinkExpired(N_("This link was good once and has expired. Write to us and we send a new one."))
        return Link(UUID(bytes=id_), ends, urlsafe(packed))


def _sign(key: bytes, says: bytes) -> bytes:
    return hmac.digest(key, says, "sha256")[:_SIGNED]
