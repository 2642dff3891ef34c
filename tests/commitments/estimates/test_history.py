"""What of a promise's life is history: told by commands, read by an index, counted in active time. Rows: C25."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.commitments.estimates.history import CATEGORIES, LIVES, Lives, lives, spans
from shared.ids import new_id
from shared.statistics.survival import Span
from tests.commitments.board.test_reading import nodes
from tests.commitments.conftest import START, Commitments
from tests.commitments.features.test_features import feature
from tests.commitments.histories import remember

HOUR = 3600.0


async def seen(kept: Commitments, category: str = "repair", *, days: int = 180) -> list[Span]:
    async with kept.runtime.database.read() as session:
        found = await lives(session, category, days=days, now=kept.now)
    return sorted(spans(found, kept.now - timedelta(days=days)))


async def under_way(kept: Commitments, **changes: Any) -> str:
    return str((await kept.promise(category="repair", **changes))["id"])


async def test_an_open_promise_is_watched_until_now_and_a_done_one_until_it_was_done(kept: Commitments) -> None:
    id_ = await under_way(kept)
    await kept.pass_time(hours=4)
    assert await seen(kept) == [Span(0, 4 * HOUR, False)]
    await kept.call("POST", f"/{id_}/fulfil")
    await kept.pass_time(hours=4)
    assert await seen(kept) == [Span(0, 4 * HOUR, True)]


async def test_a_broken_promise_goes_on_until_it_is_done(kept: Commitments) -> None:
    """C3: the ones that take longest are the broken ones."""
    id_ = await under_way(kept)
    await kept.pass_time(hours=12)
    assert await seen(kept) == [Span(0, 12 * HOUR, False)]
    await kept.call("POST", f"/{id_}/fulfil")
    await kept.pass_time(hours=12)
    assert await seen(kept) == [Span(0, 12 * HOUR, True)]


async def test_c25_time_that_we_waited_for_the_customer_is_not_ours(kept: Commitments) -> None:
    id_ = await under_way(kept)
    await kept.pass_time(hours=2)
    await kept.call("POST", f"/{id_}/wait", json={"reason": "a photo"})
    await kept.pass_time(hours=30)
    assert await seen(kept) == [Span(0, 2 * HOUR, False)], "the clock stands still"
    await kept.call("POST", f"/{id_}/resume")
    await kept.pass_time(hours=1)
    assert await seen(kept) == [Span(0, 3 * HOUR, False)]
    await kept.call("POST", f"/{id_}/fulfil")
    assert await seen(kept) == [Span(0, 3 * HOUR, True)]


@pytest.mark.parametrize("end", ["withdraw", "void"])
async def test_what_was_given_up_was_watched_until_then(kept: Commitments, end: str) -> None:
    id_ = await under_way(kept)
    await kept.pass_time(hours=5)
    await kept.call("POST", f"/{id_}/{end}", json={"reason": "no longer needed"})
    await kept.pass_time(hours=5)
    assert await seen(kept) == [Span(0, 5 * HOUR, False)]


async def test_drafts_what_was_declined_and_what_policy_opens_are_no_history(kept: Commitments) -> None:
    await under_way(kept, tell=False)
    declined = await under_way(kept)
    await kept.call("POST", f"/{declined}/decline", json={"revision": 1, "reason": "too late for me"})
    withdrawn = await under_way(kept, tell=False)
    await kept.call("POST", f"/{withdrawn}/withdraw", json={"reason": "a slip"})
    await under_way(kept, kind="goal")
    await kept.pass_time(hours=1)
    assert await seen(kept) == []
    again = {"due_at": (START + timedelta(hours=20)).isoformat(), "reason": "in the evening then"}
    await kept.call("POST", f"/{declined}/revise", json=again)
    await kept.pass_time(hours=1)
    assert await seen(kept) == [Span(0, HOUR, False)], "told anew, it begins anew"


async def test_a_feature_that_many_wait_for_is_no_history_of_how_long_anything_takes(kept: Commitments) -> None:
    await feature(kept, new_id(), new_id(), category="repair")
    await under_way(kept)
    await kept.pass_time(hours=1)
    assert await seen(kept) == [Span(0, HOUR, False)]


async def test_a_window_shows_what_was_under_way_in_it_from_the_age_it_had_then(kept: Commitments) -> None:
    await remember(kept, "repair", [24.0, 24.0 * 10, None], days_ago=15)
    day = 24 * HOUR
    assert await seen(kept) == [Span(0, day, True), Span(0, 10 * day, True), Span(0, 15 * day, False)]
    assert await seen(kept, days=7) == [Span(8 * day, 10 * day, True), Span(8 * day, 15 * day, False)]
    assert await seen(kept, days=3) == [Span(12 * day, 15 * day, False)]


def test_ages_are_never_less_than_nothing() -> None:
    """A clock that stands still since before it began to run, by the rounding of two clocks."""
    told = START.timestamp()
    assert spans(Lives([told], [told - 1], [False]), START) == [Span(0, 0, False)]


async def test_history_is_read_by_an_index_of_its_own_and_no_further_than_the_window(kept: Commitments) -> None:
    async with kept.runtime.database.write() as session:
        await session.execute(
            text("""
                INSERT INTO commitment (id, customer_id, kind, obligor, status, category, terms, binding, answered,
                                        first, due_at, first_due_at, promised_at, fulfilled_at)
                SELECT gen_random_uuid(), gen_random_uuid(), kind, 'us', 'fulfilled', 'c' || i % 20, '[]', 1, 1, 1,
                       told, told, told, told + interval '1 hour'
                FROM (SELECT i, CAST(:now AS timestamptz) - make_interval(hours => i) AS told
                      FROM generate_series(1, 20000) i) AS life CROSS JOIN unnest(ARRAY['promise', 'response']) AS kind
            """),
            {"now": kept.now},
        )
        await session.execute(text("ANALYZE commitment"))

        async def plan(statement: str, **values: Any) -> list[dict[str, Any]]:
            found = (await session.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"), values)).scalar_one()
            whole = json.loads(found) if isinstance(found, str) else found
            return [node for node in nodes(whole[0]["Plan"]) if "commitment_history" in node.get("Index Name", "")]

        asked = {"category": "c7", "since": kept.now - timedelta(days=180), "now": kept.now}
        (scan,) = await plan(LIVES.text, **asked)
        assert scan["Actual Rows"] == 180 * 24 / 20
        looks = await plan(CATEGORIES.text)
        assert len(looks) == 2
        assert {look["Actual Rows"] for look in looks} <= {0.95, 1}, "one row a look, however many there are"
