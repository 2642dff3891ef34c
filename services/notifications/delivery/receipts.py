"""Receipts: what a provider says later of a message, by its own id, which has to be unique by itself. Pure.

They come in through intake, in any order. One that comes before that id is written down waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.notifications.delivery.ending import State
from services.notifications.delivery.telling import Said, tell_delivered, tell_read, tell_state
from services.notifications.providers.handover import AttemptState
from shared.contracts.intake import ChannelKind, InteractionFact
from shared.contracts.notifications import Notification
from shared.handling import Work

_LEADS_TO = {
    InteractionFact.SENT: AttemptState.ACCEPTED,
    InteractionFact.DELIVERED: AttemptState.DELIVERED,
    InteractionFact.READ: AttemptState.READ,
    InteractionFact.FAILED: AttemptState.FAILED,
}
_ORDER = (AttemptState.UNKNOWN, AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.READ)
_NOT_SENT = frozenset({State.UNKNOWN, State.PENDING, State.SUPPRESSED, State.FAILED})
"""States of a message that a receipt of its last attempt corrects: it did leave."""


class Receipt(NamedTuple):
    """One receipt. `at` is by the provider's clock where there is one; `reason` is a line for our people."""

    provider_id: str
    fact: InteractionFact
    at: datetime
    reason: str | None = None

    @property
    def is_about_delivery(self) -> bool:
        return self.fact in _LEADS_TO


@dataclass(frozen=True, slots=True)
class Tracked:
    """The last attempt under a provider's id, and its message, which had `attempts` of them."""

    notification_id: UUID
    number: int
    provider: str
    provider_id: str | None
    channel_kind: ChannelKind
    subject: str | None
    text: str | None
    state: AttemptState
    begun_at: datetime
    accepted_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    reason: str | None
    message_state: State
    message_reason: str | None
    attempts: int
    facts: Notification

    @property
    def is_last(self) -> bool:
        return self.number == self.attempts


@dataclass(slots=True)
class Tracking:
    """The attempts that a batch of receipts names. `early` are receipts of none that has come back."""

    known: Iterable[Tracked]
    by_id: dict[str, Tracked] = field(init=False, default_factory=dict)
    moved: dict[tuple[UUID, int], Tracked] = field(init=False, default_factory=dict)
    early: list[Receipt] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in sorted(self.known, key=lambda one: one.number):
            self._index(one)

    def take(self, work: Work, receipt: Receipt) -> bool:
        """Moves the attempt and its message as the receipt says, and tells it. False where it comes too early."""
        one = self.by_id.get(receipt.provider_id)
        if one is None or one.state is AttemptState.HANDED:
            return False
        self.move(work, one, receipt)
        return True

    def move(self, work: Work, one: Tracked, receipt: Receipt) -> None:
        """Moves this attempt and its message as the receipt says, and tells what is new of it."""
        after = moved(one, receipt)
        if after != one:
            _tell(work, one, after)
            self.moved[one.notification_id, one.number] = after
            self._index(after)

    def _index(self, one: Tracked) -> None:
        if one.provider_id is not None:
            self.by_id[one.provider_id] = one


def moves_to(state: AttemptState, fact: InteractionFact) -> AttemptState | None:
    """The state to which a receipt moves an attempt: forwards only.

    Whoever has read a message has got it, whatever else is said of it; nothing else follows a failure.
    """
    to = _LEADS_TO[fact]
    if state is AttemptState.FAILED:
        return to if to is AttemptState.READ else None
    if state not in _ORDER:
        return None
    if to is AttemptState.FAILED:
        return None if state is AttemptState.READ else to
    return to if _ORDER.index(to) > _ORDER.index(state) else None


def moved(one: Tracked, receipt: Receipt) -> Tracked:
    """An attempt and its message after a receipt; as they were where it says nothing new."""
    to = moves_to(one.state, receipt.fact)
    if to is AttemptState.FAILED:
        after = replace(one, state=to, reason=receipt.reason or one.reason, failed_at=receipt.at)
        was_unknown = one.state is AttemptState.UNKNOWN
        fails = {State.SENT, State.UNKNOWN} | ({State.PENDING, State.SUPPRESSED} if was_unknown else set())
        if one.is_last and one.message_state in fails:
            after = replace(after, message_state=State.FAILED, message_reason=receipt.reason or "it did not arrive")
        return after
    after = one
    if to is not None:
        lifts = one.is_last and one.message_state in _NOT_SENT
        state, reason = (State.SENT, None) if lifts else (one.message_state, one.message_reason)
        after = replace(
            one,
            state=to,
            reason=receipt.reason or one.reason,
            accepted_at=one.accepted_at or one.begun_at,
            read_at=receipt.at if to is AttemptState.READ else one.read_at,
            message_state=state,
            message_reason=reason,
        )
    if receipt.fact is InteractionFact.DELIVERED and after.state in _ORDER and after.delivered_at is None:
        after = replace(after, delivered_at=receipt.at)
    return after


def _tell(work: Work, before: Tracked, after: Tracked) -> None:
    """Tells what a receipt brought. That a message was sent is told once: by whatever it was first accepted by."""
    words = after.subject or "", after.text or ""
    said = Said(after.facts.language, after.channel_kind, *words, after.provider, after.provider_id)
    state, was_sent = after.message_state, before.accepted_at is not None
    if state is not before.message_state and not (state is State.SENT and was_sent):
        tell_state(work, after.facts, state, after.number, said, at=after.begun_at, reason=after.message_reason)
    if after.delivered_at and not before.delivered_at:
        tell_delivered(work, after.facts, said, after.delivered_at)
    if after.read_at and not before.read_at:
        tell_read(work, after.facts, said, after.read_at)
