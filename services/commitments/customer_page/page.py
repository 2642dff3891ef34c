"""The customer's page of one promise by a signed link: the promise with every change, and forms to answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from fastapi import Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import text
from sqlmodel import select

from services.commitments.customer_page.forms import instant_of, number_of, sentence, text_of
from services.commitments.customer_page.view import ANOTHER_TIME, OUTCOMES, Story, story
from services.commitments.errors import (
    DueInThePast,
    DueTooFar,
    FieldWrong,
    NoSuchOption,
    StaleRevision,
    TooLate,
    WrongState,
)
from services.commitments.promise import core
from services.commitments.promise.core import Decision, Promise, Status
from services.commitments.promise.core.ending import NOT_FINISHED
from services.commitments.promise.store import Promises
from services.commitments.promising.routes import Store, command, one
from services.commitments.promising.witness import witnessed
from services.commitments.tables import CustomerRow
from shared.contracts.terms import Terms
from shared.database import ReadSession, WriteSession
from shared.eventlog.read import facts_about
from shared.problems import Problem
from shared.routing import Reading, Writing, router
from shared.security import CustomerPage
from shared.security.acts import act_by
from shared.translation import N_
from shared.web.screen import On, Screen

PREFIX = CustomerPage.PROMISE.path
pages = router(PREFIX.rstrip("/"), include_in_schema=False)


class Asked(NamedTuple):
    """A form that a customer sent from the page, and what it is answered with."""

    request: Request
    screen: Screen
    token: str
    session: WriteSession
    store: Promises


def _asked(request: Request, screen: On, token: str, session: Writing, store: Store) -> Asked:
    return Asked(request, screen, token, session, store)


Posted = Annotated[Asked, Depends(_asked)]
Note = Literal["", "agreed", "declined", "proposed", "moved"]

_TASKS = text("""
    SELECT id FROM commitment WHERE parent_id = :id AND kind = 'task' AND fulfilled_at IS NULL
      AND status IN ('stated', 'agreed', 'broken') ORDER BY due_at, id
""")


@pages.get("/{token}")
async def show(screen: On, token: str, session: Reading, store: Store, said: Note = "") -> Response:
    return await _render(screen, session, store, await one(store, session, store.read_link(token)), said)


@pages.post("/{token}/agree")
async def agree(asked: Posted, revision: Annotated[int, Form()]) -> Response:
    return await _decide(asked, "agreed", {}, lambda p: core.agree(p, revision, asked.session.now))


@pages.post("/{token}/decline")
async def decline(asked: Posted) -> Response:
    """Declines, with a reason; or with `act=propose` names another time that would suit, a day and perhaps an hour."""
    typed = {name: value for name, value in (await asked.request.form()).items() if isinstance(value, str)}
    proposes = typed.get("act") == "propose"
    return await _decide(
        asked, "proposed" if proposes else "declined", typed, lambda p: _no(p, typed, asked.session.now)
    )


@pages.post("/{token}/choose")
async def choose(
    asked: Posted,
    revision: Annotated[int, Form()],
    option: Annotated[str, Form(max_length=200)],
) -> Response:
    """Chooses one of the options, which is the customer's yes to it (C21)."""
    return await _decide(asked, "agreed", {}, lambda p: core.choose(p, revision, option, asked.session.now))


def _no(promise: Promise, typed: Mapping[str, str], now: datetime) -> Decision:
    revision = number_of(typed, "revision")
    if typed.get("act") != "propose":
        return core.decline(promise, revision, text_of(typed, "reason"), now)
    suits = instant_of(typed, "suit", promise.latest.zone)
    if suits is None:
        raise FieldWrong("suit_day", N_("Please choose a day."))
    reason = text_of(typed, "note") if typed.get("note", "").strip() else ANOTHER_TIME
    return core.decline(promise, revision, reason, now, proposed_due_at=suits)


async def _decide(
    asked: Asked,
    said: Note,
    typed: Mapping[str, str],
    decide: Callable[[Promise], Decision],
) -> Response:
    """Acts on the terms that the customer saw; where those have changed meanwhile, shows what is true now (409).

    A form that does not hold comes back with a sentence beside what was typed (422).
    """
    session, store = asked.session, asked.store
    act = act_by(asked.request, store.links, CustomerPage.PROMISE, asked.token, session.now)
    screen = asked.screen.at(f"{PREFIX}{asked.token}")
    id_ = act.link_id
    try:
        async with session.attempt():
            await command(store, session, id_, lambda promise: witnessed(decide(promise), act))
    except (NoSuchOption, StaleRevision, TooLate, WrongState) as problem:
        return await _render(screen, session, store, await one(store, session, id_), "moved", status=problem.status)
    except (FieldWrong, DueInThePast, DueTooFar) as problem:
        promise = await one(store, session, id_)
        return await _render(screen, session, store, promise, "", typed=typed, refused=problem, status=problem.status)
    return screen.turn(screen.path, said=said)


async def _story(session: ReadSession, promise: Promise) -> Story:
    facts = await facts_about(session, [promise.id])
    return story(promise, [(event.time, said) for event, said in facts])


async def _render(
    screen: Screen,
    session: ReadSession,
    store: Promises,
    promise: Promise,
    said: Note,
    status: int = 200,
    *,
    typed: Mapping[str, str] | None = None,
    refused: Problem | None = None,
) -> Response:
    """Renders the page from these fields alone, so that nothing internal is on it."""
    now = screen.now
    customer = (await session.exec(select(CustomerRow).where(CustomerRow.id == promise.customer_id))).first()
    overdue = promise.is_open and promise.is_late(now)
    not_over = promise.waiting_since is not None or now <= promise.latest.due_at
    asks = promise.awaits_answer and not overdue and not_over and promise.obligor == "us"
    shown = promise.latest if asks else promise.binds
    tale = await _story(session, promise)
    return screen.speaking(customer.language if customer else None).render(
        "promise.html",
        status=status,
        said=said,
        theirs=promise.obligor == "customer",
        gone=promise.status.value if promise.status in {Status.WITHDRAWN, Status.VOID} else None,
        state=_state(promise, overdue, asks),
        outcome=OUTCOMES.get(promise.outcome) if promise.outcome else None,
        overdue=overdue,
        declined=promise.status is Status.DECLINED,
        at_risk=(tale.risk or NOT_FINISHED) if _at_risk(promise, shown, overdue) else None,
        waiting_since=promise.waiting_since if promise.is_open else None,
        waits_for=tale.waits_for,
        progress=promise.progress,
        asks=asks,
        can_choose=asks,
        tasks=await _tasks(session, store, promise),
        shown=shown,
        version=tale.version(shown.revision),
        binds=promise.binds,
        others=[v for v in tale.versions if v.terms is not shown],
        fulfilled_at=promise.fulfilled_at,
        closed_at=promise.closed_at,
        typed=typed or {},
        refusal=sentence(refused) if refused else None,
        wrong=refused.field if isinstance(refused, FieldWrong) else "suit_day" if refused else None,
    )


async def _tasks(session: ReadSession, store: Promises, promise: Promise) -> list[tuple[Terms, str]]:
    """The open tasks of the customer for this promise, each with the address of its own page (C26)."""
    ids = (await session.execute(_TASKS, {"id": promise.id})).scalars().all() if promise.is_open else []
    found = await store.load(session, ids)
    return [(found[id_].binds, store.page_link(found[id_])) for id_ in ids]


def _at_risk(promise: Promise, shown: Terms, overdue: bool) -> bool:
    """Tells whether the page warns of a delay. A new time that waits for a yes says so itself."""
    return promise.is_open and promise.warned_at is not None and shown is promise.binds and not overdue


def _state(promise: Promise, overdue: bool, asks: bool) -> str:
    """The status on the card."""
    if promise.outcome is not None:
        return promise.outcome.value
    if asks and promise.latest is not promise.binds:
        return "revised"
    if overdue:
        return "overdue"
    if promise.is_open and promise.waiting_since is not None:
        return "waiting"
    return "at_risk" if promise.is_open and promise.warned_at is not None else promise.status.value
