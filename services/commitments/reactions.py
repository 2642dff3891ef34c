"""What commitments does when others tell it something: opens the clocks, closes what was answered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.commitments import customers, policies
from services.commitments.policies import NEXT_CONTACT, answers, clock_for, within
from services.commitments.promise import Decision, Promise, fulfil, state
from services.commitments.store import Promises
from services.commitments.watch import promise_contact, resolve, watch_case
from services.commitments.words import SAYS
from shared.contracts import Event
from shared.contracts import intake as heard
from shared.contracts.commitments import CommitmentKind, Terms
from shared.database import WriteSession
from shared.ids import new_id
from shared.inbox import Handlers


def reactions(promises: Promises, *, zone: str) -> Handlers:
    """The handlers of the service. `zone` is where a customer's own is not known."""
    on = Handlers()

    @on.on(heard.InteractionReceived)
    async def received(session: WriteSession, event: Event, contact: heard.InteractionReceived) -> None:
        kept = answers(contact.kind) if contact.kind is heard.InteractionKind.CALL else frozenset()
        if kept:
            await _keep(session, promises, contact, kept, by=contact.agent)
        kind = clock_for(contact)
        if kind is None:
            return
        if kind is CommitmentKind.CALL_BACK:
            owed = await promises.unkept_of(session, [contact.customer_id], [kind])
            if any(promise.is_open for promise in owed):
                return
        rules = await policies.load_policies(session)
        due = contact.received_at + within(rules, kind, contact.channel_kind, session.now)
        await promises.add(session, [_owed(contact, kind, due, zone)])

    @on.on(heard.InteractionSent)
    async def sent(session: WriteSession, event: Event, contact: heard.InteractionSent) -> None:
        await _keep(session, promises, contact, answers(contact.kind), by=contact.agent, named=contact.answers)
        if answers(contact.kind):
            rules = await policies.load_policies(session)
            family = await customers.family(session, contact.customer_id)
            await promise_contact(session, family, session.now + within(rules, NEXT_CONTACT, None, session.now))

    @on.on(heard.CaseOpened)
    async def opened(session: WriteSession, event: Event, case: heard.CaseOpened) -> None:
        rules = await policies.load_policies(session)
        first = session.now + within(rules, CommitmentKind.RESPONSE, None, session.now)
        await watch_case(session, case.case_id, case.customer_id, first)

    @on.on(heard.CaseReopened)
    async def reopened(session: WriteSession, event: Event, case: heard.CaseReopened) -> None:
        rules = await policies.load_policies(session)
        first = session.now + within(rules, CommitmentKind.RESPONSE, None, session.now)
        await watch_case(session, case.case_id, case.customer_id, first)

    @on.on(heard.CaseResolved)
    async def resolved(session: WriteSession, event: Event, case: heard.CaseResolved) -> None:
        await resolve(session, case.case_id)

    @on.on(heard.CustomerCreated)
    async def created(session: WriteSession, event: Event, customer: heard.CustomerCreated) -> None:
        await customers.learn(session, customer)

    @on.on(heard.CustomerUpdated)
    async def updated(session: WriteSession, event: Event, customer: heard.CustomerUpdated) -> None:
        await customers.learn(session, customer)

    @on.on(heard.CustomerMerged)
    async def merged(session: WriteSession, event: Event, link: heard.CustomerMerged) -> None:
        await customers.link(session, link.customer_id, link.into)

    @on.on(heard.CustomerUnmerged)
    async def unmerged(session: WriteSession, event: Event, link: heard.CustomerUnmerged) -> None:
        await customers.link(session, link.customer_id, None)

    return on


def _owed(contact: heard.InteractionReceived, kind: CommitmentKind, due: datetime, zone: str) -> Decision:
    """The promise that policy makes for a contact, told at once by the acknowledgement."""
    says = SAYS[kind][contact.language]
    drafted = Promise(
        id=new_id(),
        customer_id=contact.customer_id,
        case_id=contact.case_id,
        interaction_id=contact.interaction_id,
        kind=kind,
        terms=(Terms(revision=1, words=says.words, due_at=due, zone=zone, cost=says.cost),),
    )
    return state(drafted, contact.received_at)


async def _keep(
    session: WriteSession,
    promises: Promises,
    contact: heard.Interaction,
    kinds: Collection[CommitmentKind],
    *,
    by: str | None,
    named: Collection[UUID] = (),
) -> None:
    """Fulfils what this contact of ours keeps: the answers it names, or all that are open."""
    if not kinds:
        return
    family = await customers.family(session, contact.customer_id)
    unkept = await promises.unkept_of(session, family, kinds)
    found = [promise for promise in unkept if not named or promise.interaction_id in set(named)]
    decisions = [fulfil(p, contact.occurred_at, by=by or "agent", evidence=contact.interaction_id) for p in found]
    await promises.save(session, found, decisions)
