"""Time that grows faster than the size is seen, whatever else this machine does."""

from collections.abc import Callable

import pytest

from tests.support.clocks import grows_with_size, seconds


def _linear(size: int) -> Callable[[], int]:
    return lambda: sum(range(size))


def _quadratic(size: int) -> Callable[[], int]:
    return lambda: sum(sum(range(size)) for _ in range(size))


def test_what_grows_with_the_size_alone_is_let_be() -> None:
    grows_with_size(_linear, 100_000, most=1.0)


def test_what_grows_with_its_square_is_seen() -> None:
    with pytest.raises(AssertionError, match="at most 15 times as long"):
        grows_with_size(_quadratic, 400, most=10.0)


def test_ten_times_the_work_takes_about_ten_times_the_seconds() -> None:
    once, ten_times = seconds(_linear(200_000)), seconds(_linear(2_000_000))
    assert 5 < ten_times / once < 20
