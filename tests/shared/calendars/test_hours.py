"""X4: open time, against a model that looks at the wall clock minute by minute. Rows: C11."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendars import (
    Calendar,
    NoOpenTime,
    Window,
    add,
    end_of_day,
    is_open,
    next_open,
    open_between,
)
from shared.calendars.model import check_windows, holidays_of
from tests.support.examples import examples

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Weeks in which the clocks change, in several ways, and quiet ones.
WEEKS = [
    ("Asia/Ho_Chi_Minh", datetime(2026, 2, 13, tzinfo=UTC)),  # lunar new year, no change of clocks
    ("Europe/Berlin", datetime(2026, 3, 26, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 22, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 5, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 29, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 2, tzinfo=UTC)),  # half an hour
    ("America/Santiago", datetime(2026, 9, 4, tzinfo=UTC)),  # midnight is skipped
    ("America/Santiago", datetime(2026, 4, 3, tzinfo=UTC)),  # the hour before midnight comes twice
    ("America/St_Johns", datetime(2010, 11, 5, tzinfo=UTC)),  # back from 00:01 into the day before
    ("Pacific/Apia", datetime(2011, 12, 28, tzinfo=UTC)),  # a day that never was
    ("Africa/Casablanca", datetime(2026, 2, 13, tzinfo=UTC)),
]


def week(*windows: tuple[int, int], days: int = 5) -> tuple[tuple[Window, ...], ...]:
    """The same hours (in hours of the day) on the first days of the week."""
    made = tuple(Window(a * 60, b * 60) for a, b in windows)
    return tuple(made if day < days else () for day in range(7))


OFFICE = week((8, 12), (13, 17))


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    edges = sorted(draw(st.sets(st.one_of(st.integers(0, 240), st.integers(0, 1440)), max_size=6)))
    return tuple(Window(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar and an instant within a week of its zone."""
    zone, start = draw(st.sampled_from(WEEKS))
    days = st.integers(-1, 8).map(lambda n: start.date() + n * DAY)
    spans = sorted(draw(st.lists(st.tuples(st.integers(0, 8000), st.integers(1, 600)), max_size=3)))
    apart = [s for i, s in enumerate(spans) if i == 0 or s[0] > spans[i - 1][0] + 700]
    calendar = Calendar(
        zone=zone,
        week=tuple(draw(st.tuples(*[windows()] * 7))),
        country=draw(st.sampled_from([None, "VN"])),
        closed_days=frozenset(draw(st.lists(days, max_size=2))),
        open_days=draw(st.dictionaries(days, windows(), max_size=2)),
        closed_from=draw(st.lists(days.map(lambda d: (d, d + DAY)), max_size=1)),
        closed_spans=[(start + a * MINUTE, start + (a + length) * MINUTE) for a, length in apart],
    )
    return calendar, start + draw(st.integers(0, 5 * 1440)) * MINUTE


def shown_open(calendar: Calendar, at: datetime) -> bool:
    """The model: look at the clock on the wall, and at the notice on the door."""
    wall = at.astimezone(ZoneInfo(calendar.zone))
    day, minute = wall.date(), wall.hour * 60 + wall.minute
    if day in calendar.open_days:
        hours = calendar.open_days[day]
    elif (
        day in calendar.closed_days
        or any(a <= day <= b for a, b in calendar.closed_from)
        or any(a <= at < b for a, b in calendar.closed_spans)
        or (calendar.country and day in holidays_of(calendar.country, None, day.year))
    ):
        hours = ()
    else:
        hours = calendar.week[day.weekday()]
    return any(w.opens <= minute < w.closes for w in hours)


def minutes(calendar: Calendar, since: datetime, count: int) -> Iterator[datetime]:
    """The open minutes, each by its beginning."""
    return (at for at in (since + n * MINUTE for n in range(count)) if shown_open(calendar, at))


@examples(150)
@given(case=cases(), length=st.integers(0, 3 * 1440))
def test_x4_open_between_counts_the_open_minutes(case: tuple[Calendar, datetime], length: int) -> None:
    calendar, at = case
    assert open_between(calendar, at, at + length * MINUTE) == MINUTE * len(list(minutes(calendar, at, length)))
    assert is_open(calendar, at) == shown_open(calendar, at)


@examples(150)
@given(case=cases(), wanted=st.integers(0, 600))
def test_x4_add_ends_after_so_many_open_minutes(case: tuple[Calendar, datetime], wanted: int) -> None:
    calendar, at = case
    open_minutes = list(minutes(calendar, at, 5 * 1440))
    if len(open_minutes) <= wanted:
        return
    due = add(calendar, at, wanted * MINUTE)
    assert due == (open_minutes[wanted - 1] + MINUTE if wanted else open_minutes[0])
    assert open_between(calendar, at, due) == wanted * MINUTE


@examples(60)
@given(case=cases(), first=st.integers(0, 300), second=st.integers(0, 300))
def test_x4_adding_in_two_steps_is_adding_at_once(case: tuple[Calendar, datetime], first: int, second: int) -> None:
    calendar, at = case
    try:
        whole = add(calendar, at, (first + second) * MINUTE)
    except NoOpenTime:
        return
    halfway = add(calendar, at, first * MINUTE)
    both = add(calendar, halfway, second * MINUTE)
    assert both == whole or (second == 0 and both == next_open(calendar, whole))


def test_x4_a_day_of_open_time_goes_over_lunch_the_night_and_the_weekend() -> None:
    calendar = Calendar("Asia/Ho_Chi_Minh", OFFICE)
    friday = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)  # 16:00 there
    assert add(calendar, friday, HOUR) == datetime(2026, 3, 6, 10, 0, tzinfo=UTC), "at closing time, not on Monday"
    assert add(calendar, friday, HOUR + MINUTE) == datetime(2026, 3, 9, 1, 1, tzinfo=UTC)
    assert add(calendar, friday, 8 * HOUR) == datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    assert next_open(calendar, datetime(2026, 3, 6, 5, 30, tzinfo=UTC)) == datetime(2026, 3, 6, 6, 0, tzinfo=UTC)
    assert not is_open(calendar, datetime(2026, 3, 6, 5, 30, tzinfo=UTC)), "lunch"


def test_x4_the_lunar_new_year_is_closed() -> None:
    calendar = Calendar("Asia/Ho_Chi_Minh", OFFICE, country="VN")
    friday = datetime(2026, 2, 13, 10, 0, tzinfo=UTC)  # 17:00 there, the last working day of the year of the snake
    assert next_open(calendar, friday) == datetime(2026, 2, 23, 1, 0, tzinfo=UTC)
    opened = Calendar("Asia/Ho_Chi_Minh", OFFICE, country="VN", open_days={date(2026, 2, 17): (Window(540, 600),)})
    assert open_between(opened, friday, friday + 7 * DAY) == HOUR, "and open where it is said so"


def test_x4_a_subdivision_has_holidays_of_its_own() -> None:
    corpus_christi = datetime(2026, 6, 4, 9, 0, tzinfo=UTC)
    assert not is_open(Calendar("Europe/Berlin", OFFICE, "DE", "BY"), corpus_christi)
    assert is_open(Calendar("Europe/Berlin", OFFICE, "DE", "BE"), corpus_christi)


def test_x4_an_hour_that_is_skipped_is_not_open_and_one_that_comes_twice_is_open_twice() -> None:
    nights = Calendar("Europe/Berlin", week((0, 5), days=7))
    for day, hours in [(date(2026, 3, 28), 5), (date(2026, 3, 29), 4), (date(2026, 10, 25), 6)]:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
        assert open_between(nights, midnight, midnight + 12 * HOUR) == hours * HOUR


def test_c11_the_end_of_a_business_day_is_when_it_closes() -> None:
    calendar = Calendar("Asia/Ho_Chi_Minh", OFFICE)
    closes = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
    assert end_of_day(calendar, closes - 9 * HOUR) == closes
    assert end_of_day(calendar, closes - MINUTE) == closes
    assert end_of_day(calendar, closes) == closes + 3 * DAY, "closed already: the next day that opens"


def test_what_never_opens_is_said_and_not_looked_for_for_ever() -> None:
    with pytest.raises(NoOpenTime):
        next_open(Calendar("UTC", week(days=0)), datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("wrong", [[(8, 8)], [(12, 8)], [(8, 12), (11, 13)], [(8, 25)], [(-1, 4)], [(8, 12), (8, 12)]])
def test_windows_that_are_empty_or_overlap_are_refused(wrong: list[tuple[int, int]]) -> None:
    check_windows([Window(8 * 60, 12 * 60), Window(12 * 60, 24 * 60)])
    with pytest.raises(ValueError, match="window"):
        check_windows([Window(a * 60, b * 60) for a, b in wrong])
