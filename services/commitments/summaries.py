"""What became of a case: everything that was promised in it, by us and by the customer, with how it ended (C35)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from services.commitments.access import MayRead
from services.commitments.errors import CaseNotFound
from services.commitments.promise import Promise, Status
from services.commitments.store import COLUMNS, as_promise
from shared.contracts.commitments import CommitmentKind, Outcome
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
    """`settled`: nothing is open and nothing is broken and undone, so the case can be closed."""

    case_id: UUID
    settled: bool
    lines: list[SummaryLine]


@api.get("/cases/{case_id}/summary")
async def summary(case_id: UUID, session: Reading, who: MayRead) -> CaseSummary:
    """Everything promised in a case, the oldest first, for the agent who closes it and for the closing message."""
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
