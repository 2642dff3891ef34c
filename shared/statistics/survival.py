"""The period Kaplan-Meier estimator: how long things last, with those that are not done yet. Pure.

Each thing is watched from the age it had when the window began (delayed entry) to the age at which it was done, or at
which we stopped looking (censored). Only what happened inside the window counts, so the curve follows a drift at once,
and what is still open counts for as long as it has been. Kaplan and Meier, J. Am. Stat. Assoc. 53 (1958) 457; the
period form is Brenner and Gefeller, Cancer 78 (1996) 2004. Ages are seconds, but any unit will do.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil, log
from operator import attrgetter
from typing import NamedTuple

FEWEST_WATCHED = 10
"""Where fewer are left while others join at a later age, the curve ends: what those few do says little of the many.

So it does where all that are left are done, which those who join later belie.
"""

_EPSILON = 1e-9
"""Shares that differ by less are the same share, reached by another order of products."""


class Span(NamedTuple):
    """A span of watching after the age `entry` up to the age `exit`; `done` there, or still open. 0: the beginning."""

    entry: float
    exit: float
    done: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """The share that is not done yet, by age: `left[i]` from `ages[i]` on, 1 before the first.

    `n` things were watched in the window, `events` of them done there. Nothing is known beyond the age `longest`.
    """

    n: int
    events: int
    longest: float
    ages: tuple[float, ...]
    left: tuple[float, ...]

    @property
    def reach(self) -> float:
        """The share that is done at the end of what is known: the best level that the curve supports."""
        return 1 - self.left[-1] if self.left else 0.0

    def at(self, age: float) -> float:
        """S(age): the share that lasts longer."""
        passed = bisect_right(self.ages, age)
        return self.left[passed - 1] if passed else 1.0

    def quantile(self, level: float, *, age: float = 0.0) -> float | None:
        """The first age by which `level` of those that have come to `age` is done. None where it is not reached.

        At 0 nothing has begun, so what is done at once counts too.
        """
        here = self.at(age) if age > 0 else 1.0
        if here <= 0:
            return None
        goal = here * (1 - level) + _EPSILON
        place = bisect_left(self.left, -goal, key=lambda share: -share)
        return self.ages[place] if place < len(self.ages) else None

    def chance(self, due: float, age: float) -> float | None:
        """The chance P(T > due | T > age) = S(due) / S(age). None where nothing is known of ages like these."""
        here, there = self.at(age), self.at(due)
        if here <= 0 or age >= self.longest or (due > self.longest and there > 0):
            return None
        return there / here if due > age else 1.0


def survival(spans: Iterable[Span]) -> Curve:
    """The curve of these. Ties as usual: who is done at an age is so before who stops being watched there."""
    watched = sorted((s for s in spans if s.entry < s.exit or s.entry == 0 == s.exit), key=attrgetter("exit"))
    joining = sorted((s.entry for s in watched if s.entry > 0), reverse=True)
    at_risk, share, longest = len(watched) - len(joining), 1.0, 0.0
    ages, left = [], []
    for age, ending in groupby(watched, key=attrgetter("exit")):
        if joining and at_risk < FEWEST_WATCHED:
            break
        while joining and joining[-1] < age:
            joining.pop()
            at_risk += 1
        gone = list(ending)
        done = sum(span.done for span in gone)
        if joining and done == at_risk:
            break
        if done:
            share = share * (at_risk - done) / at_risk
            ages.append(age)
            left.append(share)
        at_risk, longest = at_risk - len(gone), age
    return Curve(len(watched), sum(span.done for span in watched), longest, tuple(ages), tuple(left))


def thinned(curve: Curve) -> Curve:
    """The curve in a few hundred steps, however many there were.

    A step is left out while the share stays between the same two marks: a hundredth, or a twentieth of itself where
    that is less. So it never falls sooner than the whole curve, and at each hundredth it is exact.
    """
    marks = [_mark(share) for share in curve.left]
    firsts = [place for place, mark in enumerate(marks) if place == 0 or mark != marks[place - 1]]
    kept = sorted({*firsts, len(marks) - 1}) if marks else []
    return replace(curve, ages=tuple(curve.ages[i] for i in kept), left=tuple(curve.left[i] for i in kept))


def _mark(share: float) -> tuple[int, int]:
    """The marks that a share lies between, by their numbers."""
    hundredths = ceil((share - _EPSILON) * 100)
    return hundredths, int(log(0.2 / share) * 20) if 0 < share < 0.2 else 0
