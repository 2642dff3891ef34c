"""Days and times as they are said to a customer: the end of a day, and a computed time rounded up. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.commitments.errors import DueTooFar

SOON = timedelta(hours=3, minutes=15)
"""A nearer time is said to the quarter of an hour; on the same day to the hour; later it is a day."""


class Due(NamedTuple):
    """A due time. `on` is set where it is a day: `at` is then its end."""

    at: datetime
    on: date | None = None


def communicable(at: datetime, now: datetime, zone: str) -> Due:
    """`at` rounded up, never down, to what people say: "by 14:15", "by 17:00", "on Thursday" (C2)."""
    there = at.astimezone(ZoneInfo(zone))
    quarter, hour = _up(there, timedelta(minutes=15)), _up(there, timedelta(hours=1))
    if quarter - now < SOON:
        return Due(quarter)
    if day_in(zone, hour) == day_in(zone, now):
        return Due(hour)
    return Due(end_of_day(there.date(), zone), there.date())


def _up(there: datetime, step: timedelta) -> datetime:
    """Rounds up by the wall time of the zone, so that zones of half hours round to their own full hours."""
    wall = there.replace(tzinfo=None)
    over = (wall - datetime.combine(wall.date(), datetime.min.time())) % step
    return (there.astimezone(UTC) + (step - over if over else timedelta())).astimezone(UTC)


def day_in(zone: str, at: datetime) -> date:
    """The day of an instant in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date | None, zone: str) -> datetime:
    """The last instant of a day in a zone: a millisecond before the next one begins, whatever the clocks do there."""
    if day is None:
        raise ValueError("there is no day")
    try:
        midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
        return midnight.astimezone(UTC) - timedelta(milliseconds=1)
    except OverflowError as error:
        raise DueTooFar("a promise needs a due time within ten years") from error
