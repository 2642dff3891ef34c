"""A test is in the tier that its needs put it in, and a fast one is held to needing nothing."""

import subprocess
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support import tiers


class Item:
    """As much of a test as a tier is told by."""

    def __init__(self, path: str, *markers: str, fixtures: tuple[str, ...] = ()) -> None:
        self.path, self.nodeid, self.fixturenames = tiers.TESTS / path, path, fixtures
        self.markers = set(markers)

    def get_closest_marker(self, name: str) -> object:
        return SimpleNamespace(name=name) if name in self.markers else None

    def add_marker(self, name: str) -> None:
        self.markers.add(name)


def placed(path: str, *markers: str, fixtures: tuple[str, ...] = ()) -> set[str]:
    item = Item(path, *markers, fixtures=fixtures)
    tiers.place(cast("Any", item))
    return item.markers


def test_what_a_test_needs_follows_from_its_fixtures() -> None:
    assert placed("web/test_it.py") == {"fast"}
    assert placed("web/test_it.py", fixtures=("tmp_path", "postgres")) == {"database"}
    assert placed("web/test_it.py", fixtures=("kafka",)) == {"kafka"}
    assert placed("web/test_it.py", "slow") == {"slow"}
    assert placed("web/test_it.py", "process") == {"process"}


@pytest.mark.parametrize(
    ("path", "markers"),
    [
        ("hostile/test_scopes.py", ()),
        ("faults/deeper/test_it.py", ()),
        ("hostile/test_values.py", ("database",)),
    ],
)
def test_one_that_would_be_passed_over_is_refused(path: str, markers: tuple[str, ...]) -> None:
    with pytest.raises(pytest.UsageError, match="none is there"):
        placed(path, *markers)


def test_a_fast_test_starts_no_process() -> None:
    with pytest.raises(RuntimeError, match="test_a_fast_test_starts_no_process starts a process"):
        subprocess.run(["true"], check=True)


@pytest.mark.process
def test_one_that_says_so_may_start_one() -> None:
    subprocess.run(["true"], check=True)


def test_a_file_is_passed_over_where_nothing_of_it_is_asked_for() -> None:
    scopes, values = tiers.TESTS / "hostile/test_scopes.py", tiers.TESTS / "hostile/test_values.py"
    assert [tiers.is_passed_over(scopes, tier) for tier in ("fast", "not slow", "slow", "")] == [
        True,
        False,
        False,
        False,
    ]
    assert [tiers.is_passed_over(values, tier) for tier in ("fast", "not slow", "slow", "")] == [
        True,
        True,
        False,
        False,
    ]
