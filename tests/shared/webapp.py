"""The toy with routes, as an HTTP application without a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import Depends, FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from shared.clock import Clock
from shared.http import create_app
from shared.paging import Cursor, Limit, Page, decode
from shared.problems import Conflict
from shared.routing import Reading, Writing, router
from shared.runtime import Runtime
from shared.security import Principal, require
from tests.support.scratch import fact, record_effect, toy_service, toy_settings

routes = router("/toy")


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer: UUID
    word: str
    count: int = 1


@routes.get("/notes")
async def notes(session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[str]:
    if cursor is not None:
        after, _ = decode(cursor)
        await session.execute(text("SELECT CAST(:after AS timestamptz)"), {"after": after})
    found = await session.execute(text("SELECT word FROM effect ORDER BY id LIMIT :limit"), {"limit": limit})
    return Page(items=list(found.scalars()))


@routes.post("/notes", status_code=201)
async def make_note(note: Note, session: Writing) -> dict[str, str]:
    await record_effect(session, str(note.customer), note.word)
    await session.execute(text("SELECT CAST(:count AS int)"), {"count": note.count})
    return {"event": str(session.emit(fact(note.customer, note.word)).id)}


@routes.post("/commitments/p/{token}")
async def act_on_page(token: str, session: Writing) -> Response:
    """As a customer's page answers: back to itself, by the link."""
    return RedirectResponse(f"/commitments/p/{token}", status_code=303)


@routes.post("/notes/{word}/refuse")
async def refuse(word: str, session: Writing) -> None:
    await record_effect(session, "k", word)
    session.emit(fact(UUID(int=1), word))
    raise Conflict("it has moved", version=7)


@routes.post("/uncommittable")
async def uncommittable(session: Writing) -> dict[str, bool]:
    """Fails at the commit and not before."""
    await session.execute(text("CREATE TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    await session.execute(text("INSERT INTO late VALUES (1), (1)"))
    return {"ok": True}


@routes.get("/writes-by-get")
async def writes_by_get(session: Reading) -> None:
    await record_effect(session, "k", "sneaked in")  # type: ignore[arg-type]


@routes.get("/asks-to-write-by-get")
async def asks_to_write_by_get(session: Writing) -> None:
    await record_effect(session, "k", "sneaked in")


@routes.get("/breaks")
async def breaks() -> None:
    raise RuntimeError("secret inside")


@routes.get("/teapot")
async def teapot() -> None:
    raise HTTPException(418, "short and stout", headers={"X-Pot": "tea"})


@routes.post("/raw")
async def raw(request: Request) -> dict[str, int]:
    return {"size": len(await request.body())}


@routes.post("/webhooks/{channel}")
async def webhook(channel: str, request: Request) -> dict[str, int]:
    return {"size": len(await request.body())}


@routes.post("/form")
async def form(session: Writing, word: Annotated[str, Form()]) -> dict[str, str]:
    await record_effect(session, "form", word)
    return {"word": word}


@routes.get("/page", response_class=HTMLResponse)
async def page() -> Response:
    raise Conflict("<b>it has moved</b>")


Known = Annotated[Principal, Depends(require("toy:write"))]


@routes.get("/private")
async def look(who: Known) -> dict[str, Any]:
    return {"subject": who.subject, "scopes": sorted(who.scopes)}


@routes.post("/private")
async def act(who: Known) -> dict[str, Any]:
    return {"subject": who.subject, "scopes": sorted(who.scopes)}


@routes.post("/private/notes", status_code=201)
async def make_private_note(note: Note, session: Writing, who: Known) -> dict[str, str]:
    return {"event": str(session.emit(fact(note.customer, note.word)).id)}


def make_app(url: str, clock: Clock, **settings: Any) -> tuple[FastAPI, Runtime]:
    runtime = Runtime(toy_service(routers=[routes]), toy_settings(url, **settings), clock=clock, role="api")
    return create_app(runtime, manage_runtime=False), runtime


@asynccontextmanager
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Gets what a stranger gets: an exception inside is an answer, not an exception here."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield client
