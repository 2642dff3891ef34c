"""What comes in, whoever sends it: a contact, or a fact about one, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.intake.channels.items import Address, Contact, Fact, Moved, Reach
from services.intake.identity import handle_of
from shared.contracts.intake import ChannelKind, Handle


@dataclass(frozen=True, slots=True)
class Source:
    """The channel it came by."""

    channel: str
    provider: str
    kind: ChannelKind
    account: str

    def handle(self, address: Address, region: str) -> Handle | None:
        """The handle that an address is here, in its one form."""
        return handle_of(address, self.account or self.provider, region)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact with where it came from. `raw_id` None: an agent recorded it."""

    source: Source
    received_at: datetime
    contact: Contact
    raw_id: int | None = None
    traceparent: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.source.channel, self.contact.external_id


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about a contact or a handle, with where it came from."""

    source: Source
    received_at: datetime
    raw_id: int
    traceparent: str | None
    item: Fact | Reach | Moved
