"""The commands that a promise allows in each state: the one table that commands, docs and tests read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.commitments.errors import (
    ApprovalNeeded,
    DueInThePast,
    DueTooFar,
    NotForTasks,
    PlanNotAgreed,
    StaleRevision,
    TooLate,
    WrongState,
)
from services.commitments.promise.core.model import FARTHEST, OPEN, Promise, Status


class Command(StrEnum):
    REVIEW = "review"
    STATE = "state"
    AGREE = "agree"
    DECLINE = "decline"
    CHOOSE = "choose"
    CONFIRM = "confirm"
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
    """The states in which a command applies, and those it can lead to. `in_time`: only until the binding due time."""

    may: frozenset[Status]
    to: tuple[Status, ...]
    in_time: bool = False


_S = Status
RULES: Mapping[Command, Rule] = {
    Command.REVIEW: Rule(frozenset({_S.DRAFT}), ()),
    Command.STATE: Rule(frozenset({_S.DRAFT}), (_S.STATED,)),
    Command.AGREE: Rule(OPEN, (_S.AGREED,), in_time=True),
    Command.DECLINE: Rule(OPEN, (_S.DECLINED, _S.STATED, _S.AGREED), in_time=True),
    Command.CHOOSE: Rule(OPEN, (_S.AGREED,), in_time=True),
    Command.CONFIRM: Rule(OPEN | {_S.DRAFT}, (), in_time=True),
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

OURS = frozenset({Command.AGREE, Command.DECLINE, Command.REVISE, Command.WAIT, Command.RESUME})
"""What is said of our own promises alone. What a customer is to do is done, or taken back and asked anew."""

LATE = "the promise was due already; it can be fulfilled late, not rewritten"


def expect(promise: Promise, command: Command, now: datetime) -> None:
    """Checks that a command applies. Raises WrongState, TooLate where its time is over, or NotForTasks."""
    rule = RULES[command]
    if promise.obligor == "customer" and command in OURS:
        raise NotForTasks("this is the customer's own task; take it back and ask anew instead")
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
    """Checks that a revision is the present one. Raises StaleRevision, which names what has taken its place."""
    if revision != len(promise.terms):
        raise StaleRevision(
            f"revision {revision} has been replaced by revision {len(promise.terms)}",
            revision=len(promise.terms),
            terms=promise.latest.model_dump(mode="json"),
        )


def expect_approved(promise: Promise) -> None:
    """Checks that terms over their author's limits were approved. Raises ApprovalNeeded."""
    if promise.approval is not None and promise.approval.state != "approved":
        raise ApprovalNeeded(
            "these terms are over the limits of their author, and nobody who may has approved them",
            approval=promise.approval.state,
            over=[over.model_dump() for over in promise.approval.over],
        )


def expect_plan(promise: Promise) -> None:
    """Checks that the customer has agreed to unusual work before it begins. Raises PlanNotAgreed."""
    if promise.binds.unusual and not promise.agreed:
        raise PlanNotAgreed("this is unusual: work begins when the customer has agreed to the plan")


def check_due(due_at: datetime, now: datetime, *, what: str = "a promise needs a due time") -> None:
    """Checks that a due time is in the future and not too far. Raises DueInThePast or DueTooFar."""
    if due_at <= now:
        raise DueInThePast(f"{what} in the future")
    if due_at - now > FARTHEST:
        raise DueTooFar(f"{what} within ten years")
