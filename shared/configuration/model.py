"""Settings and their versions: when one may begin, and which one is in force. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.problems import Invalid

FARTHEST = timedelta(days=3653)
"""How far ahead a setting may begin: ten years."""


class BeginsInThePast(Invalid):
    """A setting was to begin in the past, which reports rely on."""

    code = "begins-in-the-past"


class BeginsTooFar(Invalid):
    """A setting was to begin more than ten years ahead."""

    code = "begins-too-far"


class Setting(BaseModel):
    """The value of one kind of setting. `kind` names it in the table."""

    model_config = ConfigDict(frozen=True)

    kind: ClassVar[str]


S = TypeVar("S", bound=Setting)


@dataclass(frozen=True, slots=True)
class Version(Generic[S]):
    """A setting from an instant on, until the next version of the same name."""

    name: str
    value: S
    valid_from: datetime
    set_by: str


class Dated(Protocol):
    """Whatever holds from an instant on."""

    @property
    def valid_from(self) -> datetime: ...


D = TypeVar("D", bound=Dated)
K = TypeVar("K", bound=Hashable)


def begins(valid_from: datetime | None, now: datetime) -> datetime:
    """The instant from which a setting holds, now where none is named. Raises BeginsInThePast or BeginsTooFar."""
    if valid_from is None:
        return now
    if valid_from < now:
        raise BeginsInThePast("it can begin now or later, not in the past")
    if valid_from - now > FARTHEST:
        raise BeginsTooFar("it can begin within ten years")
    return valid_from


def latest(history: Sequence[D], at: datetime) -> D | None:
    """The version of one setting that is in force at an instant; None where there is none yet.

    `history` holds its versions in the order in which they begin; of two that begin together the later one counts.
    """
    return next((version for version in reversed(history) if version.valid_from <= at), None)


def in_force(history: Iterable[D], at: datetime, key: Callable[[D], K]) -> dict[K, D]:
    """The version of each setting that is in force at an instant, in the order in which each was first set.

    `history` holds the versions of all of them in the order in which they begin, `key` tells the settings apart.
    """
    return {key(version): version for version in history if version.valid_from <= at}
