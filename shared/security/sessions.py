"""Sessions of our own people in a browser: a signed cookie, and a token against forged writes bound to it."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer

from shared.clock import Clock
from shared.ids import new_id
from shared.security.closings import Closings
from shared.security.cookies import Cookie
from shared.settings import ServiceSettings

COOKIE = "kept_session"
LIFETIME = timedelta(hours=12)
_SECONDS = int(LIFETIME.total_seconds())
LINK_LIFETIME = LIFETIME + timedelta(seconds=1)
"""Of the one-time link that opens a session. That somebody's sessions were closed is kept as long as such a link lives.

A second longer than a session, for an invitation that follows in the same second on a change of what they may do.
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A session of one person. `csrf` stands in every form of it; `ends` is the second since 1970 at which it ends.

    `scopes` are what their roles gave them when they signed in; a change of roles ends the session.
    """

    id: str
    subject: str
    csrf: str
    ends: int
    scopes: frozenset[str]
    roles: tuple[str, ...] = ()
    language: str | None = None


class Sessions:
    def __init__(self, settings: ServiceSettings, clock: Clock) -> None:
        self._clock = clock
        self._closings = Closings(settings.sessions_file, clock)
        signing = (URLSafeSerializer(key, salt="session") for key in settings.derive_all("sessions"))
        self._signers = list(zip(signing, settings.derive_all("csrf"), strict=True))
        self.cookie = Cookie.named(COOKIE, secure=settings.is_secure)

    def open(
        self,
        subject: str,
        scopes: Iterable[str],
        *,
        roles: Sequence[str] = (),
        language: str | None = None,
        anew: bool = False,
    ) -> str:
        """Opens a session and returns the value of its cookie.

        `anew`: in place of those of the same person that are closed in this second, so it counts from the next.
        """
        serializer, _ = self._signers[0]
        ends = int((self._clock.now() + LIFETIME).timestamp()) + anew
        return serializer.dumps([str(new_id()), subject, ends, sorted(scopes), [*roles], language])

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie; None where that is not ours in its one spelling, or has ended or been closed."""
        for serializer, form in self._signers:
            try:
                id_, subject, ends, scopes, roles, language = said = serializer.loads(cookie)
            except (BadData, ValueError, TypeError):
                continue
            is_ours = serializer.dumps(said) == cookie and ends > self._clock.now().timestamp()
            if is_ours and not self._closings.has(id_, ends - _SECONDS) and not self._is_closed(subject, ends):
                csrf = hmac.new(form, id_.encode(), sha256).hexdigest()
                return Session(id_, subject, csrf, ends, frozenset(scopes), tuple(roles), language)
        return None

    def close(self, session: Session) -> None:
        """Closes a session everywhere within seconds, and here at once. Raises OSError."""
        self._closings.close(session.id, session.ends)

    def close_of(self, subject: str) -> None:
        """Closes every session of a person, and the links that would open one. Raises OSError."""
        self._closings.close(_all_of(subject), int(self._clock.now().timestamp()) + _SECONDS)

    def close_all(self) -> None:
        """Closes all sessions, and the links that would open one. Raises OSError."""
        self._closings.close_all()

    def are_closed(self, subject: str, link_ends: int) -> bool:
        """Tells whether the sessions of all, or of this person, were closed after a one-time link was made."""
        return self._closings.are_closed(link_ends - int(LINK_LIFETIME.total_seconds())) or self._is_closed(
            subject, link_ends
        )

    def _is_closed(self, subject: str, ends: int) -> bool:
        """Tells whether every session of a person that ends then or before is closed."""
        return ends <= self._closings.end_of(_all_of(subject))


def _all_of(subject: str) -> str:
    """The name under which all sessions of a person are closed. It names nobody."""
    return f"of:{sha256(subject.encode()).hexdigest()[:32]}"
