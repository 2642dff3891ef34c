"""A request that holds very much is filed to its end, a page at a time, and what came behind it waits its turn."""

from __future__ import annotations

import json

import pytest

from services.intake.arrivals import worker
from services.intake.arrivals.worker import Worker
from tests.intake import senders
from tests.intake.conftest import Running
from tests.intake.senders import Webhook

MANY = 2_345


def batch(desk: Running, first: int, count: int, *, bad: int = 0) -> Webhook:
    items = [{"id": f"m-{n}", "text": f"words {n}", "from": {"id": "u-7"}} for n in range(first, first + count)]
    body = json.dumps({"items": [*items, *[5] * bad, *[{"type": "message"}] * bad]}).encode()
    return senders.standard(body, now=desk.clock.now(), channel="signed")


@pytest.fixture
async def desk(kept: Running) -> Running:
    await kept.make_channel("signed", "signed", senders.PHONE_SECRET)
    return kept


async def test_none_of_a_batch_is_passed_by(desk: Running) -> None:
    assert (await desk.send(batch(desk, 0, MANY, bad=50))).status_code == 200
    await desk.work()
    ids = [row.external_id for row in await desk.rows("SELECT external_id FROM interaction ORDER BY id")]
    assert ids == [f"m-{n}" for n in range(MANY)]
    reasons = [row.reason for row in await desk.rows("SELECT reason FROM quarantine")]
    assert len(reasons) == len(set(reasons)) == 2, "each fault once"
    (news,) = await desk.rows("SELECT requests, contacts FROM channel_news")
    assert (news.requests, news.contacts) == (1, MANY)


async def test_a_unit_of_work_files_so_many_and_no_more(desk: Running) -> None:
    await desk.send(batch(desk, 0, MANY))
    await desk.send(batch(desk, MANY, 3))
    hands = Worker(desk.intake, desk.runtime.database)
    filed = []
    while await hands.handle_batch():
        filed.append((await desk.rows("SELECT count(*) FROM interaction"))[0][0])
    assert filed == [1000, 2000, MANY + 3]
    ids = [row.external_id for row in await desk.rows("SELECT external_id FROM interaction ORDER BY id")]
    assert ids == [f"m-{n}" for n in range(MANY + 3)], "in the order they came"


async def test_many_that_hold_much_are_not_one_unit_of_work(desk: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ITEMS_AT_ONCE", 10)
    for n in range(6):
        await desk.send(batch(desk, n * 5, 5))
    hands = Worker(desk.intake, desk.runtime.database)
    await hands.handle_batch()
    assert (await desk.rows("SELECT count(*) FROM interaction"))[0][0] == 10
    await desk.work()
    assert (await desk.rows("SELECT count(*) FROM interaction"))[0][0] == 30


async def test_a_replay_reads_all_of_it_and_doubles_nothing(desk: Running) -> None:
    await desk.send(batch(desk, 0, MANY, bad=1))
    await desk.work()
    token = desk.token("intake:write")
    answer = await desk.http.post("/intake/quarantine/replay", json={}, headers=token)
    assert answer.json() == {"count": 1}
    hands, rounds = Worker(desk.intake, desk.runtime.database), 0
    while await hands.handle_batch():
        rounds += 1
    assert rounds == 3, "every page of it"
    assert (await desk.rows("SELECT count(*) FROM interaction"))[0][0] == MANY
