"""Approvals, choices and goals over HTTP, and the log of every yes and no, ours and the customer's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import col, select, tuple_

from services.commitments.access import MayRead, MayWrite
from services.commitments.authority.limits import Standing, over
from services.commitments.authority.standing import standing
from services.commitments.errors import OverAuthority
from services.commitments.fields import Name, Reason, Strict
from services.commitments.promise import core
from services.commitments.promise.core import Decision, Promise
from services.commitments.promise.store import Promises
from services.commitments.promising.routes import Store, command, one
from services.commitments.promising.schemas import Agree
from services.commitments.promising.views import PromiseView
from services.commitments.tables import CommitmentRow
from shared.contracts import Payload
from shared.contracts import commitments as told
from shared.contracts.terms import Terms
from shared.database import WriteSession
from shared.eventlog.read import facts_about
from shared.handling import Fact
from shared.paging import Cursor, Limit, Page, decode, encode
from shared.routing import Reading, Writing, router

api = router("/commitments", tags=["commitments"])


class Review(Strict):
    """An approval or refusal of a revision. Where that has been replaced meanwhile, nothing is decided."""

    reason: Reason
    revision: int | None = Field(None, ge=1)


class Choose(Strict):
    """The choice of an option. `by`: on a page of the customer's own, or as somebody of ours heard it."""

    revision: int = Field(ge=1)
    option: Name
    by: Literal["customer_page", "agent_record"] = "agent_record"


class LogEntry(BaseModel):
    """One decision. `by` is "customer", or who of us; `recorded_by` who of us wrote down what the customer said."""

    at: datetime
    decision: str
    by: str
    recorded_by: str | None
    reason: str | None
    revision: int
    due_at: datetime
    chosen: str | None


@api.get("/approvals")
async def approvals(session: Reading, who: MayRead, limit: Limit = 50, cursor: Cursor = None) -> Page[PromiseView]:
    """Drafts that wait for somebody whose role allows them, the soonest due first."""
    place = col(CommitmentRow.due_at), col(CommitmentRow.id)
    query = select(CommitmentRow).order_by(*place).limit(limit + 1)
    query = query.where(
        col(CommitmentRow.status) == "draft", col(CommitmentRow.approval)["state"].as_string() == "needed"
    )
    if cursor is not None:
        query = query.where(tuple_(*place) > decode(cursor))
    rows = (await session.exec(query)).all()
    more = encode(rows[limit - 1].due_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[PromiseView.of_row(row) for row in rows[:limit]], next=more)


@api.post("/{id}/approve")
async def approve(id: UUID, body: Review, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Approves terms over their author's limits: by somebody whose role allows them, never by the author."""
    return await _review(store, session, id, body, await standing(session, who), "approved")


@api.post("/{id}/refuse")
async def refuse(id: UUID, body: Review, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Refuses terms over their author's limits. A revision with other terms may follow."""
    return await _review(store, session, id, body, await standing(session, who), "refused")


async def _review(
    store: Promises,
    session: WriteSession,
    id: UUID,  # noqa: A002
    body: Review,
    reviewer: Standing,
    decision: Literal["approved", "refused"],
) -> PromiseView:
    def decide(promise: Promise) -> Decision:
        reviewed = core.review(
            promise, decision, session.now, by=reviewer.subject, reason=body.reason, seen=body.revision
        )
        if found := over(promise.latest, reviewer.limits, session.now):
            raise OverAuthority(
                f"this is over what a role of {reviewer.role} decides too",
                role=reviewer.role,
                over=[one.model_dump() for one in found],
            )
        return reviewed

    return await command(store, session, id, decide)


@api.post("/{id}/choose")
async def choose(id: UUID, body: Choose, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Records that the customer chose an option: it is the next revision, and agreed by that act (C20)."""
    recorded_by = who.subject if body.by == "agent_record" else None
    return await command(
        store,
        session,
        id,
        lambda p: core.choose(p, body.revision, body.option, session.now, by=body.by, recorded_by=recorded_by),
    )


@api.post("/{id}/confirm")
async def confirm(id: UUID, body: Agree, session: Writing, who: MayWrite, store: Store) -> PromiseView:  # noqa: A002
    """Our yes to a goal; the customer's is `agree`. `by_both` in the answer shows the two (C27)."""
    return await command(store, session, id, lambda p: core.confirm(p, body.revision, session.now, by=who.subject))


@api.get("/{id}/decisions")
async def decisions(id: UUID, session: Reading, who: MayRead, store: Store) -> list[LogEntry]:  # noqa: A002
    """Every yes, no and change of terms, with who and when, as the event log holds it (C28)."""
    await one(store, session, id)
    return log_of(await facts_about(session, [id], *_DECISIONS))


_DECISIONS: dict[type[Payload], str] = {
    told.CommitmentAgreed: "agreed",
    told.CommitmentDeclined: "declined",
    told.CommitmentRevised: "revised",
    told.CommitmentDrafted: "revised",
    told.CommitmentReviewed: "reviewed",
}
_OF_THE_CUSTOMER = (told.CommitmentAgreed, told.CommitmentDeclined)


def log_of(facts: Iterable[Fact]) -> list[LogEntry]:
    """The decisions that these facts of a promise tell. The first draft is no decision about anything yet."""
    return [_entry(event.time, said) for event, said in facts if not _is_first(said)]


def _is_first(said: told.Commitment) -> bool:
    return isinstance(said, told.CommitmentDrafted) and said.terms.revision == 1


def _entry(at: datetime, said: Any) -> LogEntry:
    of_customer = isinstance(said, _OF_THE_CUSTOMER)
    terms: Terms = said.terms
    return LogEntry(
        at=at,
        decision=getattr(said, "decision", _DECISIONS[type(said)]),
        by="customer" if of_customer else said.by or "unknown",
        recorded_by=getattr(said, "recorded_by", None),
        reason=getattr(said, "reason", None) or (None if of_customer else terms.reason),
        revision=terms.revision,
        due_at=terms.due_at,
        chosen=terms.chosen,
    )
