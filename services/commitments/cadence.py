"""What we say unasked: an update of every case that stays open, and a question some days after it was resolved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.commitments import customers
from services.commitments.owing import of_case, owed
from services.commitments.policies import PolicyKind
from services.commitments.policies.store import Rulebook, end_of_business
from services.commitments.promise import Decision, Promise, Status, fulfil, void, withdraw
from services.commitments.store import Promises
from services.commitments.watch import Case, find
from shared.contracts.commitments import CommitmentKind
from shared.contracts.intake import CaseResolved
from shared.database import WriteSession
from shared.timers import Timer

TIMER = "update"
"""Goes off when a case has been open for one period of its updates: from then on each is a promise of its own."""

OVERTAKEN = "the case was opened again"


class Cadence:
    """Updates and follow-ups of cases. Cases are locked before promises are."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises

    async def opened(self, session: WriteSession, rules: Rulebook, case: Case, at: datetime) -> None:
        """Before one period is over, `next_contact` watches that we speak; the follow-up of an earlier end is moot."""
        to = await self._to(session, case)
        clock = await rules.clock(session, [PolicyKind.UPDATE], of_case(case, to), at)
        if clock is not None:
            session.schedule(Timer(TIMER, str(case.id), clock.due_at))
        follow_ups = [p for p in await self._of(session, [case], CommitmentKind.FOLLOW_UP) if p.is_open]
        await self._promises.save(session, follow_ups, [_overtaken(p, session.now) for p in follow_ups])

    async def period_over(self, session: WriteSession, timers: Sequence[Timer]) -> None:
        """The case is a period old: it is owed an update, counted from when we last spoke.

        Where that time has passed already, or we never spoke, it is owed today. A case that is owed one has its clock.
        """
        cases = [case for case in await find(session, {UUID(t.subject) for t in timers}) if case.is_open]
        rules = await Rulebook.load(session)
        owed_already = {p.case_id for p in await self._of(session, cases, CommitmentKind.UPDATE)}
        for case in cases:
            if case.id not in owed_already:
                await self._promise(session, rules, case, case.spoke_at)

    async def go_on(self, session: WriteSession, rules: Rulebook, kept: Collection[Promise]) -> None:
        """Each update that was given promises the next, until the case is resolved (C15)."""
        ids = {p.case_id for p in kept if p.kind is CommitmentKind.UPDATE and p.case_id is not None}
        for case in await find(session, ids) if ids else []:
            if case.is_open:
                await self._promise(session, rules, case, session.now)

    async def fulfil(self, session: WriteSession, update: Promise, *, by: str) -> Promise:
        """An update that somebody says was given. Raises WrongState."""
        await find(session, [update.case_id] if update.case_id else [])
        promise = (await self._promises.lock(session, [update.id]))[update.id]
        decision = fulfil(promise, session.now, by=by)
        await self._promises.save(session, [promise], [decision])
        await self.go_on(session, await Rulebook.load(session), [promise])
        return decision[0]

    async def resolved(self, session: WriteSession, case: Case, said: CaseResolved) -> None:
        """The end of the case is its last update. Whether it holds is asked when policy says so (C14)."""
        session.cancel(TIMER, str(case.id))
        at = min(said.resolved_at, session.now)
        updates = await self._of(session, [case], CommitmentKind.UPDATE)
        await self._promises.save(session, updates, [fulfil(p, at, by=said.by) for p in updates])
        rules, to = await Rulebook.load(session), await self._to(session, case)
        clock = await rules.clock(session, [PolicyKind.FOLLOW_UP], of_case(case, to), at)
        if clock is not None:
            facts: dict[str, Any] = {"case_id": case.id, "owner": case.owner, "category": case.category}
            decision = owed(clock.kind, case.customer_id, to, since=at, due_at=clock.due_at, **facts)
            await self._promises.add(session, [decision])

    async def _promise(self, session: WriteSession, rules: Rulebook, case: Case, spoke: datetime | None) -> None:
        to = await self._to(session, case)
        clock = await rules.clock(session, [PolicyKind.UPDATE], of_case(case, to), spoke or session.now)
        if clock is None:
            return
        since, due_at = spoke or session.now, clock.due_at
        if spoke is None or due_at <= session.now:
            since, due_at = session.now, end_of_business(None, to.zone, session.now)
        facts: dict[str, Any] = {"case_id": case.id, "owner": case.owner, "category": case.category}
        decision = owed(clock.kind, case.customer_id, to, since=since, due_at=due_at, **facts)
        await self._promises.add(session, [decision])

    async def _of(self, session: WriteSession, cases: Sequence[Case], kind: CommitmentKind) -> list[Promise]:
        """What these cases still wait for, of a kind."""
        ids, theirs = {case.id for case in cases}, {case.customer_id for case in cases}
        return [p for p in await self._promises.unkept_of(session, theirs, [kind]) if p.case_id in ids]

    async def _to(self, session: WriteSession, case: Case) -> customers.Customer:
        return await customers.find(session, case.customer_id, default=self._promises.stranger)


def _overtaken(promise: Promise, now: datetime) -> Decision:
    """Opened again before it was asked: nobody is owed the question any more."""
    if promise.is_late(now):
        return promise, ()
    end = void if promise.status is Status.STATED else withdraw
    return end(promise, now, reason=OVERTAKEN, by="policy")
