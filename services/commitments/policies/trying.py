"""The trial of a rule on promises that were made without it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.commitments.policies.model import Circumstances, Policy, PolicyKind, answering, due_by, first_rule
from shared.calendars import Calendar
from shared.contracts.terms import CommitmentKind


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Made:
    """A promise that policy made: when its clock began, when it was due, and when it was done.

    `moved`: the customer agreed to another time, or was waited for; no rule says then when it is due.
    """

    id: UUID
    kind: CommitmentKind
    started_at: datetime
    due_at: datetime
    fulfilled_at: datetime | None
    of: Circumstances
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    made: Made
    due_after: datetime
    before: Verdict
    after: Verdict


def verdict(due_at: datetime, fulfilled_at: datetime | None, now: datetime) -> Verdict:
    """The verdict on a promise with this due time. Exactly on time is kept."""
    if fulfilled_at is not None:
        return Verdict.KEPT if fulfilled_at <= due_at else Verdict.BROKEN
    return Verdict.OPEN if now <= due_at else Verdict.BROKEN


def try_policy(
    tried: Policy, policies: Sequence[Policy], calendar: Calendar | None, made: Sequence[Made], now: datetime
) -> list[Trial]:
    """Tries a rule as if it had been valid all the time beside the others: it counts where it is the most specific.

    `calendar` is the one it names. A rule that gives no time changes nothing that was promised.
    """
    trials = []
    for promise in made:
        due = promise.due_at
        if not promise.moved and _wins(tried, policies, promise) and tried.within is not None:
            due = due_by(tried.within, calendar, promise.started_at)
        before = verdict(promise.due_at, promise.fulfilled_at, now)
        trials.append(Trial(promise, due, before, verdict(due, promise.fulfilled_at, now)))
    return trials


def _wins(tried: Policy, policies: Sequence[Policy], promise: Made) -> bool:
    valid = [rule for rule in policies if rule.valid_from <= promise.started_at]
    return first_rule([*valid, tried], _kinds(promise), promise.of, promise.started_at) is tried


def _kinds(promise: Made) -> tuple[PolicyKind, ...]:
    if promise.kind in {CommitmentKind.RESPONSE, CommitmentKind.NEXT_RESPONSE}:
        return answering(promise.of)
    return (PolicyKind(promise.kind.value),)
