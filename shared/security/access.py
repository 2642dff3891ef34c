"""The one way a route says who may use it: `Depends(require("intake:write"))`."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request

from shared.problems import Forbidden, Unauthenticated
from shared.security.sessions import COOKIE, Session, Sessions
from shared.security.tokens import Tokens

FORM = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Principal:
    """`session` is set for staff in a browser."""

    subject: str
    scopes: frozenset[str]
    session: Session | None = None

    def may(self, scope: str) -> bool:
        return "*" in self.scopes or scope in self.scopes


async def identify(request: Request) -> Principal:
    """By bearer token or session cookie. Raises Unauthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    tokens: Tokens = request.app.state.tokens
    if scheme.lower() == "bearer":
        return Principal(*tokens.verify(token.strip()))
    sessions: Sessions = request.app.state.sessions
    session = sessions.read(request.cookies.get(COOKIE, ""))
    if session is None:
        raise Unauthenticated(
            "a bearer token or a session is needed; `kept token` makes one",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if request.method not in {"GET", "HEAD"}:
        await _check_csrf(request, session)
    return Principal(session.subject, frozenset({"*"}), session)


async def _check_csrf(request: Request, session: Session) -> None:
    given = request.headers.get("x-csrf-token", "")
    if not given and request.headers.get("content-type", "").startswith(FORM):
        given = str((await request.form()).get("csrf", ""))
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Forbidden("this form is not from a page of ours, or has grown old: load the page again")


def require(scope: str) -> Callable[[Request], Awaitable[Principal]]:
    """A dependency that gives the Principal, or raises Unauthenticated (401) or Forbidden (403)."""

    async def principal(request: Request) -> Principal:
        who = await identify(request)
        if not who.may(scope):
            raise Forbidden(f"this token lacks the scope {scope}", scope=scope)
        return who

    return principal
