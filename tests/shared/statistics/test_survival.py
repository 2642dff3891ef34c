"""C2, C3: how long things last, with those that are open: held to published figures and to the definition itself.

Rows: C18, N10.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.estimates.answer import (
    FEWEST,
    LEVEL,
    WIDER,
    WINDOW,
    Drawn,
    Fitted,
    best_level,
    estimate,
    fewest,
    is_wide_enough,
    order_level,
    widened,
)
from shared.statistics.survival import FEWEST_WATCHED, Curve, Span, survival, thinned
from tests.commitments.vectors import vectors


def vector(id_: str) -> dict[str, Any]:
    found = [each for each in vectors(id_) if each["id"] == id_]
    if not found:
        pytest.skip("the figures computed elsewhere are not at hand")
    return found[0]


def from_birth(durations: Sequence[float], done: Sequence[int] | None = None) -> list[Span]:
    return [Span(0, d, bool(e)) for d, e in zip(durations, done or [1] * len(durations), strict=True)]


def fitted(*spans: Span) -> Fitted:
    return Fitted("repair", None, (Drawn(180, survival(spans)),))


# ---- Published figures ----


def test_c2_the_curve_is_that_of_the_vectors() -> None:
    """promise.km, computed twice elsewhere."""
    of = vector("promise.km")
    curve = survival(from_birth(of["inputs"]["durations"], of["inputs"]["completed"]))
    for age, left in of["expected"]["survival"]:
        assert curve.at(age) == pytest.approx(left, abs=1e-6)
    for level, age in of["expected"]["quantiles"].items():
        assert curve.quantile(float(level)) == age
    assert (curve.n, curve.events, curve.longest) == (10, 7, 20)


def test_c3_a_curve_that_ends_too_early_gives_no_date() -> None:
    """promise.km_refuse: the largest follow-up is the lower bound."""
    of = vector("promise.km_refuse")
    curve = survival(from_birth(of["inputs"]["durations"], of["inputs"]["completed"]))
    assert curve.quantile(of["inputs"]["level"]) is of["expected"]["quantile"] is None
    assert curve.longest == of["expected"]["lower_bound"]
    assert curve.reach == pytest.approx(of["expected"]["best_level_supported"])


def test_c2_few_that_are_done_are_judged_by_the_order_statistic() -> None:
    """promise.orderstat."""
    of = vector("promise.orderstat")
    history = fitted(*from_birth(of["inputs"]["durations"]))
    for level, age in of["expected"].items():
        found = estimate(history, float(level))
        assert (found.duration, found.method) == (age, "order_statistic"), level


def test_c3_the_fewest_that_allow_a_level() -> None:
    """promise.min_n."""
    for level, n in vector("promise.min_n")["expected"].items():
        assert fewest(float(level)) == n
        assert order_level(n, float(level)) is not None
        assert order_level(n - 1, float(level)) is None


def test_the_example_of_kaplan_and_meier_from_leukaemia_patients() -> None:
    """Freireich 1963, the 6-MP group, as in every textbook: S(10) = 0.753, S(22) = 0.538, S(23) = 0.448."""
    done = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    curve = survival([*from_birth(done), *from_birth(still, [0] * len(still))])
    for age, left in [
        (5, 1.0),
        (6, 0.857),
        (7, 0.807),
        (10, 0.753),
        (13, 0.690),
        (16, 0.627),
        (22, 0.538),
        (23, 0.448),
    ]:
        assert curve.at(age) == pytest.approx(left, abs=5e-4)


# ---- The definition ----

AGES = st.integers(0, 60)
SPANS = st.lists(st.builds(lambda a, b, d: Span(min(a, b), max(a, b), d), AGES, AGES, st.booleans()), max_size=40)
ALWAYS = [Span(0, 99, False)] * FEWEST_WATCHED
"""Watched throughout, so that at no age nobody is."""


def by_definition(spans: Sequence[Span], age: float) -> float:
    """The product over each age of an event: those at risk were watched just before it, or from the beginning."""
    share = 1.0
    for event in sorted({s.exit for s in spans if s.done and s.exit <= age}):
        at_risk = [s for s in spans if (s.entry < event or s.entry == 0) and s.exit >= event]
        done = [s for s in at_risk if s.done and s.exit == event]
        share *= 1 - len(done) / len(at_risk)
    return share


@given(SPANS)
def test_c2_the_curve_is_the_product_over_those_at_risk(spans: list[Span]) -> None:
    seen = [s for s in [*spans, *ALWAYS] if s.entry < s.exit or s.exit == 0]
    curve = survival(seen)
    for age in range(100):
        assert curve.at(age) == pytest.approx(by_definition(seen, age))


@given(SPANS, st.floats(0.5, 0.99))
def test_c2_the_quantile_is_the_first_age_by_which_so_many_are_done(spans: list[Span], level: float) -> None:
    curve = survival([*spans, *ALWAYS])
    age = curve.quantile(level)
    reached = [a for a in range(100) if 1 - curve.at(a) >= level - 1e-9]
    assert age == (reached[0] if reached else None)


@given(st.lists(AGES, min_size=1, max_size=60), st.floats(0.5, 0.99))
def test_c2_where_all_are_done_it_is_the_order_statistic(durations: list[int], level: float) -> None:
    history = fitted(*from_birth(durations))
    found, n = estimate(history, level), len(durations)
    wanted = order_level(n, level) if n < FEWEST else level
    k = next((k for k in range(1, n + 1) if k / n >= wanted - 1e-9), None) if wanted else None
    assert found.duration == (sorted(durations)[k - 1] if k else None)
    assert (found.duration is None) == (found.why is not None) == (found.lower_bound is not None)
    if found.duration is None:
        assert found.best_level < level
        assert found.lower_bound == max(durations)


@given(SPANS, st.floats(0.5, 0.98), st.floats(0.001, 0.01))
def test_a_higher_level_takes_no_less_time_and_the_best_one_is_supported(
    spans: list[Span], level: float, more: float
) -> None:
    history = fitted(*spans)
    lower, higher = estimate(history, level), estimate(history, level + more)
    if higher.duration is not None:
        assert lower.duration is not None
        assert lower.duration <= higher.duration
    best = lower.best_level
    if best > 0:
        assert estimate(history, best).duration is not None
    if best < 0.98:
        assert estimate(history, best + 0.01).duration is None


@given(SPANS)
def test_an_open_one_more_never_makes_it_sooner(spans: list[Span]) -> None:
    """C2: what is not done yet counts for as long as it has been."""
    before, after = survival([*spans, *ALWAYS]), survival([*spans, *ALWAYS, Span(0, 60, False)])
    assert all(after.at(age) >= before.at(age) - 1e-9 for age in range(61))


# ---- Delayed entry ----


def test_c3_nothing_is_claimed_of_ages_at_which_hardly_anybody_was_watched() -> None:
    """C3: a handful watched from the beginning, then a crowd from age 100 on: what lies between is not known."""
    crowd = [Span(100, 100 + i, True) for i in range(1, 40)]
    few = survival([Span(0, i, True) for i in range(1, FEWEST_WATCHED)] + crowd)
    assert (few.ages, few.longest, few.quantile(0.5)) == ((), 0, None)
    more = survival([Span(0, i, True) for i in range(1, 2 * FEWEST_WATCHED + 1)] + crowd)
    assert more.longest == FEWEST_WATCHED + 1
    assert more.reach == pytest.approx((FEWEST_WATCHED + 1) / 20)
    assert survival([Span(0, i, True) for i in range(1, 21)]).reach == 1.0


def test_c3_all_are_not_done_while_older_ones_are_open() -> None:
    at_once = survival([Span(0, 1, True)] * 20 + [Span(50, 60, True)] * 40)
    assert (at_once.ages, at_once.longest) == ((), 0)


def test_c2_open_and_old_ones_keep_a_window_honest_where_the_lately_done_alone_do_not() -> None:
    """Lives of ten days on average: seen through a window of eight, those begun and done in it last 4.4 at most in 90%.

    The true ninth tenth is 23.0 days; the seed is fixed.
    """
    dice, window, now = random.Random(7), 8.0, 400.0
    spans, lately = [], []
    for _ in range(40_000):
        born, lasts = dice.uniform(0, now), dice.expovariate(1 / 10)
        entry, end = max(now - window - born, 0.0), min(lasts, now - born)
        if end > entry:
            spans.append(Span(entry, end, lasts <= now - born))
            if born > now - window and lasts <= now - born:
                lately.append(lasts)
    assert survival(spans).quantile(0.9) == pytest.approx(23.03, rel=0.06)
    assert sorted(lately)[int(0.9 * len(lately))] < 6


def test_what_ended_before_the_window_is_not_in_it() -> None:
    curve = survival([Span(9, 3, True), Span(4, 4, True), *from_birth([1, 2, 3, 4, 5, 6])])
    assert (curve.n, curve.events) == (6, 6)


# ---- In few steps ----


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=2000), st.integers(0, 3))
def test_a_thinned_curve_is_never_sooner_and_hardly_later(durations: list[int], each: int) -> None:
    whole = survival(Span(0, d, not each or d % each == 0) for d in durations)
    thin = thinned(whole)
    assert (thin.n, thin.events, thin.longest, thin.reach) == (whole.n, whole.events, whole.longest, whole.reach)
    assert set(zip(thin.ages, thin.left, strict=True)) <= set(zip(whole.ages, whole.left, strict=True))
    assert all(0 <= thin.at(age) - whole.at(age) <= 0.01 + 1e-8 for age in whole.ages)
    for level in (0.5, 0.8, 0.9, 0.95, 0.99):
        assert thin.quantile(level) == whole.quantile(level)


def test_a_curve_of_a_hundred_thousand_lives_takes_few_steps() -> None:
    dice = random.Random(1)
    whole = survival(Span(0, dice.expovariate(1e-6), True) for _ in range(100_000))
    thin = thinned(whole)
    assert len(whole.ages) == 100_000
    assert len(thin.ages) < 320
    for age in (1e6, 3e6, 6e6):
        assert thin.at(age) == pytest.approx(whole.at(age), rel=0.06)


# ---- Given the age ----


@given(SPANS, st.integers(0, 60), st.integers(0, 60))
def test_n10_the_chance_to_break_is_the_share_of_those_that_came_as_far(spans: list[Span], age: int, due: int) -> None:
    curve = survival([*spans, *ALWAYS])
    chance = curve.chance(due, age)
    assert chance is not None
    assert chance == pytest.approx(by_definition([*spans, *ALWAYS], due) / curve.at(age) if due > age else 1.0)
    later = curve.chance(due, age + 1)
    assert later is not None
    assert later >= chance - 1e-9, "with each day that passes it is less likely to be kept"


def test_n10_of_ages_that_nobody_has_come_to_nothing_is_said() -> None:
    plateau = survival([*from_birth([1] * 20), *from_birth([10] * 20, [0] * 20)])
    assert plateau.chance(5, 1) == 1.0
    assert plateau.chance(11, 1) is None, "it may end at ten, or never"
    assert plateau.chance(12, 10) is None
    ended = survival(from_birth(list(range(1, 41))))
    assert ended.chance(99, 10) == 0.0
    assert ended.chance(99, 40) is None


@given(st.lists(st.integers(1, 60), min_size=FEWEST, max_size=80), st.integers(0, 50), st.sampled_from([0.5, 0.9]))
def test_c18_a_new_time_counts_from_those_that_came_as_far(durations: list[int], age: int, level: float) -> None:
    found = estimate(fitted(*from_birth(durations)), level, age=age)
    older = sorted(d for d in durations if d > age)
    if not older:
        assert found.duration is None
        return
    assert found.duration == next(d for k, d in enumerate(older, 1) if k / len(older) >= level - 1e-9)


# ---- Windows ----


def wide(*, done: int, still: int, days: int = 180) -> Drawn:
    return Drawn(days, survival([*from_birth([1] * done), *from_birth([9] * still, [0] * still)]))


def test_c3_a_window_is_doubled_while_it_holds_too_little_and_the_first_that_will_do_answers() -> None:
    few, short, long = wide(done=5, still=0), wide(done=80, still=20, days=360), wide(done=99, still=1, days=720)
    found = widened((), few)
    assert widened(found, short) == (short,), "what is too little is not kept"
    both = widened(widened(found, short), long)
    assert both == (short, long)
    assert widened(both, wide(done=90, still=10, days=1440)) == both, "a wider one that reaches no further is not kept"
    assert is_wide_enough(both)
    assert not is_wide_enough((short,))
    history = Fitted("repair", None, both)
    assert [estimate(history, level).window_days for level in (0.5, 0.8, 0.9, 0.99)] == [180 * 2, 360, 720, 720]
    assert (WINDOW, WIDER[-1]) == (180, 16)


def test_c3_a_refusal_says_what_there_is_and_what_is_missing() -> None:
    nothing = estimate(Fitted(None))
    assert (nothing.duration, nothing.best_level, nothing.n, nothing.lower_bound) == (None, 0.0, 0, 0.0)
    assert "holds no promise of this category" in str(nothing.why)
    few = estimate(fitted(*from_birth([3] * 8), Span(0, 5, False)))
    assert few.why == "history has 9 promises in 180 days, 8 of them done; a time at level 0.9 needs 9 that are done"
    assert few.lower_bound == 5
    assert few.best_level == 0.7777

    open_ones = estimate(Fitted(None, None, (wide(done=80, still=20),)))
    assert "it supports level 0.8" in str(open_ones.why)
    assert (open_ones.best_level, open_ones.lower_bound) == (0.8, 9)
    assert estimate(Fitted(None, None, (wide(done=80, still=20),)), 0.8).duration == 1
    assert best_level(wide(done=80, still=20), age=1.0) == 0.0
    assert LEVEL == 0.9


def test_few_say_nothing_of_those_that_have_come_far() -> None:
    few = fitted(*from_birth(list(range(1, 21))))
    assert estimate(few, 0.9).duration == 19
    assert estimate(few, 0.9, age=1.0).duration is None
    assert few.chance(10, 5) is None


def test_an_empty_curve_knows_nothing() -> None:
    empty: Curve = survival([])
    assert (empty.at(5), empty.reach, empty.quantile(0.5), empty.chance(2, 1)) == (1.0, 0.0, None, None)
    assert thinned(empty) == empty
