"""What commitments does when others tell it something: opens the clocks, closes what was answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from services.commitments import customers, watch
from services.commitments.cadence import Cadence
from services.commitments.owing import of_case, of_contact, of_promise, owed
from services.commitments.policies import PolicyKind, answering, answers, clock_for, is_kept_by
from services.commitments.policies.contacts import is_attempt
from services.commitments.policies.store import Rulebook
from services.commitments.promise import fulfil, tell_progress
from services.commitments.scorecard.cases import record_cases
from services.commitments.store import Promises
from services.commitments.tasks.closing import close_by
from services.commitments.words import REACHED_NOBODY
from shared.contracts import Event
from shared.contracts import intake as heard
from shared.contracts.commitments import CommitmentKind, Progress
from shared.database import WriteSession
from shared.handling import BatchHandler, Handlers, in_turn

LATEST_NEWS = timedelta(days=1)
"""How long after an act the news of it may come and still be believed about its time."""


class Reactions:
    """The handlers of the service."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises
        self._cadence = Cadence(promises)

    def handlers(self) -> BatchHandler:
        handlers = Handlers()
        handlers.on(heard.InteractionReceived)(self.received)
        handlers.on(heard.InteractionSent)(self.sent)
        handlers.on(heard.CaseOpened)(self.opened)
        handlers.on(heard.CaseReopened)(self.opened)
        handlers.on(heard.CaseUpdated)(_changed)
        handlers.on(heard.CaseResolved)(self.resolved)
        handlers.on(heard.CustomerCreated)(_learn)
        handlers.on(heard.CustomerUpdated)(_learn)
        handlers.on(heard.CustomerMerged)(_merged)
        handlers.on(heard.CustomerUnmerged)(_unmerged)
        return in_turn(handlers, record_cases)

    async def received(self, session: WriteSession, _: Event, contact: heard.InteractionReceived) -> None:
        """An answered call keeps what was open; anything else opens the clock that policy asks for.

        Either can be what the customer was asked to do (C25).
        """
        await close_by(self._promises, session, contact, happened_at(contact))
        if contact.kind is heard.InteractionKind.CALL:
            await self._spoke(session, contact)
            return
        kind = clock_for(contact)
        if kind is None or await self._is_owed(session, contact.customer_id, kind):
            return
        is_message = kind is CommitmentKind.RESPONSE
        case = await watch.heard_in(session, contact.case_id, contact.interaction_id if is_message else None)
        to = await customers.find(session, contact.customer_id, default=self._promises.stranger)
        of = of_contact(contact, case, to)
        kinds = answering(of) if is_message else (PolicyKind.CALL_BACK,)
        clock = await (await Rulebook.load(session)).must(session, kinds, of, contact.received_at)
        decision = owed(
            clock.kind,
            contact.customer_id,
            to,
            since=contact.received_at,
            due_at=clock.due_at,
            language=contact.language,
            case_id=contact.case_id,
            interaction_id=contact.interaction_id,
            owner=case.owner if case else None,
            category=case.category if case else None,
            channel_kind=contact.channel_kind.value,
        )
        await self._promises.add(session, [decision])

    async def sent(self, session: WriteSession, _: Event, contact: heard.InteractionSent) -> None:
        """We spoke: what it answers is kept, the next contact is promised. A machine answers nothing (I5)."""
        if is_attempt(contact):
            await self._attempted(session, contact)
        elif answers(contact.kind) and not contact.automatic:
            await self._spoke(session, contact)

    async def opened(self, session: WriteSession, _: Event, said: heard.CaseOpened | heard.CaseReopened) -> None:
        """Watched from now on; a complaint hears from us as soon as its own rule says, where there is one."""
        case = _seen(said)
        to = await customers.find(session, said.customer_id, default=self._promises.stranger)
        rules, of = await Rulebook.load(session), of_case(case, to)
        first = await rules.must(session, answering(of), of, session.now)
        await watch.watch_case(session, said, first.due_at)
        since = said.opened_at if isinstance(said, heard.CaseOpened) else said.reopened_at
        await self._cadence.opened(session, rules, case, min(since, session.now))

    async def resolved(self, session: WriteSession, _: Event, said: heard.CaseResolved) -> None:
        await watch.resolve(session, said.case_id)
        await self._cadence.resolved(session, _seen(said), said)

    async def _is_owed(self, session: WriteSession, customer: UUID, kind: CommitmentKind) -> bool:
        """One call back answers any number of missed calls; each message has a clock of its own (I4)."""
        if kind is not CommitmentKind.CALL_BACK:
            return False
        family = await customers.family(session, customer)
        return any(promise.is_open for promise in await self._promises.unkept_of(session, family, [kind]))

    async def _spoke(self, session: WriteSession, contact: heard.Interaction) -> None:
        """Keeps what this contact keeps, and says when the next one is: of every open case, and the next update."""
        family = await customers.family(session, contact.customer_id)
        cases = await watch.open_cases(session, family)
        unkept = await self._promises.unkept_of(session, family, answers(contact.kind))
        at, by = happened_at(contact), contact.agent or "agent"
        found = [p for p in unkept if is_kept_by(p, contact, at)]
        decisions = [fulfil(p, at, by=by, evidence=contact.interaction_id) for p in found]
        await self._promises.save(session, found, decisions)
        if not cases:
            return
        rules = await Rulebook.load(session)
        to = await customers.find(session, contact.customer_id, default=self._promises.stranger)
        kinds = [PolicyKind.NEXT_CONTACT]
        clocks = [await rules.must(session, kinds, of_case(case, to), session.now) for case in cases]
        nexts = [(case, clock.due_at) for case, clock in zip(cases, clocks, strict=True)]
        await watch.promise_contact(session, at, nexts)
        await self._cadence.go_on(session, rules, found)

    async def _attempted(self, session: WriteSession, contact: heard.InteractionSent) -> None:
        """We called and reached nobody: the call-back stays open and its due time stays (C13).

        When we try again is what policy allows for a call back, from now on; the customer may name another time.
        """
        family = await customers.family(session, contact.customer_id)
        waiting = await self._promises.unkept_of(session, family, [CommitmentKind.CALL_BACK])
        if not waiting:
            return
        rules = await Rulebook.load(session)
        to = await customers.find(session, contact.customer_id, default=self._promises.stranger)
        doing, next_step = REACHED_NOBODY[to.language]
        decisions = []
        for promise in waiting:
            again = await rules.must(session, [PolicyKind.CALL_BACK], of_promise(promise, to), session.now)
            said = Progress(at=happened_at(contact), now_doing=doing, next_step=next_step, next_contact_at=again.due_at)
            decisions.append(tell_progress(promise, said, session.now, by=contact.agent or "agent"))
        await self._promises.save(session, waiting, decisions)


def happened_at(contact: heard.Interaction) -> datetime:
    """The provider's time, as far as it can be: not after we heard of it, and not long before.

    A promise is not kept by a clock that is wrong, nor broken by it.
    """
    return max(min(contact.occurred_at, contact.received_at), contact.received_at - LATEST_NEWS)


def _seen(said: heard.CaseFacts) -> watch.Case:
    """A case as its event tells it."""
    return watch.Case(said.case_id, said.customer_id, True, said.kind, said.category, said.owner, None, None)


async def _changed(session: WriteSession, _: Event, case: heard.CaseUpdated) -> None:
    await watch.learn(session, case)


async def _learn(session: WriteSession, _: Event, customer: heard.CustomerFacts) -> None:
    await customers.learn(session, customer)


async def _merged(session: WriteSession, _: Event, link: heard.CustomerMerged) -> None:
    await customers.link(session, link.customer_id, link.into)


async def _unmerged(session: WriteSession, _: Event, link: heard.CustomerUnmerged) -> None:
    await customers.link(session, link.customer_id, None)
