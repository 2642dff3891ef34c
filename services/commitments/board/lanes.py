"""The lanes of the board: which one a promise is in, the status beside it, and what can be done with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.commitments.estimates.answer import UNKNOWN, Outlook
from services.commitments.promise.core import OURS, RULES, Command, Promise, Status
from shared.contracts.terms import CommitmentKind

SOON = timedelta(hours=24)
MOST = 50
"""Lines in a lane of what waits or is over."""


class Lane(StrEnum):
    """The lanes in reading order: first what hurts a customer, last what is over."""

    BROKEN = "broken"
    RISK = "risk"
    WAITING = "waiting"
    DECLINED = "declined"
    SOON = "soon"
    LATER = "later"
    KEPT = "kept"


class Act(StrEnum):
    """The acts that the board offers, named as its forms send them."""

    FULFIL = "fulfil"
    PROGRESS = "progress"
    REVISE = "revise"
    WARN = "warn"
    WAIT = "wait"
    RESUME = "resume"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Heard:
    """The customer's last "no" or our last wait: the reason, and the time that would suit the customer."""

    reason: str
    proposed_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A promise, its customer's name, what was heard of it, the sign beside it, and what history says of its end."""

    promise: Promise
    customer: str | None
    heard: Heard | None = None
    status: str = ""
    outlook: Outlook = UNKNOWN

    @property
    def is_own(self) -> bool:
        """True for a promise that a person made; the others are opened by policy."""
        return self.promise.kind is CommitmentKind.PROMISE


@dataclass(frozen=True, slots=True)
class Shelf:
    """A lane's lines; `more` where there are others beyond."""

    lines: Sequence[Line]
    more: bool = False


Board = Mapping[Lane, Shelf]


def lane_of(promise: Promise, now: datetime) -> Lane | None:
    """The one lane of a promise; None for what is over and kept by nobody: withdrawn, void, not told yet."""
    match promise.status:
        case Status.BROKEN:
            return Lane.BROKEN
        case Status.DECLINED:
            return Lane.DECLINED
        case Status.FULFILLED:
            return Lane.KEPT
        case Status.STATED | Status.AGREED:
            return _lane_of_open(promise, now)
        case _:
            return None


def _lane_of_open(promise: Promise, now: datetime) -> Lane:
    if waits_for_customer(promise):
        return Lane.WAITING
    if promise.is_late(now):
        return Lane.BROKEN
    if promise.warned_at is not None:
        return Lane.RISK
    return Lane.SOON if promise.binds.due_at <= now + SOON else Lane.LATER


def waits_for_customer(promise: Promise) -> bool:
    """Tells whether the next act is the customer's: our clock stands still, or the promise is theirs."""
    return promise.is_open and (promise.waiting_since is not None or promise.obligor == "customer")


def refused_change(promise: Promise) -> bool:
    """Tells whether the customer said no to the newest terms while earlier ones stand."""
    return promise.is_open and promise.binding < len(promise.terms) == promise.answered


_SHORT = frozenset({Lane.BROKEN, Lane.WAITING, Lane.DECLINED, Lane.KEPT})


def arrange(lines: Sequence[Line], now: datetime) -> Board:
    """Sorts lines into lanes and keeps their order. Promises that are still to be done are shown in full."""
    shelves: dict[Lane, list[Line]] = {lane: [] for lane in Lane}
    for line in lines:
        lane = Lane.RISK if line.outlook.breaks else lane_of(line.promise, now)
        if lane is not None:
            shelves[lane].append(signed(line, now))
    return {
        lane: Shelf(found[:MOST], len(found) > MOST) if lane in _SHORT else Shelf(found)
        for lane, found in shelves.items()
    }


def signed(line: Line, now: datetime) -> Line:
    """The line with the status beside it."""
    return replace(line, status="likely_to_break" if line.outlook.breaks else status_of(line.promise, now))


def status_of(promise: Promise, now: datetime) -> str:
    """The status beside a promise: its outcome, what is wrong with it, or where it stands."""
    if promise.outcome is not None:
        return promise.outcome.value
    if waits_for_customer(promise):
        return "waiting"
    if promise.is_open and promise.is_late(now):
        return "overdue"
    return "at_risk" if promise.is_open and promise.warned_at is not None else promise.status.value


def offers(promise: Promise, now: datetime) -> tuple[Act, ...]:
    """The acts that the board offers for a promise now. The command itself checks again."""
    return tuple(act for act in Act if _may(promise, act, now))


def _may(promise: Promise, act: Act, now: datetime) -> bool:
    command = Command(act.value)
    rule = RULES[command]
    if promise.obligor == "customer" and command in OURS:
        return False
    late = promise.status is Status.BROKEN or (promise.is_open and promise.is_late(now))
    undone = promise.status is Status.BROKEN and promise.fulfilled_at is None
    match act:
        case Act.FULFIL:
            return promise.is_open or undone
        case Act.PROGRESS:
            return promise.is_open or undone
        case Act.WARN:
            unsaid = promise.warned_at is None and promise.waiting_since is None
            return promise.is_open and unsaid and now < promise.binds.due_at
        case Act.WAIT:
            return promise.is_open and not late and promise.waiting_since is None
        case Act.RESUME:
            return promise.is_open and promise.waiting_since is not None
        case Act.REVISE | Act.WITHDRAW:
            return promise.status in rule.may and not late
