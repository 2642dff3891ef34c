"""What work takes, on the processor's own clock and at its own pace: this machine has other work too."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

FLOOR = 0.004
"""Seconds below which two times are one: noise."""
RATIO = 15
"""Ten times the size may take so many times the time."""

PAIRS = 8
"""The machine's own pace changes from one moment to the next: of so many pairs the best one counts."""


STEPS = 100_000
QUIET = 0.003
"""Seconds that so many additions take where nothing else runs."""


def seconds(work: Callable[[], Any], tries: int = 3) -> float:
    """Of this processor, were nothing else at work: who shares it makes what is timed and a fixed sum equally slow."""
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
    before, took, after = _taken(_additions), _taken(work), _taken(_additions)
    return took / max(1.0, before / QUIET, after / QUIET)


def _taken(work: Callable[[], Any]) -> float:
    start = process_time()
    work()
    return process_time() - start


def _additions() -> None:
    total = 0
    for number in range(STEPS):
        total += number
