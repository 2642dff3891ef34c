"""Pauses between attempts: each by its number, then none, or the last one again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.work import Pauses

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_each_attempt_in_vain_has_its_pause_and_after_the_last_there_is_none() -> None:
    pauses = Pauses.seconds(1, 2.5)
    assert [pauses.after(attempts) for attempts in (1, 2, 3, 99)] == [
        timedelta(seconds=1),
        timedelta(seconds=2.5),
        None,
        None,
    ]
    assert pauses.next_try(2, NOW) == NOW + timedelta(seconds=2.5)
    assert pauses.next_try(3, NOW) is None


def test_without_an_end_the_last_pause_repeats() -> None:
    assert [Pauses.seconds(1, 5).without_end(attempts) for attempts in (1, 2, 3, 99)] == [1, 5, 5, 5]


def test_without_pauses_there_is_one_attempt() -> None:
    assert Pauses(()).next_try(1, NOW) is None


def test_no_pause_is_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        Pauses.seconds(1, -1)
