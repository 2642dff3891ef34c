"""The one way a route says who may use it: `Depends(require("intake:write"))`."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request
from fastapi.dependencies.models import Dependant

from shared.problems import Forbidden, Unauthenticated
from shared.security.sessions import Session, Sessions
from shared.security.tokens import Tokens
from shared.translation import N_
from shared.web.headers import wants_page

TO_A_PERSON = N_("To see this page, run kept staff invite EMAIL and open the link it prints.")
AT_LOGIN = N_("To see this page, sign in at /intake/login.")
FORM = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a request, with their scopes. `session` is set for a person in a browser."""

    subject: str
    scopes: frozenset[str]
    session: Session | None = None

    @property
    def csrf(self) -> str:
        """The token for the forms of a page that this person sees; empty for a program."""
        return self.session.csrf if self.session else ""

    def may(self, scope: str) -> bool:
        return "*" in self.scopes or scope in self.scopes


def not_signed_in(request: Request) -> Unauthenticated:
    """The error that tells a person how to sign in, and a program what it has to send."""
    runtime = getattr(request.app.state, "runtime", None)
    by_provider = runtime is not None and runtime.settings.oidc_issuer is not None
    return Unauthenticated(
        (AT_LOGIN if by_provider else TO_A_PERSON)
        if wants_page(request)
        else "a bearer token or a session is needed; `kept token` makes one",
        headers={"WWW-Authenticate": "Bearer"},
    )


async def identify(request: Request) -> Principal:
    """Identifies the caller by bearer token or session cookie, once a request. Raises Unauthenticated or Forbidden."""
    if not hasattr(request.state, "principal"):
        request.state.principal = await _identify(request)
    principal: Principal = request.state.principal
    return principal


async def is_still_known(request: Request) -> bool:
    """Tells whether the caller of a request that stays open is known still: a session may have ended meanwhile."""
    try:
        await _identify(request)
    except (Unauthenticated, Forbidden):
        return False
    return True


async def _identify(request: Request) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    tokens: Tokens = request.app.state.tokens
    if scheme.lower() == "bearer":
        return Principal(*tokens.verify(token.strip()))
    sessions: Sessions = request.app.state.sessions
    session = sessions.read(request.cookies.get(sessions.cookie.name, ""))
    if session is None:
        raise not_signed_in(request)
    if request.method not in {"GET", "HEAD"}:
        await _check_csrf(request, session)
    return Principal(session.subject, session.scopes, session)


async def _check_csrf(request: Request, session: Session) -> None:
    given = request.headers.get("x-csrf-token", "")
    if not given and request.headers.get("content-type", "").startswith(FORM):
        await request.body()  # kept with the request: whoever comes after us may want it whole
        given = str((await request.form()).get("csrf", ""))
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Forbidden(N_("this form is not from a page of ours, or has grown old: load the page again"))


OPERATIONS = "operations:read"


async def may_see_operations(request: Request) -> bool:
    """Tells whether the caller may see the state of the installation beyond one word."""
    try:
        return (await identify(request)).may(OPERATIONS)
    except Unauthenticated:
        return False


def lacking(who: Principal, scope: str) -> Forbidden:
    """The error for a caller without a scope, which names it."""
    return Forbidden(f"{'your roles lack' if who.session else 'this token lacks'} the scope {scope}", scope=scope)


@dataclass(frozen=True, slots=True)
class Require:
    """A dependency that gives the Principal, or raises Unauthenticated (401) or Forbidden (403)."""

    scope: str

    async def __call__(self, request: Request) -> Principal:
        who = await identify(request)
        if not who.may(self.scope):
            raise lacking(who, self.scope)
        return who


def require(scope: str) -> Require:
    return Require(scope)


def checks_of(dependant: Dependant) -> list[Callable[[Request], Awaitable[Principal]]]:
    """What a route asks of whoever comes, at any depth of its dependencies: `identify`, or a scope."""
    own = dependant.call
    below = [check for dependency in dependant.dependencies for check in checks_of(dependency)]
    return [own, *below] if isinstance(own, Require) or own is identify else below
