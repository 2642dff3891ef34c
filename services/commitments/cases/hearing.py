"""The reactions of commitments to events of intake: it opens the clocks and closes what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.commitments.cases import cadence, picture
from services.commitments.cases.owing import heard_of, of_case, of_contact, of_promise, owed
from services.commitments.cases.picture import Picture, Wanted
from services.commitments.cases.sentences import REACHED_NOBODY
from services.commitments.cases.watch import TIMER, Case, promise_contact
from services.commitments.policies import PolicyKind, answering, answers, clock_for, is_kept_by
from services.commitments.policies.contacts import ANSWERS, is_attempt, joins
from services.commitments.promise.core import Promise, fulfil, tell_progress
from services.commitments.promise.store import Promises
from services.commitments.tasks.closing import closed_by
from services.commitments.tasks.store import REMINDER
from shared.contracts import Event
from shared.contracts import intake as heard
from shared.contracts.terms import CommitmentKind, Progress
from shared.customers import CUSTOMER_EVENTS, CustomerEvent
from shared.database import WriteSession
from shared.handling import Fact, Reaction, Work
from shared.timers import Timer

LATEST_NEWS = timedelta(days=1)
"""How long after an act the news of it may come and still be believed about its time."""


def hearing(store: Promises) -> Reaction[Picture]:
    """The reaction to events about cases, their contacts and customers."""

    async def gather(session: WriteSession, facts: Sequence[Fact]) -> Picture:
        return await picture.gather(session, store, wanted(facts))

    async def write(session: WriteSession, decided: Picture) -> None:
        await picture.write(session, store, decided)

    reaction = Reaction(gather, write)
    reaction.on(heard.InteractionReceived)(received)
    reaction.on(heard.InteractionSent)(sent)
    reaction.on(heard.CaseOpened, heard.CaseReopened)(opened)
    reaction.on(heard.CaseUpdated)(updated)
    reaction.on(heard.CaseResolved)(resolved)
    reaction.on(*CUSTOMER_EVENTS)(of_customers)
    return reaction


def wanted(facts: Sequence[Fact]) -> Wanted:
    """The keys that a batch of events needs loaded. For customers alone nothing else is looked up. Pure."""
    payloads = [payload for _, payload in facts]
    said = [p for p in payloads if isinstance(p, heard.Interaction | heard.CaseFacts)]
    people = {p.customer_id for p in payloads} | {p.into for p in payloads if isinstance(p, heard.CustomerMerged)}
    if not said:
        return Wanted(people, kinds=())
    return Wanted(
        people,
        cases={p.case_id for p in said if p.case_id is not None},
        contacts={p.interaction_id for p in said if isinstance(p, heard.InteractionReceived)},
        answered={id_ for p in said if isinstance(p, heard.InteractionSent) for id_ in p.answers},
    )


def received(picture: Picture, work: Work, _: Event, contact: heard.InteractionReceived) -> None:
    """A contact came in: an answered call keeps what was open, anything else opens a clock by policy or joins one.

    Either can be what the customer was asked to do (C25).
    """
    _close_tasks(picture, work, contact)
    if contact.kind is heard.InteractionKind.CALL:
        _spoke(picture, work, contact)
        return
    kind = clock_for(contact)
    if kind is None:
        return
    is_message = kind is CommitmentKind.RESPONSE
    case = picture.cases.heard_in(contact.case_id, contact.interaction_id if is_message else None)
    to = picture.to(contact.customer_id)
    of = of_contact(contact, case, to)
    clock = picture.rules.must(answering(of) if is_message else (PolicyKind.CALL_BACK,), of, contact.received_at)
    if waits := joins(contact, clock.due_at, _open_beside(picture, contact, case, kind)):
        picture.joined.join(work, waits, contact, clock.kind)
        return
    decision = owed(
        work.make_id(clock.kind),
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
        heard=heard_of(contact),
    )
    picture.promises.add(work, decision)


def sent(picture: Picture, work: Work, _: Event, contact: heard.InteractionSent) -> None:
    """We spoke with the customer: what it answers is kept, a next contact is promised. Machines answer nothing (I5)."""
    if is_attempt(contact):
        _attempted(picture, work, contact)
    elif answers(contact.kind) and not contact.automatic:
        _spoke(picture, work, contact)


def opened(picture: Picture, work: Work, _: Event, said: heard.CaseOpened | heard.CaseReopened) -> None:
    """A case was opened: its next contact is watched, for a complaint by its own rule where there is one."""
    of = of_case(said, picture.to(said.customer_id))
    first = picture.rules.must(answering(of), of, work.now)
    case = picture.cases.opened(said, first.due_at)
    work.schedule(Timer(TIMER, str(case.case_id), first.due_at))
    since = said.opened_at if isinstance(said, heard.CaseOpened) else said.reopened_at
    cadence.opened(picture, work, case, min(since, work.now))


def updated(picture: Picture, _: Work, __: Event, said: heard.CaseUpdated) -> None:
    picture.cases.learn(said)


def resolved(picture: Picture, work: Work, _: Event, said: heard.CaseResolved) -> None:
    picture.cases.resolve(said.case_id)
    work.cancel(TIMER, str(said.case_id))
    cadence.resolved(picture, work, said)


def of_customers(picture: Picture, _: Work, __: Event, told: CustomerEvent) -> None:
    picture.people.hear(told)


def happened_at(contact: heard.Interaction) -> datetime:
    """When a contact happened: the provider's time, but not after we heard of it and not long before.

    A promise is not kept by a clock that is wrong, nor broken by it.
    """
    return max(min(contact.occurred_at, contact.received_at), contact.received_at - LATEST_NEWS)


def _close_tasks(picture: Picture, work: Work, contact: heard.InteractionReceived) -> None:
    undone = picture.promises.unkept_of(picture.people.family(contact.customer_id), {CommitmentKind.TASK})
    decisions = closed_by(undone, picture.tasks, contact, happened_at(contact))
    picture.promises.save(work, decisions)
    for task, _ in decisions:
        work.cancel(REMINDER, str(task.id))


def _open_beside(
    picture: Picture, contact: heard.InteractionReceived, case: Case | None, kind: CommitmentKind
) -> list[Promise]:
    """The unkept promises of the kind that this contact asks for; none where it is the first of its case."""
    is_call_back = kind is CommitmentKind.CALL_BACK
    if not is_call_back and (case is None or case.first_contact == contact.interaction_id):
        return []
    family = picture.people.family(contact.customer_id)
    return picture.promises.unkept_of(family, {kind} if is_call_back else ANSWERS)


def _spoke(picture: Picture, work: Work, contact: heard.Interaction) -> None:
    """Fulfils the promises that this contact answers, and promises the next contact and update of open cases."""
    family = picture.people.family(contact.customer_id)
    unkept = picture.promises.unkept_of(family, answers(contact.kind))
    at, by = happened_at(contact), contact.agent or "agent"
    joined = picture.joined.by(contact.answers if isinstance(contact, heard.InteractionSent) else ())
    found = [p for p in unkept if is_kept_by(p, contact, at, joined)]
    picture.promises.save(work, [fulfil(p, at, by=by, evidence=contact.interaction_id) for p in found])
    cases = picture.cases.open_of(family)
    if not cases:
        return
    to = picture.to(contact.customer_id)
    for case in cases:
        clock = picture.rules.must([PolicyKind.NEXT_CONTACT], of_case(case, to), work.now)
        promise_contact(picture.cases, work, case, at, clock.due_at)
    cadence.go_on(picture, work, found)


def _attempted(picture: Picture, work: Work, contact: heard.InteractionSent) -> None:
    """We called and reached nobody: the call-back stays open and its due time stays (C13).

    When we try again is what policy allows for a call back, from now on; the customer may name another time.
    """
    waiting = picture.promises.unkept_of(picture.people.family(contact.customer_id), {CommitmentKind.CALL_BACK})
    to = picture.to(contact.customer_id)
    doing, next_step = REACHED_NOBODY[to.language]
    decisions = []
    for promise in waiting:
        again = picture.rules.must([PolicyKind.CALL_BACK], of_promise(promise, to), work.now)
        said = Progress(at=happened_at(contact), now_doing=doing, next_step=next_step, next_contact_at=again.due_at)
        decisions.append(tell_progress(promise, said, work.now, by=contact.agent or "agent"))
    picture.promises.save(work, decisions)
