"""Pauses between attempts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses after the first attempt in vain, the second, and so on."""

    spans: tuple[timedelta, ...]

    def __post_init__(self) -> None:
        """Raises ValueError where a pause is negative."""
        if any(span < timedelta() for span in self.spans):
            raise ValueError("a pause is not negative")

    @classmethod
    def seconds(cls, *seconds: float) -> Pauses:
        return cls(tuple(timedelta(seconds=each) for each in seconds))

    def after(self, attempts: int) -> timedelta | None:
        """The pause after so many attempts in vain, at least one. None after the last: no other attempt is made."""
        return self.spans[attempts - 1] if attempts <= len(self.spans) else None

    def next_try(self, attempts: int, now: datetime) -> datetime | None:
        """The instant of the next attempt after so many in vain; None where no other is made."""
        pause = self.after(attempts)
        return None if pause is None else now + pause

    def without_end(self, attempts: int) -> float:
        """The pause in seconds where attempts never end: the last one repeats. There is at least one."""
        return self.spans[min(attempts, len(self.spans)) - 1].total_seconds()
