"""Places of our own people's pages and the keys that lead there: one table for side bar, sheet of keys and script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.translation import N_


@dataclass(frozen=True, slots=True)
class Place:
    """A page of ours that the side bar leads to. `scope` is needed to read it; after G, `key` goes there."""

    address: str
    words: str
    icon: str
    scope: str
    key: str


PLACES = (
    Place("/intake/console", N_("Customers"), "people", "intake:read", "c"),
    Place("/commitments/board", N_("Promises"), "vow", "commitments:read", "p"),
    Place("/commitments/scorecard/page", N_("Scorecard"), "chart", "commitments:read", "s"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key, and what it does. `act` is the name by which the script of the keys knows that."""

    key: str
    act: str
    words: str


ANYWHERE = (
    Key("/", "filter", N_("Filter what is shown")),
    Key("?", "sheet", N_("Show or hide these keys")),
    Key("Escape", "close", N_("Close, and leave a field")),
)
LIST = (
    Key("j", "next", N_("Next row")),
    Key("k", "previous", N_("Row before")),
    Key("Enter", "open", N_("Open it")),
)


def places(may: Callable[[str], bool]) -> list[Place]:
    """The places for somebody who may what `may` says of scopes."""
    return [place for place in PLACES if may(place.scope)]


def current(found: list[Place], path: str) -> str | None:
    """The address of the place that this path lies under."""
    under = [place.address for place in found if path == place.address or path.startswith(place.address + "/")]
    return max(under, key=len, default=None)
