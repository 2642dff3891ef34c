"""Sessions of our own people: a one-time link opens one, and pages ask for one."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import Annotated

from fastapi import Depends
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.intake.errors import LinkUsed
from services.intake.staff import people
from services.intake.staff.roles import scopes_of
from services.intake.staff.tables import Person
from services.intake.state import Intake
from shared.database import WriteSession
from shared.problems import Unauthenticated
from shared.security import Principal, Sessions, require
from shared.security.access import identify
from shared.security.links import Link
from shared.security.sessions import LIFETIME
from shared.translation import N_

START = "/intake/console"

_USE = text("INSERT INTO used_link (digest, used_at) VALUES (:digest, :at) ON CONFLICT DO NOTHING RETURNING digest")


async def open_session(request: Request) -> Response:
    """GET /intake/session/{token}?next=/path. It changes something, so HEAD and previews by HEAD do nothing."""
    if request.method == "HEAD":
        return Response(status_code=405, headers={"Allow": "GET"})
    intake: Intake = request.app.state.service
    token = request.path_params["token"]
    sessions: Sessions = request.app.state.sessions
    link = intake.person_links.open(token)
    async with request.app.state.runtime.database.write() as session:
        await _use_up(session, link)
        person = await _whose(session, sessions, link)
        return signed_in(sessions, person, local_path(request.query_params.get("next", "")))


def signed_in(sessions: Sessions, person: Person, onward: str, *, anew: bool = False) -> Response:
    """The way on for somebody who has signed in, with their session, which has the scopes of their roles.

    `anew`: it holds although sessions of theirs may have been closed in this very second.
    """
    cookie = sessions.open(
        person.subject, scopes_of(person.roles), roles=person.roles, language=person.language, anew=anew
    )
    answer = RedirectResponse(onward, status_code=303)
    sessions.cookie.set(answer, cookie, LIFETIME)
    return answer


async def log_out(request: Request) -> Response:
    """POST /intake/logout: the session ends here, and with every service within seconds."""
    sessions: Sessions = request.app.state.sessions
    answer = RedirectResponse("/", status_code=303)
    sessions.cookie.delete(answer)
    with suppress(Unauthenticated):  # it has ended already
        if (session := (await identify(request)).session) is not None:
            sessions.close(session)
    return answer


async def _use_up(session: WriteSession, link: Link) -> None:
    """What was decoded is used up, and no spelling of it. Raises LinkUsed."""
    values = {"digest": sha256(link.token.encode()).digest(), "at": session.now}
    if (await session.execute(_USE, values)).first() is None:
        raise LinkUsed(N_("This link has been used. Ask an admin for a new one."))


async def _whose(session: WriteSession, sessions: Sessions, link: Link) -> Person:
    """The person whom a link lets in. Raises LinkUsed where they may not come in, or not by a link this old."""
    person = await people.coming_in(session, link.id)
    if person is None or sessions.are_closed(person.subject, link.ends):
        raise LinkUsed(N_("This link is no longer good. Ask an admin for a new one."))
    return person


def local_path(wanted: str) -> str:
    """Where to go on: a path of ours, never another site (`//host`, `/\\host`, control characters)."""
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable():
        return START
    return wanted


Staff = Annotated[Principal, Depends(require("intake:read"))]
routes = [
    Route("/intake/session/{token}", open_session, methods=["GET"]),
    Route("/intake/logout", log_out, methods=["POST"]),
]
