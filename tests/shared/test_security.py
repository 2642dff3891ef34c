"""Who asks, and what they may: links, tokens, sessions; and what a forger gets."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import ManualClock
from shared.ids import new_id
from shared.problems import Problem, Unauthenticated
from shared.security import Links, Marks, Sessions, Tokens, Vault
from shared.security.links import LinkAltered, LinkExpired
from shared.security.sessions import COOKIE, LIFETIME
from tests.shared.webapp import browser, make_app
from tests.support.scratch import NOON, toy_settings

SETTINGS = toy_settings("postgresql+asyncpg://nowhere")
OTHERS = toy_settings("postgresql+asyncpg://nowhere", secret_key="another installation's secret key")
HOUR = timedelta(hours=1)
CUSTOMER = new_id()
CLOCK = ManualClock(NOON)
LINKS, SESSIONS, TOKENS = Links(SETTINGS, CLOCK, "promise"), Sessions(SETTINGS, CLOCK), Tokens(SETTINGS, CLOCK)


def links(purpose: str = "promise", at: datetime = NOON, settings: Any = SETTINGS) -> Links:
    return Links(settings, ManualClock(at), purpose)


def test_a_link_gives_its_id_back_until_it_ends() -> None:
    token = links().token(CUSTOMER, lifetime=HOUR)
    assert links(at=NOON + HOUR - timedelta(seconds=1)).read(token) == CUSTOMER
    with pytest.raises(LinkExpired) as expired:
        links(at=NOON + HOUR).read(token)
    assert expired.value.status == 410
    assert links().url("/toy/p/", CUSTOMER, lifetime=HOUR) == f"http://127.0.0.1:8080/toy/p/{token}"


def test_a_link_of_another_purpose_or_installation_opens_nothing() -> None:
    token = links().token(CUSTOMER, lifetime=HOUR)
    for stranger in (links("survey"), links(settings=OTHERS)):
        with pytest.raises(LinkAltered) as altered:
            stranger.read(token)
        assert altered.value.status == 404


def test_an_altered_link_opens_nothing() -> None:
    token = links().token(CUSTOMER, lifetime=HOUR)
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(LinkAltered):
            links().read(token[:at] + other + token[at + 1 :])
    for part in (token[:-3], token + "x", "", ".", "..", token[:5] + token[6:], f"{token[:5]}.{token[5:]}"):
        with pytest.raises(LinkAltered):
            links().read(part)


@given(st.text() | st.from_regex(r"[\w.-]{0,80}", fullmatch=True))
def test_whatever_a_stranger_sends_is_refused(text: str) -> None:
    with pytest.raises(LinkAltered):
        LINKS.read(text)
    assert SESSIONS.read(text) is None
    with pytest.raises(Unauthenticated):
        TOKENS.verify(text)


def test_a_link_says_nothing_of_the_customer() -> None:
    assert str(CUSTOMER) not in links().token(CUSTOMER, lifetime=HOUR)


def forged(key: bytes | str | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    claims = {"sub": "crm", "scope": "*", "aud": "kept", "exp": NOON + HOUR, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, SETTINGS.derive("tokens") if key is None else key, algorithm=algorithm)


BAD_TOKENS = {
    "wrong key": forged(b"k" * 32),
    "key of another purpose": forged(SETTINGS.derive("links")),
    "key of another installation": forged(OTHERS.derive("tokens")),
    "alg none": forged("", "none"),
    "another algorithm": forged(SETTINGS.derive("tokens") * 2, "HS512"),
    "expired": forged(exp=NOON),
    "another audience": forged(aud="elsewhere"),
    "no audience": forged(aud=None),
    "no end": forged(exp=None),
    "no subject": forged(sub=None),
    "an end that is no number": jwt.encode(
        {"sub": "crm", "aud": "kept", "exp": "tomorrow"}, SETTINGS.derive("tokens"), algorithm="HS256"
    ),
    "not a token": "three.small.parts",
    "nothing": "",
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
async def test_a_token_that_is_not_ours_is_401(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.get("/toy/private", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_good_token_says_who_and_what() -> None:
    tokens = Tokens(SETTINGS, ManualClock(NOON))
    assert tokens.verify(tokens.issue("crm", frozenset({"a:read", "b:write"}), lifetime=HOUR)) == (
        "crm",
        frozenset({"a:read", "b:write"}),
    )


@pytest.mark.parametrize(
    ("scopes", "status"),
    [({"toy:write"}, 200), ({"*"}, 200), ({"toy:read"}, 403), ({"toy:writer", "toy"}, 403), (set(), 403)],
)
async def test_a_token_may_what_its_scopes_say(
    client: httpx.AsyncClient, app: FastAPI, scopes: set[str], status: int
) -> None:
    token = app.state.tokens.issue("crm", frozenset(scopes), lifetime=HOUR)
    answer = await client.get("/toy/private", headers={"Authorization": f"bearer {token}"})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["scope"] == "toy:write"


async def test_nobody_is_401(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Cookie": f"{COOKIE}=nonsense"}, {"Authorization": "\xff"}):
        encoded = {name: value.encode("latin-1") for name, value in headers.items()}
        assert (await client.get("/toy/private", headers=encoded)).status_code == 401  # type: ignore[arg-type]


async def test_a_session_reads_and_writes_with_its_own_csrf_token_alone(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    sessions: Sessions = app.state.sessions
    cookie, another = sessions.open("an@kept.test", {"*"}), sessions.read(sessions.open("an@kept.test", {"*"}))
    mine = sessions.read(cookie)
    assert mine is not None
    assert another is not None
    client.cookies.set(COOKIE, cookie)

    assert (await client.get("/toy/private")).json() == {"subject": "an@kept.test", "scopes": ["*"]}
    assert (await client.post("/toy/private")).status_code == 403
    assert (await client.post("/toy/private", headers={"X-CSRF-Token": another.csrf})).status_code == 403
    assert (await client.post("/toy/private", headers={"X-CSRF-Token": ""})).status_code == 403
    assert (await client.post("/toy/private", data={"csrf": "khác"})).status_code == 403
    assert (await client.post("/toy/private", json={"csrf": mine.csrf})).status_code == 403
    assert (await client.post("/toy/private", headers={"X-CSRF-Token": mine.csrf})).status_code == 200
    assert (await client.post("/toy/private", data={"csrf": mine.csrf})).status_code == 200
    assert (await client.post("/toy/private", files={"csrf": (None, mine.csrf)})).status_code == 200


@pytest.mark.parametrize(
    ("public_url", "cookie"),
    [("https://kept.example", "__Host-kept_session"), ("http://127.0.0.1:8080", "kept_session")],
)
async def test_where_people_come_by_https_nobody_else_can_set_their_session(
    url: str, public_url: str, cookie: str, clock: ManualClock
) -> None:
    """The plain name opens nothing there: any host of the same domain could have set it."""
    app, runtime = make_app(url, clock, public_url=public_url)
    async with browser(app) as client:
        opened = app.state.sessions.open("an", {"*"})
        for name in ("kept_session", "__Host-kept_session"):
            answer = await client.get("/toy/private", headers={"Cookie": f"{name}={opened}"})
            assert answer.status_code == (200 if name == cookie else 401)
            strict = answer.headers.get("strict-transport-security")
            assert strict == ("max-age=31536000" if public_url.startswith("https") else None)
    await runtime.stop()


async def test_a_session_ends(client: httpx.AsyncClient, app: FastAPI, clock: ManualClock) -> None:
    client.cookies.set(COOKIE, app.state.sessions.open("an@kept.test", {"*"}))
    clock.advance(LIFETIME)
    assert (await client.get("/toy/private")).status_code == 401


def test_a_link_is_no_session_and_a_session_no_link() -> None:
    sessions = Sessions(SETTINGS, ManualClock(NOON))
    assert sessions.read(links("session").token(CUSTOMER, lifetime=HOUR)) is None
    with pytest.raises(Problem):
        links("session").read(sessions.open("an", {"*"}))


def test_the_vault_opens_for_this_installation_alone() -> None:
    sealed = Vault(SETTINGS).seal("khóa bí mật")
    assert Vault(SETTINGS).open(sealed) == "khóa bí mật"
    assert sealed != Vault(SETTINGS).seal("khóa bí mật")
    with pytest.raises(ValueError, match="another KEPT_SECRET_KEY"):
        Vault(OTHERS).open(sealed)
    with pytest.raises(ValueError, match="another KEPT_SECRET_KEY"):
        Vault(SETTINGS).open(urlsafe_b64encode(b"altered").decode())


OLD, NEW = "o" * 40, "n" * 40


def keyed(**keys: str) -> Any:
    return toy_settings("postgresql+asyncpg://nowhere", **({"secret_key": None} | keys))


@pytest.mark.parametrize("keys", [f"{NEW},{OLD}", f"{NEW} {OLD}", f" {NEW} , {OLD},", f'["{NEW}", "{OLD}"]'])
def test_a_key_is_changed_without_a_gap(keys: str) -> None:
    """What the old key made is good while it is listed; what is made now is good without it."""
    before, between, after = keyed(secret_key=OLD), keyed(secret_keys=keys), keyed(secret_keys=NEW)
    made: dict[str, Callable[[Any], str]] = {
        "token": lambda of: Tokens(of, CLOCK).issue("crm", frozenset(), lifetime=HOUR),
        "link": lambda of: links(settings=of).token(CUSTOMER, lifetime=HOUR),
        "session": lambda of: Sessions(of, CLOCK).open("an", {"*"}),
        "mark": lambda of: Marks(of).mark(CUSTOMER),
        "secret": lambda of: Vault(of).seal("secret"),
    }
    opens: dict[str, Callable[[Any, str], object]] = {
        "token": lambda of, held: Tokens(of, CLOCK).verify(held),
        "link": lambda of, held: links(settings=of).read(held),
        "session": lambda of, held: Sessions(of, CLOCK).read(held),
        "mark": lambda of, held: Marks(of).read(held),
        "secret": lambda of, held: Vault(of).open(held),
    }

    def is_good(what: str, of: Any, held: str) -> bool:
        try:
            return opens[what](of, held) is not None
        except (Problem, ValueError):
            return False

    for what, make in made.items():
        old, new = make(before), make(between)
        good = [is_good(what, of, held) for held in (old, new) for of in (before, between, after)]
        assert good == [True, True, False, False, True, True], what


def test_a_form_that_was_open_while_the_key_changed_is_still_taken() -> None:
    cookie = Sessions(keyed(secret_key=OLD), CLOCK).open("an", {"*"})
    before, now = (
        Sessions(of, CLOCK).read(cookie) for of in (keyed(secret_key=OLD), keyed(secret_keys=f"{NEW} {OLD}"))
    )
    assert before == now is not None


def test_the_one_key_is_good_beside_the_list() -> None:
    assert keyed(secret_keys=NEW, secret_key=OLD).keys == (NEW, OLD)
    assert keyed(secret_keys=f"{NEW},{NEW}", secret_key=NEW).keys == (NEW,)


@pytest.mark.parametrize("keys", [{}, {"secret_key": "short"}, {"secret_keys": f"{NEW},short"}, {"secret_keys": " , "}])
def test_without_a_key_that_cannot_be_guessed_nothing_starts(keys: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"KEPT_SECRET_KEY|at least 32") as refused:
        keyed(**keys)
    assert NEW not in str(refused.value)


def test_every_token_can_be_told_from_every_other() -> None:
    issued = [TOKENS.issue("crm", frozenset(), lifetime=HOUR) for _ in range(2)]
    claims = [jwt.decode(token, options={"verify_signature": False}) for token in issued]
    assert len({said["jti"] for said in claims}) == 2
    assert all(said["iat"] == NOON.timestamp() for said in claims)


def test_keys_of_different_purposes_have_nothing_in_common() -> None:
    assert len({SETTINGS.derive(p) for p in ("links", "tokens", "csrf", "sessions", "vault")}) == 5
