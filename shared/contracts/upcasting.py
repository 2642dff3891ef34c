"""Events of an old version, as the newest version says the same. Pure functions, one for each step.

A break in a payload is a new version: its class takes the place of the old one, and an upcaster says how the
old JSON becomes the new. The events in the logs stay as they are for ever; `parse` applies the steps.

    @upcaster("kept.case.opened.v1", "kept.case.opened.v2")
    def name_the_severity(data: Data) -> Data:
        return {**data, "severity": "normal"}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]

_STEPS: dict[str, tuple[str, Upcaster]] = {}


def upcaster(old: str, new: str) -> Callable[[Upcaster], Upcaster]:
    """Registers the step from `old` to the next version of the same type. Raises TypeError for any other step."""
    old_name, _, old_version = old.rpartition(".v")
    new_name, _, new_version = new.rpartition(".v")
    if old_name != new_name or int(new_version) != int(old_version) + 1:
        raise TypeError(f"{new} is not the version after {old}")
    if old in _STEPS:
        raise TypeError(f"{old} has an upcaster already")

    def register(step: Upcaster) -> Upcaster:
        _STEPS[old] = new, step
        return step

    return register


def is_current(type: str) -> bool:  # noqa: A002
    return type not in _STEPS


def newest_type(type: str) -> str:  # noqa: A002
    """The type that events of this one are read as."""
    while type in _STEPS:
        type, _ = _STEPS[type]  # noqa: A001
    return type


def versions(type: str) -> list[str]:  # noqa: A002
    """Every type whose events are read as this one, itself among them."""
    return [type, *(old for old in _STEPS if newest_type(old) == type)]


def upcast(type: str, data: Data) -> tuple[str, Data]:  # noqa: A002
    """The newest type there are steps to, and the data as it has them."""
    while type in _STEPS:
        type, step = _STEPS[type]  # noqa: A001
        data = step(data)
    return type, data
