"""Tallies of promises and of cases: what counts as kept. Pure.

The database compares instants and counts; here it is decided what each combination of answers means.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.commitments.promise.core import Status
from shared.contracts.commitments import Outcome

FRONTLINE_TARGET = 0.95
"""What the front line is measured against where no standard says otherwise."""

COUNTED = frozenset({Status.STATED, Status.AGREED, Status.FULFILLED, Status.BROKEN})
"""Statuses that can count. A draft and a declined promise were none; what is withdrawn or void is out."""

_KEPT = frozenset({Outcome.KEPT, Outcome.KEPT_CHANGED})


# ---- promises ----


@dataclass(frozen=True, slots=True)
class Seen:
    """A promise as the database shows it at an instant. The passing of a due time counts only with a clock running.

    `in_first_time`: done not after the first due time. `done` by the instant. `told` before it was due.
    """

    status: Status
    outcome: Outcome | None
    first_passed: bool
    due_passed: bool
    in_first_time: bool
    done: bool
    told: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on a promise: kept as first promised, and as agreed last; None: does not count (yet)."""

    strict: bool | None
    agreed: bool | None


def judge(seen: Seen) -> Judged:
    """Judges a promise. It counts once its first due time has passed, however early it was done.

    Kept as first promised is kept as agreed too. Otherwise an agreed change gives it until the agreed time, and only
    then it is kept or broken. Whether a change was agreed to in time has been decided by its outcome.
    """
    if seen.status not in COUNTED or not seen.first_passed:
        return Judged(None, None)
    kept = seen.done and seen.outcome in _KEPT
    if kept and seen.in_first_time:
        return Judged(True, True)
    return Judged(False, kept if seen.due_passed else None)


@dataclass(slots=True)
class Tally:
    """Counts of promises. `out` were withdrawn by the customer, declined or void."""

    strict: int = 0
    strict_n: int = 0
    agreed: int = 0
    agreed_n: int = 0
    told: int = 0
    broken: int = 0
    out: int = 0

    def add(self, seen: Seen, n: int) -> None:
        judged = judge(seen)
        if seen.status not in COUNTED:
            self.out += n
        if judged.strict is not None:
            self.strict_n += n
            self.strict += n * judged.strict
        if judged.agreed is not None:
            self.agreed_n += n
            self.agreed += n * judged.agreed
        if judged.agreed is False:
            self.broken += n
            self.told += n * seen.told

    def plus(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


# ---- cases ----


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """A case whose customer has had time to come back. `back` and `reopened`: within the window after it was resolved.

    `passed_on`: it got another owner after somebody had answered the customer.
    """

    resolved: bool
    one_contact: bool
    back: bool
    reopened: bool
    passed_on: bool


@dataclass(slots=True)
class CaseTally:
    """`naive` is first-contact resolution as it looks to who does not wait whether the customer comes back."""

    n: int = 0
    resolved: int = 0
    first_contact: int = 0
    naive: int = 0
    frontline: int = 0
    reopened: int = 0

    def add(self, seen: CaseSeen, n: int) -> None:
        at_once = seen.resolved and seen.one_contact
        self.n += n
        self.resolved += n * seen.resolved
        self.naive += n * at_once
        self.first_contact += n * (at_once and not seen.back)
        self.frontline += n * (seen.resolved and not seen.passed_on and not seen.reopened)
        self.reopened += n * (seen.resolved and seen.reopened)

    def plus(self, other: CaseTally) -> CaseTally:
        return CaseTally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))
