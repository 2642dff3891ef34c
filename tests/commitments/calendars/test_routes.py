"""X3, X4: business calendars over HTTP: versions with history, what is refused, files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.commitments.conftest import START, Commitments
from tests.shared.calendars.test_ical import file

OFFICE = [{"opens": "08:00", "closes": "12:00"}, {"opens": "13:00", "closes": "17:00"}]
WEEK = dict.fromkeys(["mon", "tue", "wed", "thu", "fri"], OFFICE)
HCM: dict[str, Any] = {"name": "office", "zone": "Asia/Ho_Chi_Minh", "week": WEEK, "country": "VN"}
ICAL = {"Content-Type": "text/calendar"}


async def set_office(kept: Commitments, **changes: Any) -> Any:
    return await kept.call("PUT", "/calendars", json=HCM | changes, expect=201)


async def test_x4_a_calendar_is_set_and_shown(kept: Commitments) -> None:
    made = await set_office(kept, closed_days=["2026-03-09"], open_days=[{"on": "2026-03-14", "windows": [OFFICE[0]]}])
    assert made["week"] == WEEK
    assert (made["set_by"], made["imported"]) == ("lan", {"days": [], "spans": []})
    assert await kept.call("GET", "/calendars/office") == made
    assert [c["name"] for c in await kept.call("GET", "/calendars")] == ["office"]
    problem = await kept.call("GET", "/calendars/shop", expect=404)
    assert problem["type"] == "urn:kept:problem:calendar-not-found"
    await kept.call("GET", "/calendars/a%00b", expect=422)
    for at, expect in [("1970-01-02T00:00:00+14:00", 404), ("2199-12-31T09:59:59-14:00", 200), ("2026-03-02", 422)]:
        await kept.call("GET", "/calendars/office", params={"at": at}, expect=expect)


async def test_x3_a_new_version_leaves_the_old_one_as_it_was(kept: Commitments) -> None:
    old = await set_office(kept)
    later = (START + timedelta(days=7)).isoformat()
    new = await set_office(kept, week={"mon": OFFICE}, valid_from=later)
    assert await kept.call("GET", "/calendars/office") == old
    assert await kept.call("GET", "/calendars/office", params={"at": later}) == new
    assert len(await kept.call("GET", "/calendars")) == 2
    past = {"valid_from": (START - timedelta(seconds=1)).isoformat()}
    problem = await kept.call("PUT", "/calendars", json=HCM | past, expect=422)
    assert problem["type"] == "urn:kept:problem:begins-in-the-past"


def windows(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"week": {"mon": [{"opens": a, "closes": b} for a, b in pairs]}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"zone": "Asia/Saigonn"}, "invalid"),
        ({"zone": "../../etc/passwd"}, "invalid"),
        (windows(("08:00", "12:00"), ("11:00", "13:00")), "invalid"),
        (windows(("08:00", "08:00")), "invalid"),
        (windows(("17:00", "08:00")), "invalid"),
        (windows(("08:00", "24:01")), "invalid"),
        (windows(("8", "12")), "invalid"),
        (windows(("08:00\n", "12:00")), "invalid"),
        (windows(("08:00", "08:00\0")), "invalid"),
        ({"week": {"someday": OFFICE}}, "invalid"),
        ({"week": {}}, "calendar-never-open"),
        ({"week": {"mon": []}}, "calendar-never-open"),
        ({"country": "XX"}, "invalid"),
        ({"country": "vn"}, "invalid"),
        ({"country": "VN", "subdivision": "ZZ"}, "invalid"),
        ({"country": None, "subdivision": "BY"}, "invalid"),
        ({"closed_days": ["2026-02-30"]}, "invalid"),
        ({"closed_days": ["2026-03-09"] * 1001}, "invalid"),
        ({"closed_days": ["2026-03-09"], "open_days": [{"on": "2026-03-09", "windows": OFFICE}]}, "invalid"),
        ({"open_days": [{"on": "2026-03-09", "windows": OFFICE}] * 2}, "invalid"),
        ({"name": "Office Hours"}, "invalid"),
        ({"name": "a\0"}, "invalid"),
        ({"valid_from": "2199-12-31T09:59:59-14:00"}, "begins-too-far"),
        ({"valid_from": "1970-01-02T00:00:00+14:00"}, "begins-in-the-past"),
        ({"valid_from": "2027-01-01T00:00:00"}, "invalid"),
        ({"imported": {"days": []}}, "invalid"),
    ],
)
async def test_x4_what_is_no_calendar_is_refused(kept: Commitments, change: dict[str, Any], code: str) -> None:
    problem = await kept.call("PUT", "/calendars", json=HCM | change, expect=422)
    assert problem["type"] == f"urn:kept:problem:{code}"
    assert await kept.call("GET", "/calendars") == []


async def test_x4_a_file_closes_days_from_now_on_and_the_next_one_takes_its_place(kept: Commitments) -> None:
    await set_office(kept)
    raw = file("DTSTART;VALUE=DATE:20260901\nDTEND;VALUE=DATE:20260904", "DTSTART:20260401T010000Z\nDURATION:PT2H")
    made = await kept.call("POST", "/calendars/office/ical", content=raw, headers=ICAL, expect=201)
    assert made["imported"]["days"] == [["2026-09-01", "2026-09-03"]]
    assert made["imported"]["spans"] == [["2026-04-01T01:00:00Z", "2026-04-01T03:00:00Z"]]
    assert (await set_office(kept))["imported"] == made["imported"], "new hours do not forget it"
    made = await kept.call("POST", "/calendars/office/ical", content=file(), headers=ICAL, expect=201)
    assert made["imported"] == {"days": [], "spans": []}
    assert len(await kept.call("GET", "/calendars")) == 4


async def test_x4_a_hostile_file_is_refused_and_changes_nothing(kept: Commitments) -> None:
    await set_office(kept)
    for raw in (b"", b"\0\xff", b"BEGIN:VCALENDAR", file("DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=SECONDLY")):
        problem = await kept.call("POST", "/calendars/office/ical", content=raw, headers=ICAL, expect=422)
        assert problem["type"] == "urn:kept:problem:unreadable-calendar-file"
    await kept.call("POST", "/calendars/office/ical", content=b"x" * (512 * 1024 + 1), headers=ICAL, expect=413)
    await kept.call("POST", "/calendars/shop/ical", content=file(), headers=ICAL, expect=404)
    always = [f"DTSTART;VALUE=DATE:{2026 + n}0101\nDTEND;VALUE=DATE:{2027 + n}0101" for n in range(3)]
    problem = await kept.call("POST", "/calendars/office/ical", content=file(*always), headers=ICAL, expect=422)
    assert problem["type"] == "urn:kept:problem:calendar-never-open"
    assert len(await kept.call("GET", "/calendars")) == 1


async def test_scopes_of_calendars_and_policies(kept: Commitments) -> None:
    reader = kept.token("commitments:read")
    for path in ("calendars", "policies"):
        assert (await kept.http.get(f"/commitments/{path}", headers=reader)).status_code == 200
        assert (await kept.http.get(f"/commitments/{path}")).status_code == 401
    assert (await kept.http.put("/commitments/calendars", headers=reader, json=HCM)).status_code == 403
