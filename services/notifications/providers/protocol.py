"""The contract of a provider: how a message is made for it, handed over, and asked for when its end is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from services.notifications.providers.rules import Rules
from shared.contracts.intake import ChannelKind, HandleKind


class Form(StrEnum):
    """The shape that a message has on a channel."""

    MAIL = "mail"
    """A subject and a text."""
    TEXT = "text"
    """A text alone."""


class Repeat(StrEnum):
    """The rule for a message of which nobody knows whether it was sent."""

    SAFE = "safe"
    """It is sent again: a second copy is recognised, or does less harm than none."""
    LOOK_FIRST = "look_first"
    """The provider is asked first, and it is sent again where the provider knows nothing of it."""
    NEVER = "never"
    """It is not sent again: one of our people decides."""


class AttemptState(StrEnum):
    """The state of one attempt: how far the hand-over has come."""

    HANDED = "handed"
    """In a worker's hands: marked before the provider was called."""
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    """Not sent, or sent and returned."""
    UNKNOWN = "unknown"


class Limits(NamedTuple):
    """The most characters that the text of a form may have at a provider; None where there is no limit."""

    text: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a provider by which we speak. Messages come from `address`, under the name `shown_as`.

    `takes_plus`: what is sent to `local+anything@domain` arrives there too.
    """

    address: str
    shown_as: str
    takes_plus: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message in one form, with links in it: the same for every attempt. `written_at` is the message's own date.

    `subject` is one line. `mark` says which case an answer belongs to (shared.security.marks). `answers` is the
    Message-ID of the mail that it answers by itself, with its angle brackets.
    """

    notification_id: UUID
    subject: str
    text: str
    written_at: datetime
    traceparent: str | None = None
    mark: str | None = None
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message as it goes to the provider. `reference` is ours, travels with it, and is the same for every attempt.

    `provider_id` is the provider's id where it can be known before: the one that receipts name.
    """

    account: Account
    to: str
    content: bytes
    reference: str
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message. None where it gives it no id."""

    provider_id: str | None


@dataclass(frozen=True, slots=True)
class Sought:
    """A hand-over whose end is unknown, as the provider can be asked for it."""

    account: str
    to: str
    reference: str
    provider_id: str | None
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a message at the provider that has it: accepted, delivered, read or failed."""

    state: AttemptState
    provider_id: str | None
    reason: str | None = None


class Provider(Protocol):
    """A provider, the same object for all its accounts. Its facts are data; `send` and `lookup` alone talk to it."""

    name: str
    channel_kind: ChannelKind
    handle_kind: HandleKind
    """The kind of address it delivers to."""
    forms: Mapping[Form, Limits]
    """The forms that it carries, the preferred first."""
    repeat: Repeat
    rules: Rules

    def prepare(self, message: Outgoing, account: Account, to: str) -> Prepared:
        """Makes what is sent. Pure. `to` is an address the recipients' rules hold usable.

        Raises ValueError where it cannot be made of this message.
        """
        ...

    async def send(self, prepared: Prepared) -> Accepted:
        """Returns when the provider has taken it. Raises Undelivered; whatever else it raises counts as unknown.

        May be called by many tasks at once. It never repeats by itself.
        """
        ...

    async def lookup(self, sought: Sought) -> Status | None:
        """Asks what became of it; None where the provider has no such message.

        Called only where `repeat` is look_first. Raises Undelivered where it cannot be asked.
        """
        ...

    async def close(self) -> None:
        """Lets go of connections; a later `send` opens new ones."""
        ...


class Route(NamedTuple):
    """A way to the customer: a provider, by one of our accounts."""

    provider: Provider
    account: Account
