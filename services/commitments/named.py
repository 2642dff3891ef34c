"""Promises that name a person: an escalation, and information somebody asked for. And who a customer is to policy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, status
from pydantic import AwareDatetime, BaseModel

from services.commitments import customers
from services.commitments import promise as core
from services.commitments.access import MayWrite
from services.commitments.errors import CustomerNotFound, NoClock, PromiseNotFound
from services.commitments.owing import of_promise, owed
from services.commitments.policies import Circumstances, PolicyKind
from services.commitments.policies.store import Rulebook
from services.commitments.promise import Promise, check_due
from services.commitments.routes import Store
from services.commitments.schemas import Name, PromiseView, Reason, Strict, Words, Zone
from services.commitments.store import Promises
from shared.database import WriteSession
from shared.routing import Writing, router

api = router("/commitments", tags=["commitments"])


class Escalate(Strict):
    """`to` speaks with the customer by then; by the end of the customer's day where nothing is said."""

    to: Name
    reason: Reason
    by_when: AwareDatetime | None = None


class AskedFor(Strict):
    """`who` answers the question by then, or as the policy for information says where nothing is said."""

    customer_id: UUID
    case_id: UUID | None = None
    question: Words
    who: Name
    by_when: AwareDatetime | None = None


class About(Strict):
    """What only people know of a customer: where they live, and which class of your own they are in."""

    zone: Zone | None = None
    customer_class: Name | None = None


class CustomerView(BaseModel):
    id: UUID
    zone: str | None
    customer_class: str | None


@api.post("/{id}/escalate", status_code=status.HTTP_201_CREATED)
async def escalate(id: UUID, body: Escalate, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Given to somebody who can. That is a promise of its own, a part of this one: it is what this answers with (C11).

    It is kept when that person speaks with the customer.
    """
    parent = (await store.lock(session, [id])).get(id)
    if parent is None:
        raise PromiseNotFound(f"there is no promise {id}")
    to = await customers.find(session, parent.customer_id, default=store.stranger)
    by_when = body.by_when or await _by_end_of_day(session, parent, to)
    _, events = core.escalate(parent, to=body.to, by_when=by_when, reason=body.reason, by=who.subject, now=session.now)
    for event in events:
        session.emit(event)
    facts: dict[str, Any] = {
        "case_id": parent.case_id,
        "parent_id": parent.id,
        "category": parent.category,
        "owner": body.to,
    }
    about = parent.binds.words
    return await _promise(store, session, PolicyKind.ESCALATION, parent.customer_id, to, by_when, facts, about=about)


@api.post("/information", status_code=status.HTTP_201_CREATED)
async def information(body: AskedFor, session: Writing, who: MayWrite, store: Store) -> PromiseView:
    """A customer asked for information: who gives it, and when. Kept when that person speaks with them (C12)."""
    to = await customers.find(session, body.customer_id, default=store.stranger)
    by_when = body.by_when
    if by_when is None:
        of = Circumstances(classes=to.classes)
        clock = await (await Rulebook.load(session)).clock(session, [PolicyKind.INFORMATION], of, session.now)
        if clock is None:
            raise NoClock("it needs a time (by_when): no policy says by when information is given")
        by_when = clock.due_at
    check_due(by_when, session.now)
    facts: dict[str, Any] = {"case_id": body.case_id, "owner": body.who}
    kind = PolicyKind.INFORMATION
    return await _promise(store, session, kind, body.customer_id, to, by_when, facts, question=body.question)


@api.put("/customers/{id}")
async def about(
    id: Annotated[UUID, Path()],  # noqa: A002
    body: About,
    session: Writing,
    who: MayWrite,
) -> CustomerView:
    """For the clocks from now on: in which zone a customer's day ends, and which rules of a class are theirs."""
    if not await customers.tell(session, id, zone=body.zone, customer_class=body.customer_class):
        raise CustomerNotFound(f"we have not heard of customer {id}")
    return CustomerView(id=id, zone=body.zone, customer_class=body.customer_class)


async def _by_end_of_day(session: WriteSession, parent: Promise, to: customers.Customer) -> datetime:
    rules = await Rulebook.load(session)
    return await rules.by_end_of_day(session, of_promise(parent, to), to.zone, session.now)


async def _promise(
    store: Promises,
    session: WriteSession,
    kind: PolicyKind,
    customer_id: UUID,
    to: customers.Customer,
    by_when: datetime,
    facts: dict[str, Any],
    about: str | None = None,
    **slots: str,
) -> PromiseView:
    slots["who"] = facts["owner"]
    decision = owed(kind, customer_id, to, since=session.now, due_at=by_when, slots=slots, about=about, **facts)
    await store.add(session, [decision])
    return PromiseView.of(decision[0])
