"""The routes of sign-in with an OpenID provider: there with a state, back with a code, and a session opens."""

from __future__ import annotations

import hmac
from datetime import timedelta

import structlog
from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.intake.errors import NotLetIn
from services.intake.staff import people
from services.intake.staff.browser import local_path, signed_in
from services.intake.staff.claims import Untrue, identity, roles_by
from services.intake.staff.openid import Attempt, OpenId
from services.intake.state import Intake
from shared.problems import NotFound
from shared.security import Sessions
from shared.security.cookies import Cookie

log = structlog.get_logger()

COOKIE = "kept_login"
LIFETIME = timedelta(minutes=10)
"""How long somebody has at the provider."""
STRANGER = "Nobody here knows you yet. Ask an admin to add you, or to put you into a group."
NO_EMAIL = "Your provider does not say that your email is verified, and you have not been here before. Ask an admin."
BY = "sign-in"
"""Who changes a person whose roles the provider says."""


def _here(request: Request) -> tuple[Intake, OpenId]:
    """Raises NotFound where no provider is set."""
    intake: Intake = request.app.state.service
    if intake.openid is None:
        raise NotFound("no OpenID provider is set (KEPT_OIDC_ISSUER)")
    return intake, intake.openid


def _cookie(request: Request) -> Cookie:
    intake: Intake = request.app.state.service
    return Cookie.named(COOKIE, secure=intake.settings.is_secure)


async def begin(request: Request) -> Response:
    """GET /intake/login?next=/path: to the provider."""
    if request.method == "HEAD":
        return Response(status_code=405, headers={"Allow": "GET"})
    intake, openid = _here(request)
    attempt = Attempt.new()
    ends = int((intake.clock.now() + LIFETIME).timestamp())
    onward = local_path(request.query_params.get("next", ""))
    said = [attempt.state, attempt.nonce, attempt.verifier, onward, ends]
    answer = RedirectResponse(await openid.begin(attempt), status_code=303)
    _cookie(request).set(answer, _signers(intake)[0].dumps(said), LIFETIME)
    return answer


async def finish(request: Request) -> Response:
    """GET /intake/login/callback: from the provider, in the browser that went there. Raises NotLetIn, ProviderAway."""
    if request.method == "HEAD":
        return Response(status_code=405, headers={"Allow": "GET"})
    intake, openid = _here(request)
    attempt, onward = _begun(intake, request)
    code = request.query_params.get("code", "")
    if request.query_params.get("iss", openid.issuer) != openid.issuer or not code:
        raise NotLetIn("The provider did not let you in. Begin again.")
    try:
        who = identity(await openid.finish(attempt, code), intake.settings.oidc_groups_claim)
    except Untrue as error:
        raise NotLetIn(f"What the provider said cannot be used: {error}. Begin again.") from error
    sessions: Sessions = request.app.state.sessions
    by_groups = intake.settings.oidc_roles
    async with request.app.state.runtime.database.write(actor=BY) as session:
        roles = roles_by(who.groups, by_groups) if by_groups else None
        found = await people.identified(session, sessions, who, roles, by=BY)
        if found is None:
            log.warning("openid.not_let_in", has_verified_email=who.email is not None, groups=len(who.groups))
            raise NotLetIn(STRANGER if who.email is not None else NO_EMAIL)
        person, is_other = found
        answer = signed_in(sessions, person, onward, anew=is_other)
    _cookie(request).delete(answer)
    return answer


def _begun(intake: Intake, request: Request) -> tuple[Attempt, str]:
    """The sign-in that this browser began and this answer is for. Raises NotLetIn."""
    held, given = request.cookies.get(_cookie(request).name, ""), request.query_params.get("state", "")
    for signer in _signers(intake):
        try:
            state, nonce, verifier, onward, ends = signer.loads(held)
        except (BadData, ValueError, TypeError):
            continue
        if ends > intake.clock.now().timestamp() and hmac.compare_digest(state.encode(), given.encode()):
            return Attempt(state, nonce, verifier), onward
    raise NotLetIn("This sign-in was not begun in this browser, or too long ago. Begin again.")


def _signers(intake: Intake) -> list[URLSafeSerializer]:
    return [URLSafeSerializer(key, salt="login") for key in intake.settings.derive_all("login")]


routes = [
    Route("/intake/login", begin, methods=["GET"]),
    Route("/intake/login/callback", finish, methods=["GET"]),
]
