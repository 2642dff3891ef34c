"""What can be promised, asked over HTTP, and what it does to a promise that is being made or changed. Rows: C25."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.commitments.estimates.refresh import refresh
from services.commitments.estimates.store import EVERY, MANY
from shared.contracts import commitments as told
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments
from tests.commitments.histories import learn, remember
from tests.commitments.people import appoint, by

HUNDRED = [float(hours) for hours in range(1, 101)]
"""A hundred promises that took 1, 2, ... 100 hours: nine in ten are done by the ninetieth."""


def a_promise(**changes: Any) -> dict[str, Any]:
    return {"customer_id": str(new_id()), "words": "We repair it", "cost": "no charge", "category": "repair"} | changes


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


# ---- GET /commitments/estimates ----


async def test_c3_an_estimate_says_its_level_and_what_it_rests_on(kept: Commitments) -> None:
    await learn(kept, "repair", HUNDRED)
    found = await kept.call("GET", "/estimates", params={"category": "repair"})
    assert found == {
        "level": 0.9,
        "category": "repair",
        "duration_seconds": 90 * 3600,
        "due_at": "2026-03-06T16:59:59.999000Z",
        "due_on": "2026-03-06",
        "zone": "Asia/Ho_Chi_Minh",
        "lower_bound_seconds": None,
        "best_level": 1.0,
        "n": 100,
        "events": 100,
        "window_days": 180,
        "method": "period_kaplan_meier",
        "fitted_at": "2026-03-02T09:00:00Z",
        "why": None,
    }
    half = await kept.call("GET", "/estimates", params={"category": "repair", "level": 0.5, "zone": "UTC"})
    assert (half["duration_seconds"], half["due_on"]) == (50 * 3600, "2026-03-04")


async def test_c3_open_ones_count_and_what_they_cannot_support_is_refused(kept: Commitments) -> None:
    """C3: a fifth of them is not done after ninety days: nobody can say by when nine in ten are."""
    await learn(kept, "repair", [*HUNDRED[:80], *[None] * 20])
    refused = await kept.call("GET", "/estimates", params={"category": "repair"})
    assert (refused["duration_seconds"], refused["due_at"], refused["best_level"]) == (None, None, 0.8)
    assert refused["lower_bound_seconds"] == 90 * 86_400
    assert (refused["n"], refused["events"]) == (100, 80)
    assert "too many of them last longer" in refused["why"]
    assert (await kept.call("GET", "/estimates", params={"category": "repair", "level": 0.8}))["duration_seconds"]


async def test_c3_few_are_judged_by_the_order_statistic_and_too_few_not_at_all(kept: Commitments) -> None:
    await learn(kept, "rare", HUNDRED[:9])
    found = await kept.call("GET", "/estimates", params={"category": "rare"})
    assert (found["duration_seconds"], found["method"]) == (9 * 3600, "order_statistic")
    refused = await kept.call("GET", "/estimates", params={"category": "rare", "level": 0.95})
    assert refused["why"].endswith("9 of them done; a time at level 0.95 needs 19 that are done")
    nothing = await kept.call("GET", "/estimates", params={"category": "unheard of"})
    assert (nothing["n"], nothing["fitted_at"], nothing["duration_seconds"]) == (0, None, None)


async def test_c3_where_half_a_year_is_too_little_the_window_is_doubled(kept: Commitments) -> None:
    await remember(kept, "rare", HUNDRED[:20], days_ago=20)
    await learn(kept, "rare", HUNDRED[:20], days_ago=700)
    found = await kept.call("GET", "/estimates", params={"category": "rare"})
    assert (found["n"], found["window_days"], found["method"]) == (40, 720, "period_kaplan_meier")


async def test_promises_without_a_category_are_a_group_of_their_own(kept: Commitments) -> None:
    await learn(kept, None, HUNDRED)
    assert (await kept.call("GET", "/estimates"))["duration_seconds"] == 90 * 3600
    assert (await kept.call("GET", "/estimates", params={"category": "repair"}))["n"] == 0


@pytest.mark.parametrize(
    "wrong",
    [{"level": 0.49}, {"level": 0.991}, {"level": "nan"}, {"level": "x"}, {"category": ""}, {"category": "a\0"},
     {"category": "x" * 201}, {"zone": "Asia/Saigonn"}],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused(kept: Commitments, wrong: dict[str, Any]) -> None:
    await kept.call("GET", "/estimates", params=wrong, expect=422)


async def test_estimates_are_for_those_who_may_read(kept: Commitments) -> None:
    assert (await kept.http.get("/commitments/estimates")).status_code == 401
    assert (await kept.http.get("/commitments/estimates", headers=kept.token("intake:read"))).status_code == 403


# ---- C2: the default due time ----


async def test_c2_without_a_due_time_it_is_what_history_supports_rounded_up(kept: Commitments) -> None:
    await learn(kept, "repair", HUNDRED)
    made = await kept.call("POST", "", json=a_promise(tell=True), expect=201)
    assert (made["due_at"], made["terms"][0]["due_on"]) == ("2026-03-06T16:59:59.999000Z", "2026-03-06")
    assert made["terms"][0]["estimate"] == {
        "due_at": "2026-03-06T03:00:00Z",
        "level": 0.9,
        "override_reason": None,
        "n": 100,
        "window_days": 180,
    }
    (stated,) = await kept.facts(told.CommitmentStated)
    assert stated.terms.estimate.n == 100


async def test_c2_the_rounded_time_is_a_day_of_the_promises_own_zone(kept: Commitments) -> None:
    await learn(kept, "repair", [2.0] * 40)
    soon = await kept.call("POST", "", json=a_promise(zone="Asia/Kathmandu"), expect=201)
    assert soon["due_at"] == "2026-03-02T11:00:00Z"
    await learn(kept, "paint", [30.0] * 40)
    later = await kept.call("POST", "", json=a_promise(zone="America/New_York", category="paint"), expect=201)
    assert later["due_at"] == "2026-03-04T04:59:59.999000Z"


async def test_c2_where_history_gives_no_time_the_refusal_says_why(kept: Commitments) -> None:
    problem = await kept.call("POST", "", json=a_promise(), expect=422)
    (error,) = problem["errors"]
    assert error["says"].startswith("a promise needs a due time: either due_at (an instant) or due_on (a day); history")
    assert problem["estimate"]["n"] == 0
    await learn(kept, "repair", HUNDRED[:5])
    problem = await kept.call("POST", "", json=a_promise(), expect=422)
    assert "5 of them done; a time at level 0.9 needs 9 that are done" in problem["errors"][0]["says"]
    assert (problem["estimate"]["n"], problem["estimate"]["best_level"]) == (5, 0.8333)
    goal = await kept.call("POST", "", json=a_promise(kind="goal"), expect=422)
    assert "history is kept of promises alone" in goal["errors"][0]["says"]
    assert await kept.rows("SELECT 1 FROM event_log") == []


async def test_c2_an_estimate_that_the_author_names_is_the_one_that_counts(kept: Commitments) -> None:
    await learn(kept, "repair", HUNDRED)
    made = await kept.call("POST", "", json=a_promise(estimate_due_at=at(4)), expect=201)
    assert made["due_at"] == "2026-03-02T13:00:00Z"
    assert made["terms"][0]["estimate"]["n"] is None


async def test_c1_c2_earlier_than_our_own_estimate_needs_a_reason_and_a_role_that_may(kept: Commitments) -> None:
    await learn(kept, "repair", HUNDRED)
    problem = await kept.call("POST", "", json=a_promise(due_at=at(89)), expect=422)
    assert problem["type"] == "urn:kept:problem:earlier-than-estimate"
    assert datetime.fromisoformat(problem["estimate_due_at"]) == START + timedelta(hours=90)
    await kept.call("POST", "", json=a_promise(due_at=at(90)), expect=201)
    early = a_promise(due_at=at(89), override_reason="the part lies here", tell=True)
    waits = await kept.call("POST", "", json=early, expect=201)
    assert (waits["status"], waits["approval"], waits["over"][0]["limit"]) == ("draft", "needed", "early")
    await appoint(kept, "hoa", "lead")
    made = await kept.call("POST", "", json=early, expect=201, **by(kept, "hoa"))
    assert made["terms"][0]["estimate"]["override_reason"] == "the part lies here"
    assert made["status"] == "stated"


async def test_c2_early_delivery_is_recorded_and_its_slack_is_watched(kept: Commitments) -> None:
    """C2: what was promised by history and done sooner is kept, and the scorecard says how early."""
    await learn(kept, "repair", [40.0] * 40, days_ago=20)
    made = await kept.call("POST", "", json=a_promise(tell=True), expect=201)
    await kept.pass_time(hours=10)
    assert (await kept.call("POST", f"/{made['id']}/fulfil"))["outcome"] == "kept"
    await kept.pass_time(days=3)
    card = await kept.call("GET", "/scorecard", params={"by": "category"})
    (row,) = [row for row in card["rows"] if row["key"] == "repair"]
    assert (row["slack"]["early"]["count"], row["slack"]["early"]["n"]) == (1, 1)
    left = datetime.fromisoformat(made["due_at"]) - START - timedelta(hours=10)
    assert row["slack"]["time_left_seconds"] == pytest.approx(left.total_seconds())


async def test_c2_without_a_category_a_time_can_be_had_but_none_is_too_early(kept: Commitments) -> None:
    """C2: a call back in an hour and a repair of four days have no category in common."""
    await learn(kept, None, HUNDRED)
    made = await kept.call("POST", "", json=a_promise(category=None), expect=201)
    assert (made["terms"][0]["due_on"], made["terms"][0]["estimate"]["n"]) == ("2026-03-06", 100)
    named = await kept.call("POST", "", json=a_promise(category=None, due_at=at(1)), expect=201)
    assert named["terms"][0]["estimate"] is None
    change = {"due_at": at(2), "reason": "traffic"}
    await kept.call("POST", f"/{named['id']}/revise", json=change)


# ---- A change ----


async def told_hours_ago(kept: Commitments, hours: float) -> str:
    made = await kept.call("POST", "", json=a_promise(tell=True), expect=201)
    kept.clock.advance(timedelta(hours=hours))
    return str(made["id"])


async def test_c2_c18_a_change_is_held_against_those_that_have_come_as_far(kept: Commitments) -> None:
    """C18: after sixty hours nine tenths of those still open then are done by the ninety-sixth, not the ninetieth."""
    await learn(kept, "repair", HUNDRED)
    id_ = await told_hours_ago(kept, 60)
    change = {"reason": "the part is late", "due_at": at(95)}
    problem = await kept.call("POST", f"/{id_}/revise", json=change, expect=422)
    assert datetime.fromisoformat(problem["estimate_due_at"]) == START + timedelta(hours=96)
    revised = await kept.call("POST", f"/{id_}/revise", json=change | {"due_at": at(96)})
    assert revised["terms"][1]["estimate"]["due_at"] == at(96).replace("+00:00", "Z")
    named = {"estimate_due_at": at(94), "due_at": at(95)}
    await kept.call("POST", f"/{id_}/revise", json=change | named)


async def test_c2_c25_while_we_waited_for_the_customer_it_grew_no_older(kept: Commitments) -> None:
    await learn(kept, "repair", HUNDRED)
    id_ = await told_hours_ago(kept, 60)
    await kept.call("POST", f"/{id_}/wait", json={"reason": "the customer brings the charger"})
    kept.clock.advance(timedelta(hours=24))
    change = {"reason": "the part is late", "due_at": at(119)}
    problem = await kept.call("POST", f"/{id_}/revise", json=change, expect=422)
    assert datetime.fromisoformat(problem["estimate_due_at"]) == START + timedelta(hours=96 + 24)
    await kept.call("POST", f"/{id_}/resume")
    problem = await kept.call("POST", f"/{id_}/revise", json=change, expect=422)
    assert datetime.fromisoformat(problem["estimate_due_at"]) == START + timedelta(hours=96 + 24)


async def test_a_change_that_moves_no_date_is_held_against_nothing(kept: Commitments) -> None:
    """C1: after sixty hours the day that was promised is too early, and new words do not make it more so."""
    await learn(kept, "repair", HUNDRED)
    id_ = str((await kept.call("POST", "", json=a_promise(tell=True, due_at=at(91)), expect=201))["id"])
    kept.clock.advance(timedelta(hours=60))
    change = {"reason": "a clearer word", "words": "We repair the screen", "due_at": at(91)}
    revised = await kept.call("POST", f"/{id_}/revise", json=change)
    assert revised["terms"][1]["estimate"] == revised["terms"][0]["estimate"]


async def test_a_draft_that_is_changed_has_not_begun(kept: Commitments) -> None:
    await learn(kept, "repair", HUNDRED)
    made = await kept.call("POST", "", json=a_promise(), expect=201)
    kept.clock.advance(timedelta(hours=60))
    problem = await kept.call("POST", f"/{made['id']}/revise", json={"reason": "sooner", "due_at": at(149)}, expect=422)
    assert datetime.fromisoformat(problem["estimate_due_at"]) == START + timedelta(hours=150)


# ---- Stored curves ----


async def test_curves_are_drawn_once_an_hour(kept: Commitments) -> None:
    database = kept.runtime.database
    await remember(kept, "repair", HUNDRED)
    await remember(kept, None, HUNDRED)
    assert await refresh(database) == 2
    assert await refresh(database) == 0, "they are fresh"
    kept.clock.advance(EVERY)
    await remember(kept, "paint", HUNDRED)
    assert await refresh(database) == 3
    rows = await kept.rows("SELECT category, fitted_at FROM estimate ORDER BY category")
    assert [tuple(row) for row in rows] == [("", kept.now), ("paint", kept.now), ("repair", kept.now)]


async def test_of_two_workers_one_draws_a_curve(kept: Commitments) -> None:
    await remember(kept, "repair", HUNDRED)
    for _ in range(3):
        assert sum(await asyncio.gather(*(refresh(kept.runtime.database) for _ in range(2)))) == 1
        kept.clock.advance(EVERY)


async def test_the_loop_learns_of_a_new_category_and_ends_when_it_is_told(kept: Commitments) -> None:
    await remember(kept, "repair", HUNDRED)
    stop = asyncio.Event()
    running = asyncio.ensure_future(kept.runtime.service.loops["estimates"](kept.runtime, stop))
    while not await kept.rows("SELECT 1 FROM estimate"):
        await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(running, 2)


async def test_the_days_to_look_back_on_can_be_set(kept: Commitments) -> None:
    await remember(kept, "repair", [1.0] * 40, days_ago=20)
    await remember(kept, "repair", [2.0] * 40, days_ago=50)
    await refresh(kept.runtime.database, window=30)
    found = await kept.call("GET", "/estimates", params={"category": "repair"})
    assert (found["duration_seconds"], found["n"], found["window_days"]) == (3600, 40, 30)


async def test_what_happened_since_is_learnt(kept: Commitments) -> None:
    await learn(kept, "repair", [10.0] * 40)
    assert (await kept.call("GET", "/estimates", params={"category": "repair"}))["duration_seconds"] == 36_000
    kept.clock.advance(EVERY)
    await learn(kept, "repair", [20.0] * 60)
    assert (await kept.call("GET", "/estimates", params={"category": "repair"}))["duration_seconds"] == 72_000


async def test_a_busy_category_is_drawn_in_its_window_alone_and_kept_small(kept: Commitments) -> None:
    """C3: twenty thousand that do not support a level are no want of data."""
    await learn(kept, "busy", [*(i / 1000 for i in range(1, MANY + 1)), *[None] * 5000], days_ago=30)
    found = await kept.call("GET", "/estimates", params={"category": "busy", "level": 0.75})
    assert (found["n"], found["window_days"], found["best_level"]) == (MANY + 5000, 180, 0.8)
    assert found["duration_seconds"] == pytest.approx(0.75 * 25_000 * 3.6)
    (row,) = await kept.rows("SELECT cardinality(ages) AS steps FROM estimate")
    assert row.steps < 100
