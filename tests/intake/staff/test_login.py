"""Sign-in with an OpenID provider: one of ours, which signs what it says, and says many things that are not so."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from pydantic import SecretStr, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.intake.commands import Place
from services.intake.settings import IntakeSettings
from services.intake.staff import commands
from services.intake.staff.openid import OpenId
from services.intake.staff.provider import AGAIN, AWAY, KEYS_LAST, MOST_AT_ONCE, ProviderAway
from services.intake.staff.provider import Provider as Asked
from services.intake.staff.roles import Role
from shared.clock import ManualClock
from shared.contracts.intake import PersonUpdated
from shared.security.spelling import urlsafe
from tests.intake.conftest import PUBLIC_URL, START, Running

ISSUER = "https://login.shop.example"
CLIENT = "kept"
PAGE = {"Accept": "text/html"}


class Provider:
    """An OpenID provider. `says` changes what an ID token says, `key` signs it, `keys` are those it tells."""

    def __init__(self, desk: Running) -> None:
        self.desk = desk
        self.key: Any = RSAKey.generate_key(2048, {"kid": "1"})
        self.keys: list[Any] = [self.key]
        self.algorithm = "RS256"
        self.header: dict[str, Any] = {}
        self.who: dict[str, Any] = {"sub": "248289", "email": "An@shop.example", "email_verified": True, "name": "An"}
        self.says: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.status = 200
        self.strange: list[Any] = []
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._configuration),
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
                Route("/me", self._me),
            ]
        )

    def authorize(self, address: str) -> str:
        """What happens at the provider: somebody signs in, and is sent back with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{ISSUER}/auth?")
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri'].removeprefix(PUBLIC_URL)}?code={code}&state={asked['state']}"

    async def _configuration(self, _: Request) -> Response:
        self.asked.append("configuration")
        said = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "userinfo_endpoint": f"{ISSUER}/me",
        }
        return JSONResponse(said | self.metadata, status_code=self.status)

    async def _jwks(self, _: Request) -> Response:
        self.asked.append("jwks")
        return JSONResponse({"keys": [*self.strange, *KeySet(self.keys).as_dict(private=False)["keys"]]})

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        challenge = urlsafe(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(self.desk.clock.now().timestamp())
        claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.who}
        said = {name: value for name, value in (claims | self.says).items() if value is not ...}
        header = {"alg": self.algorithm, "kid": self.key.kid, **self.header}
        token = jwt.encode(header, said, self.key, algorithms=[self.algorithm])
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": token})

    async def _me(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer opaque"
        return JSONResponse(self.userinfo or {"sub": self.who["sub"]})


def with_provider(desk: Running, **settings: Any) -> Provider:
    provider = Provider(desk)
    values = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT, **settings}
    changed = desk.intake.settings.model_copy(update=values)
    object.__setattr__(desk.intake, "settings", changed)
    desk.runtime.settings = changed
    openid = OpenId(changed, desk.clock, httpx.ASGITransport(provider.app))
    object.__setattr__(desk.intake, "openid", openid)
    return provider


@pytest.fixture
def provider(kept: Running) -> Provider:
    return with_provider(kept)


async def come(desk: Running, provider: Provider, altered: Callable[[str], str] = str) -> httpx.Response:
    """From our page to the provider and back."""
    gone = await desk.http.get("/intake/login", params={"next": "/commitments/board"})
    assert gone.status_code == 303, gone.text
    return await desk.http.get(altered(provider.authorize(gone.headers["location"])), headers=PAGE)


async def test_whoever_the_provider_knows_comes_in_as_the_person_they_are(kept: Running, provider: Provider) -> None:
    await kept.person("an@shop.example", "auditor", email="an@shop.example")
    answer = await come(kept, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/commitments/board"), answer.text
    cookies = answer.headers.get_list("set-cookie")
    assert all("HttpOnly" in cookie and "Secure" in cookie and "SameSite=lax" in cookie for cookie in cookies)
    assert (await kept.http.get("/intake/console", headers=PAGE)).status_code == 200
    assert (await kept.http.post("/intake/customers", json={})).status_code == 403
    provider.who |= {"email": "an.nguyen@shop.example"}
    assert (await come(kept, provider)).status_code == 303, "who they are is their id there, whatever their email"
    assert len(await kept.facts(PersonUpdated)) == 1


@pytest.mark.parametrize(
    "says",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": ...},
        {"exp": 1},
        {"exp": ...},
        {"exp": "soon"},
        {"iat": 2**40},
        {"iat": True},
        {"sub": ...},
        {"sub": ["248289"]},
        {"sub": "a\0b"},
        {"sub": "x" * 256},
        {"exp": float("nan")},
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    kept: Running, provider: Provider, says: dict[str, Any]
) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    provider.says = says
    answer = await come(kept, provider)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), answer.text
    assert (await kept.http.get("/intake/console")).status_code == 401
    provider.says = {}
    assert (await come(kept, provider)).status_code == 303


async def test_no_other_key_signs_for_the_provider(kept: Running, provider: Provider) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    ours = provider.key
    for key, algorithm, header in (
        (RSAKey.generate_key(2048, {"kid": "1"}), "RS256", {}),
        (RSAKey.generate_key(2048, {"kid": "2"}), "RS256", {}),
        (ECKey.generate_key("P-256", {"kid": "1"}), "ES256", {}),
        (OctKey.import_key("k" * 40, {"kid": "1"}), "HS256", {}),
        (RSAKey.generate_key(2048, {"kid": "1"}), "RS256", {"kid": "../1"}),
    ):
        provider.key, provider.algorithm, provider.header = key, algorithm, header
        assert (await come(kept, provider)).status_code == 403, algorithm
    provider.key, provider.algorithm, provider.header = ours, "RS256", {}
    assert (await come(kept, provider)).status_code == 303


async def test_new_keys_are_learned_and_strangers_make_nobody_ask_again_and_again(
    kept: Running, provider: Provider
) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    assert (await come(kept, provider)).status_code == 303
    provider.key = ECKey.generate_key("P-256", {"kid": "2"})
    provider.algorithm, provider.keys = "ES256", [*provider.keys, provider.key]
    kept.clock.advance(AGAIN)
    assert (await come(kept, provider)).status_code == 303
    assert provider.asked == ["configuration", "jwks", "jwks"]
    provider.key = ECKey.generate_key("P-256", {"kid": "3"})
    for _ in range(3):
        assert (await come(kept, provider)).status_code == 403
    assert provider.asked == ["configuration", "jwks", "jwks"]
    kept.clock.advance(AGAIN)
    provider.keys = [provider.key]
    assert (await come(kept, provider)).status_code == 303


@pytest.mark.parametrize(
    "altered",
    [
        lambda url: url.replace("state=", "state=x"),
        lambda url: url.partition("&state")[0],
        lambda url: url.replace("code=", "code=x"),
        lambda url: url.replace("code=code-0&", "error=access_denied&"),
        lambda url: f"{url}&iss=https://evil.example",
        lambda url: url.partition("?")[0],
    ],
)
async def test_an_answer_that_is_not_to_this_browsers_sign_in_is_refused(
    kept: Running, provider: Provider, altered: Callable[[str], str]
) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    answer = await come(kept, provider, altered)
    assert (answer.status_code, "<h1>" in answer.text) == (403, True)


async def test_a_code_of_another_browser_opens_nothing_here(kept: Running, provider: Provider) -> None:
    """Neither with its own state, which this browser does not know, nor with ours, for which it was not made."""
    await kept.person("an@shop.example", email="an@shop.example")
    gone = await kept.http.get("/intake/login")
    theirs = provider.authorize(gone.headers["location"])
    kept.http.cookies.clear()
    assert (await kept.http.get(theirs)).status_code == 403
    mine = await kept.http.get("/intake/login")
    state = provider.authorize(mine.headers["location"]).partition("&")[2]
    assert (await kept.http.get(f"{theirs.partition('&')[0]}&{state}")).status_code == 403


async def test_a_sign_in_has_ten_minutes_and_one_answer(kept: Running, provider: Provider) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    gone = await kept.http.get("/intake/login")
    back = provider.authorize(gone.headers["location"])
    held = dict(kept.http.cookies)
    assert (await kept.http.get(back)).status_code == 303
    kept.http.cookies.update(held)
    assert (await kept.http.get(back)).status_code == 403, "the provider takes a code once"
    for minutes, status in ((10, 403), (9, 303)):
        kept.http.cookies.clear()
        gone = await kept.http.get("/intake/login")
        kept.clock.advance(timedelta(minutes=minutes))
        assert (await kept.http.get(provider.authorize(gone.headers["location"]))).status_code == status


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ({"email_verified": False}, "does not say that your email is verified"),
        ({"email_verified": "true"}, "does not say that your email is verified"),
        ({"email": None}, "does not say that your email is verified"),
        ({"email": "minh@shop.example"}, "Nobody here knows you yet"),
    ],
)
async def test_an_email_that_is_not_verified_leads_to_nobody_and_the_reason_is_said(
    kept: Running, provider: Provider, who: dict[str, Any], why: str
) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    provider.who |= who
    answer = await come(kept, provider)
    assert (answer.status_code, why in answer.text) == (403, True), answer.text


async def test_another_provider_is_another_one_to_know_somebody_by(
    kept: Running, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same id there is somebody else; a verified email leads to the person again (OpenID Connect Core 1.0, 5.7)."""
    await kept.person("an@shop.example", email="an@shop.example")
    assert (await come(kept, provider)).status_code == 303
    monkeypatch.setattr(f"{__name__}.ISSUER", "https://id.example")
    moved = with_provider(kept)
    moved.who |= {"email": "minh@shop.example"}
    assert (await come(kept, moved)).status_code == 403, "their id, of the other provider"
    moved.who |= {"sub": "7", "email": "an@shop.example"}
    assert (await come(kept, moved)).status_code == 303


async def test_an_invitation_forgets_who_somebody_was_at_the_provider(kept: Running, provider: Provider) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    assert (await come(kept, provider)).status_code == 303
    provider.who |= {"sub": "made anew"}
    assert (await come(kept, provider)).status_code == 403
    await commands.invite(Place(kept.runtime.database, kept.intake), "an@shop.example", [])
    assert (await come(kept, provider)).status_code == 303


async def test_keys_that_we_cannot_use_are_passed_over(kept: Running, provider: Provider) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    strange = [
        {"kty": "EC", "crv": "BP-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "use": "tls"},
        {"kty": "new"},
        5,
        {},
    ]
    provider.strange = strange
    assert (await come(kept, provider)).status_code == 303
    provider.keys = []
    kept.clock.advance(KEYS_LAST)
    assert (await come(kept, provider)).status_code == 503


async def test_a_key_that_was_withdrawn_signs_nothing_after_an_hour(kept: Running, provider: Provider) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    assert (await come(kept, provider)).status_code == 303
    provider.keys = [RSAKey.generate_key(2048, {"kid": "2"})]
    kept.clock.advance(KEYS_LAST)
    assert (await come(kept, provider)).status_code == 403


async def test_a_provider_is_asked_so_many_questions_at_once() -> None:
    """Whoever begins a sign-in has us ask, and may be a stranger: nobody waits long, and nothing piles up."""
    answering = asyncio.Event()

    async def slow(_: Request) -> Response:
        await answering.wait()
        return JSONResponse({"said": "so"})

    asked = Asked(ISSUER, ManualClock(START), httpx.ASGITransport(Starlette(routes=[Route("/", slow)])))
    begun = [asyncio.create_task(asked.get(f"{ISSUER}/")) for _ in range(MOST_AT_ONCE + 4)]
    done, waiting = await asyncio.wait(begun, timeout=0.5)
    assert [type(task.exception()) for task in done] == [ProviderAway] * 4
    answering.set()
    assert await asyncio.gather(*waiting) == [{"said": "so"}] * MOST_AT_ONCE
    assert await asked.get(f"{ISSUER}/") == {"said": "so"}, "there is room again"


async def test_who_has_anothers_email_now_is_not_that_other(kept: Running, provider: Provider) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    assert (await come(kept, provider)).status_code == 303
    provider.who |= {"sub": "another"}
    assert (await come(kept, provider)).status_code == 403


async def test_who_was_deactivated_does_not_come_in(kept: Running, provider: Provider) -> None:
    await kept.person("an@shop.example", email="an@shop.example")
    admin = kept.token("intake:admin")
    await kept.http.patch("/intake/staff/an@shop.example", json={"active": False}, headers=admin)
    assert (await come(kept, provider)).status_code == 403


async def test_groups_give_roles_and_a_change_of_them_ends_older_sessions(kept: Running) -> None:
    provider = with_provider(kept, oidc_roles={"leads": Role.LEAD, "all": Role.AGENT})
    provider.who |= {"groups": ["all", "else"]}
    assert (await come(kept, provider)).status_code == 303
    (told,) = await kept.facts(PersonUpdated)
    assert (told.subject, told.roles, told.by) == ("an@shop.example", ("agent",), "sign-in")
    app = kept.http._transport.app  # type: ignore[attr-defined]
    old = kept.http.cookies["__Host-kept_session"]
    provider.who |= {"groups": ["all", "leads"]}
    assert (await come(kept, provider)).status_code == 303
    new = app.state.sessions.read(kept.http.cookies["__Host-kept_session"])
    assert new.roles == ("lead", "agent")
    assert app.state.sessions.read(old) is None
    for none in ([], ["else"], "else", None, 5):
        provider.who |= {"groups": none}
        assert (await come(kept, provider)).status_code == 403


async def test_what_stands_at_userinfo_alone_counts_where_it_is_of_the_same_person(kept: Running) -> None:
    provider = with_provider(kept, oidc_roles={"all": Role.AGENT})
    more = {"email": "an@shop.example", "email_verified": True, "groups": ["all"]}
    provider.who, provider.userinfo = {"sub": "248289"}, {"sub": "another", **more}
    assert (await come(kept, provider)).status_code == 403
    provider.userinfo = {"sub": "248289", **more}
    assert (await come(kept, provider)).status_code == 303
    provider.who = {"sub": "5", "email": "minh@shop.example"}
    provider.userinfo = {"sub": "5", "email": "minh.le@shop.example", "email_verified": True, "groups": ["all"]}
    assert (await come(kept, provider)).status_code == 403, "another email is verified than the token names"


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///"},
        {"userinfo_endpoint": 5},
        {"token_endpoint_auth_methods_supported": "client_secret_post"},
    ],
)
async def test_what_is_not_that_provider_is_not_asked(kept: Running, provider: Provider, wrong: dict[str, Any]) -> None:
    provider.metadata = wrong
    for _ in range(3):
        answer = await kept.http.get("/intake/login", headers=PAGE)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert provider.asked == ["configuration"], "a moment later it is not asked again"
    provider.metadata = {}
    kept.clock.advance(AWAY)
    assert (await kept.http.get("/intake/login")).status_code == 303


async def test_what_a_provider_leaves_open_is_as_if_it_were_not_said(kept: Running) -> None:
    provider = with_provider(kept, oidc_client_secret=SecretStr("s:ecret"))
    await kept.person("an@shop.example", email="an@shop.example")
    provider.metadata = {"token_endpoint_auth_methods_supported": None, "userinfo_endpoint": None}
    assert (await come(kept, provider)).status_code == 303


async def test_a_provider_that_is_away_is_said_to_be(kept: Running, provider: Provider) -> None:
    provider.status = 500
    assert (await kept.http.get("/intake/login")).status_code == 503


async def test_a_person_who_is_not_signed_in_is_told_where_to(kept: Running, provider: Provider) -> None:
    page = await kept.http.get("/intake/console", headers=PAGE)
    assert (page.status_code, "sign in at /intake/login" in page.text) == (401, True)


async def test_without_a_provider_there_is_no_such_page(kept: Running) -> None:
    for path in ("/intake/login", "/intake/login/callback?code=x&state=y"):
        assert (await kept.http.get(path)).status_code == 404
        assert (await kept.http.head(path)).status_code == 405


def test_an_issuer_needs_the_name_it_knows_us_by() -> None:
    values: dict[str, Any] = {"database_url": "x", "broker": "local", "secret_key": SecretStr("k" * 32)}
    with pytest.raises(ValidationError, match="KEPT_OIDC_CLIENT_ID"):
        IntakeSettings(**values, oidc_issuer=ISSUER)
    with pytest.raises(ValidationError):
        IntakeSettings(**values, oidc_issuer=ISSUER, oidc_client_id="kept", oidc_roles={"all": "king"})
