"""The pages of the board: as it is now, the stream that says when it is no longer so, and the forms that act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from services.commitments.access import MayRead, MayWrite
from services.commitments.authority.limits import weigh
from services.commitments.authority.standing import standing
from services.commitments.board import lanes, reading
from services.commitments.board.acting import decide
from services.commitments.board.lanes import Act
from services.commitments.board.news import BoardNews
from services.commitments.board.reading import LIMIT, LOOK, Filters
from services.commitments.customer_page.forms import sentence
from services.commitments.errors import FieldWrong
from services.commitments.promise.core import Decision, Promise
from services.commitments.promising.routes import Store, command, done
from shared.contracts.terms import CommitmentKind
from shared.database import ReadSession, WriteSession
from shared.problems import Conflict, Invalid, Problem
from shared.routing import Reading, Writing, router
from shared.security import Principal
from shared.web.screen import On, Screen
from shared.web.stream import answer

PATH = "/commitments/board"

pages = router(PATH, include_in_schema=False)

Some = Annotated[str, Query(max_length=200)]


def _asked(owner: Some = "", team: Some = "", kind: CommitmentKind | Literal[""] = "", q: Some = "") -> Filters:
    return Filters(owner.strip(), team.strip(), str(kind), q.strip())


Asked = Annotated[Filters, Depends(_asked)]


@pages.get("")
async def board(
    screen: On,
    session: Reading,
    who: MayRead,
    filters: Asked,
    opened: Annotated[UUID | None, Query(alias="open")] = None,
    said: Act | None = None,
) -> HTMLResponse:
    return await _render(screen, session, who, filters, opened, said=said)


@pages.get("/stream")
async def stream(request: Request, who: MayRead, news: BoardNews) -> StreamingResponse:
    """Server-sent events: `changed` when the board may have changed."""
    return answer(news, request)


@pages.post("/{id}/{act}")
async def act(
    request: Request,
    screen: On,
    id: UUID,  # noqa: A002
    act: Act,
    session: Writing,
    who: MayWrite,
    store: Store,
    filters: Asked,
) -> Response:
    """Acts and goes back to the board; or shows the board with the refusal beside the slip, and what was typed."""
    typed = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    try:
        async with session.attempt():
            await _do(act, typed, store, session, who, id)
    except (Conflict, Invalid) as problem:
        return await _render(screen, session, who, filters, id, refused=(act, typed, problem))
    return screen.turn(f"{PATH}#p-{id}", **filters.asked, said=act.value)


async def _do(
    act: Act,
    form: Mapping[str, str],
    store: Store,
    session: WriteSession,
    who: Principal,
    id: UUID,  # noqa: A002
) -> None:
    """Acts as the API does: an update promises the next one (C15), a change is weighed by its author's limits (C17)."""
    if act is Act.FULFIL:
        await done(store, session, id, by=who.subject)
        return
    author = await standing(session, who)

    def decided(old: Promise) -> Decision:
        new, events = decide(act, form, old, by=who.subject, now=session.now)
        return (weigh(new, author, session.now, before=old) if act is Act.REVISE else new), events

    await command(store, session, id, decided)


Refused = tuple[Act, Mapping[str, str], Problem]


async def _render(
    screen: Screen,
    session: ReadSession,
    who: Principal,
    filters: Filters,
    id: UUID | None,  # noqa: A002
    *,
    said: Act | None = None,
    refused: Refused | None = None,
) -> HTMLResponse:
    """Renders the board. `id`: the promise whose forms are open."""
    now = screen.now
    found = await reading.lines(session, filters, now)
    arranged = lanes.arrange(found.lines, now)
    shown = next((line for shelf in arranged.values() for line in shelf.lines if line.promise.id == id), None)
    opened = shown or (await reading.line(session, id, now) if id else None)
    on_it = [line for shelf in arranged.values() for line in shelf.lines] + ([opened] if opened else [])
    act, typed, problem = refused or (None, {}, None)
    return screen.at(PATH, **filters.asked).render(
        "board.html",
        status=problem.status if problem else 200,
        board={lane.value: shelf for lane, shelf in arranged.items()},
        statuses={line.status for line in on_it},
        limit=LIMIT if found.more else None,
        look=LOOK if filters.team or filters.kind or filters.q else None,
        filters=filters,
        kinds=[kind.value for kind in CommitmentKind],
        opened=opened,
        is_shown=shown is not None,
        offers=lanes.offers(opened.promise, now) if opened and who.may("commitments:write") else (),
        record=await reading.record(session, now, owner=filters.owner, team=filters.team),
        their_record=await reading.record(session, now, owner=opened.promise.owner or "") if opened else None,
        may_act=who.may("commitments:write"),
        said=said,
        refused=act,
        typed=typed,
        refusal=sentence(problem) if problem else None,
        wrong=problem.field if isinstance(problem, FieldWrong) else None,
    )
