"""The results of tasks that are done."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import TypeVar

R = TypeVar("R")


def results_of(done: Collection[asyncio.Task[R]]) -> tuple[list[R], BaseException | None]:
    """The results of those that have one, and the first fault of the others. One that was cancelled has neither."""
    ended = [task for task in done if not task.cancelled()]
    faults = [fault for task in ended if (fault := task.exception()) is not None]
    return [task.result() for task in ended if task.exception() is None], next(iter(faults), None)
