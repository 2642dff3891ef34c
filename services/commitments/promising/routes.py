"""The HTTP interface for programs and agents: promises, their commands, policies, the breach list."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, status
from sqlmodel import col, select, tuple_

from services.commitments import customers
from services.commitments.access import MayRead, MayWrite
from services.commitments.authority.limits import check_estimate, check_options, weigh
from services.commitments.authority.standing import standing
from services.commitments.cases.cadence import Cadence
from services.commitments.errors import PromiseNotFound
from services.commitments.estimates.promising import again, fitted_for, own_estimate
from services.commitments.promise import core
from services.commitments.promise.core import Decision, Promise, Status
from services.commitments.promise.store import Promises
from services.commitments.promising.schemas import Agree, Decline, NewProgress, NewPromise, Revise, Wait, Warn, Withdraw
from services.commitments.promising.views import Fact, PromiseView, Proposal
from services.commitments.tables import CommitmentRow
from services.commitments.wording.glossary import look_at, texts_of
from services.commitments.wording.plain import unmet
from shared.contracts.terms import CommitmentKind
from shared.database import ReadSession, WriteSession
from shared.eventlog.read import events_about
from shared.ids import new_id
from shared.paging import Cursor, Limit, Page, decode, encode
from shared.routing import Reading, Writing, router
from shared.translation import N_

api = router("/commitments", tags=["commitments"])


def _promises(request: Request) -> Promises:
    promises: Promises = request.app.state.service
    return promises


Store = Annotated[Promises, Depends(_promises)]


@api.post("", status_code=status.HTTP_201_CREATED)
async def draft(new: NewPromise, session: Writing, who: MayWrite, store: Store) -> Proposal:
    """Drafts a promise in words, with a due time and a cost; `tell` states it to the customer at once.

    Without a due time it is the one that history supports, rounded up; named earlier than that, it needs a reason.

    A day is one in the customer's zone, unless another is named. What is over the limits of its author's role stays a
    draft with `approval` "needed", told or not.
    """
    to = await customers.find(session, new.customer_id, default=store.stranger)
    terms = new.terms(to.zone, session.now, await own_estimate(session, new, session.now))
    core.check_due(terms.due_at, session.now)
    check_options(terms.options, session.now)
    check_estimate(terms)
    hints = await look_at(session, texts_of(terms), level=new.level) + unmet(terms)
    if new.parent_id is not None:
        await one(store, session, new.parent_id)
    drafted = Promise(
        id=new_id(),
        customer_id=new.customer_id,
        case_id=new.case_id,
        parent_id=new.parent_id,
        kind=CommitmentKind(new.kind),
        owner=new.owner or who.subject,
        team=new.team,
        partner=new.partner,
        category=new.category,
        terms=(terms,),
    )
    drafted = weigh(drafted, await standing(session, who), session.now)
    decision = core.draft(drafted, by=who.subject)
    if new.tell and drafted.approval is None:
        told, events = core.state(drafted, session.now)
        decision = told, (*decision[1], *events)
    await store.add(session, [decision])
    return Proposal.hinting(PromiseView.of(decision[0]), hints)


@api.get("")
async def list_promises(
    session: Reading,
    who: MayRead,
    customer_id: UUID | None = None,
    status: Status | None = None,
    kind: CommitmentKind | None = None,
    owner: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PromiseView]:
    """Promises, the soonest due first."""
    query = select(CommitmentRow).order_by(col(CommitmentRow.due_at), col(CommitmentRow.id)).limit(limit + 1)
    for column, value in (
        (CommitmentRow.customer_id, customer_id),
        (CommitmentRow.status, status),
        (CommitmentRow.kind, kind),
        (CommitmentRow.owner, owner),
    ):
        if value is not None:
            query = query.where(col(column) == value)
    if cursor is not None:
        query = query.where(tuple_(col(CommitmentRow.due_at), col(CommitmentRow.id)) > decode(cursor))
    rows = (await session.exec(query)).all()
    more = encode(rows[limit - 1].due_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[PromiseView.of_row(row) for row in rows[:limit]], next=more)


@api.get("/{id}")
async def show(id: UUID, session: Reading, who: MayRead, store: Store) -> PromiseView:  # noqa: A002
    return PromiseView.of(await one(store, session, id))


@api.get("/{id}/history")
async def history(id: UUID, session: Reading, who: MayRead, store: Store) -> list[Fact]:  # noqa: A002
    """Every fact about the promise, in order: append-only, as the event log holds it, in the newest version (X2)."""
    await one(store, session, id)
    return [
        Fact(event_id=event.id, type=event.type, at=event.time, data=json.loads(event.data))
        for event in await events_about(session, [id])
    ]


@api.post("/{id}/state")
async def state(id: UUID, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """States the promise to the customer, who gets a link to agree or decline."""
    return await command(store, session, id, lambda p: core.state(p, session.now))


@api.post("/{id}/agree")
async def agree(id: UUID, body: Agree, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Records that the customer said yes to an agent, on the phone for instance."""
    return await command(
        store,
        session,
        id,
        lambda p: core.agree(p, body.revision, session.now, by="agent_record", recorded_by=who.subject),
    )


@api.post("/{id}/decline")
async def decline(id: UUID, body: Decline, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    return await command(
        store,
        session,
        id,
        lambda p: core.decline(
            p,
            body.revision,
            body.reason,
            session.now,
            proposed_due_at=body.proposed_due_at,
            by="agent_record",
            recorded_by=who.subject,
        ),
    )


@api.post("/{id}/revise")
async def revise(id: UUID, body: Revise, session: Writing, who: MayWrite, store: Store) -> Proposal:  # noqa: A002
    """Revises the terms with a reason, before the old ones are due. They bind when the customer agrees.

    A change of what the customer was told, over the limits of its author, is made by somebody whose role allows it.
    """
    check_options(body.options or (), session.now)
    author = await standing(session, who)
    hints = await look_at(session, body.texts(), level=body.level)
    curves = await fitted_for(session, await one(store, session, id), body)

    def decide(old: Promise) -> Decision:
        new, events = core.revise(
            old,
            due_at=body.due_at,
            reason=body.reason,
            by=who.subject,
            now=session.now,
            seen=body.revision,
            without=body.without,
            **body.on(old.binds, again(curves, old, session.now) if curves else None),
        )
        check_estimate(new.latest)
        return weigh(new, author, session.now, before=old), events

    return Proposal.hinting(await command(store, session, id, decide), hints)


@api.post("/{id}/fulfil")
async def fulfil(id: UUID, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Fulfils the promise. An update that was given promises the next one."""
    return await done(store, session, id, by=who.subject)


@api.post("/{id}/progress")
async def progress(id: UUID, body: NewProgress, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Tells the customer how it goes, what is next, and when we speak again (N1, C10)."""
    said = body.at(session.now)
    return await command(store, session, id, lambda p: core.tell_progress(p, said, session.now, by=who.subject))


@api.post("/{id}/warn")
async def warn(id: UUID, body: Warn, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Warns the customer now, before the clock would."""
    return await command(store, session, id, lambda p: core.warn(p, session.now, reason=body.reason, early=True))


@api.post("/{id}/wait")
async def wait(id: UUID, body: Wait, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Waits for the customer, who has something to do first: our clock stands still (C25)."""
    return await command(store, session, id, lambda p: core.wait(p, session.now, reason=body.reason, by=who.subject))


@api.post("/{id}/resume")
async def resume(id: UUID, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Goes on after a wait: due is later by the time that we waited, and the customer is told so."""
    return await command(store, session, id, lambda p: core.resume(p, session.now, by=who.subject))


@api.post("/{id}/void")
async def void(id: UUID, body: Withdraw, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Makes a mistaken promise void: told to the wrong customer, told twice. Not once it is agreed."""
    return await command(store, session, id, lambda p: core.void(p, session.now, reason=body.reason, by=who.subject))


@api.post("/{id}/withdraw")
async def withdraw(id: UUID, body: Withdraw, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Withdraws a promise that the customer no longer wants."""
    return await command(
        store, session, id, lambda p: core.withdraw(p, session.now, reason=body.reason, by=who.subject)
    )


async def one(store: Promises, session: ReadSession, id: UUID) -> Promise:  # noqa: A002
    try:
        return (await store.load(session, [id]))[id]
    except KeyError:
        raise PromiseNotFound(N_("there is no such promise")) from None


async def done(store: Promises, session: WriteSession, id: UUID, *, by: str) -> PromiseView:  # noqa: A002
    """Fulfils a promise because one of our people says that it is done, on a page or by the API."""
    before = await one(store, session, id)
    if before.kind is CommitmentKind.UPDATE:
        return PromiseView.of(await Cadence(store).fulfil(session, before, by=by))
    return await command(store, session, id, lambda p: core.fulfil(p, session.now, by=by))


async def command(
    store: Promises,
    session: WriteSession,
    id: UUID,  # noqa: A002
    decide: Callable[[Promise], Decision],
) -> PromiseView:
    """Loads and locks one promise, decides, and writes what was decided."""
    locked = await store.lock(session, [id])
    if id not in locked:
        raise PromiseNotFound(f"there is no promise {id}")
    decision = decide(locked[id])
    await store.save(session, [locked[id]], [decision])
    return PromiseView.of(decision[0])
