"""The answer of an estimate: what can be promised at a level, or why nothing can. Pure.

A curve is drawn in a window of the last days. Where it rests on too little, or ends before the level, the window is
doubled; where the widest will not do either, that is said, with the best level there is and an age that is too early.
Fewer than thirty promises are judged by the order statistic of split conformal prediction (Vovk et al., 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Literal, NamedTuple

from services.commitments.promise.core.days import Due
from shared.statistics.survival import Curve

LEVEL = 0.90
"""Of ten promises, nine are to be kept: the level of costs where being late costs nine times being early."""

WINDOW = 180
"""Days to look back on, where no others are set."""

WIDER = (1, 2, 4, 8, 16)
"""Times as many: each is tried where the one before it will not do."""

FEWEST, FEWEST_DONE = 30, 10
"""Watched promises, and those done, on which a curve is believed as it stands."""

HIGHEST = 0.99
"""The highest level that is asked for: a curve that reaches it is wide enough for all."""

LIKELY = 0.5
"""From this chance on a promise is likely to break (N10)."""

_EPSILON = 1e-9

Method = Literal["period_kaplan_meier", "order_statistic"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve, and the days it was drawn from."""

    window_days: int
    curve: Curve

    @property
    def is_enough(self) -> bool:
        return self.curve.n >= FEWEST and self.curve.events >= FEWEST_DONE


@dataclass(frozen=True, slots=True)
class Fitted:
    """The curves of a category, the narrowest window first; each wider one reaches a higher level."""

    category: str | None
    fitted_at: datetime | None = None
    curves: tuple[Drawn, ...] = ()

    def chance(self, due: float, age: float) -> float | None:
        """The chance that a promise of this age (seconds) is not done at the age `due`. None where nobody knows."""
        chances = (drawn.curve.chance(due, age) for drawn in self.curves if drawn.is_enough)
        return next((chance for chance in chances if chance is not None), None)


class Outlook(NamedTuple):
    """How a promise under way will probably end. `breaks`: rather broken than kept, and nobody has warned of it yet.

    `done_by`: when nine in ten of those that have come this far are done, as it can be said, so a time to offer; None
    where history does not say.
    """

    breaks: bool = False
    done_by: Due | None = None


UNKNOWN = Outlook()
"""Where history says nothing."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate: `duration` in seconds, or None with the reason `why` and the `lower_bound` that it exceeds.

    `best_level` is the highest that the same history supports.
    """

    level: float
    duration: float | None
    lower_bound: float | None
    best_level: float
    n: int
    events: int
    window_days: int
    method: Method
    why: str | None = None


def widened(found: Sequence[Drawn], wider: Drawn) -> tuple[Drawn, ...]:
    """The curves worth keeping once the next wider window is drawn as well."""
    if not found or not found[-1].is_enough:
        return (wider,)
    return (*found, wider) if wider.curve.reach > found[-1].curve.reach + _EPSILON else tuple(found)


def is_wide_enough(found: Sequence[Drawn]) -> bool:
    return bool(found) and found[-1].is_enough and found[-1].curve.reach >= HIGHEST - _EPSILON


def estimate(fitted: Fitted, level: float = LEVEL, *, age: float = 0.0) -> Estimate:
    """How long a promise takes at this level: the age by which it is done. `age`: one that has come this far already.

    The first window that supports the level answers; of fewer than thirty, none speaks of those that have come far.
    """
    tried = [_read(drawn, level, age) for drawn in fitted.curves] or [_read(_NOTHING, level, age)]
    return next((found for found in tried if found.duration is not None), tried[-1])


_NOTHING = Drawn(WINDOW * WIDER[-1], Curve(0, 0, 0.0, (), ()))


def _read(drawn: Drawn, level: float, age: float) -> Estimate:
    curve = drawn.curve
    asked = level if drawn.is_enough else None if age else order_level(curve.events, level)
    duration = curve.quantile(asked, age=age) if asked is not None else None
    refused = duration is None
    return Estimate(
        level=level,
        duration=duration,
        lower_bound=max(curve.longest, age) if refused else None,
        best_level=best_level(drawn, age=age),
        n=curve.n,
        events=curve.events,
        window_days=drawn.window_days,
        method="period_kaplan_meier" if drawn.is_enough else "order_statistic",
        why=_why(drawn, level, age) if refused else None,
    )


def order_level(n: int, level: float) -> float | None:
    """k/n for the k-th smallest of n, k = ceil((n+1) level): the next one is done by then with this probability.

    None where n is too small for the level. Without censoring the curve's quantile at k/n is just that k-th smallest.
    """
    k = ceil((n + 1) * level - _EPSILON)
    return k / n if 0 < k <= n else None


def fewest(level: float) -> int:
    """The smallest n that allows a level at all."""
    return ceil(level / (1 - level) - _EPSILON)


def best_level(drawn: Drawn, *, age: float = 0.0) -> float:
    """The highest level that is supported, rounded down to four places."""
    curve = drawn.curve
    here = curve.at(age) if age > 0 else 1.0
    reach = 1 - (1 - curve.reach) / here if here > 0 else 0.0
    if not drawn.is_enough:
        reach = 0.0 if age else floor(reach * curve.events + _EPSILON) / (curve.events + 1)
    return floor(reach * 10_000 + _EPSILON) / 10_000


def _why(drawn: Drawn, level: float, age: float) -> str:
    curve = drawn.curve
    if not curve.n:
        return "history holds no promise of this category yet"
    seen = f"{curve.n} promises in {drawn.window_days} days, {curve.events} of them done"
    if not drawn.is_enough and curve.events < fewest(level):
        return f"history has {seen}; a time at level {level:g} needs {fewest(level)} that are done"
    best = best_level(drawn, age=age)
    return f"history has {seen}; too many of them last longer than anybody has watched: it supports level {best:g}"
