"""A hand-over: what is made of a message for a provider, what the provider answers, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


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
    """The answer of a provider that has taken a message. `provider_id` is None where it gives it no id."""

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
