"""What commitments does when others tell it something: opens the clocks, closes what was answered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from services.commitments import customers
from services.commitments.policies import NEXT_CONTACT, answers, clock_for, load_policies, within
from services.commitments.promise import Decision, Promise, fulfil, state
from services.commitments.scorecard.cases import record_cases
from services.commitments.store import Promises
from services.commitments.tasks.closing import close_by
from services.commitments.watch import promise_contact, resolve, watch_case
from services.commitments.words import SAYS
from shared.contracts import Event
from shared.contracts import intake as heard
from shared.contracts.commitments import CommitmentKind, Terms
from shared.database import WriteSession
from shared.handling import BatchHandler, Handlers, in_turn
from shared.ids import new_id

LATEST_NEWS = timedelta(days=1)
"""How long after an act the news of it may come and still be believed about its time."""


class Reactions:
    """The handlers of the service."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises

    def handlers(self) -> BatchHandler:
        handlers = Handlers()
        handlers.on(heard.InteractionReceived)(self.received)
        handlers.on(heard.InteractionSent)(self.sent)
        handlers.on(heard.CaseOpened)(_watch)
        handlers.on(heard.CaseReopened)(_watch)
        handlers.on(heard.CaseResolved)(_resolved)
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
        rules = await load_policies(session)
        due = contact.received_at + within(rules, kind, contact.channel_kind, contact.received_at)
        await self._promises.add(session, [_owed(contact, kind, due, self._promises.default_zone)])

    async def sent(self, session: WriteSession, _: Event, contact: heard.InteractionSent) -> None:
        """We spoke: what it answers is kept, the next contact is promised. A machine answers nothing (I5)."""
        if answers(contact.kind) and not contact.automatic:
            await self._spoke(session, contact, named=frozenset(contact.answers))

    async def _is_owed(self, session: WriteSession, customer: UUID, kind: CommitmentKind) -> bool:
        """One call back answers any number of missed calls; each message has a clock of its own (I4)."""
        if kind is not CommitmentKind.CALL_BACK:
            return False
        family = await customers.family(session, customer)
        return any(promise.is_open for promise in await self._promises.unkept_of(session, family, [kind]))

    async def _spoke(
        self, session: WriteSession, contact: heard.Interaction, *, named: Collection[UUID] = frozenset()
    ) -> None:
        """Fulfils the answers that this contact names, or all that are open; a call is a call back in any case."""
        family = await customers.family(session, contact.customer_id)
        unkept = await self._promises.unkept_of(session, family, answers(contact.kind))
        found = [p for p in unkept if not named or p.interaction_id in named or p.kind is CommitmentKind.CALL_BACK]
        by = contact.agent or "agent"
        decisions = [fulfil(p, happened_at(contact), by=by, evidence=contact.interaction_id) for p in found]
        await self._promises.save(session, found, decisions)
        rules = await load_policies(session)
        await promise_contact(session, family, session.now + within(rules, NEXT_CONTACT, None, session.now))


def happened_at(contact: heard.Interaction) -> datetime:
    """The provider's time, as far as it can be: not after we heard of it, and not long before.

    A promise is not kept by a clock that is wrong, nor broken by it.
    """
    return max(min(contact.occurred_at, contact.received_at), contact.received_at - LATEST_NEWS)


async def _watch(session: WriteSession, _: Event, case: heard.CaseOpened | heard.CaseReopened) -> None:
    rules = await load_policies(session)
    first = session.now + within(rules, CommitmentKind.RESPONSE, None, session.now)
    await watch_case(session, case.case_id, case.customer_id, first)


async def _resolved(session: WriteSession, _: Event, case: heard.CaseResolved) -> None:
    await resolve(session, case.case_id)


async def _learn(session: WriteSession, _: Event, customer: heard.CustomerFacts) -> None:
    await customers.learn(session, customer)


async def _merged(session: WriteSession, _: Event, link: heard.CustomerMerged) -> None:
    await customers.link(session, link.customer_id, link.into)


async def _unmerged(session: WriteSession, _: Event, link: heard.CustomerUnmerged) -> None:
    await customers.link(session, link.customer_id, None)


def _owed(contact: heard.InteractionReceived, kind: CommitmentKind, due: datetime, zone: str) -> Decision:
    """The promise that policy makes for a contact, told at once by the acknowledgement."""
    says = SAYS[kind][contact.language]
    drafted = Promise(
        id=new_id(),
        customer_id=contact.customer_id,
        case_id=contact.case_id,
        interaction_id=contact.interaction_id,
        kind=kind,
        channel_kind=contact.channel_kind,
        terms=(Terms(revision=1, words=says.words, due_at=due, zone=zone, cost=says.cost),),
    )
    return state(drafted, contact.received_at)
