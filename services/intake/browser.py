"""Staff in a browser: a one-time link opens a session, and pages ask for one."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from fastapi import Depends
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.intake.errors import LinkUsed, NoSession
from services.intake.state import Intake
from shared.database import Database
from shared.problems import Unauthenticated
from shared.security import Principal, Sessions, require
from shared.security.access import identify
from shared.security.sessions import COOKIE, LIFETIME

START = "/intake/console"
STAFF = "staff"
"""The subject of a session that a link opened: the link says that its holder may, not who they are."""

_USE = text("INSERT INTO used_link (digest, used_at) VALUES (:digest, :at) ON CONFLICT DO NOTHING RETURNING digest")


async def open_session(request: Request) -> Response:
    """GET /intake/session/{token}?next=/path. It changes something, so HEAD and previews by HEAD do nothing."""
    if request.method == "HEAD":
        return Response(status_code=405, headers={"Allow": "GET"})
    intake: Intake = request.app.state.service
    token = request.path_params["token"]
    intake.browser_links.read(token)
    await _use_up(request.app.state.runtime.database, token)
    sessions: Sessions = request.app.state.sessions
    answer = RedirectResponse(local_path(request.query_params.get("next", "")), status_code=303)
    answer.set_cookie(
        COOKIE,
        sessions.open(STAFF),
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=sessions.secure,
        path="/",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _use_up(database: Database, token: str) -> None:
    """Raises LinkUsed."""
    async with database.write() as session:
        values = {"digest": sha256(token.encode()).digest(), "at": session.now}
        if (await session.execute(_USE, values)).first() is None:
            raise LinkUsed("This link has been used. Make a new one with `kept token --browser`.")


def local_path(wanted: str) -> str:
    """Where to go on: a path of ours, never another site (`//host`, `/\\host`, control characters)."""
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable():
        return START
    return wanted


async def staff(request: Request) -> Principal:
    """A dependency of pages. Raises NoSession, which tells a person what to do."""
    try:
        await identify(request)
    except Unauthenticated as error:
        raise NoSession("To see this page, run `kept token --browser` and open the link it prints.") from error
    return await require("intake:read")(request)


Staff = Annotated[Principal, Depends(staff)]
routes = [Route("/intake/session/{token}", open_session, methods=["GET"])]
