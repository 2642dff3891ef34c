"""The API of cases: opening, assigning to one owner, resolving, opening again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlmodel import col, select, tuple_

from services.intake.cases import threading as casework
from services.intake.customers.merging import family_of
from services.intake.errors import CaseMoved, NoSuchCase
from services.intake.state import Here
from services.intake.tables import Case
from shared import paging
from shared.contracts.intake import CaseOpened, CaseReopened, CaseResolved, CaseUpdated
from shared.database import WriteSession
from shared.ids import new_id
from shared.paging import Cursor, Limit, Page
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/cases", tags=["cases"])

Reader = Annotated[Principal, Depends(require("intake:read"))]
Writer = Annotated[Principal, Depends(require("intake:write"))]
Status = Literal["open", "resolved"]


class CaseIn(BaseModel):
    customer_id: UUID
    kind: Literal["request", "question", "complaint", "praise"] = "request"
    category: str | None = Field(None, max_length=200)
    owner: str | None = Field(None, min_length=1, max_length=200, description="Else the default owner.")
    stated_request: str | None = Field(None, max_length=casework.STATED)


class CaseOut(BaseModel):
    id: UUID
    customer_id: UUID
    kind: str
    category: str | None
    owner: str
    stated_request: str | None
    status: Status
    opened_at: datetime
    resolved_at: datetime | None
    summary: str | None


class Resolution(BaseModel):
    summary: str = Field(min_length=1, max_length=4000)


class Reopening(BaseModel):
    reason: str = Field(min_length=1, max_length=1000)


class Assignment(BaseModel):
    owner: str = Field(min_length=1, max_length=200)


def _out(case: Case) -> CaseOut:
    return CaseOut.model_validate(case.model_dump())


def _facts(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        **case.model_dump(include={"customer_id", "kind", "category", "owner", "stated_request"}),
    }


@routes.get("")
async def list_cases(
    session: Reading,
    _: Reader,
    status: Annotated[Status | None, Query()] = None,
    customer_id: Annotated[UUID | None, Query(description="And everybody merged with them.")] = None,
    owner: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CaseOut]:
    """Newest first."""
    query = select(Case)
    if status:
        query = query.where(Case.status == status)
    if customer_id:
        query = query.where(col(Case.customer_id).in_(await family_of(session, customer_id)))
    if owner:
        query = query.where(Case.owner == owner)
    if cursor:
        query = query.where(tuple_(Case.opened_at, Case.id) < tuple_(*paging.decode(cursor)))
    query = query.order_by(col(Case.opened_at).desc(), col(Case.id).desc()).limit(limit + 1)
    rows = (await session.exec(query)).all()
    items = [_out(row) for row in rows[:limit]]
    return Page(items=items, next=paging.encode(items[-1].opened_at, items[-1].id) if len(rows) > limit else None)


@routes.post("", status_code=201)
async def open_case(case: CaseIn, session: Writing, here: Here, _: Writer) -> CaseOut:
    await family_of(session, case.customer_id)
    opened = CaseOpened(
        **case.model_dump(exclude={"owner"}),
        owner=case.owner or here.settings.default_owner,
        case_id=new_id(),
        opened_at=session.now,
    )
    await casework.store(session, [opened])
    session.emit(opened)
    return _out(await _locked(session, opened.case_id))


@routes.get("/{id}")
async def get_case(id: UUID, session: Reading, _: Reader) -> CaseOut:  # noqa: A002
    return _out(_found(await session.get(Case, id)))


@routes.post("/{id}/resolve")
async def resolve(id: UUID, order: Resolution, session: Writing, who: Writer) -> CaseOut:  # noqa: A002
    case = await _locked(session, id, must_be="open")
    case.status, case.resolved_at, case.summary = "resolved", session.now, order.summary
    session.emit(CaseResolved(**_facts(case), resolved_at=session.now, summary=order.summary, by=who.subject))
    return _out(case)


@routes.post("/{id}/reopen")
async def reopen(id: UUID, order: Reopening, session: Writing, who: Writer) -> CaseOut:  # noqa: A002
    """What was said when it was resolved stays on the timeline."""
    case = await _locked(session, id, must_be="resolved")
    case.status, case.resolved_at, case.summary = "open", None, None
    session.emit(CaseReopened(**_facts(case), reopened_at=session.now, reason=order.reason, by=who.subject))
    return _out(case)


@routes.post("/{id}/assign")
async def assign(id: UUID, order: Assignment, session: Writing, _: Writer) -> CaseOut:  # noqa: A002
    """A case has one owner: this one, from now on. The same again changes nothing."""
    case = await _locked(session, id)
    if case.owner != order.owner:
        case.owner = order.owner
        session.emit(CaseUpdated(**_facts(case)))
    return _out(case)


async def _locked(session: WriteSession, id_: UUID, must_be: Status | None = None) -> Case:
    """Raises NoSuchCase, CaseMoved."""
    case = _found(await session.get(Case, id_, with_for_update=True))
    if must_be and case.status != must_be:
        raise CaseMoved(f"this case is {case.status}", case_status=case.status)
    return case


def _found(case: Case | None) -> Case:
    if case is None:
        raise NoSuchCase("there is no such case")
    return case
