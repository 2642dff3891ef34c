"""X4: closed time from iCalendar files; what is hostile is refused, quickly."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise, takewhile

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.calendars.ical import ClosedTime, Unreadable, joined, read_closed
from shared.calendars.repeats import WEEKDAYS, days, repeats
from tests.support.examples import examples

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ZONE = "Asia/Ho_Chi_Minh"


def file(*events: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for n, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{n}", *event.strip().splitlines(), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*events: str) -> ClosedTime:
    return read_closed(file(*events), ZONE, NOW)


def test_x4_all_day_events_close_days_and_the_end_is_not_one_of_them() -> None:
    closed = read(
        "DTSTART;VALUE=DATE:20260901\nDTEND;VALUE=DATE:20260904",
        "DTSTART;VALUE=DATE:20260904",
        "DTSTART;VALUE=DATE:20261024\nDURATION:P2D",
    )
    assert closed.days == [(date(2026, 9, 1), date(2026, 9, 4)), (date(2026, 10, 24), date(2026, 10, 25))]
    assert closed.spans == []


@pytest.mark.parametrize(
    ("event", "since"),
    [
        ("DTSTART:20260401T010000Z\nDTEND:20260401T030000Z", datetime(2026, 4, 1, 1, tzinfo=UTC)),
        ("DTSTART:20260401T080000\nDTEND:20260401T100000", datetime(2026, 4, 1, 1, tzinfo=UTC)),
        ("DTSTART;TZID=Europe/Berlin:20260401T080000\nDURATION:PT2H", datetime(2026, 4, 1, 6, tzinfo=UTC)),
        (
            "DTSTART;TZID=SE Asia Standard Time:20260401T080000\nDTEND;TZID=Asia/Tokyo:20260401T120000",
            datetime(2026, 4, 1, 1, tzinfo=UTC),
        ),
    ],
)
def test_x4_timed_events_close_instants_in_their_own_zone_or_the_calendars(event: str, since: datetime) -> None:
    assert read(event).spans == [(since, since + timedelta(hours=2))]


def test_x4_yearly_repeats_count_for_five_years_and_past_ones_do_not() -> None:
    closed = read("DTSTART;VALUE=DATE:20190430\nRRULE:FREQ=YEARLY")
    assert closed.days == [(date(year, 4, 30),) * 2 for year in range(2026, 2031)]


def test_x4_repeats_keep_wall_time_over_the_change_of_clocks() -> None:
    raw = file("DTSTART;TZID=Europe/Berlin:20260327T120000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2")
    assert [since.hour for since, _ in read_closed(raw, "Europe/Berlin", NOW).spans] == [11, 10]


def test_x4_dates_are_taken_away_added_moved_and_cancelled() -> None:
    closed = read_closed(
        file(
            "DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;COUNT=4\nEXDATE;VALUE=DATE:20270501\n"
            "RDATE;VALUE=DATE:20260703",
            "DTSTART;VALUE=DATE:20261111\nSTATUS:CANCELLED",
            "DTSTART;VALUE=DATE:20280502\nRECURRENCE-ID;VALUE=DATE:20280501",
        ).replace(b"UID:2", b"UID:0"),
        ZONE,
        NOW,
    )
    assert [first for first, _ in closed.days] == [
        date(2026, 5, 1),
        date(2026, 7, 3),
        date(2028, 5, 2),
        date(2029, 5, 1),
    ]


@pytest.mark.parametrize(
    ("rule", "first", "expected"),
    [
        ({"FREQ": ["YEARLY"]}, date(2024, 2, 29), [date(2024, 2, 29), date(2028, 2, 29)]),
        (
            {"FREQ": ["YEARLY"], "BYMONTH": [11], "BYDAY": ["4TH"]},
            date(2026, 11, 26),
            [date(2026, 11, 26), date(2027, 11, 25), date(2028, 11, 23), date(2029, 11, 22), date(2030, 11, 28)],
        ),
        ({"FREQ": ["YEARLY"], "INTERVAL": [2], "COUNT": [2]}, date(2026, 5, 1), [date(2026, 5, 1), date(2028, 5, 1)]),
        (
            {"FREQ": ["MONTHLY"], "BYDAY": ["-1FR"], "COUNT": [2]},
            date(2026, 1, 30),
            [date(2026, 1, 30), date(2026, 2, 27)],
        ),
        (
            {"FREQ": ["MONTHLY"], "BYMONTHDAY": [-1, 15], "COUNT": [3]},
            date(2026, 1, 31),
            [date(2026, 1, 31), date(2026, 2, 15), date(2026, 2, 28)],
        ),
        (
            {"FREQ": ["WEEKLY"], "BYDAY": ["MO", "SA"], "INTERVAL": [2], "COUNT": [3]},
            date(2026, 3, 7),
            [date(2026, 3, 7), date(2026, 3, 16), date(2026, 3, 21)],
        ),
        ({"FREQ": ["MONTHLY"], "BYMONTH": [2], "BYMONTHDAY": [30]}, date(2026, 1, 1), []),
    ],
)
def test_repeats(rule: dict[str, list[object]], first: date, expected: list[date]) -> None:
    assert list(days(repeats(rule), first, date(2030, 12, 31))) == expected


@st.composite
def rules(draw: st.DrawFn) -> str:
    every = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY"]))
    parts = [f"FREQ={every}", f"INTERVAL={draw(st.integers(1, 4))}"]
    months = draw(st.lists(st.integers(1, 12), max_size=3, unique=True))
    month_days = draw(st.lists(st.integers(-31, 31).filter(bool), max_size=3, unique=True))
    # Its answer differs where one rule names a weekday with and without a number.
    which = st.sampled_from(["1", "2", "5", "-1", "-2"] if every != "WEEKLY" and draw(st.booleans()) else [""])
    weekdays = draw(st.lists(st.tuples(which, st.sampled_from(WEEKDAYS)).map("".join), max_size=3, unique=True))
    if months and every != "WEEKLY":
        parts.append("BYMONTH=" + ",".join(map(str, months)))
    if month_days and every != "WEEKLY" and (months or every == "MONTHLY"):
        parts.append("BYMONTHDAY=" + ",".join(map(str, month_days)))
    if weekdays and (months or every != "YEARLY"):
        parts.append("BYDAY=" + ",".join(weekdays))
    parts += draw(st.sampled_from([[], ["COUNT=3"], ["WKST=SU"], ["WKST=WE", "COUNT=5"]]))
    return ";".join(parts)


@examples(200)
@given(text=rules(), first=st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_x4_repeats_are_those_that_dateutil_finds(text: str, first: date) -> None:
    """But for rules that never fit, for which it looks as far as the year 9999."""
    parts = {name: values.split(",") for name, _, values in (part.partition("=") for part in text.split(";"))}
    found = list(days(repeats(parts), first, date(2034, 12, 31)))
    assume(found)
    oracle = (at.date() for at in rrulestr(text, dtstart=datetime.combine(first, datetime.min.time())))
    assert list(takewhile(lambda day: day.year < 2035, islice(oracle, len(found) + 1))) == found


_HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\0",
        b"{}",
        b"BEGIN:VEVENT\r\nEND:VEVENT",
        b"BEGIN:VEVENT\r\n" * 15_000,
        _HEAD + b"A:\r\n" * 30_000 + b"END:VCALENDAR",
        file(*["DTSTART;VALUE=DATE:20260501"] * 1001),
        file(*["DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY"] * 201),
        file(*["DTSTART;VALUE=DATE:19700101\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"] * 200),
        file(*["DTSTART;VALUE=DATE:19700101\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"] * 199, "DTSTART:x"),
        file("SUMMARY:never"),
        file("DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=SECONDLY"),
        file("DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;BYSETPOS=-1"),
        file("DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;BYDAY=1MO"),
        file("DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;INTERVAL=0"),
        file("DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;COUNT=0"),
        file("DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=MONTHLY;BYDAY=9MO"),
        file("DTSTART;VALUE=DATE:20260501\nRRULE:COUNT=2"),
        file("DTSTART;VALUE=DATE:20260501\nDTSTART;VALUE=DATE:20260501"),
        file("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260401"),
        file("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20280401"),
        file("DTSTART;VALUE=DATE:20260501\nDTEND:20260502T000000Z"),
        file("DTSTART;VALUE=DATE:20260501\nDURATION:P99999999999D"),
        file("DTSTART;VALUE=DATE:00010101"),
        file("DTSTART;VALUE=DATE:99991231"),
        file("DTSTART:99991231T235959Z\nDURATION:PT23H"),
        file("DTSTART;TZID=Nowhere/Land:20260401T080000\nDURATION:PT1H"),
        file("DTSTART;TZID=Europe:20260401T080000\nDURATION:PT1H"),  # a folder of the zone database
        file("DTSTART;VALUE=PERIOD:20260401T080000Z/PT1H"),
        file("DTSTART;VALUE=DATE:20260501\nRDATE;VALUE=PERIOD:20260401T080000Z/PT1H"),
    ],
)
def test_x4_what_is_no_calendar_or_asks_for_too_much_is_refused(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises(Unreadable):
        read_closed(raw, ZONE, NOW)
    assert time.process_time() - started < 5


def test_a_zone_that_a_file_defines_for_itself_is_left_out() -> None:
    """What one file says of a zone would hold for the next."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Nowhere/Land\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+0700\r\nTZOFFSETTO:+0700\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    raw = file("DTSTART;TZID=Nowhere/Land:20260401T080000\nDURATION:PT1H").replace(
        b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1
    )
    with pytest.raises(Unreadable, match="zone"):
        read_closed(raw, ZONE, NOW)


_GOOD = file(
    "DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260502\nRRULE:FREQ=YEARLY;COUNT=3\nEXDATE;VALUE=DATE:20270501",
    "DTSTART;TZID=Europe/Berlin:20260401T080000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;UNTIL=20260601T000000Z;BYDAY=MO",
)


@examples(300)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(_GOOD) - 1), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=4
    )
)
def test_x4_a_damaged_file_is_read_or_refused(edits: list[tuple[int, int, bytes]]) -> None:
    raw = bytearray(_GOOD)
    for at, length, new in edits:
        raw[at : at + length] = new
    try:
        closed = read_closed(bytes(raw), ZONE, NOW)
    except Unreadable:
        return
    for spans in (closed.days, closed.spans):
        assert all(a <= b for a, b in spans)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)).map(lambda s: (s[0], s[0] + s[1]))))
def test_joined_spans_cover_the_same_and_are_apart(spans: list[tuple[int, int]]) -> None:
    made = joined(spans)
    assert {n for a, b in made for n in range(a, b)} == {n for a, b in spans for n in range(a, b)}
    assert all(one[1] < other[0] for one, other in pairwise(made))
