"""Receipts: what a provider says later of a message it has taken. They come in through intake, in any order. Pure.

They name the provider's id, which has to be unique by itself. One that comes before that id is written down waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.notifications.delivery.ending import State
from services.notifications.providers.protocol import AttemptState
from shared.contracts.intake import ChannelKind, InteractionFact
from shared.contracts.notifications import (
    Notification,
    NotificationDelivered,
    NotificationFailed,
    NotificationRead,
    NotificationSent,
)
from shared.handling import Work

_LEADS_TO = {
    InteractionFact.SENT: AttemptState.ACCEPTED,
    InteractionFact.DELIVERED: AttemptState.DELIVERED,
    InteractionFact.READ: AttemptState.READ,
    InteractionFact.FAILED: AttemptState.FAILED,
}
_ORDER = (AttemptState.UNKNOWN, AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.READ)


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
    """The last attempt under a provider's id, and its message: `stands` is the message's state."""

    notification_id: UUID
    number: int
    provider: str
    provider_id: str | None
    channel_kind: ChannelKind
    subject: str | None
    text: str | None
    state: AttemptState
    accepted_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    reason: str | None
    stands: State
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
        """Moves this attempt and its message as the receipt says, and tells it."""
        if to := moves_to(one.state, receipt.fact):
            after = _moved(one, to, receipt)
            _tell(work, one, after, receipt)
            self.moved[one.notification_id, one.number] = after
            self._index(after)

    def _index(self, one: Tracked) -> None:
        if one.provider_id is not None:
            self.by_id[one.provider_id] = one


def moves_to(state: AttemptState, fact: InteractionFact) -> AttemptState | None:
    """The state to which a receipt moves an attempt: forwards only, and nothing follows a failure."""
    to = _LEADS_TO[fact]
    if state not in _ORDER:
        return None
    if to is AttemptState.FAILED:
        return None if state is AttemptState.READ else to
    return to if _ORDER.index(to) > _ORDER.index(state) else None


def _moved(one: Tracked, to: AttemptState, receipt: Receipt) -> Tracked:
    after = replace(one, state=to, reason=receipt.reason or one.reason)
    if to is AttemptState.FAILED:
        after = replace(after, failed_at=receipt.at)
        if one.is_last and one.stands in {State.SENT, State.UNKNOWN}:
            after = replace(after, stands=State.FAILED, message_reason=receipt.reason or "it did not arrive")
        return after
    if one.is_last and one.stands is State.UNKNOWN:
        after = replace(after, stands=State.SENT, message_reason=None)
    return replace(
        after,
        accepted_at=one.accepted_at or receipt.at,
        delivered_at=one.delivered_at or (None if to is AttemptState.ACCEPTED else receipt.at),
        read_at=receipt.at if to is AttemptState.READ else one.read_at,
    )


def _tell(work: Work, before: Tracked, after: Tracked, receipt: Receipt) -> None:
    facts = after.facts.model_dump() | {"channel_kind": after.channel_kind}
    if after.stands is not before.stands:
        if after.stands is State.SENT:
            said = {"sent_at": receipt.at, "subject": after.subject or "", "text": after.text or ""}
            names = {"attempt": after.number, "provider": after.provider, "provider_id": after.provider_id}
            work.emit(NotificationSent.model_validate(facts | said | names))
        else:
            failed = {"reason": after.message_reason, "attempts": after.attempts}
            work.emit(NotificationFailed.model_validate(facts | failed))
    if after.delivered_at and not before.delivered_at:
        work.emit(NotificationDelivered.model_validate(facts | {"delivered_at": after.delivered_at}))
    if after.read_at and not before.read_at:
        work.emit(NotificationRead.model_validate(facts | {"read_at": after.read_at}))
