"""A batch costs notifications a fixed number of statements, however many contacts are in it."""

from __future__ import annotations

from shared.contracts import Payload
from shared.contracts.commitments import CommitmentFulfilled, CommitmentResumed, Outcome
from shared.contracts.terms import CommitmentKind
from tests.notifications.conftest import DUE, START, Desk, customer, fact, stated
from tests.support.statements import counted

MOST = 3
"""Statements of a batch without those of the inbox, which are three. Raised only with a reason."""


async def test_a_batch_of_new_contacts_costs_the_same_however_many_there_are(desk: Desk) -> None:
    costs = []
    for count in (100, 200):
        people = [customer() for _ in range(count)]
        facts: list[Payload] = [told for who in people for told in (who, stated(who.customer_id))]
        with counted(desk.database) as statements:
            await desk.deliver(*facts)
        costs.append(len(statements))
    assert len(await desk.rows()) == 300
    assert costs[0] == costs[1]
    assert costs[0] <= MOST, "\n".join(statements)


async def test_a_batch_of_tasks_that_are_done_costs_the_same_however_many_there_are(desk: Desk) -> None:
    costs = []
    for count in (20, 40):
        facts: list[Payload] = []
        for who in (customer() for _ in range(count)):
            promise = fact(CommitmentResumed, who.customer_id, previous_due_at=DUE, waited_seconds=60, by="customer")
            task = fact(
                CommitmentFulfilled,
                who.customer_id,
                CommitmentKind.TASK,
                parent_id=promise.commitment_id,
                outcome=Outcome.KEPT,
                fulfilled_at=START,
                by="customer",
            )
            facts += [who, task, promise]
        with counted(desk.database) as statements:
            await desk.deliver(*facts)
        costs.append(len(statements))
    rows = await desk.rows()
    assert [len(row["details"]["goes_on"]) for row in rows] == [1] * 60
    assert costs[0] == costs[1]
    assert costs[0] <= MOST, "\n".join(statements)
