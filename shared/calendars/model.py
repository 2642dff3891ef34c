"""The business calendar. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import holidays

from shared.calendars.wall import pieces

DAY = 24 * 60
"""Minutes of a day on the wall."""

Span = tuple[datetime, datetime]
"""From an instant, and until just before another."""


class NoOpenTime(ValueError):
    """The calendar is not open long enough within ten years."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A window: open from one wall time to just before another of a day, in minutes since midnight; 1440 is its end."""

    opens: int
    closes: int


def check_windows(windows: Sequence[Window]) -> None:
    """Checks windows. Raises ValueError where one is empty or two overlap."""
    for window in windows:
        if not 0 <= window.opens < window.closes <= DAY:
            raise ValueError("a window closes after it opens, on the same day")
    for one, other in pairwise(sorted(windows)):
        if other.opens < one.closes:
            raise ValueError("two windows of a day overlap")


@lru_cache(maxsize=512)
def holidays_of(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of a year, as the `holidays` library has them. Raises ValueError for an unknown place."""
    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=[year]))
    except NotImplementedError as error:
        raise ValueError(str(error)) from None


@dataclass(frozen=True, slots=True)
class Calendar:
    """A business calendar. `week` has the windows of each weekday, Monday first.

    A day is open as `open_days` says, else closed where `closed_days`, `closed_from` or a holiday say so, else open as
    its weekday. `closed_from` holds whole days, the first and the last of each, `closed_spans` instants, both in order
    and apart from each other. Neither closes anything of a day in `open_days`.
    """

    zone: str
    week: tuple[tuple[Window, ...], ...]
    country: str | None = None
    subdivision: str | None = None
    closed_days: Collection[date] = frozenset()
    open_days: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    closed_from: Sequence[tuple[date, date]] = ()
    closed_spans: Sequence[Span] = ()

    def windows(self, day: date) -> tuple[Window, ...]:
        if day in self.open_days:
            return self.open_days[day]
        usual = self.week[day.weekday()]
        return () if usual and self._is_closed(day) else usual

    def spans(self, day: date) -> Iterator[Span]:
        """The open spans of a day, in order."""
        found = [
            span
            for window in self.windows(day)
            for span in pieces(self.zone, day, timedelta(minutes=window.opens), timedelta(minutes=window.closes))
        ]
        found.sort()
        for span in found:
            yield from [span] if day in self.open_days else self._without_closed(span)

    def _is_closed(self, day: date) -> bool:
        return (
            day in self.closed_days
            or self._is_closed_from(day)
            or (self.country is not None and day in holidays_of(self.country, self.subdivision, day.year))
        )

    def _is_closed_from(self, day: date) -> bool:
        before = bisect_right(self.closed_from, day, key=lambda days: days[0])
        return before > 0 and day <= self.closed_from[before - 1][1]

    def _without_closed(self, span: Span) -> Iterator[Span]:
        opens, closes = span
        for since, until in self.closed_spans[bisect_right(self.closed_spans, opens, key=lambda s: s[1]) :]:
            if since >= closes:
                break
            if opens < since:
                yield opens, since
            opens = max(opens, until)
        if opens < closes:
            yield opens, closes
