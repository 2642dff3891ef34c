"""What counts as kept, and how sure a figure is. Pure.

The database compares instants and counts; here it is decided what each combination of answers means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, isfinite, sqrt

from services.commitments.promise import Status
from shared.contracts.commitments import Outcome

Z = 1.959963984540054
"""Two-sided 95% of the normal distribution."""

FRONTLINE_TARGET = 0.95
"""What the front line is measured against where no standard says otherwise."""

COUNTED = frozenset({Status.STATED, Status.AGREED, Status.FULFILLED, Status.BROKEN})
"""Statuses that can count. A draft and a declined promise were none; what is withdrawn or void is out."""

_KEPT = frozenset({Outcome.KEPT, Outcome.KEPT_CHANGED})


class Verdict(StrEnum):
    MET = "met"
    BELOW = "below"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n` with its Wilson interval at 95%. Of nothing there is no share: None, never 0%."""

    count: int
    n: int

    @property
    def value(self) -> float | None:
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.count, self.n)

    def against(self, target: float | None, minimum: int) -> Verdict | None:
        """Met where even the low end reaches the target, below where not even the high end does, else undecided.

        None without a target, and with fewer than `minimum`: too few to say anything.
        """
        if target is None or self.interval is None or self.n < minimum:
            return None
        low, high = self.interval
        if low >= target:
            return Verdict.MET
        return Verdict.BELOW if high < target else Verdict.UNDECIDED


def wilson(count: int, n: int) -> tuple[float, float] | None:
    """(low, high) of a share at 95% (Wilson 1927); None where n is 0."""
    if n == 0:
        return None
    p, z2 = count / n, Z * Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if count == 0 else max(middle - half, 0.0)
    high = 1.0 if count == n else min(middle + half, 1.0)
    return low, high


# ---- promises ----


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database says of a promise at an instant. The passing of a due time counts only with a clock running.

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
    """Kept as first promised, and as agreed last; None: does not count (yet)."""

    strict: bool | None
    agreed: bool | None


def judge(seen: Seen) -> Judged:
    """A promise enters when its first due time has passed, however early it was done.

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


# ---- how long it took ----

GRID = tuple(i / 100 for i in range(1, 101))
"""The quantiles that are read for each group: enough for any of them with its interval."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A hundred quantiles of `n` values, at 1% to 100%. What is not finished yet is infinitely long."""

    n: int
    values: Sequence[float]

    def at(self, p: float) -> float | None:
        """The k-th smallest, k = ceil(n p). None: of nothing, or of what is not finished yet."""
        return self._value(ceil(round(p * 100, 6))) if self.n else None

    def interval(self, p: float) -> tuple[float | None, float | None]:
        """The values whose ranks are within two standard errors of p, at 95%; rounded outwards, None is open."""
        if not self.n:
            return None, None
        half = Z * sqrt(p * (1 - p) / self.n)
        low, high = floor((p - half) * 100), ceil((p + half) * 100)
        return self._value(low) if low >= 1 else None, self._value(high) if high <= 100 else None

    def _value(self, place: int) -> float | None:
        value = self.values[place - 1]
        return value if isfinite(value) else None


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
