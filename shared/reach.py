"""Reports of whether a handle can be reached, and which of two of them holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.intake import Handle, Reachability


@dataclass(frozen=True, slots=True)
class ReachReport:
    """A report that a handle can be reached, or no longer. `at` is by the clock of whoever says so."""

    handle: Handle
    reason: Reachability
    at: datetime

    def outweighs(self, other: ReachReport | None) -> bool:
        """Whether it holds: the newer does; of two at one instant the one that says no, so that order is nothing."""
        if other is None:
            return True
        return (self.at, not self.reason.is_reachable) > (other.at, not other.reason.is_reachable)
