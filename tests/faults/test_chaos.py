"""The short form of `make faults`: every process and both servers are killed under load, and nothing comes of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.faults.audit import examine
from tests.faults.facts import Facts
from tests.faults.plan import plan
from tests.faults.run import Outcome, run
from tests.faults.stand import Stand

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(400)]

SECONDS, SEED = 30.0, 5


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outcome(stand: Stand) -> Outcome:
    return await run(stand, seconds=SECONDS, seed=SEED)


async def test_nothing_is_lost_doubled_or_out_of_order(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    """X1 X12: lag returns to zero, and SQL on the four databases agrees with the ledger of what was accepted."""
    with capsys.disabled():
        print(f"\n{outcome.text()}")
    assert outcome.findings == []
    assert outcome.holds
    assert outcome.kills >= 8
    assert len(outcome.ledger.contacts) >= 50


def without_an_entry(facts: Facts) -> Facts:
    return replace(facts, timeline=facts.timeline[1:])


def without_interactions(facts: Facts) -> Facts:
    """All of them: which of them are this run's is not for a tamperer to know, others share the installation."""
    return replace(facts, interactions=[])


def handled_by_nobody(facts: Facts) -> Facts:
    event = next(e for e in facts.log["intake"] if e.sequence == 1)
    feedback = {id_: at for id_, at in facts.inbox["feedback"].items() if id_ != event.event_id}
    return replace(facts, inbox={**facts.inbox, "feedback": feedback})


def an_entry_twice(facts: Facts) -> Facts:
    return replace(facts, timeline=[*facts.timeline, facts.timeline[0]])


def a_clock_twice(facts: Facts) -> Facts:
    clock = next(row for row in facts.commitments if row["kind"] == "response")
    return replace(facts, commitments=[*facts.commitments, clock])


def told_twice(facts: Facts) -> Facts:
    log = facts.log["notifications"]
    return replace(facts, log={**facts.log, "notifications": [*log, log[-1]]})


def published_backwards(facts: Facts) -> Facts:
    return replace(facts, published=facts.published[::-1])


def handled_backwards(facts: Facts) -> Facts:
    inbox = facts.inbox["commitments"]
    backwards = dict(zip(inbox, sorted(inbox.values(), reverse=True), strict=True))
    return replace(facts, inbox={**facts.inbox, "commitments": backwards})


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (without_an_entry, "lost"),
        (without_interactions, "lost"),
        (handled_by_nobody, "lost"),
        (an_entry_twice, "doubled"),
        (a_clock_twice, "doubled"),
        (told_twice, "doubled"),
        (published_backwards, "out_of_order"),
        (handled_backwards, "out_of_order"),
    ],
)
async def test_the_audit_sees_what_is_wrong(
    outcome: Outcome, stand: Stand, tamper: Callable[[Facts], Facts], fault: str
) -> None:
    assert outcome.facts is not None
    found = examine(outcome.ledger, tamper(outcome.facts), stand.subscriptions)
    assert fault in {finding.fault for finding in found}


async def test_a_seed_is_a_plan() -> None:
    """The same faults again; all processes and both servers among the first of them."""
    assert plan(SEED, 600) == plan(SEED, 600) != plan(SEED + 1, 600)
    assert {fault.target for fault in plan(SEED, 60)} >= {"postgres", "kafka"}
    assert len({fault.target for fault in plan(SEED, 60)}) == 10
