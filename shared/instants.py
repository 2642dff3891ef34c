"""Instants, days and zones as the API takes them: of a span in which every sum of times stays within the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Python's calendar ends at the years 1 and 9999 and raises beyond: neither a zone nor a span of years leads there."""


def _instant(at: datetime) -> datetime:
    if not EARLIEST <= at < LATEST:
        raise ValueError(f"an instant from {EARLIEST.year} to {LATEST.year - 1} is needed")
    return at


def in_reach(day: date) -> date:
    """Checks that a day is within the span and returns it. Raises ValueError."""
    if not EARLIEST.date() <= day < LATEST.date():
        raise ValueError(f"a day from {EARLIEST.year} to {LATEST.year - 1} is needed")
    return day


Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
"""With its offset from UTC, which is a must: `2026-03-02T09:00:00+07:00`."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    """Checks that a name is of an IANA time zone that this machine knows, and returns it. Raises ValueError."""
    if name not in _zones():
        raise ValueError("is no IANA time zone, e.g. Europe/Berlin")
    return name


Zone = Annotated[str, AfterValidator(known_zone)]

Day = Annotated[date, AfterValidator(in_reach)]
