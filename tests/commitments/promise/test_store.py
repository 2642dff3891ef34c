"""Promises to their table and back, many at once, and nothing in between lost."""

from __future__ import annotations

from datetime import timedelta

from services.commitments import customers
from services.commitments.promise import core, gathered
from services.commitments.promise.core import Promise, Status
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Terms
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments

TERMS = Terms(revision=1, words="Your “order” \\ 'x'\n{}", due_at=START + timedelta(hours=10), zone="UTC", cost="0")


def promises() -> list[Promise]:
    """One with nothing that can be left out, one with everything, and a customer's own."""
    bare = Promise(new_id(), new_id(), CommitmentKind.PROMISE, (TERMS,))
    later = TERMS.model_copy(update={"revision": 2, "scope": "one parcel", "exclusions": "stairs", "reason": "rain"})
    full = Promise(
        id=new_id(),
        customer_id=new_id(),
        kind=CommitmentKind.CALL_BACK,
        terms=(TERMS, later),
        status=Status.BROKEN,
        binding=2,
        answered=2,
        case_id=new_id(),
        interaction_id=new_id(),
        owner="minh",
        stated_at=START,
        warned_at=START + timedelta(microseconds=1),
        closed_at=START + timedelta(hours=11),
        fulfilled_at=START + timedelta(hours=12),
        outcome=Outcome.BROKEN_WARNED,
    )
    task = Promise(new_id(), new_id(), CommitmentKind.TASK, (TERMS,), obligor="customer")
    return [bare, full, task]


async def test_what_is_written_is_read(kept: Commitments) -> None:
    written = promises()
    async with kept.runtime.database.write() as session:
        await kept.promises.add(session, [(p, ()) for p in written])
        await kept.promises.add(session, [])
    assert await kept.all() == written
    rows = await kept.rows("SELECT due_at FROM commitment")
    assert {row.due_at for row in rows} == {TERMS.due_at}


async def test_what_was_decided_is_written_for_each_and_the_unchanged_left_alone(kept: Commitments) -> None:
    written = [core.state(p._replace(status=Status.DRAFT), START)[0] for p in promises()]
    async with kept.runtime.database.write() as session:
        await kept.promises.add(session, [(p, ()) for p in written])
    versions = {row.id: row.xmin for row in await kept.rows("SELECT id, xmin FROM commitment")}
    now = START + timedelta(hours=1)
    decisions = [
        core.revise(written[0], due_at=START + timedelta(days=1), reason="rain", by="minh", now=now),
        core.warn(written[1], now),
        core.fulfil(written[2], now, by="hoa"),
    ]
    async with kept.runtime.database.write() as session:
        await kept.promises.lock(session, [p.id for p in written])
        await kept.promises.save(session, written, decisions)
    assert await kept.all() == [promise for promise, _ in decisions]
    after = {row.id: row.xmin for row in await kept.rows("SELECT id, xmin FROM commitment")}
    assert [after[p.id] != versions[p.id] for p in written] == [True, False, True]
    assert await kept.facts(told.CommitmentAtRisk) == []


async def test_an_agreed_change_moves_the_due_time_that_lists_are_ordered_by(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    due = START + timedelta(days=2)
    await kept.call("POST", f"/{id_}/revise", json={"due_at": due.isoformat(), "reason": "rain"})
    assert (await kept.rows("SELECT due_at FROM commitment"))[0].due_at == START + timedelta(hours=10)
    await kept.call("POST", f"/{id_}/agree", json={"revision": 2})
    assert (await kept.rows("SELECT due_at FROM commitment"))[0].due_at == due


async def test_only_what_is_still_owed_is_found_for_an_answer(kept: Commitments) -> None:
    lan = new_id()
    for _ in range(2):
        await kept.deliver(kept.contact(lan))
    await kept.pass_time(hours=25)
    first, second = await kept.all(lan)
    await kept.deliver(kept.answer(lan, answers=(first.interaction_id,)), kept.contact(lan))
    async with kept.runtime.database.write() as session:
        people = await customers.gather(session, [lan], kept.promises.stranger)
        found = await gathered.gather(session, kept.promises, people, [lan])
    owed = found.unkept_of([lan], [CommitmentKind.RESPONSE])
    assert [(p.id == second.id, p.status) for p in owed] == [(True, "broken"), (False, "stated")]
