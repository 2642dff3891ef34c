"""Arithmetic in open time: instants in, instants and lengths of real time out. Pure.

An instant is open when the clock on the wall of the calendar's zone then shows a time within a window. So an hour that
the clocks skip is never open, and one that they show twice is open twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from shared.calendars.model import Calendar, NoOpenTime, Span

HORIZON = timedelta(days=3650)
"""How far it is looked for open time. A promise is made for ten years at most."""

_DAY = timedelta(days=1)


def add(calendar: Calendar, start: datetime, open_for: timedelta) -> datetime:
    """The instant at which the calendar has been open for so long since `start`: the closing time where that is it.

    Nothing added is the next open instant. Raises NoOpenTime.
    """
    left = open_for
    for opens, closes in _spans_from(calendar, start):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise NoOpenTime(f"the calendar is not open for {open_for} within ten years")


def next_open(calendar: Calendar, at: datetime) -> datetime:
    """The next open instant: `at` where it is open, else when it opens. Raises NoOpenTime."""
    return add(calendar, at, timedelta())


def is_open(calendar: Calendar, at: datetime) -> bool:
    day = at.astimezone(ZoneInfo(calendar.zone)).date()
    return any(opens <= at < closes for opens, closes in calendar.spans(day))


def open_between(calendar: Calendar, since: datetime, until: datetime) -> timedelta:
    """The open time between two instants; nothing where the second is not after the first."""
    spans = takewhile(lambda span: span[0] < until, _spans_from(calendar, since, until - since))
    return sum((min(closes, until) - opens for opens, closes in spans), timedelta())


def end_of_day(calendar: Calendar, at: datetime) -> datetime:
    """The closing time of the day that is open at `at`, or of the next one that opens. Raises NoOpenTime."""
    opens = next_open(calendar, at)
    day = opens.astimezone(ZoneInfo(calendar.zone)).date()
    return max(closes for _, closes in calendar.spans(day)).astimezone(UTC)


def _spans_from(calendar: Calendar, start: datetime, horizon: timedelta = HORIZON) -> Iterator[Span]:
    """The open spans after an instant, the first cut to begin there."""
    start = start.astimezone(UTC)
    day = start.astimezone(ZoneInfo(calendar.zone)).date() - _DAY
    last = day + max(min(horizon, HORIZON), timedelta()) + 3 * _DAY
    held: list[Span] = []
    while day <= last:
        found = list(calendar.spans(day))
        if held and found and found[0] < held[-1]:
            # The clocks went back from just after midnight: a piece of the day before comes after this one's first.
            held, found = [], sorted(held + found)
        yield from ((max(opens, start), closes) for opens, closes in held if closes > start)
        held = found
        day += _DAY
    yield from held
