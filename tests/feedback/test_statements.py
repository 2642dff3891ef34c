"""A batch costs feedback a fixed number of statements, however many promises are done in it."""

from __future__ import annotations

from shared.contracts import Payload
from tests.feedback.conftest import Desk, customer, fulfilled
from tests.support.statements import counted

MOST = 5
"""Statements of a batch without those of the inbox, which are three. Raised only with a reason."""


async def test_a_batch_of_promises_that_are_done_costs_the_same_however_many_there_are(desk: Desk) -> None:
    costs = []
    for count in (100, 200):
        people = [customer() for _ in range(count)]
        facts: list[Payload] = [told for who in people for told in (who, fulfilled(who))]
        with counted(desk.database) as statements:
            await desk.deliver(*facts)
        costs.append(len(statements))
    assert len([type_ for type_, _ in await desk.events() if type_ == "kept.survey.requested.v1"]) == 300
    assert costs[0] == costs[1]
    assert costs[0] <= MOST, "\n".join(statements)


async def test_a_promise_that_is_done_twice_in_a_batch_is_asked_about_once(desk: Desk) -> None:
    who = customer()
    done = fulfilled(who)
    await desk.deliver(who, done, fulfilled(who, commitment_id=done.commitment_id))
    assert [type_ for type_, _ in await desk.events()] == ["kept.survey.requested.v1"]
