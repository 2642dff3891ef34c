"""Ends of hand-overs, and what is done where nobody knows how one ended. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.errors import Outcome, Undelivered
from services.notifications.providers.handover import AttemptState, Sought, Status
from services.notifications.providers.protocol import Provider, Repeat, Route
from services.notifications.settings import NotificationsSettings
from shared.contracts.intake import ChannelKind
from shared.security.customer_links import masked
from shared.texts import clean, one_line

_NOT_AGAIN = "it may have left, and is not sent again"


class State(StrEnum):
    """The state of a message."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    """It may have left, or not; and it is not sent again unless one of our people says so."""


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """The last attempt of a message so far: by which provider, what it said, and how far it has come."""

    provider: str
    channel_kind: ChannelKind
    language: str
    subject: str
    text: str
    state: AttemptState
    sought: Sought

    @property
    def may_have_left(self) -> bool:
        """Whether nobody knows its end."""
        return self.state in {AttemptState.HANDED, AttemptState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class AskNow:
    """The decision to ask the provider what became of the last attempt, before anything else."""

    provider: Provider
    last: LastAttempt


@dataclass(frozen=True, slots=True)
class AskLater:
    """The decision to ask the provider at `at` what became of the attempt, whose end stays unknown until then."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Again:
    """The decision to look at a message again at `at`.

    `attempt_state` is how the attempt before ended, if there was one, and `reason` why.
    """

    at: datetime
    reason: str | None = None
    attempt_state: AttemptState | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a message: `state` is sent, failed, suppressed or unknown.

    `attempt_state` is how the last attempt ended, if there was one. `is_dead`: nobody can be reached at the address.
    """

    state: State
    reason: str | None = None
    attempt_state: AttemptState | None = None
    provider_id: str | None = None
    is_dead: bool = False


def accepted(provider_id: str | None) -> Ended:
    """The end of a message that its provider has taken."""
    return Ended(State.SENT, attempt_state=AttemptState.ACCEPTED, provider_id=_id(provider_id))


def possibly_sent(ended: Ended) -> Ended:
    """The end of a message that may have left before: that it was not sent would be more than anybody knows."""
    if ended.state not in {State.FAILED, State.SUPPRESSED}:
        return ended
    return replace(ended, state=State.UNKNOWN, reason=f"{_NOT_AGAIN}: {ended.reason}")


def after_failure(
    error: Exception, number: int, repeat: Repeat, rules: NotificationsSettings, now: datetime
) -> Again | AskLater | Ended:
    """The step after a hand-over that did not succeed: `number` counts from 1; each repetition has its pause."""
    outcome = error.outcome if isinstance(error, Undelivered) else Outcome.UNKNOWN
    reason = _reason(error)
    if outcome in {Outcome.REFUSED, Outcome.DEAD}:
        return Ended(State.FAILED, reason, AttemptState.FAILED, is_dead=outcome is Outcome.DEAD)
    ended = AttemptState.FAILED
    if outcome is Outcome.UNKNOWN:
        ended = AttemptState.UNKNOWN
        if repeat is Repeat.NEVER:
            return Ended(State.UNKNOWN, f"{_NOT_AGAIN}: {reason}", ended)
        if repeat is Repeat.LOOK_FIRST:
            return AskLater(now + timedelta(seconds=rules.retry_after[0]), reason)
    if number > len(rules.retry_after):
        given_up = Ended(State.FAILED, f"given up after {number} attempts: {reason}", ended)
        return possibly_sent(given_up) if outcome is Outcome.UNKNOWN else given_up
    return Again(now + timedelta(seconds=rules.retry_after[number - 1]), reason, ended)


def after_loss(
    last: LastAttempt, routes: Sequence[Route], rules: NotificationsSettings, now: datetime
) -> AskNow | Ended | None:
    """The step after an attempt from which nothing came back; None: it is sent again as if there had been none."""
    provider = next((route.provider for route in routes if route.provider.name == last.provider), None)
    match provider.repeat if provider else Repeat.NEVER:
        case Repeat.LOOK_FIRST if provider and now < last.sought.begun_at + timedelta(seconds=sum(rules.retry_after)):
            return AskNow(provider, last)
        case Repeat.SAFE:
            return None
    return Ended(State.UNKNOWN, f"{_NOT_AGAIN}: nothing came back from the provider", AttemptState.UNKNOWN)


def after_lookup(status: Status | None, now: datetime) -> Again | Ended:
    """The step after the provider's answer: it has the message, or has not, and then it is sent."""
    if status is None:
        return Again(now, "the provider has no such message", AttemptState.FAILED)
    if status.state is AttemptState.FAILED:
        reason = _line(status.reason or "the provider gave it up")
        return Ended(State.FAILED, reason, status.state, _id(status.provider_id))
    return Ended(State.SENT, attempt_state=status.state, provider_id=_id(status.provider_id))


def after_no_lookup(error: Exception, last: LastAttempt, rules: NotificationsSettings, now: datetime) -> AskLater:
    """The step after a provider could not be asked: the pauses grow with the wait."""
    age = now - last.sought.begun_at
    return AskLater(now + max(age, timedelta(seconds=rules.retry_after[0])), _reason(error))


def _reason(error: Exception) -> str:
    return _line(str(error) or repr(error))


def _line(said: str) -> str:
    """A provider's words as one line for our people: it may quote the message that it refuses, in any bytes."""
    return masked(one_line(said))


def _id(said: str | None) -> str | None:
    """A provider's id of a message as it can be stored."""
    return said and clean(said)
