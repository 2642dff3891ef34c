"""What counts as kept, and how sure a figure is: by rule, by oracle, and by property. Rows: C29, C37, I28, N10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.promise.core import (
    Promise,
    Status,
    agree,
    decline,
    fall_due,
    fulfil,
    resume,
    revise,
    state,
    void,
    wait,
    warn,
    withdraw,
)
from services.commitments.scorecard.measures import CaseSeen, CaseTally, Judged, Seen, Tally, judge
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Terms
from shared.ids import new_id
from shared.statistics.shares import GRID, Quantiles, Share, Verdict, wilson
from tests.commitments.vectors import vectors

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUE = START + 10 * HOUR


# ---- Wilson ----


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        (82, 100, 0.733326, 0.882998),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (190, 200, 0.910422, 0.972617),
    ],
)
def test_wilson_against_published_figures(count: int, n: int, low: float, high: float) -> None:
    found = wilson(count, n)
    assert found is not None
    assert found == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize("vector", vectors("ci.wilson."), ids=lambda v: str(v["id"]))
def test_wilson_against_the_vectors(vector: dict[str, Any]) -> None:
    share = Share(vector["inputs"]["successes"], vector["inputs"]["n"])
    wanted = vector["expected"]
    assert share.value == wanted["p"]
    low, high = share.interval or (None, None)
    for found, key in ((low, "low"), (high, "high")):
        assert found == (None if wanted[key] is None else pytest.approx(wanted[key], rel=1e-4, abs=1e-9))


@given(st.integers(1, 100_000), st.data())
def test_wilson_solves_its_equation(n: int, data: st.DataObject) -> None:
    """An end of the interval is a p whose own standard error just reaches the share that was seen."""
    count = data.draw(st.integers(0, n))
    low, high = wilson(count, n) or (-1.0, -1.0)
    seen = count / n
    assert 0 <= low <= seen <= high <= 1
    for end in (low, high):
        assert abs(seen - end) == pytest.approx(1.959964 * sqrt(end * (1 - end) / n), rel=1e-4, abs=1e-9)


def test_of_nothing_there_is_no_share() -> None:
    nothing = Share(0, 0)
    assert (nothing.value, nothing.interval, nothing.against(0.95, 1)) == (None, None, None)


@pytest.mark.parametrize(
    ("count", "n", "verdict"),
    [
        (190, 200, Verdict.UNDECIDED),
        (199, 200, Verdict.MET),
        (170, 200, Verdict.BELOW),
        (9, 9, None),
        (10, 10, Verdict.UNDECIDED),
        (0, 9, None),
    ],
)
def test_c37_the_front_line_has_met_missed_or_not_decided_95_percent(
    count: int, n: int, verdict: Verdict | None
) -> None:
    assert Share(count, n).against(0.95, 10) is verdict
    assert Share(count, n).against(None, 10) is None


@pytest.mark.parametrize("vector", vectors("frontline."), ids=lambda v: str(v["id"]))
def test_c37_the_front_line_against_the_vectors(vector: dict[str, Any]) -> None:
    given_, wanted = vector["inputs"], vector["expected"]
    share = Share(given_["resolved"], given_["total"])
    assert share.interval == pytest.approx((wanted["low"], wanted["high"]), rel=1e-4)
    assert share.against(given_["target"], 10) == wanted["verdict"]


# ---- kept promises ----


def promised() -> Promise:
    terms = Terms(revision=1, words="x", due_at=DUE, zone="UTC", cost="no charge")
    drafted = Promise(new_id(), new_id(), CommitmentKind.PROMISE, (terms,))
    return state(drafted, START)[0]


def moved(promise: Promise, due: datetime, *, agreed: bool = True) -> Promise:
    revised, _ = revise(promise, due_at=due, reason="rain", by="minh", now=START + HOUR)
    return agree(revised, len(revised.terms), START + HOUR)[0] if agreed else revised


def seen(p: Promise, as_of: datetime) -> Seen:
    """What the database says of a promise: the same comparisons, in Python."""
    return Seen(
        status=p.status,
        outcome=p.outcome,
        first_passed=p.first_due_at < as_of and (p.waiting_since is None or p.waiting_since > p.first_due_at),
        due_passed=p.waiting_since is None and p.binds.due_at < as_of,
        in_first_time=p.fulfilled_at is not None and p.fulfilled_at <= p.first_due_at,
        done=p.fulfilled_at is not None and p.fulfilled_at <= as_of,
        told=p.warned_at is not None and p.warned_at <= p.binds.due_at,
    )


def done(promise: Promise, at: datetime) -> Promise:
    return fulfil(promise, at, by="minh")[0]


def broken(promise: Promise) -> Promise:
    return fall_due(promise, promise.binds.due_at + timedelta(milliseconds=1))[0]


LATER = DUE + 20 * HOUR
AFTER = LATER + HOUR
RULES: dict[str, tuple[Promise, datetime, Judged]] = {
    "in time": (done(promised(), DUE - HOUR), AFTER, Judged(True, True)),
    "exactly on time is kept": (done(promised(), DUE), AFTER, Judged(True, True)),
    "a moment late is broken": (done(promised(), DUE + timedelta(microseconds=1)), AFTER, Judged(False, False)),
    "never done": (broken(promised()), AFTER, Judged(False, False)),
    "late, and its clock has not gone off yet": (promised(), DUE + HOUR, Judged(False, False)),
    "due this instant is not late yet": (promised(), DUE, Judged(None, None)),
    "done early, not due yet": (done(promised(), START + HOUR), DUE - HOUR, Judged(None, None)),
    "agreed to later, done by then": (done(moved(promised(), LATER), LATER), AFTER, Judged(False, True)),
    "agreed to later, done by the first time": (done(moved(promised(), LATER), DUE), AFTER, Judged(True, True)),
    "agreed to later, first time passed, agreed time not": (moved(promised(), LATER), DUE + HOUR, Judged(False, None)),
    "agreed to later, not done": (broken(moved(promised(), LATER)), AFTER, Judged(False, False)),
    "changed without consent": (
        done(moved(promised(), LATER, agreed=False), DUE + HOUR),
        AFTER,
        Judged(False, False),
    ),
    "agreed to sooner, done by the first time": (
        done(moved(promised(), DUE - 5 * HOUR), DUE - HOUR),
        AFTER,
        Judged(False, False),
    ),
    "withdrawn by the customer": (withdraw(promised(), DUE, reason="moved", by="lan")[0], AFTER, Judged(None, None)),
    "void": (void(promised(), DUE, reason="twice", by="lan")[0], AFTER, Judged(None, None)),
    "declined": (decline(promised(), 1, "no", START + HOUR)[0], AFTER, Judged(None, None)),
    "waits for the customer": (wait(promised(), START, reason="key", by="minh")[0], AFTER, Judged(None, None)),
    "waited, and done by the later time": (
        done(
            resume(wait(promised(), START + HOUR, reason="key", by="minh")[0], START + 6 * HOUR, by="minh")[0],
            DUE + 5 * HOUR,
        ),
        AFTER,
        Judged(True, True),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_c29_each_promise_that_fell_due_is_kept_broken_or_out(rule: str) -> None:
    promise, as_of, judged = RULES[rule]
    assert judge(seen(promise, as_of)) == judged


def test_c29_a_promise_cannot_be_renegotiated_after_due() -> None:
    """The change is refused, so that what counts stays as it was."""
    late = broken(promised())
    with pytest.raises(Exception, match="was due already"):
        revise(late, due_at=LATER, reason="rain", by="minh", now=DUE + HOUR)
    assert judge(seen(done(late, LATER), AFTER)) == Judged(False, False)


def test_what_was_done_later_than_the_instant_asked_about_was_not_done_then() -> None:
    promise = done(moved(promised(), LATER), LATER - HOUR)
    assert judge(seen(promise, DUE + HOUR)) == Judged(False, None)
    assert judge(seen(promise, AFTER)) == Judged(False, True)


def test_n10_breaks_that_the_customer_was_told_of_before() -> None:
    told, silent = broken(warn(promised(), DUE - HOUR)[0]), broken(promised())
    tally = Tally()
    for promise in (told, silent, silent, done(promised(), DUE)):
        tally.add(seen(promise, AFTER), 1)
    assert (tally.told, tally.broken, tally.strict, tally.strict_n) == (1, 3, 1, 4)


SEEN = st.builds(
    Seen,
    status=st.sampled_from(Status),
    outcome=st.none() | st.sampled_from(Outcome),
    first_passed=st.booleans(),
    due_passed=st.booleans(),
    in_first_time=st.booleans(),
    done=st.booleans(),
    told=st.booleans(),
)


@given(st.lists(st.tuples(SEEN, st.integers(1, 50)), max_size=30))
def test_c29_strict_is_never_better_than_agreed(groups: list[tuple[Seen, int]]) -> None:
    tally = Tally()
    for group, n in groups:
        tally.add(group, n)
    assert 0 <= tally.strict <= tally.agreed <= tally.agreed_n <= tally.strict_n
    assert tally.told <= tally.broken == tally.agreed_n - tally.agreed
    strict, agreed = Share(tally.strict, tally.strict_n), Share(tally.agreed, tally.agreed_n)
    if strict.value is not None and agreed.value is not None:
        assert strict.value <= agreed.value
    assert sum(n for _, n in groups) >= tally.strict_n + tally.out
    twice = tally.plus(tally)
    assert (twice.strict_n, twice.out) == (2 * tally.strict_n, 2 * tally.out)


# ---- how long it took ----


def quantiles(values: list[float]) -> Quantiles:
    """As PostgreSQL's percentile_disc gives them: the first value whose place reaches the part asked for."""
    ranked = sorted(values)
    return Quantiles(len(ranked), [ranked[max(-(-len(ranked) * round(p * 100) // 100), 1) - 1] for p in GRID])


def test_the_middle_and_nine_of_ten() -> None:
    twenty = quantiles([float(v) for v in range(1, 21)])
    assert (twenty.at(0.5), twenty.at(0.9)) == (10, 18)
    low, high = twenty.interval(0.5)
    assert (low, high) == (6, 15)
    assert twenty.interval(0.9) == (16, None), "twenty values do not show how bad the worst tenth can be"
    assert Quantiles(0, ()).at(0.5) is None
    assert Quantiles(0, ()).interval(0.5) == (None, None)


def test_what_is_not_finished_makes_no_figure_better() -> None:
    assert quantiles([1.0, 2.0, inf]).at(0.5) == 2
    assert quantiles([1.0, inf, inf]).at(0.5) is None


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.sampled_from([0.5, 0.9]))
def test_an_interval_holds_its_figure(values: list[float], p: float) -> None:
    found = quantiles(values)
    low, high = found.interval(p)
    middle = found.at(p)
    assert middle is not None
    assert low is None or low <= middle
    assert high is None or middle <= high


# ---- cases ----


def case(resolved: bool, contacts: int, back_days: float | None, window_days: int) -> CaseSeen:
    back = back_days is not None and back_days <= window_days
    return CaseSeen(resolved=resolved, one_contact=contacts <= 1, back=back, reopened=False, passed_on=False)


FIVE = [(1, True, None), (1, True, 3), (2, True, None), (1, True, 9), (1, False, None)]


def test_i28_first_contact_resolution_waits_whether_the_customer_comes_back() -> None:
    tally = CaseTally()
    for contacts, resolved, back in FIVE:
        tally.add(case(resolved, contacts, back, 7), 1)
    assert (tally.first_contact, tally.naive, tally.n) == (2, 3, 5)


@pytest.mark.parametrize("vector", vectors("fcr."), ids=lambda v: str(v["id"]))
def test_i28_first_contact_resolution_against_the_vectors(vector: dict[str, Any]) -> None:
    tally = CaseTally()
    for c in vector["inputs"]["cases"]:
        tally.add(case(c["resolved"], c["contacts"], c["recontact_days"], vector["inputs"]["window_days"]), 1)
    assert tally.first_contact / tally.n == pytest.approx(vector["expected"]["fcr"])
    assert tally.naive / tally.n == pytest.approx(vector["expected"]["naive_fcr_without_window"])


@given(st.lists(st.builds(CaseSeen, *[st.booleans()] * 5), max_size=30))
def test_i28_waiting_never_makes_it_better(cases: list[CaseSeen]) -> None:
    tally = CaseTally()
    for one in cases:
        tally.add(one, 1)
    assert tally.first_contact <= tally.naive <= tally.resolved <= tally.n == len(cases)
    assert tally.reopened + tally.frontline <= tally.resolved
