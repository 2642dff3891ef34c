"""Sign-in with a real OpenID provider, npm's oidc-provider, from our page over its own and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from services.intake.staff.openid import OpenId
from services.intake.staff.provider import AGAIN
from services.intake.staff.roles import Role
from shared.contracts.intake import PersonUpdated
from tests.intake.conftest import PUBLIC_URL, Running
from tests.support import openid

CALLBACK = f"{PUBLIC_URL}/intake/login/callback"

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openid.Provider]:
    with openid.running(tmp_path_factory.mktemp("openid"), CALLBACK) as running:
        yield running


async def at(desk: Running, provider: openid.Provider, **settings: Any) -> None:
    """From now on people sign in there."""
    values = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": "kept",
        "oidc_client_secret": SecretStr(openid.SECRET),
        "oidc_scope": "openid email profile groups",
        "oidc_roles": {"leads": Role.LEAD, "agents": Role.AGENT},
    } | settings
    if desk.intake.openid is not None:
        await desk.intake.openid.close()
    changed = desk.intake.settings.model_copy(update=values)
    object.__setattr__(desk.intake, "settings", changed)
    object.__setattr__(desk.intake, "openid", OpenId(changed, desk.clock))


async def come(desk: Running, provider: openid.Provider, name: str) -> int:
    desk.http.cookies.clear()
    gone = await desk.http.get("/intake/login")
    back = await provider.sign_in(gone.headers["location"], name, CALLBACK)
    return (await desk.http.get(back)).status_code


async def test_a_person_comes_in_with_the_roles_of_their_group(kept: Running, provider: openid.Provider) -> None:
    kept.clock.set(datetime.now(UTC))  # the provider goes by the real time
    await at(kept, provider)
    assert await come(kept, provider, "leads.an") == 303
    assert (await kept.http.get("/intake/console")).status_code == 200
    (told,) = await kept.facts(PersonUpdated)
    assert (told.subject, told.name, told.roles) == ("leads.an@shop.example", "leads.an", ("lead",))
    assert await come(kept, provider, "strangers.minh") == 403
    provider.change_key()
    kept.clock.advance(AGAIN)
    assert await come(kept, provider, "agents.minh") == 303, "new keys are learned"
    await at(kept, provider, oidc_client_secret=SecretStr("another"))
    assert await come(kept, provider, "leads.an") == 403
    await at(kept, provider, oidc_client_id="another")
    gone = await kept.http.get("/intake/login")
    with pytest.raises(AssertionError):
        await provider.sign_in(gone.headers["location"], "leads.an", CALLBACK)
