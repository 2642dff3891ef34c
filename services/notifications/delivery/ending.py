"""Ends of hand-overs, and what is done where nobody knows how one ended. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.errors import Outcome, Undelivered
from services.notifications.providers.protocol import AttemptState, Provider, Repeat, Route, Sought, Status
from services.notifications.settings import NotificationsSettings
from shared.contracts.intake import ChannelKind
from shared.security.customer_links import masked


class State(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    """It may have left, or not; and it is not sent again unless one of our people says so."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An attempt whose worker is taken for dead: by which provider, and what it said."""

    provider: str
    channel_kind: ChannelKind
    language: str
    subject: str
    text: str
    sought: Sought


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the provider what became of the last attempt, before anything else."""

    provider: Provider
    lost: Lost


@dataclass(frozen=True, slots=True)
class Again:
    """Look at it again at `at`. `attempt` is how the one before ended, if there was one, and `reason` why."""

    at: datetime
    reason: str | None = None
    attempt: AttemptState | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Ask the provider at `at` what became of the attempt, whose end stays unknown until then."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """`state` is sent, failed, suppressed or unknown; `attempt` is how the last one ended, if there was one.

    `is_dead`: nobody can be reached at the address.
    """

    state: State
    reason: str | None = None
    attempt: AttemptState | None = None
    provider_id: str | None = None
    is_dead: bool = False


def accepted(provider_id: str | None) -> Ended:
    """The end of a message that its provider has taken."""
    return Ended(State.SENT, attempt=AttemptState.ACCEPTED, provider_id=provider_id)


def after_failure(
    error: Exception, attempt: int, repeat: Repeat, rules: NotificationsSettings, now: datetime
) -> Again | Look | Ended:
    """The step after a hand-over that did not succeed. `attempt` counts from 1; each repetition has its pause."""
    outcome = error.outcome if isinstance(error, Undelivered) else Outcome.UNKNOWN
    reason = masked(str(error) or repr(error))  # a mail server may quote what it refuses
    if outcome in {Outcome.REFUSED, Outcome.DEAD}:
        return Ended(State.FAILED, reason, AttemptState.FAILED, is_dead=outcome is Outcome.DEAD)
    ended = AttemptState.FAILED
    if outcome is Outcome.UNKNOWN:
        ended = AttemptState.UNKNOWN
        if repeat is Repeat.NEVER:
            return Ended(State.UNKNOWN, f"it may have left, and is not sent again: {reason}", ended)
        if repeat is Repeat.LOOK_FIRST:
            return Look(now + timedelta(seconds=rules.retry_after[0]), reason)
    if attempt > len(rules.retry_after):
        return Ended(State.FAILED, f"given up after {attempt} attempts: {reason}", ended)
    return Again(now + timedelta(seconds=rules.retry_after[attempt - 1]), reason, ended)


def after_loss(
    lost: Lost, routes: Sequence[Route], rules: NotificationsSettings, now: datetime
) -> LookUp | Ended | None:
    """The step after an attempt whose end nobody knows; None: it is sent again as if there had been none."""
    provider = next((route.provider for route in routes if route.provider.name == lost.provider), None)
    match provider.repeat if provider else Repeat.NEVER:
        case Repeat.LOOK_FIRST if provider and now < lost.sought.begun_at + timedelta(seconds=sum(rules.retry_after)):
            return LookUp(provider, lost)
        case Repeat.SAFE:
            return None
    why = "it may have left, and is not sent again: nothing came back from the provider"
    return Ended(State.UNKNOWN, why, AttemptState.UNKNOWN)


def after_lookup(status: Status | None, now: datetime) -> Again | Ended:
    """The step after the provider's answer: it has the message, or has not, and then it is sent."""
    if status is None:
        return Again(now, "the provider has no such message", AttemptState.FAILED)
    if status.state is AttemptState.FAILED:
        return Ended(State.FAILED, masked(status.reason or "the provider gave it up"), status.state, status.provider_id)
    return Ended(State.SENT, attempt=status.state, provider_id=status.provider_id)


def after_no_lookup(error: Exception, lost: Lost, rules: NotificationsSettings, now: datetime) -> Look:
    """The provider could not be asked: the pauses grow with the wait."""
    age = now - lost.sought.begun_at
    return Look(now + max(age, timedelta(seconds=rules.retry_after[0])), masked(str(error) or repr(error)))
