"""The wall time of a zone as spans of instants, over the changes of its clocks. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_STEP = timedelta(hours=6)
"""No zone changes its clocks twice within this."""

_MARGIN = timedelta(days=2)
"""A local day of a year begins and ends within this of the same year in UTC."""

_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=256)
def _offsets(zone: str, year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """The offsets from UTC of a zone, with the instant from which each holds, for every local day of a year."""
    rules = ZoneInfo(zone)

    def offset(at: datetime) -> timedelta:
        return at.astimezone(rules).utcoffset() or timedelta()

    at = datetime(year, 1, 1, tzinfo=UTC) - _MARGIN
    end = datetime(year + 1, 1, 1, tzinfo=UTC) + _MARGIN
    found = [(at, offset(at))]
    while at < end:
        if offset(at + _STEP) != offset(at):
            before, after = at, at + _STEP
            while after - before > _SECOND:
                middle = before + (after - before) // 2
                before, after = (middle, after) if offset(middle) == offset(before) else (before, middle)
            shift = after.replace(microsecond=0)
            found.append((shift, offset(shift)))
        at += _STEP
    return (*found, (end, timedelta()))


def pieces(zone: str, day: date, opens: timedelta, closes: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The spans of instants at which the clock on the wall shows that day between `opens` and `closes`.

    Both count from midnight. A time that is skipped is in no span, one that comes twice is in two; what touches stays
    apart.
    """
    offsets = _offsets(zone, day.year)
    midnight = datetime.combine(day, time(), UTC)
    first = bisect_right(offsets, midnight - _MARGIN / 2, key=lambda shift: shift[0]) - 1
    for (since, offset), (until, _) in zip(offsets[first:], offsets[first + 1 :], strict=False):
        if since > midnight + _MARGIN:
            return
        a, b = max(since, midnight + opens - offset), min(until, midnight + closes - offset)
        if a < b:
            yield a, b
