"""The scorecard by HTTP, on promises that were really made. Rows: C2, C29, C39, N10, X3."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.commitments.scorecard.reading import By, counting, timing
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments
from tests.commitments.stories import share

DAY = timedelta(days=1)


async def later(kept: Commitments, id_: str, hours: float, *, agreed: bool = True) -> None:
    due = (START + timedelta(hours=hours)).isoformat()
    await kept.call("POST", f"/{id_}/revise", json={"due_at": due, "reason": "Bão số 3"})
    if agreed:
        await kept.call("POST", f"/{id_}/agree", json={"revision": 2})


async def seeded(kept: Commitments) -> None:
    """Of minh: in time, changed and kept, changed without consent, silently broken, withdrawn. Of hoa: not due yet."""
    ids = [(await kept.promise(owner="minh", team="kho", category="giao hàng"))["id"] for _ in range(5)]
    await kept.promise(owner="hoa", due_at=(START + timedelta(hours=50)).isoformat())
    await later(kept, ids[1], 30)
    await later(kept, ids[2], 30, agreed=False)
    await kept.call("POST", f"/{ids[4]}/withdraw", json={"reason": "không cần nữa"})
    await kept.pass_time(hours=4)
    await kept.call("POST", f"/{ids[0]}/fulfil")
    await kept.pass_time(hours=16)
    for id_ in ids[1:3]:
        await kept.call("POST", f"/{id_}/fulfil")
    await kept.pass_time(hours=11)


async def test_c29_strict_and_agreed_rates_with_n_and_interval(kept: Commitments) -> None:
    await seeded(kept)
    card = await kept.call("GET", "/scorecard")
    (row,) = card["rows"]
    assert row["key"] == "minh"
    assert (share(row["strict"]), share(row["agreed"])) == ((1, 4), (2, 4))
    assert row["strict"]["value"] == 0.25
    assert row["strict"]["low"] < 0.25 < row["strict"]["high"]
    assert row["strict"]["verdict"] is None, "four are too few"
    assert row["withdrawn"] == 1
    assert card["whole"] == {k: v for k, v in row.items() if k != "key"}


async def test_n10_share_of_breaks_told_before_due(kept: Commitments) -> None:
    await seeded(kept)
    (row,) = (await kept.call("GET", "/scorecard"))["rows"]
    assert share(row["told_before_break"]) == (1, 2), "by the change nobody agreed to; of the other, nothing"


async def test_c2_slack_shows_padding_and_calibration_what_was_really_needed(kept: Commitments) -> None:
    for hours in (1, 2, 12, None):
        id_ = (await kept.promise(owner="minh"))["id"]
        start = kept.now
        if hours:
            await kept.pass_time(hours=hours)
            await kept.call("POST", f"/{id_}/fulfil")
        kept.clock.set(start + 2 * DAY)
        await kept.fire()
    card = await kept.call("GET", "/scorecard")
    (row,) = card["rows"]
    assert share(row["slack"]["early"]) == share(row["slack"]["in_half"]) == (2, 4)
    assert row["slack"]["time_left_seconds"] == 8.5 * 3600, "nine hours and eight"
    assert row["calibration"]["median"]["value"] == pytest.approx(0.2)
    assert row["calibration"]["p90"]["value"] is None, "one of four was never done"
    (band,) = card["bands"]
    assert (band["over_seconds"], band["up_to_seconds"], band["promised_seconds"]) == (14_400, 86_400, 36_000)
    assert band["median"] == {"value": 7200, "low": None, "high": None, "n": 4} | {
        name: band["median"][name] for name in ("low", "high")
    }


async def test_calibration_counts_a_changed_promise_from_when_it_was_first_told(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    await kept.pass_time(hours=5)
    await later(kept, id_, 40)
    await kept.pass_time(hours=15)
    await kept.call("POST", f"/{id_}/fulfil")
    (row,) = (await kept.call("GET", "/scorecard"))["rows"]
    assert row["calibration"]["median"]["value"] == pytest.approx(2.0), "ten hours promised, twenty needed"


async def test_time_that_we_waited_is_not_ours(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    await kept.call("POST", f"/{id_}/wait", json={"reason": "chìa khóa"})
    await kept.pass_time(hours=30)
    assert (await kept.call("GET", "/scorecard"))["rows"] == [] or share(
        (await kept.call("GET", "/scorecard"))["whole"]["strict"]
    ) == (0, 0)
    await kept.call("POST", f"/{id_}/resume")
    await kept.pass_time(hours=10)
    await kept.call("POST", f"/{id_}/fulfil")
    await kept.pass_time(hours=1)
    whole = (await kept.call("GET", "/scorecard"))["whole"]
    assert share(whole["strict"]) == (1, 1)
    assert whole["calibration"]["median"]["value"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("owner", "minh"),
        ("team", "kho"),
        ("kind", "promise"),
        ("channel", None),
        ("partner", None),
        ("category", "giao hàng"),
    ],
)
async def test_c39_by_person_team_and_the_rest(kept: Commitments, by: str, key: str | None) -> None:
    await seeded(kept)
    rows = (await kept.call("GET", "/scorecard", params={"by": by}))["rows"]
    assert [(row["key"], row["strict"]["n"]) for row in rows] == [(key, 4)]


async def test_a_policys_clock_counts_with_its_channel(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan))
    await kept.pass_time(hours=25)
    found = await kept.call("GET", "/scorecard", params={"by": "channel", "kind": "response"})
    assert [(row["key"], share(row["strict"])) for row in found["rows"]] == [("sms", (0, 1))]
    assert (await kept.call("GET", "/scorecard", params={"kind": "promise"}))["rows"] == []


async def test_c39_a_persons_own_rate_before_they_promise_again(kept: Commitments) -> None:
    await seeded(kept)
    await kept.promise(owner="lan", due_at=(kept.now + timedelta(hours=1)).isoformat())
    await kept.pass_time(hours=2)
    mine = await kept.call("GET", "/scorecard/me")
    assert mine["owner"] == "lan"
    assert share(mine["kept"]["strict"]) == (0, 1)


async def test_as_of_is_what_was_true_then(kept: Commitments) -> None:
    await seeded(kept)
    then = {"as_of": (START + timedelta(hours=15)).isoformat()}
    whole = (await kept.call("GET", "/scorecard", params=then))["whole"]
    assert (share(whole["strict"]), share(whole["agreed"])) == ((1, 4), (1, 3)), "the agreed time had not come"
    first_hours = {"until": (START + timedelta(hours=9)).isoformat()}
    assert (await kept.call("GET", "/scorecard", params=first_hours))["rows"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-03-03T09:00:00Z"},
        {"until": "2026-03-02T10:00:00Z"},
        {"as_of": "2026-03-02T09:00:01Z"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"as_of": "9999-12-31T23:59:59-14:00"},
        {"since": "2026-03-01T00:00:00"},
        {"by": "customer"},
        {"kind": "lie"},
    ],
)
async def test_a_scorecard_asked_wrongly(kept: Commitments, query: dict[str, str]) -> None:
    await kept.call("GET", "/scorecard", params=query, expect=422)


async def test_the_scorecard_is_for_staff(kept: Commitments) -> None:
    for path in ("", "/me", "/frontline", "/fcr", "/remedies", "/page"):
        assert (await kept.http.get(f"/commitments/scorecard{path}")).status_code == 401
        answer = await kept.http.get(f"/commitments/scorecard{path}", headers=kept.token("intake:read"))
        assert answer.status_code == 403


async def test_x3_a_figure_is_held_against_the_standard_valid_then(kept: Commitments) -> None:
    for target in (0.2, 0.99):
        standard = {
            "name": "kept",
            "words_vi": "Giữ lời",
            "words_en": "Kept",
            "measure": "kept_as_promised",
            "target": target,
        }
        await kept.call("PUT", "/standards", json=standard, expect=201)
        ids = [(await kept.promise())["id"] for _ in range(10)]
        for id_ in ids[:9]:
            await kept.call("POST", f"/{id_}/fulfil")
        await kept.pass_time(hours=11)
    halfway = {"as_of": (START + timedelta(hours=10, minutes=30)).isoformat()}
    then = (await kept.call("GET", "/scorecard", params=halfway))["whole"]["strict"]
    now = (await kept.call("GET", "/scorecard"))["whole"]["strict"]
    assert (then["target"], then["verdict"], then["n"]) == (0.2, "met", 10)
    assert (now["target"], now["verdict"], now["n"]) == (0.99, "below", 20)


@pytest.mark.parametrize(("filters", "index"), [((), "commitment_fell_due"), (("owner",), "commitment_fell_due_owner")])
async def test_a_window_is_read_by_an_index_however_many_there_are(
    kept: Commitments, filters: tuple[str, ...], index: str
) -> None:
    fill = """
        INSERT INTO commitment (id, customer_id, kind, obligor, owner, status, terms, binding, answered, first,
                                first_due_at, due_at, promised_at)
        SELECT gen_random_uuid(), gen_random_uuid(), 'promise', 'us', 'agent ' || i % 500, 'broken', '[]', 1, 1, 1,
               t, t, t - interval '1 day'
        FROM generate_series(1, 20000) i, LATERAL (SELECT CAST(:now AS timestamptz) - i * interval '1 hour' AS t) x"""
    values = {
        "since": START - DAY,
        "until": START,
        "as_of": START,
        "owner": "agent 7",
        "grid": [0.5],
        "counted": ["broken"],
    }
    async with kept.runtime.database.write() as session:
        await session.execute(text(fill), {"now": START})
        await session.execute(text("ANALYZE commitment"))
        for statement in (counting("owner", filters), timing("owner", filters)):
            wanted = {name: values[name] for name in statement._bindparams}
            plan = "\n".join((await session.execute(text(f"EXPLAIN {statement.text}"), wanted)).scalars())
            assert re.search(rf"\b{index}\b", plan), plan


async def test_the_routes_count_as_the_rules_say(kept: Commitments) -> None:
    """Every way to group counts every promise once."""
    await seeded(kept)
    for by in By:
        card = await kept.call("GET", "/scorecard", params={"by": by.value})
        assert sum(row["strict"]["n"] for row in card["rows"]) == card["whole"]["strict"]["n"] == 4
