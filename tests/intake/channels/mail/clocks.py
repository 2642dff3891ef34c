"""Time that grows with the size alone, shown on the processor's own clock: this machine has other work too."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

FLOOR = 0.004
"""Seconds below which two times are one: noise."""
RATIO = 15
"""Ten times the size may take so many times the time."""


PAIRS = 4
"""The machine's own pace changes from one moment to the next: of so many pairs the best one counts."""


def seconds(work: Callable[[], Any], tries: int = 3) -> float:
    return min(_once(work) for _ in range(tries))


def grows_with_size(work: Callable[[int], Callable[[], Any]], size: int, most: float) -> None:
    """`work(size)` is what to time. `most` seconds for ten times the size."""
    less, more = work(size), work(size * 10)
    pairs = []
    for _ in range(PAIRS):
        small, large = seconds(less), _once(more)
        pairs.append(f"{size}: {small:.4f} s, ten times that: {large:.4f} s")
        if large <= min(max(small, FLOOR) * RATIO, most):
            return
    raise AssertionError(f"at most {RATIO} times as long, and {most} s, in one of {pairs}")


def _once(work: Callable[[], Any]) -> float:
    start = process_time()
    work()
    return process_time() - start
