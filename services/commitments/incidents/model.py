"""The effect of an incident on one promise: warned now, moved, or left as it is and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.commitments.promise import core
from services.commitments.promise.core import Decision, Promise, Status


class State(StrEnum):
    PENDING = "pending"
    WARNED = "warned"
    REVISED = "revised"
    SKIPPED = "skipped"


class Why(StrEnum):
    """The reason why a promise was left as it is. Its owner reads it in the digest."""

    NOT_TOLD = "the promise has not been told to the customer"
    ENDED = "the promise has ended"
    LATE = "the promise was due already"
    WAITS = "the promise waits for the customer, and its clock stands still"
    LATER = "the promise is due later than the new date"
    TASK = "this is a task of the customer"


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause in words for the customer, and the date that can be kept now, where there is one."""

    words: str
    new_due_at: datetime | None
    by: str


def strike(promise: Promise, cause: Cause, now: datetime) -> tuple[Decision, State, Why | None]:
    """Applies a cause to a promise: the customer hears of it once, and is asked whether a new date suits."""
    if (why := _spared(promise, cause, now)) is not None:
        return (promise, ()), State.SKIPPED, why
    due = cause.new_due_at
    if due is not None and due > now:
        moved = core.revise(promise, due_at=due, reason=cause.words, by=cause.by, now=now)
        return moved, State.REVISED, None
    if promise.waiting_since is not None:
        return (promise, ()), State.SKIPPED, Why.WAITS
    # Another cause is news even to those who have been warned before.
    return core.warn(promise._replace(warned_at=None), now, reason=cause.words, early=True), State.WARNED, None


def _spared(promise: Promise, cause: Cause, now: datetime) -> Why | None:
    if promise.obligor == "customer":
        return Why.TASK
    if promise.status is Status.DRAFT:
        return Why.NOT_TOLD
    if promise.status is Status.BROKEN:
        return Why.LATE
    if not promise.is_open:
        return Why.ENDED
    if promise.waiting_since is None and now >= promise.binds.due_at:
        return Why.LATE
    if cause.new_due_at is not None and promise.binds.due_at >= cause.new_due_at:
        return Why.LATER
    return None
