"""What a person types in a form, read: text, numbers, and times in a zone."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.customer_page.forms import instant_of, number_of, sentence, text_of, text_or_none
from services.commitments.errors import FieldWrong, WrongState
from shared.problems import Problem

ZONES = ["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]

YEARS = (datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2100-01-01"))


def form(at: datetime) -> dict[str, str]:
    return {"due_day": f"{at:%Y-%m-%d}", "due_hour": f"{at:%H:%M}"}


@given(st.datetimes(*YEARS), st.sampled_from(ZONES))
def test_a_time_typed_is_the_time_that_clocks_show_there(typed: datetime, zone: str) -> None:
    typed = typed.replace(second=0, microsecond=0)
    there_and_back = typed.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
    if there_and_back.replace(tzinfo=None) != typed:
        with pytest.raises(FieldWrong, match="put forward"):
            instant_of(form(typed), "due", zone)
        return
    at = instant_of(form(typed), "due", zone)
    assert at is not None
    assert at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == typed


@given(st.datetimes(*YEARS, timezones=st.just(UTC)))
def test_every_instant_can_be_typed(at: datetime) -> None:
    """To the minute; of the two that a clock shows alike, the earlier is meant."""
    at = at.replace(second=0, microsecond=0)
    local = at.astimezone(ZoneInfo("Europe/Berlin"))
    assert instant_of(form(local), "due", "Europe/Berlin") in {at, at - timedelta(hours=1)}


def test_without_an_hour_it_is_the_end_of_that_day_and_without_a_day_it_is_nothing() -> None:
    assert instant_of({"due_day": "2026-03-02"}, "due", "Asia/Ho_Chi_Minh") == datetime(
        2026, 3, 2, 16, 59, 59, 999000, UTC
    )
    assert instant_of({}, "due", "UTC") is None


@pytest.mark.parametrize(
    ("day", "hour", "field", "says"),
    [
        ("2026-02-30", "", "due_day", "calendar"),
        ("tomorrow", "", "due_day", "calendar"),
        ("2026-03-02", "25:00", "due_hour", "time of day"),
        ("2026-03-02", "9 giờ", "due_hour", "time of day"),
        ("", "09:00", "due_day", "day as well"),
        ("2026-03-29", "02:30", "due_hour", "put forward"),
        ("0001-01-01", "00:00", "due_hour", "ten years"),
    ],
)
def test_what_is_no_time_is_a_plain_sentence(day: str, hour: str, field: str, says: str) -> None:
    with pytest.raises(FieldWrong) as refused:
        instant_of({"due_day": day, "due_hour": hour}, "due", "Europe/Berlin")
    assert (refused.value.field, says in refused.value.detail) == (field, True)


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_typed_is_a_time_or_a_refusal(day: str, hour: str) -> None:
    with contextlib.suppress(Problem):
        assert instant_of({"due_day": day, "due_hour": hour}, "due", "Asia/Ho_Chi_Minh") is None or day.strip()


@pytest.mark.parametrize("typed", ["", "  ", "x" * 1001, "a\0b"])
def test_text_that_does_not_hold(typed: str) -> None:
    with pytest.raises(FieldWrong) as refused:
        text_of({"reason": typed}, "reason")
    assert refused.value.field == "reason"


def test_text_is_trimmed_and_may_be_left_out_where_it_may() -> None:
    assert text_of({"reason": "  vì bão "}, "reason") == "vì bão"
    assert text_or_none({"words": " "}, "words") is None
    assert text_or_none({"words": " a "}, "words") == "a"


@pytest.mark.parametrize("typed", ["", "-1", "1.5", "x", "²", "9" * 41])
def test_what_is_no_number(typed: str) -> None:
    with pytest.raises(FieldWrong):
        number_of({"revision": typed}, "revision")


def test_a_number_is_cut_to_what_can_be_stored() -> None:
    assert number_of({"n": "9" * 40}, "n", most=50) == 50


def test_a_refusal_is_a_sentence_for_a_person() -> None:
    assert "moved on" in sentence(WrongState("the promise is agreed"))
