"""Sessions of staff in a browser: a signed cookie, and a token against forged writes bound to it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer

from shared.clock import Clock
from shared.ids import new_id
from shared.settings import ServiceSettings

COOKIE = "kept_session"
LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    subject: str
    csrf: str


class Sessions:
    def __init__(self, settings: ServiceSettings, clock: Clock) -> None:
        self._clock = clock
        self._key = settings.derive("csrf")
        self._serializer = URLSafeSerializer(settings.derive("sessions"), salt="session")
        self.secure = settings.public_url.startswith("https://")

    def open(self, subject: str) -> str:
        """The cookie's value."""
        return self._serializer.dumps([str(new_id()), subject, int((self._clock.now() + LIFETIME).timestamp())])

    def read(self, cookie: str) -> Session | None:
        try:
            id_, subject, ends = self._serializer.loads(cookie)
        except (BadData, ValueError, TypeError):
            return None
        if ends <= self._clock.now().timestamp():
            return None
        return Session(id_, subject, hmac.new(self._key, id_.encode(), sha256).hexdigest())
