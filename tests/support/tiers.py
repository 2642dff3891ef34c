"""The tier of a test follows from what it needs; a test that starts a process it does not say it needs fails."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NEEDS = {"postgres": "database", "kafka": "kafka", "browser": "process"}
"""Fixtures, by name, and the markers of the tests that use one. Whatever starts a process itself is marked by hand."""

TESTS = Path(__file__).parents[1]
NONE_IS_FAST = [
    TESTS / name
    for name in (
        "faults",
        "hostile/test_descriptions.py",
        "hostile/test_scopes.py",
        "hostile/test_values.py",
        "journeys",
    )
]
ALL_ARE_SLOW = [TESTS / name for name in ("hostile/test_descriptions.py", "hostile/test_values.py")]
"""To load these takes longer than many tests: they are passed over where nothing of them is asked for."""

_NOT_FAST = ("database", "kafka", "process", "slow", "storm")
_STARTS = ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.system")
_running: list[pytest.Item] = []
"""The test at work, where it may not start a process."""


def is_passed_over(path: Path, expression: str) -> bool:
    """Tells whether `-m expression` asks for nothing of this file or folder."""
    return (expression == "fast" and path in NONE_IS_FAST) or ("not slow" in expression and path in ALL_ARE_SLOW)


def place(item: pytest.Item) -> None:
    """Marks a test by what its fixtures need, and `fast` where that is nothing.

    Raises UsageError for one that would be passed over although it is asked for.
    """
    for fixture in NEEDS.keys() & set(getattr(item, "fixturenames", ())):
        item.add_marker(NEEDS[fixture])
    if not any(_has(item, name) for name in _NOT_FAST):
        item.add_marker("fast")
    tiers = [tier for tier, whether in (("fast", _has(item, "fast")), ("not slow", not _has(item, "slow"))) if whether]
    if any(is_passed_over(path, tier) for tier in tiers for path in (item.path, *item.path.parents)):
        raise pytest.UsageError(f"{item.nodeid} is {' and '.join(tiers)}: {__name__} says that none is there")


def _has(item: pytest.Item, marker: str) -> bool:
    return item.get_closest_marker(marker) is not None


@contextmanager
def held_to_its_tier(item: pytest.Item) -> Iterator[None]:
    """While the block runs, a test of the fast tier that starts a process gets a RuntimeError."""
    if _has(item, "fast"):
        _running.append(item)
    try:
        yield
    finally:
        _running.clear()


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _running and event in _STARTS:
        raise RuntimeError(f"{_running[0].nodeid} starts a process ({event}: {arguments[:2]}) and is not marked so")


sys.addaudithook(_refuse)
