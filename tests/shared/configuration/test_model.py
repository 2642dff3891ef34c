"""Settings with history: when one may begin, and which version is in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.configuration.model import FARTHEST, BeginsInThePast, BeginsTooFar, begins, in_force, latest

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEAST = timedelta(microseconds=1)


class Dated(NamedTuple):
    name: str
    number: int
    valid_from: datetime


@pytest.mark.parametrize("asked", [NOW, NOW + LEAST, NOW + FARTHEST])
def test_a_setting_begins_when_asked_from_now_to_ten_years_ahead(asked: datetime) -> None:
    assert begins(asked, NOW) == asked


def test_a_setting_begins_now_where_no_instant_is_named() -> None:
    assert begins(None, NOW) == NOW


def test_no_setting_begins_in_the_past_or_too_far_ahead() -> None:
    with pytest.raises(BeginsInThePast):
        begins(NOW - LEAST, NOW)
    with pytest.raises(BeginsTooFar):
        begins(NOW + FARTHEST + LEAST, NOW)


HISTORIES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=12)


@given(HISTORIES, st.integers(-1, 6))
def test_of_each_setting_the_last_that_has_begun_is_in_force(asked: list[tuple[str, int]], hours: int) -> None:
    """Of two that begin together it is the one set later; settings keep the order in which they first began."""
    at = NOW + timedelta(hours=hours)
    set_in_order = [Dated(name, n, NOW + timedelta(hours=hour)) for n, (name, hour) in enumerate(asked)]
    history = sorted(set_in_order, key=lambda one: one.valid_from)
    found = in_force(history, at, key=lambda one: one.name)
    for name in "abc":
        begun = [one for one in history if one.name == name and one.valid_from <= at]
        best = max(begun, key=lambda one: (one.valid_from, one.number), default=None)
        assert found.get(name) == best
        assert latest([one for one in history if one.name == name], at) == best
    assert list(found) == list(dict.fromkeys(one.name for one in history if one.valid_from <= at))
