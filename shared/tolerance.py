"""The number of events of one partition that may be parked before the fault is taken to be ours. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The limits of one partition: `in_a_row` parked events, or `share` of the `last` ones, are too many."""

    in_a_row: int = 50
    last: int = 400
    share: float = 0.5


TOLERANCE = Tolerance()


@dataclass(slots=True)
class Outcomes:
    """What became of the latest events of one partition; True is a parked one."""

    tolerance: Tolerance
    _row: int = 0
    _latest: deque[bool] = field(default_factory=deque)

    def handled(self, events: int) -> None:
        if events:
            self._row = 0
        for _ in range(min(events, self.tolerance.last)):
            self._note(False)

    def parked(self) -> str | None:
        """One more. Says what is too much, or None."""
        self._row += 1
        self._note(True)
        if self._row >= self.tolerance.in_a_row:
            return f"{self._row} events in a row"
        seen = len(self._latest)
        if seen == self.tolerance.last and sum(self._latest) >= self.tolerance.share * seen:
            return f"{sum(self._latest)} of the last {seen} events"
        return None

    def _note(self, parked: bool) -> None:
        if len(self._latest) == self.tolerance.last:
            self._latest.popleft()
        self._latest.append(parked)
