"""A batch of events leaves what the same events leave one by one: every row, timer and event, ids included."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.host import registry
from shared.clock import ManualClock
from shared.contracts import Event, Payload
from shared.contracts import intake as heard
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments, known, opened
from tests.support.pool import Pools
from tests.support.postgres import ScratchPostgres

TABLES = ("customer", "case_watch", "case_outcome", "commitment", "joined_contact", "timer", "task")


class Story:
    """Facts about three customers, drawn by chance: each may be about what an earlier one made."""

    def __init__(self, kept: Commitments, chance: Random) -> None:
        self.kept, self.chance = kept, chance
        self.people = [new_id() for _ in range(3)]
        self.cases: list[heard.CaseOpened] = []
        self.contacts: list[heard.InteractionReceived] = []

    def facts(self, count: int) -> list[Payload]:
        return [known(self.people[0]), *(self.fact() for _ in range(count))]

    def fact(self) -> Payload:
        chance, who = self.chance, self.chance.choice(self.people)
        kinds = ("known", "opened", "contact", "contact", "answer", "attempt", "case", "merge")
        match chance.choice(kinds):
            case "known":
                return known(who, language=chance.choice(["vi", "en"]))
            case "opened":
                kind = chance.choice(["request", "complaint"])
                self.cases.append(self.kept.case(who).model_copy(update={"kind": kind, "owner": "lan"}))
                return self.cases[-1]
            case "contact":
                kind = chance.choice(["message", "message", "missed_call", "call", "voicemail"])
                self.contacts.append(self.kept.contact(who, kind, case_id=self._case(), text="x"))
                return self.contacts[-1]
            case "answer":
                named = [c.interaction_id for c in self.contacts if chance.random() < 0.3]
                kind = chance.choice(["message", "call"])
                return self.kept.answer(who, kind, case_id=self._case(), answers=tuple(named))
            case "attempt":
                return self.kept.answer(who, "missed_call", case_id=self._case())
            case "merge":
                return self._link(who)
            case _:
                return self._news_of_case(who)

    def _case(self) -> UUID | None:
        return self.chance.choice([None, *(case.case_id for case in self.cases)])

    def _link(self, who: UUID) -> Payload:
        if self.chance.random() < 0.4:
            return heard.CustomerUnmerged(customer_id=who, from_customer=self.people[0], reason="two people", by="lan")
        into = self.chance.choice([one for one in self.people if one != who])
        return heard.CustomerMerged(customer_id=who, into=into, reason="the same phone", by="lan")

    def _news_of_case(self, who: UUID) -> Payload:
        if not self.cases:
            return known(who)
        case, now = self.chance.choice(self.cases), self.kept.now
        facts: dict[str, Any] = {"customer_id": case.customer_id, "case_id": case.case_id, "kind": case.kind}
        match self.chance.choice(["updated", "resolved", "reopened"]):
            case "updated":
                return heard.CaseUpdated(**facts, category="billing", owner=self.chance.choice(["minh", None]))
            case "resolved":
                return heard.CaseResolved(**facts, resolved_at=now, summary="done", by="lan")
            case _:
                return heard.CaseReopened(**facts, reopened_at=now, reason="not done", by="customer")


@pytest.mark.parametrize("seed", range(12))
async def test_one_batch_leaves_what_as_many_batches_leave(postgres: ScratchPostgres, pools: Pools, seed: int) -> None:
    chance, template = Random(seed), postgres.make_database(pools.of(registry.migrations("commitments")).template)
    async with opened(postgres, template, ManualClock(START)) as house:
        story = Story(house, chance)
        for who in story.people:
            await _ask_for_two_things(house, who)
        events = [house.event(fact) for fact in story.facts(40)]
    left = []
    for parts in ([events], [[event] for event in events], _cut(events, chance)):
        name = postgres.make_database(template)
        async with opened(postgres, name, ManualClock(START + timedelta(minutes=1))) as house:
            for part in parts:
                await house.deliver(*part)
            left.append(await _all_of(house))
        postgres.drop_database(name)
    postgres.drop_database(template)
    together, alone, mixed = left
    for what in together:
        assert together[what] == alone[what], what
        assert together[what] == mixed[what], what


def _cut(events: list[Event], chance: Random) -> list[list[Event]]:
    cuts = [0, *sorted(chance.sample(range(1, len(events)), 4)), len(events)]
    return [events[a:b] for a, b in pairwise(cuts)]


async def _ask_for_two_things(house: Commitments, who: UUID) -> None:
    """A promise that waits for two tasks of the customer, and has a part of ours."""
    promise = (await house.promise(who))["id"]
    await house.promise(who, parent_id=promise)
    due = (house.now + timedelta(days=2)).isoformat()
    for wants in ("anything", "message"):
        await house.call("POST", f"/{promise}/tasks", json={"words": "x", "due_at": due, "wants": wants}, expect=201)


async def _all_of(house: Commitments) -> dict[str, list[Any]]:
    rows = {
        table: sorted(str(row.row) for row in await house.rows(f"SELECT t::text AS row FROM {table} t"))
        for table in TABLES
    }
    log = await house.rows("SELECT event_id, type, key, sequence, data FROM event_log ORDER BY id")
    return rows | {"log": [tuple(row) for row in log]}
