"""Time that grows with the size alone, shown on the processor's own clock: this machine has other work too."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

FLOOR = 0.004
"""Seconds below which two times are one: noise."""
RATIO = 15
"""Ten times the size may take so many times the time."""


def seconds(work: Callable[[], Any], tries: int = 3) -> float:
    best = float("inf")
    for _ in range(tries):
        start = process_time()
        work()
        best = min(best, process_time() - start)
    return best


def grows_with_size(work: Callable[[int], Callable[[], Any]], size: int, most: float) -> None:
    """`work(size)` is what to time. `most` seconds for ten times the size."""
    small, large = seconds(work(size)), seconds(work(size * 10), tries=2)
    assert large <= max(small, FLOOR) * RATIO, f"{size}: {small:.4f} s, ten times that: {large:.4f} s"
    assert large <= most, f"{size * 10}: {large:.3f} s"
