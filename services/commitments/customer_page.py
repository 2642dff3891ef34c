"""The customer's page of one promise: what we promised, agree, decline, and every change, by a signed link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Form, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlmodel import select

from services.commitments import promise as core
from services.commitments.errors import StaleRevision, TooLate, WrongState
from services.commitments.promise import Decision, Promise
from services.commitments.routes import command, one
from services.commitments.schemas import Reason
from services.commitments.store import Promises
from services.commitments.tables import CustomerRow
from shared.contracts.commitments import Terms
from shared.database import ReadSession, WriteSession
from shared.routing import Reading, Writing, router
from shared.web import Pages

pages = router("/commitments/p", include_in_schema=False)
_pages = Pages(Path(__file__).parent / "pages")

Note = Literal["", "agreed", "declined", "moved"]


@pages.get("/{token}")
async def show(request: Request, token: str, session: Reading, said: Note = "") -> Response:
    store: Promises = request.app.state.service
    return await _render(request, session, await one(store, session, store.read_link(token)), token, said)


@pages.post("/{token}/agree")
async def agree(request: Request, token: str, session: Writing, revision: Annotated[int, Form()]) -> Response:
    return await _decide(request, token, session, "agreed", lambda p: core.agree(p, revision, session.now))


@pages.post("/{token}/decline")
async def decline(
    request: Request,
    token: str,
    session: Writing,
    revision: Annotated[int, Form()],
    reason: Annotated[Reason, Form()],
) -> Response:
    return await _decide(request, token, session, "declined", lambda p: core.decline(p, revision, reason, session.now))


async def _decide(
    request: Request, token: str, session: WriteSession, said: Note, decide: Callable[[Promise], Decision]
) -> Response:
    """Acts on what the customer saw; where that has moved meanwhile, shows them what is true now (409)."""
    store: Promises = request.app.state.service
    id_ = store.read_link(token)
    try:
        await command(store, session, id_, decide)
    except (StaleRevision, TooLate, WrongState):
        promise = await one(store, session, id_)
        return await _render(request, session, promise, token, "moved", status=status.HTTP_409_CONFLICT)
    return RedirectResponse(f"/commitments/p/{token}?said={said}", status_code=status.HTTP_303_SEE_OTHER)


def _standing(promise: Promise, terms: Terms) -> str:
    """What became of a revision that is not the one in question: replaced, refused, or never answered."""
    if terms.revision == promise.binding:
        return "agreed" if promise.answered >= terms.revision else "stated"
    if terms.revision < promise.binding or promise.answered < terms.revision:
        return "replaced"
    return "declined"


async def _render(
    request: Request,
    session: ReadSession,
    promise: Promise,
    token: str,
    said: Note,
    status: int = 200,
) -> Response:
    """Only these fields reach the page: nothing internal is on it."""
    now: datetime = request.app.state.runtime.clock.now()
    overdue = promise.is_open and now > promise.binds.due_at
    asks = promise.awaits_answer and not overdue and now <= promise.latest.due_at
    shown = promise.latest if asks else promise.binds
    customer = (await session.exec(select(CustomerRow).where(CustomerRow.id == promise.customer_id))).first()
    return _pages.render(
        "promise.html",
        language=customer.language if customer else request.app.state.runtime.settings.default_language,
        status=status,
        token=token,
        said=said,
        state="overdue" if overdue else promise.status.value,
        outcome=promise.outcome.value if promise.outcome else None,
        at_risk=promise.is_open and promise.warned_at is not None and not overdue,
        asks=asks,
        shown=shown,
        binds=promise.binds,
        others=[(terms, _standing(promise, terms)) for terms in reversed(promise.terms) if terms is not shown],
        fulfilled_at=promise.fulfilled_at,
    )
