"""What may be done with a promise, by where it stands: the one table that the commands, the docs and the tests read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.commitments.errors import DueInThePast, DueTooFar, StaleRevision, TooLate, WrongState
from services.commitments.promise.model import FARTHEST, OPEN, Promise, Status


class Command(StrEnum):
    STATE = "state"
    AGREE = "agree"
    DECLINE = "decline"
    REVISE = "revise"
    PROGRESS = "progress"
    WAIT = "wait"
    RESUME = "resume"
    WARN = "warn"
    ESCALATE = "escalate"
    FALL_DUE = "fall due"
    FULFIL = "fulfil"
    WITHDRAW = "withdraw"
    VOID = "void"


class Rule(NamedTuple):
    """From where it may be done, and where it can lead. `in_time`: only until the binding due time."""

    may: frozenset[Status]
    to: tuple[Status, ...]
    in_time: bool = False


_S = Status
RULES: Mapping[Command, Rule] = {
    Command.STATE: Rule(frozenset({_S.DRAFT}), (_S.STATED,)),
    Command.AGREE: Rule(OPEN, (_S.AGREED,), in_time=True),
    Command.DECLINE: Rule(OPEN, (_S.DECLINED, _S.STATED, _S.AGREED), in_time=True),
    Command.REVISE: Rule(OPEN | {_S.DRAFT, _S.DECLINED}, (_S.DRAFT, _S.STATED, _S.AGREED), in_time=True),
    Command.PROGRESS: Rule(OPEN | {_S.BROKEN}, ()),
    Command.WAIT: Rule(OPEN, (), in_time=True),
    Command.RESUME: Rule(OPEN, ()),
    Command.WARN: Rule(OPEN, ()),
    Command.ESCALATE: Rule(OPEN | {_S.BROKEN}, ()),
    Command.FALL_DUE: Rule(OPEN, (_S.BROKEN,)),
    Command.FULFIL: Rule(OPEN, (_S.FULFILLED, _S.BROKEN)),
    Command.WITHDRAW: Rule(OPEN | {_S.DRAFT}, (_S.WITHDRAWN,), in_time=True),
    Command.VOID: Rule(frozenset({_S.DRAFT, _S.STATED}), (_S.VOID,), in_time=True),
}
"""An empty `to`: it stays where it is. A broken promise can be fulfilled late, once, and stays broken."""

LATE = "the promise was due already; it can be fulfilled late, not rewritten"


def expect(promise: Promise, command: Command, now: datetime) -> None:
    """Raises WrongState where the command does not apply, TooLate where its time is over."""
    rule = RULES[command]
    if promise.status is Status.BROKEN and rule.in_time:
        raise TooLate(LATE)
    if promise.status not in rule.may:
        raise WrongState(
            f"the promise is {promise.status}",
            state=promise.status.value,
            allowed=sorted(status.value for status in rule.may),
        )
    if rule.in_time and promise.is_open and promise.is_late(now):
        raise TooLate(LATE)


def expect_current(promise: Promise, revision: int) -> None:
    """Raises StaleRevision, which names what has taken its place."""
    if revision != len(promise.terms):
        raise StaleRevision(
            f"revision {revision} has been replaced by revision {len(promise.terms)}",
            revision=len(promise.terms),
            terms=promise.latest.model_dump(mode="json"),
        )


def check_due(due_at: datetime, now: datetime) -> None:
    """Raises DueInThePast or DueTooFar."""
    if due_at <= now:
        raise DueInThePast("a promise needs a due time in the future")
    if due_at - now > FARTHEST:
        raise DueTooFar("a promise needs a due time within ten years")
