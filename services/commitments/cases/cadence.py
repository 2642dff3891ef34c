"""Recurring updates of a case that stays open, and the question some days after it was resolved whether it holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.commitments.cases import picture as pictures
from services.commitments.cases.owing import of_case, owed
from services.commitments.cases.picture import Picture, Wanted
from services.commitments.cases.watch import Case, customers_of
from services.commitments.policies import PolicyKind
from services.commitments.policies.store import end_of_business
from services.commitments.promise.core import Decision, Promise, Status, fulfil, void, withdraw
from services.commitments.promise.store import Promises
from shared.contracts.intake import CaseResolved
from shared.contracts.terms import CommitmentKind
from shared.database import WriteSession
from shared.handling import Work
from shared.timers import Timer

TIMER = "update"
"""Goes off when a case has been open for one period of its updates: from then on each is a promise of its own."""

OVERTAKEN = "the case was opened again"


def opened(picture: Picture, work: Work, case: Case, at: datetime) -> None:
    """Schedules the updates of an opened case, the first after a period, and drops the follow-up of an earlier end."""
    clock = picture.rules.clock([PolicyKind.UPDATE], of_case(case, picture.to(case.customer_id)), at)
    if clock is not None:
        work.schedule(Timer(TIMER, str(case.case_id), clock.due_at))
    follow_ups = picture.of_case(case.case_id, case.customer_id, CommitmentKind.FOLLOW_UP)
    picture.promises.save(work, [_overtaken(p, work.now) for p in follow_ups if p.is_open])


def go_on(picture: Picture, work: Work, kept: Collection[Promise]) -> None:
    """Promises the next update when one was given, until the case is resolved (C15)."""
    for id_ in sorted({p.case_id for p in kept if p.kind is CommitmentKind.UPDATE and p.case_id is not None}):
        case = picture.cases.get(id_)
        if case is not None and case.open:
            _promise(picture, work, case, work.now)


def resolved(picture: Picture, work: Work, said: CaseResolved) -> None:
    """Fulfils the updates of a resolved case, and promises a follow-up where policy asks for one (C14)."""
    work.cancel(TIMER, str(said.case_id))
    at = min(said.resolved_at, work.now)
    updates = picture.of_case(said.case_id, said.customer_id, CommitmentKind.UPDATE)
    picture.promises.save(work, [fulfil(p, at, by=said.by) for p in updates])
    case = Case(said.case_id, said.customer_id, False, work.now, said.kind, said.category, said.owner)
    to = picture.to(case.customer_id)
    clock = picture.rules.clock([PolicyKind.FOLLOW_UP], of_case(case, to), at)
    if clock is not None:
        id_, facts = work.make_id(clock.kind), _facts(case)
        decision = owed(id_, clock.kind, case.customer_id, to, since=at, due_at=clock.due_at, **facts)
        picture.promises.add(work, decision)


class Cadence:
    """Updates that fall due by the clock, or that one of our people says were given."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises

    async def period_over(self, session: WriteSession, timers: Sequence[Timer]) -> None:
        """Promises an update for a case that is a period old, counted from when we last spoke.

        Where that time has passed already, or we never spoke, it is owed today. A case that is owed one has its clock.
        """
        ids = {UUID(t.subject) for t in timers}
        wanted = Wanted(await customers_of(session, ids), ids, kinds={CommitmentKind.UPDATE})
        picture = await pictures.gather(session, self._promises, wanted)
        for id_ in sorted(ids):
            case = picture.cases.get(id_)
            if case is None or not case.open or picture.of_case(id_, case.customer_id, CommitmentKind.UPDATE):
                continue
            with session.because_of(id_):
                _promise(picture, session, case, case.spoke_at)
        await pictures.write(session, self._promises, picture)

    async def fulfil(self, session: WriteSession, update: Promise, *, by: str) -> Promise:
        """Fulfils an update that somebody says was given. Raises WrongState."""
        cases = [update.case_id] if update.case_id else []
        wanted = Wanted([update.customer_id], cases, promises=[update.id], kinds={CommitmentKind.UPDATE})
        picture = await pictures.gather(session, self._promises, wanted)
        decision = fulfil(picture.promises[update.id], session.now, by=by)
        picture.promises.save(session, [decision])
        go_on(picture, session, [decision[0]])
        await pictures.write(session, self._promises, picture)
        return decision[0]


def _promise(picture: Picture, work: Work, case: Case, spoke: datetime | None) -> None:
    to = picture.to(case.customer_id)
    clock = picture.rules.clock([PolicyKind.UPDATE], of_case(case, to), spoke or work.now)
    if clock is None:
        return
    since, due_at = spoke or work.now, clock.due_at
    if spoke is None or due_at <= work.now:
        since, due_at = work.now, end_of_business(None, to.zone, work.now)
    id_ = work.make_id(clock.kind)
    decision = owed(id_, clock.kind, case.customer_id, to, since=since, due_at=due_at, **_facts(case))
    picture.promises.add(work, decision)


def _facts(case: Case) -> dict[str, Any]:
    return {"case_id": case.case_id, "owner": case.owner, "category": case.category}


def _overtaken(promise: Promise, now: datetime) -> Decision:
    """Drops a follow-up whose case was opened again before the customer was asked."""
    if promise.is_late(now):
        return promise, ()
    end = void if promise.status is Status.STATED else withdraw
    return end(promise, now, reason=OVERTAKEN, by="policy")
