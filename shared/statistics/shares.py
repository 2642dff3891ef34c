"""Shares with their Wilson intervals, and quantiles with theirs, at 95%. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, isfinite, sqrt

Z = 1.959963984540054
"""Two-sided 95% of the normal distribution."""


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
        """The verdict: met where even the low end reaches the target, below where the high end does not; or undecided.

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


GRID = tuple(i / 100 for i in range(1, 101))
"""The quantiles that are read for each group: enough for any of them with its interval."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A hundred quantiles of `n` values, at 1% to 100%. What is not finished yet is infinitely long."""

    n: int
    values: Sequence[float]

    def at(self, p: float) -> float | None:
        """The quantile: the k-th smallest, k = ceil(n p). None: of nothing, or of what is not finished yet."""
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
