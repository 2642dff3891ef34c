"""Promises that name a person (escalations, requests for information), and the zone and class of a customer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, status
from pydantic import BaseModel

from services.commitments import customers
from services.commitments.access import MayWrite
from services.commitments.cases.owing import of_promise, owed
from services.commitments.errors import CustomerNotFound, NoClock, PromiseNotFound
from services.commitments.fields import Name, Reason, Strict, Words
from services.commitments.policies import Circumstances, PolicyKind
from services.commitments.policies.store import Rulebook
from services.commitments.promise import core
from services.commitments.promise.core import Promise, check_due
from services.commitments.promise.store import Promises
from services.commitments.promising.routes import Store
from services.commitments.promising.views import PromiseView
from shared.database import WriteSession
from shared.instants import Instant, Zone
from shared.routing import Writing, router

api = router("/commitments", tags=["commitments"])


class Escalate(Strict):
    """An escalation: `to` speaks with the customer by then; by the end of the customer's day where no time is named."""

    to: Name
    reason: Reason
    by_when: Instant | None = None


class AskedFor(Strict):
    """A request for information: `who` answers it by then, or in the time of the policy where none is named."""

    customer_id: UUID
    case_id: UUID | None = None
    question: Words
    who: Name
    by_when: Instant | None = None


class About(Strict):
    """The facts about a customer that people enter: their zone, and their class among your own."""

    zone: Zone | None = None
    customer_class: Name | None = None


class CustomerView(BaseModel):
    id: UUID
    zone: str | None
    customer_class: str | None


@api.post("/{id}/escalate", status_code=status.HTTP_201_CREATED)
async def escalate(id: UUID, body: Escalate, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Escalates to somebody who can. The answer is that promise of its own, a part of this one (C11).

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
    """Promises information: who gives it, and when. Kept when that person speaks with the customer (C12)."""
    to = await customers.find(session, body.customer_id, default=store.stranger)
    by_when = body.by_when
    if by_when is None:
        of = Circumstances(classes=to.classes)
        clock = (await Rulebook.load(session)).clock([PolicyKind.INFORMATION], of, session.now)
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
    """Sets the zone in which a customer's day ends and the class whose rules apply, for clocks from now on."""
    if not await customers.tell(session, id, zone=body.zone, customer_class=body.customer_class):
        raise CustomerNotFound(f"we have not heard of customer {id}")
    return CustomerView(id=id, zone=body.zone, customer_class=body.customer_class)


async def _by_end_of_day(session: WriteSession, parent: Promise, to: customers.Customer) -> datetime:
    rules = await Rulebook.load(session)
    return rules.by_end_of_day(of_promise(parent, to), to.zone, session.now)


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
    id_ = session.make_id(kind)
    decision = owed(id_, kind, customer_id, to, since=session.now, due_at=by_when, slots=slots, about=about, **facts)
    await store.add(session, [decision])
    return PromiseView.of(decision[0])
