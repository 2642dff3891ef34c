"""A time that can be said: rounded up, never down, and in the zone of whoever hears it. Rows: C2."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.promise.core.days import communicable
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments

HCM = "Asia/Ho_Chi_Minh"
NOW = datetime(2026, 3, 2, 1, 7, tzinfo=UTC)
"""08:07 in Ho Chi Minh City."""
ZONES = st.sampled_from([HCM, "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "UTC"])


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        ({"minutes": 20}, "08:30"),
        ({"minutes": 23}, "08:30"),
        ({"hours": 3}, "11:15"),
        ({"hours": 4}, "13:00"),
        ({"hours": 5, "minutes": 53}, "14:00"),
    ],
)
def test_c2_today_it_is_a_quarter_or_an_hour(ahead: dict[str, float], said: str) -> None:
    due = communicable(NOW + timedelta(**ahead), NOW, HCM)
    assert due.on is None
    assert due.at.astimezone(ZoneInfo(HCM)).strftime("%H:%M") == said


def test_c2_later_it_is_a_day_and_the_day_is_that_of_the_zone() -> None:
    due = communicable(NOW + timedelta(hours=20), NOW, HCM)
    assert str(due.on) == "2026-03-03"
    assert due.at == datetime(2026, 3, 3, 16, 59, 59, 999000, tzinfo=UTC)


@given(minutes=st.one_of(st.integers(1, 60 * 36), st.integers(1, 60 * 24 * 400)), zone=ZONES)
def test_c2_it_is_never_earlier_than_what_was_computed_and_little_later(minutes: int, zone: str) -> None:
    at = NOW + timedelta(minutes=minutes, seconds=17)
    due = communicable(at, NOW, zone)
    assert at - timedelta(seconds=60) < due.at
    assert due.at >= at or due.on is not None
    assert due.at - at <= timedelta(hours=26)
    assert communicable(due.at, NOW, zone).at == due.at, "what can be said stays as it is"


async def test_c2_without_a_due_time_it_is_the_estimates_rounded_up(kept: Commitments) -> None:
    body: dict[str, Any] = {"customer_id": str(new_id()), "words": "Your order reaches you", "cost": "no charge"}
    body["estimate_due_at"] = (START + timedelta(minutes=52)).isoformat()
    made = await kept.call("POST", "", json=body, expect=201)
    assert made["due_at"] == "2026-03-02T10:00:00Z"
    assert made["terms"][0]["estimate"]["level"] == 0.9
    problem = await kept.call("POST", "", json=body | {"due_at": START.isoformat(), "due_on": "2026-03-03"}, expect=422)
    assert "needs a due time" in str(problem)
