"""The API of customers: found by handle, read, merged and taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlmodel import col, func, select, tuple_

from services.intake.customers import merging as family
from services.intake.customers import reach
from services.intake.customers import resolving as people
from services.intake.customers.identity import LONGEST, normalise
from services.intake.errors import HandleTaken
from services.intake.state import Here, Intake
from services.intake.tables import Case, Customer
from shared import paging
from shared.contracts.intake import CustomerCreated, Handle, HandleKind, Language, Reachability
from shared.database import ReadSession
from shared.ids import new_id
from shared.paging import Cursor, Limit, Page
from shared.problems import Invalid
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/customers", tags=["customers"])

Reader = Annotated[Principal, Depends(require("intake:read"))]
Writer = Annotated[Principal, Depends(require("intake:write"))]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class HandleIn(BaseModel):
    kind: HandleKind
    value: str = Field(min_length=1, max_length=LONGEST)
    account: str = Field("", max_length=200)


class CustomerIn(BaseModel):
    name: str | None = Field(None, max_length=200)
    kind: Literal["external", "internal"] = "external"
    language: Language | None = None
    handles: list[HandleIn] = Field(default_factory=list, max_length=50)


class CustomerLine(BaseModel):
    """`language` null: not known yet."""

    id: UUID
    name: str | None
    kind: str
    language: Language | None
    created_at: datetime
    handles: list[Handle]


class OpenCase(BaseModel):
    id: UUID
    kind: str
    owner: str
    stated_request: str | None
    opened_at: datetime


class Unreachable(Handle):
    """A handle of theirs that messages do not reach, or should not."""

    reason: Reachability
    occurred_at: datetime
    detail: str | None


class CustomerOut(CustomerLine):
    """`family`: everybody who is this person, themselves included. `open_cases` and `unreachable` are the family's."""

    family: list[CustomerLine]
    merged_into: UUID | None
    open_cases: list[OpenCase]
    unreachable: list[Unreachable]


class MergeIn(BaseModel):
    into: UUID
    reason: Reason


class UnmergeIn(BaseModel):
    reason: Reason


async def lines(session: ReadSession, rows: Sequence[Customer]) -> list[CustomerLine]:
    handles = await people.handles_of(session, [row.id for row in rows])
    return [CustomerLine.model_validate({**row.model_dump(), "handles": handles.get(row.id, [])}) for row in rows]


async def whole(session: ReadSession, id_: UUID) -> CustomerOut:
    """Raises NoSuchCustomer."""
    members = await family.family_of(session, id_)
    rows = (await session.exec(select(Customer).where(col(Customer.id).in_(members)).order_by(col(Customer.id)))).all()
    known = await lines(session, rows)
    me = next(line for line in known if line.id == id_)
    query = select(Case).where(col(Case.customer_id).in_(members), Case.status == "open")
    cases = (await session.exec(query.order_by(col(Case.opened_at)))).all()
    return CustomerOut(
        **me.model_dump(),
        family=known,
        merged_into=await family.merged_into(session, id_),
        unreachable=[Unreachable(**row) for row in await reach.unreachable(session, members)],
        open_cases=[OpenCase.model_validate(case.model_dump()) for case in cases],
    )


@routes.post("", status_code=201)
async def make_customer(customer: CustomerIn, session: Writing, here: Here, _: Writer) -> CustomerOut:
    """A customer told to us by hand. Raises HandleTaken where a handle is somebody's already."""
    handles = [_handle(h.kind, h.value, h.account, here) for h in customer.handles]
    if len({people.key(h) for h in handles}) != len(handles):
        raise Invalid("a handle is given twice")
    id_ = new_id()
    taken = {people.key(h) for h in handles} - await people.claim(session, [(h, id_) for h in handles])
    if taken:
        raise HandleTaken("a handle belongs to another customer", handles=sorted(f"{k}:{v}" for k, _, v in taken))
    facts = customer.model_dump(exclude={"handles"})
    session.add(Customer(id=id_, family_id=id_, created_at=session.now, **facts))
    await session.flush()
    language = customer.language or people.default_language(here.settings)
    session.emit(CustomerCreated(**{**facts, "language": language}, customer_id=id_, handles=handles))
    return await whole(session, id_)


@routes.get("")
async def list_customers(
    session: Reading,
    here: Here,
    _: Reader,
    handle: Annotated[
        str | None, Query(max_length=400, examples=["phone:+84901234567"], description="kind:value, in any form.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CustomerLine]:
    """Newest first; with `handle` the one customer who is known by it, or several accounts' where it is a chat."""
    query = select(Customer)
    if handle is not None:
        query = query.where(col(Customer.id).in_(await _owners(session, handle, here)))
    if cursor:
        query = query.where(tuple_(Customer.created_at, Customer.id) < tuple_(*paging.decode(cursor)))
    query = query.order_by(col(Customer.created_at).desc(), col(Customer.id).desc()).limit(limit + 1)
    rows = (await session.exec(query)).all()
    items = await lines(session, rows[:limit])
    return Page(items=items, next=paging.encode(items[-1].created_at, items[-1].id) if len(rows) > limit else None)


@routes.get("/{id}")
async def get_customer(id: UUID, session: Reading, _: Reader) -> CustomerOut:  # noqa: A002
    return await whole(session, id)


@routes.post("/{id}/merge")
async def merge(id: UUID, order: MergeIn, session: Writing, who: Writer) -> CustomerOut:  # noqa: A002
    """From now on this customer is the same person as `into`. Nothing is moved, so it can be taken back."""
    await family.merge(session, id, order.into, reason=order.reason, by=who.subject)
    return await whole(session, id)


@routes.post("/{id}/unmerge")
async def unmerge(id: UUID, order: UnmergeIn, session: Writing, who: Writer) -> CustomerOut:  # noqa: A002
    await family.unmerge(session, id, reason=order.reason, by=who.subject)
    return await whole(session, id)


def _handle(kind: HandleKind, value: str, account: str, here: Intake) -> Handle:
    form = normalise(kind, value, here.settings.default_region)
    if form is None:
        raise Invalid("a handle is empty")
    return Handle(kind=kind, value=form, account=account if kind is HandleKind.CHAT else "")


async def _owners(session: ReadSession, handle: str, here: Intake) -> list[UUID]:
    """A `+` in a query string means a blank, and people write it all the same: read it as it was meant."""
    kind, _, value = handle.partition(":")
    if kind not in set(HandleKind):
        raise Invalid("a handle is kind:value, the kind one of phone, email, chat")
    if kind == HandleKind.PHONE and value.startswith(" "):
        value = "+" + value.strip()
    form = normalise(HandleKind(kind), value, here.settings.default_region)
    return await people.owners(session, kind, form) if form else []


async def search(session: ReadSession, words: str, limit: int) -> list[CustomerLine]:
    """The newest customers; with words, those whose name or one of whose handles begins with them."""
    query: Any = select(Customer)
    if words := words.strip():
        found = await people.starting_with(session, words.lower())
        begins = func.lower(Customer.name).startswith(words.lower(), autoescape=True)
        query = query.where(begins | col(Customer.id).in_(found))
    query = query.order_by(col(Customer.created_at).desc(), col(Customer.id).desc()).limit(limit)
    return await lines(session, (await session.exec(query)).all())
