"""Bounds of automatic answers: nobody is flooded through us, and no two machines talk. Pure.

Anybody can write in the name of anybody: what answers by itself answers an address only so often, a case once in an
hour, and nobody whose mail is known to come from elsewhere. The promise to answer stands whatever becomes of the mail.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.notifications.messages.acknowledgement import Acknowledgement
from services.notifications.messages.details import Details
from services.notifications.settings import NotificationsSettings

LOOK = timedelta(seconds=1)
"""After which an answer that another may cover is looked at again."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def mailbox_of(address: str) -> str:
    """The mailbox that an address leads to, in one form: `lan+1@example.com` leads to that of `lan@example.com`."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}" if local else address


def is_bounded(details: Details) -> bool:
    """Whether a message is an automatic answer to what anybody may have sent, and not thanks for what we asked for."""
    return isinstance(details, Acknowledgement) and not (details.done or details.goes_on)


def covers_case(details: Details) -> bool:
    """Whether another automatic answer of the same case within the hour is one too many: not after thanks."""
    return not (isinstance(details, Acknowledgement) and details.is_thanks)


@dataclass(slots=True)
class Recent:
    """The automatic answers handed over in the last day: by case (those of the last hour) and by mailbox.

    Each is an id and the instant at which it was handed over last. `left` says how, of those that are in no hands now.
    """

    by_case: dict[UUID, dict[UUID, datetime]] = field(default_factory=lambda: defaultdict(dict))
    by_mailbox: dict[str, dict[UUID, datetime]] = field(default_factory=lambda: defaultdict(dict))
    left: dict[UUID, str] = field(default_factory=dict)

    def awaits(self, id_: UUID, case: UUID | None, now: datetime) -> bool:
        """Whether another answer of its case is being sent just now: until it has left it covers nothing."""
        covering = self._covering(id_, case, now)
        return bool(covering) and self.left.keys().isdisjoint(covering)

    def _covering(self, id_: UUID, case: UUID | None, now: datetime) -> list[UUID]:
        return [k for k, at in self.by_case[case].items() if k != id_ and at > now - HOUR] if case else []

    def forbids(
        self, id_: UUID, case: UUID | None, mailbox: str, rules: NotificationsSettings, now: datetime
    ) -> str | None:
        """The reason why this answer is not sent at all. An earlier attempt of its own is none."""
        if covering := [k for k in self._covering(id_, case, now) if k in self.left]:
            return f"covered by the acknowledgement {covering[0]}, {self.left[covering[0]]} within the hour"
        times = [at for k, at in self.by_mailbox[mailbox].items() if k != id_]
        for name, span, most in (
            ("an hour", HOUR, rules.automatic_mails_per_hour),
            ("a day", DAY, rules.automatic_mails_per_day),
        ):
            if sum(at > now - span for at in times) >= most:
                return f"this address has had its automatic answers already: {most} in {name} at most"
        return None

    def note(self, id_: UUID, case: UUID | None, mailbox: str, now: datetime) -> None:
        """Counts an answer that is handed over: what comes after it is judged by it."""
        if case:
            self.by_case[case][id_] = now
        self.by_mailbox[mailbox][id_] = now
