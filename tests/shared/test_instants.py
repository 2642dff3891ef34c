"""An instant that the API takes is one that every sum of times can begin at."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.instants import EARLIEST, LATEST, Day, Instant

INSTANTS: TypeAdapter[Instant] = TypeAdapter(Instant)
DAYS: TypeAdapter[Day] = TypeAdapter(Day)


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+23:59", "-23:59", "+14:00"])
@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "1969-12-30T00:00:00", "2200-01-02T00:00:00"]
)
def test_what_is_out_of_reach_is_refused_in_every_offset(at: str, offset: str) -> None:
    with pytest.raises(ValidationError, match="from 1970 to 2199"):
        INSTANTS.validate_python(at + offset)


def test_a_time_of_nowhere_is_refused() -> None:
    with pytest.raises(ValidationError):
        INSTANTS.validate_python("2026-03-02T09:00:00")


@pytest.mark.parametrize("at", [EARLIEST, LATEST - timedelta(microseconds=1)])
def test_what_is_in_reach_has_room_for_zones_and_spans(at: object) -> None:
    taken = INSTANTS.validate_python(at)
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        for years in (-100, 100):
            (taken + timedelta(days=366 * years)).astimezone(ZoneInfo(zone))


@pytest.mark.parametrize("day", [date.min, date.max, date(1969, 12, 31), date(2200, 1, 1)])
def test_a_day_out_of_reach_is_refused(day: date) -> None:
    with pytest.raises(ValidationError, match="from 1970 to 2199"):
        DAYS.validate_python(day)
