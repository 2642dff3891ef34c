"""The record of the played day, for its checks."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Played:
    """Customers, promises and tasks by name, and the answers that strangers got. `address`: where her mail goes."""

    heroine: str = ""
    address: str = ""
    merged: list[str] = field(default_factory=list)
    promises: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    crowd: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
