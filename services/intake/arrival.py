"""What comes in, whoever sends it: a contact and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.intake.channels.provider import Contact
from shared.contracts.intake import ChannelKind


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact with where it came in. `raw_id` None: an agent recorded it."""

    channel: str
    channel_kind: ChannelKind
    account: str
    received_at: datetime
    contact: Contact
    raw_id: int | None = None
    traceparent: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.channel, self.contact.external_id
