"""Signed links for people without a login: a purpose, an id and an end, and nothing of the customer."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from shared.clock import Clock
from shared.problems import Gone, NotFound
from shared.settings import ServiceSettings


class LinkExpired(Gone):
    code = "link-expired"


class LinkAltered(NotFound):
    code = "link-altered"


class Links:
    """`purpose` keeps a survey's link from opening a promise."""

    def __init__(self, settings: ServiceSettings, clock: Clock, purpose: str) -> None:
        self._clock, self._public_url = clock, settings.public_url.rstrip("/")
        self._serializer = URLSafeSerializer(settings.derive("links"), salt=purpose)

    def token(self, id: UUID, *, lifetime: timedelta) -> str:  # noqa: A002
        ends = int((self._clock.now() + lifetime).timestamp())
        return self._serializer.dumps([urlsafe_b64encode(id.bytes).decode().rstrip("="), ends])

    def url(self, path: str, id: UUID, *, lifetime: timedelta) -> str:  # noqa: A002
        return f"{self._public_url}{path}{self.token(id, lifetime=lifetime)}"

    def read(self, token: str) -> UUID:
        """The id. Raises LinkAltered or LinkExpired."""
        try:
            packed, ends = self._serializer.loads(token)
            id_ = UUID(bytes=urlsafe_b64decode(packed + "=="))
        except (BadData, ValueError, TypeError) as error:
            raise LinkAltered("This link is not one of ours, or a part of it is missing.") from error
        if ends <= self._clock.now().timestamp():
            raise LinkExpired("This link was good once and has expired. Write to us and we send a new one.")
        return id_
