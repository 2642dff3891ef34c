"""A batch costs commitments a fixed number of statements, however many contacts are in it."""

from __future__ import annotations

import pytest

from shared.contracts import Payload
from shared.contracts import intake as heard
from shared.contracts.commitments import CommitmentFulfilled, CommitmentStated
from shared.ids import new_id
from tests.commitments.conftest import Commitments, known
from tests.support.statements import counted

MOST = 16
"""Statements of a batch of new contacts, the inbox's and the log's among them. Raised only with a reason."""
MOST_ANSWERED = 15
"""Statements of a batch of answers: what they keep is written too."""


def new_contacts(kept: Commitments, count: int) -> list[Payload]:
    facts: list[Payload] = []
    for _ in range(count):
        customer = new_id()
        case = kept.case(customer)
        facts += [known(customer), case, kept.contact(customer, case_id=case.case_id)]
    return facts


async def test_a_batch_of_new_contacts_costs_the_same_however_many_there_are(kept: Commitments) -> None:
    costs = []
    for count in (100, 200):
        facts = new_contacts(kept, count)
        with counted(kept.runtime.database) as statements:
            await kept.deliver(*facts)
        costs.append(len(statements))
    assert len(await kept.facts(CommitmentStated)) == 300
    assert costs[0] == costs[1]
    assert costs[0] <= MOST, "\n".join(statements)


async def test_a_batch_of_answers_costs_the_same_however_many_there_are(kept: Commitments) -> None:
    costs = []
    for count in (20, 40):
        facts = new_contacts(kept, count)
        await kept.deliver(*facts)
        contacts = [fact for fact in facts if isinstance(fact, heard.InteractionReceived)]
        answers = [kept.answer(c.customer_id, case_id=c.case_id, answers=(c.interaction_id,)) for c in contacts]
        with counted(kept.runtime.database) as statements:
            await kept.deliver(*answers)
        costs.append(len(statements))
    assert len(await kept.facts(CommitmentFulfilled)) == 60
    assert costs[0] == costs[1]
    assert costs[0] <= MOST_ANSWERED, "\n".join(statements)


async def test_a_batch_of_what_nobody_wants_costs_the_inbox_alone(kept: Commitments) -> None:
    moved = heard.CustomerUpdated(customer_id=new_id(), name="Lan", language="vi", handles=[])
    with counted(kept.runtime.database) as statements:
        await kept.deliver(moved)
    assert len(statements) <= 6, "\n".join(statements)


@pytest.mark.parametrize("repeated", [2, 3])
async def test_what_a_batch_decides_is_seen_by_what_follows_in_it(kept: Commitments, repeated: int) -> None:
    """Received, answered, received again: in one batch as in as many."""
    customer = new_id()
    case = kept.case(customer)
    facts: list[Payload] = [known(customer), case]
    for _ in range(repeated):
        contact = kept.contact(customer, case_id=case.case_id)
        facts += [contact, kept.answer(customer, case_id=case.case_id, answers=(contact.interaction_id,))]
    await kept.deliver(*facts)
    outcomes = [promise.outcome for promise in await kept.all(customer)]
    assert outcomes == ["kept"] * repeated
    assert len(await kept.facts(CommitmentFulfilled)) == repeated
