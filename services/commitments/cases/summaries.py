"""Cases as promises show them: when each hears from us next (C9), and what became of all that was promised (C35)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from sqlmodel import col, select, tuple_

from services.commitments.access import MayRead
from services.commitments.errors import CaseNotFound
from services.commitments.promise.core import Promise, Status
from services.commitments.promise.store import COLUMNS, as_promise
from services.commitments.promising.views import BreachedCase
from services.commitments.tables import CaseRow
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind
from shared.paging import Cursor, Limit, Page, decode, encode
from shared.routing import Reading, router

api = router("/commitments", tags=["commitments"])

_OF_CASE = text(f"SELECT {COLUMNS} FROM commitment WHERE case_id = :case AND status <> 'draft' ORDER BY id")
_KNOWN = text("SELECT 1 FROM case_watch WHERE case_id = :case")

Result = Literal["done", "done_late", "not_done", "open", "declined", "withdrawn", "void"]


class SummaryLine(BaseModel):
    """One promise in the words that were told. `result` is how it stands for the reader, `outcome` how it counts."""

    id: UUID
    kind: CommitmentKind
    obligor: Literal["us", "customer"]
    words: str
    due_at: datetime
    result: Result
    outcome: Outcome | None
    done_at: datetime | None

    @classmethod
    def of(cls, promise: Promise) -> SummaryLine:
        return cls(
            id=promise.id,
            kind=promise.kind,
            obligor=promise.obligor,
            words=promise.binds.words,
            due_at=promise.binds.due_at,
            result=_result(promise),
            outcome=promise.outcome,
            done_at=promise.fulfilled_at,
        )


class CaseSummary(BaseModel):
    """The promises of a case. `settled`: nothing is open, or broken and undone, so the case can be closed."""

    case_id: UUID
    settled: bool
    lines: list[SummaryLine]


@api.get("/cases/{case_id}/summary")
async def summary(case_id: UUID, session: Reading, who: MayRead) -> CaseSummary:
    """The promises of a case, the oldest first, for the agent who closes it and for the closing message."""
    lines = [SummaryLine.of(as_promise(row)) for row in await session.execute(_OF_CASE, {"case": case_id})]
    if not lines and (await session.execute(_KNOWN, {"case": case_id})).first() is None:
        raise CaseNotFound(f"we know of no case {case_id}")
    return CaseSummary(
        case_id=case_id, settled=not any(line.result in {"open", "not_done"} for line in lines), lines=lines
    )


def _result(promise: Promise) -> Result:
    match promise.status:
        case Status.FULFILLED:
            return "done"
        case Status.BROKEN:
            return "not_done" if promise.fulfilled_at is None else "done_late"
        case Status.DECLINED:
            return "declined"
        case Status.WITHDRAWN:
            return "withdrawn"
        case Status.VOID:
            return "void"
        case _:
            return "open"


@api.get("/next-contacts")
async def next_contacts(
    session: Reading,
    who: MayRead,
    breached: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BreachedCase]:
    """The open cases with the time of their next contact; `breached` lists those where that time has passed."""
    place = col(CaseRow.next_contact_at), col(CaseRow.case_id)
    query = select(CaseRow).where(col(CaseRow.open)).order_by(*place).limit(limit + 1)
    now = session.now
    if breached is not None:
        past = col(CaseRow.next_contact_at) <= now
        query = query.where(past if breached else ~past)
    if cursor is not None:
        query = query.where(tuple_(*place) > decode(cursor))
    rows = (await session.exec(query)).all()
    more = encode(rows[limit - 1].next_contact_at, rows[limit - 1].case_id) if len(rows) > limit else None
    return Page(items=[BreachedCase.of(row, now) for row in rows[:limit]], next=more)
