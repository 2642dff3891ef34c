"""C31: one date, many who wait for it; each has a promise of their own, and all are told when it moves, once.

Rows: X12.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.features.model import Arrived, Estimate, Moved, Said, Went, outstanding
from services.commitments.features.store import NEWS
from services.commitments.promise.core import Promise
from shared import batches
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.contracts.terms import Progress
from shared.database import Database
from shared.ids import new_id
from shared.timer_worker import TimerWorker
from tests.commitments.conftest import START, Commitments

GOING = {"now_doing": "Testing", "next_step": "Release", "next_contact_at": (START + timedelta(days=20)).isoformat()}


async def feature(kept: Commitments, *customers: UUID, **changes: Any) -> str:
    body = {
        "title": "Pay by QR code",
        "words": "You can pay by QR code in the app",
        "cost": "no charge",
        "due_at": (START + timedelta(days=10)).isoformat(),
        "window_days": 4,
    }
    made = await kept.call("POST", "/features", json=body | changes, expect=201)
    if customers:
        await subscribe(kept, made["id"], *customers)
    return str(made["id"])


async def subscribe(kept: Commitments, id_: str, *customers: UUID, expect: int = 200) -> Any:
    body = {"customer_ids": [str(customer) for customer in customers]}
    return await kept.call("POST", f"/features/{id_}/subscribers", json=body, expect=expect)


async def move(kept: Commitments, id_: str, days: float, **changes: Any) -> Any:
    body = {"due_at": (START + timedelta(days=days)).isoformat(), "reason": "One bank is not ready"}
    return await kept.call("POST", f"/features/{id_}/revise", json=body | changes, expect=202)


async def counts(kept: Commitments, id_: str) -> dict[str, int]:
    found: dict[str, int] = (await kept.call("GET", f"/features/{id_}"))["counts"]
    return found


async def test_c31_each_subscriber_has_a_promise_with_the_window_and_the_estimate(kept: Commitments) -> None:
    lan, mai = new_id(), new_id()
    id_ = await feature(kept, lan, mai, owner="minh", category="payments")
    assert await subscribe(kept, id_, mai, mai, lan) == {"added": 0, "already": 2}
    promise = await kept.only(lan)
    assert promise.binds.due_at == START + timedelta(days=14), "the end of the window binds"
    (step,) = promise.binds.steps
    assert (step.words, step.expected_at) == ("Pay by QR code", START + timedelta(days=10))
    assert (promise.owner, promise.category, promise.status) == ("minh", "payments", "stated")
    assert len(await kept.facts(told.CommitmentStated)) == 2
    assert (await counts(kept, id_))["subscribers"] == 2


async def test_c31_when_it_moves_everybody_who_waits_is_told_once_and_answers_for_themselves(
    kept: Commitments,
) -> None:
    customers = [new_id() for _ in range(5)]
    id_ = await feature(kept, *customers)
    yes, no, silent, gone, kept_on = [(await kept.only(customer)) for customer in customers]
    for promise in (yes, no, kept_on):
        await kept.call("POST", f"/{promise.id}/agree", json={"revision": 1})
    await kept.call("POST", f"/{gone.id}/withdraw", json={"reason": "not needed"})
    kept.clock.advance(timedelta(days=1))
    moved = await move(kept, id_, 20)
    assert (moved["counts"]["to_tell"], moved["counts"]["told"]) == (5, 0)
    await kept.fire()
    revised = await kept.facts(told.CommitmentRevised)
    assert {fact.commitment_id for fact in revised} == {yes.id, no.id, silent.id, kept_on.id}
    assert len(revised) == 4
    assert {fact.terms.reason for fact in revised} == {"One bank is not ready"}
    assert {fact.terms.due_at for fact in revised} == {START + timedelta(days=24)}
    assert {fact.terms.steps[0].expected_at for fact in revised} == {START + timedelta(days=20)}
    await kept.call("POST", f"/{yes.id}/agree", json={"revision": 2})
    await kept.call("POST", f"/{no.id}/decline", json={"revision": 2, "reason": "too late for me"})
    assert await counts(kept, id_) == {
        "subscribers": 5,
        "told": 5,
        "to_tell": 0,
        "agreed": 1,
        "declined": 1,
        "unanswered": 2,
        "done": 0,
        "broken": 0,
        "ended": 1,
    }
    assert [t.revision for t in (await kept.only(customers[0])).terms] == [1, 2], "a history of their own"
    late = new_id()
    await subscribe(kept, id_, late)
    await kept.fire()
    assert (await kept.only(late)).binds.due_at == START + timedelta(days=24)
    assert len(await kept.facts(told.CommitmentRevised)) == 4, "who comes later has the new date already"


async def test_c31_progress_is_told_to_all_and_done_is_done_when_we_said_so(kept: Commitments) -> None:
    customers = [new_id() for _ in range(3)]
    id_ = await feature(kept, *customers)
    await kept.call("POST", f"/features/{id_}/progress", json=GOING, expect=202)
    await kept.fire()
    assert len(await kept.facts(told.CommitmentProgressed)) == 3
    kept.clock.set(START + timedelta(days=14))
    done = await kept.call("POST", f"/features/{id_}/fulfil", expect=202)
    assert done["done_at"] is not None
    await kept.pass_time(hours=3)
    assert {p.outcome for p in await kept.all()} == {Outcome.KEPT}, "in time, although told after due"
    assert {p.fulfilled_at for p in await kept.all()} == {START + timedelta(days=14)}
    assert await kept.facts(told.CommitmentBroken) == []
    assert (await counts(kept, id_))["done"] == 3
    assert await kept.timers() == {}
    for path, body in (("subscribers", {"customer_ids": [str(new_id())]}), ("progress", GOING), ("fulfil", None)):
        problem = await kept.call("POST", f"/features/{id_}/{path}", json=body, expect=409)
        assert problem["type"] == "urn:kept:problem:feature-done"


async def test_c31_x12_many_are_told_in_parts_by_two_workers_over_a_restart_and_once_each(
    kept: Commitments, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await feature(kept)
    for _ in range(2):
        await subscribe(kept, id_, *(new_id() for _ in range(650)))
    await move(kept, id_, 20)
    database, handlers = kept.runtime.database, kept.runtime.service.timers
    async with database.write() as session:  # a crash in the middle of the first part
        (timer,) = await kept.runtime.timers._claim(session, kept.now, 1)
        await handlers[NEWS](session, [timer])
        await session.flush()
        await session.rollback()
        session.begin_work(now=kept.now, source="/commitments")
    assert await kept.facts(told.CommitmentRevised) == []
    assert await kept.runtime.timers.fire_due() == 1
    assert (await counts(kept, id_))["told"] == batches.TOGETHER, "no more in one transaction"
    await move(kept, id_, 30)
    restarted = Database(kept.runtime.settings.database_url, source="/commitments", clock=kept.clock)
    workers = [TimerWorker(db, handlers) for db in (database, restarted)]
    for _ in range(10):
        for worker in workers:
            await worker.fire_due()
    await restarted.close()
    heard: dict[UUID, list[datetime]] = {}
    for fact in await kept.facts(told.CommitmentRevised):
        heard.setdefault(fact.commitment_id, []).append(fact.terms.due_at)
    first, last = START + timedelta(days=24), START + timedelta(days=34)
    assert len(heard) == 1300
    assert sorted(heard.values(), key=len).count([last]) == 800, "these heard of the last date alone"
    assert list(heard.values()).count([first, last]) == 500
    assert (await counts(kept, id_))["to_tell"] == 0


async def test_for_a_day_the_window_ends_with_a_day_and_so_does_a_new_one(kept: Commitments) -> None:
    lan = new_id()
    id_ = await feature(kept, lan, due_at=None, due_on="2026-03-10", window_days=2, zone="Asia/Ho_Chi_Minh")
    promise = await kept.only(lan)
    assert promise.binds.due_on == date(2026, 3, 12)
    assert promise.binds.due_at == datetime(2026, 3, 12, 16, 59, 59, 999000, tzinfo=UTC)
    await move(kept, id_, 0, due_at=None, due_on="2026-03-20", window_days=0)
    await kept.fire()
    assert (await kept.only(lan)).latest.due_on == date(2026, 3, 20)
    await move(kept, id_, 30)
    await kept.fire()
    assert (await kept.only(lan)).latest.due_on is None, "an instant is no day"


async def test_what_ended_broke_or_waits_hears_what_still_holds_for_it(kept: Commitments) -> None:
    broken, waits, no = new_id(), new_id(), new_id()
    id_ = await feature(kept, broken, waits, no)
    await kept.call("POST", f"/{(await kept.only(waits)).id}/wait", json={"reason": "their bank"})
    await kept.call("POST", f"/{(await kept.only(no)).id}/decline", json={"revision": 1, "reason": "no"})
    await kept.pass_time(days=15)
    await move(kept, id_, 40)
    await kept.call("POST", f"/features/{id_}/progress", json=GOING, expect=202)
    await kept.fire()
    assert [f.customer_id for f in await kept.facts(told.CommitmentRevised)] == [waits]
    assert {f.customer_id for f in await kept.facts(told.CommitmentProgressed)} == {broken, waits}
    await kept.call("POST", f"/features/{id_}/fulfil", expect=202)
    await kept.fire()
    late: Promise = await kept.only(broken)
    assert (late.outcome, late.fulfilled_at) == (Outcome.BROKEN_SILENT, kept.now)
    assert (await kept.only(no)).outcome is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"due_at": None}, "invalid"),
        ({"due_on": "2026-04-01"}, "invalid"),
        ({"due_at": START.isoformat()}, "due-in-the-past"),
        ({"due_at": None, "due_on": "2199-12-30", "window_days": 365}, "due-too-far"),
        ({"due_at": "2199-12-31T00:00:00Z", "window_days": 365}, "due-too-far"),
        ({"window_days": -1}, "invalid"),
        ({"title": " "}, "invalid"),
        ({"surprise": 1}, "invalid"),
    ],
)
async def test_a_feature_that_does_not_hold_is_refused(kept: Commitments, change: dict[str, Any], code: str) -> None:
    body = {"title": "x", "words": "x", "cost": "0", "due_at": (START + timedelta(days=1)).isoformat()} | change
    problem = await kept.call("POST", "/features", json=body, expect=422)
    assert problem["type"] == f"urn:kept:problem:{code}"
    assert await kept.rows("SELECT 1 FROM feature") == []


async def test_what_is_unknown_or_too_much_at_once(kept: Commitments) -> None:
    assert (await subscribe(kept, str(new_id()), new_id(), expect=404))["type"].endswith("feature-not-found")
    await kept.call("GET", f"/features/{new_id()}", expect=404)
    id_ = await feature(kept)
    await subscribe(kept, id_, expect=422)
    await subscribe(kept, id_, *(new_id() for _ in range(1001)), expect=422)
    assert (await counts(kept, id_))["subscribers"] == 0
    kept.clock.advance(timedelta(days=15))
    assert (await subscribe(kept, id_, new_id(), expect=422))["type"].endswith("due-in-the-past")


PROGRESS = Progress(at=START, now_doing="x", next_step="y", next_contact_at=START)
SPAN = Estimate(START, None, "UTC", 0)


@given(kinds=st.lists(st.sampled_from(["moved", "went", "arrived"]), max_size=8), heard=st.integers(0, 9))
def test_c31_what_is_left_to_hear_is_the_last_of_each_and_never_what_was_heard(kinds: list[str], heard: int) -> None:
    made: dict[str, Moved | Went | Arrived] = {
        "moved": Moved(title="x", estimate=SPAN, reason="y"),
        "went": Went(progress=PROGRESS),
        "arrived": Arrived(),
    }
    said = [Said(i, made[kind], START, "minh") for i, kind in enumerate(kinds, 1)]
    left = outstanding(said, heard)
    assert all(one.number > heard for one in left)
    assert len({one.news.kind for one in left}) == len(left)
    assert [one.number for one in left] == sorted(one.number for one in left)
    new = [one for one in said if one.number > heard]
    if any(one.news.kind == "arrived" for one in new):
        assert [one.news.kind for one in left] == ["arrived"]
    else:
        assert {one.news.kind for one in left} == {one.news.kind for one in new}
        assert not new or left[-1] == new[-1]
