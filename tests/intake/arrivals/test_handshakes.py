"""What a provider is told: handshakes, and no in its own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.intake.channels.items import Contact
from services.intake.channels.registry import providers
from shared.contracts.intake import InteractionKind
from shared.database import Database
from tests.intake.conftest import Running
from tests.intake.senders import Webhook
from tests.intake.toy import sent, toy_provider


@pytest.fixture
async def desk(kept: Running, monkeypatch: pytest.MonkeyPatch) -> Any:
    with toy_provider(monkeypatch):
        await kept.make_channel("toy", "toy", "toy-secret-of-ours")
        yield kept


MESSAGE = Contact("m1", InteractionKind.MESSAGE, None, text="hi")


async def stored(desk: Running) -> int:
    return len(await desk.rows("SELECT id FROM raw_request"))


async def test_a_handshake_by_get_wants_the_channels_own_token(desk: Running) -> None:
    listed = await desk.http.get("/intake/channels/toy", headers=desk.token("intake:read"))
    token = listed.json()["verify_token"]
    good = await desk.http.get("/intake/webhooks/toy", headers={"X-Token": token})
    assert (good.status_code, good.text, good.headers["content-type"]) == (200, "hello", "text/plain; charset=utf-8")
    bad = await desk.http.get("/intake/webhooks/toy", headers={"X-Token": "guess"})
    assert bad.status_code == 403
    assert await stored(desk) == 0


async def test_each_channel_has_another_token_and_who_needs_none_has_none(desk: Running) -> None:
    await desk.make_channel("toy-2", "toy", "toy-secret-of-ours")
    await desk.make_channel("sms", "twilio", "an-auth-token-of-ours")
    listed = (await desk.http.get("/intake/channels", headers=desk.token("intake:read"))).json()["items"]
    tokens = {one["name"]: one["verify_token"] for one in listed}
    assert tokens["sms"] is None
    assert tokens["toy"]
    assert tokens["toy"] != tokens["toy-2"]


async def test_a_handshake_by_post_is_proved_answered_and_not_stored(desk: Running) -> None:
    answer = await desk.http.post("/intake/webhooks/toy", content=b"challenge", headers={"X-Toy": "toy-secret-of-ours"})
    assert (answer.status_code, answer.text) == (200, "challenged")
    unproved = await desk.http.post("/intake/webhooks/toy", content=b"challenge")
    assert unproved.status_code == 403
    assert await stored(desk) == 0


async def test_no_is_said_in_the_providers_words(desk: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = await desk.send(Webhook("/intake/webhooks/toy", b"x", {"X-Toy": "guess"}))
    assert wrong.status_code == 403
    large = await desk.send(Webhook("/intake/webhooks/toy", b"x" * (1024 * 1024 + 1), {"X-Toy": "toy-secret-of-ours"}))
    assert large.status_code == 406
    down = Database("postgresql+asyncpg://nobody@/nothing?host=/nowhere", source="/intake", clock=desk.clock)
    with monkeypatch.context() as patch:
        patch.setattr(desk.runtime, "database", down)
        later = await desk.send(sent(MESSAGE))
    await down.close()
    assert (later.status_code, later.headers["retry-after"]) == (503, "7")
    assert await stored(desk) == 0


async def test_a_channel_that_is_off_says_stop_and_on_again_listens(desk: Running) -> None:
    async def switch(enabled: bool) -> None:
        change = {"enabled": enabled}
        await desk.http.patch("/intake/channels/toy", json=change, headers=desk.token("intake:admin"))

    await switch(False)
    answer = await desk.send(sent(MESSAGE))
    assert (answer.status_code, answer.headers["x-no-retry"]) == (406, "1")
    await switch(True)
    assert (await desk.send(sent(MESSAGE))).status_code == 200
    assert await stored(desk) == 1


async def test_headers_by_prefix_are_kept_and_others_are_not(desk: Running) -> None:
    webhook = sent(MESSAGE)
    more = {"X-Keep-One": "1", "X-Other": "2", "Authorization": "Basic x"}
    await desk.send(Webhook(webhook.path, webhook.body, {**webhook.headers, **more}))
    ((headers,),) = await desk.rows("SELECT headers FROM raw_request")
    assert set(json.loads(headers)) == {"x-keep-one", "user-agent"}


async def test_other_methods_are_405_and_say_which_are_not(desk: Running) -> None:
    await desk.make_channel("sms", "twilio", "an-auth-token-of-ours")
    answer = await desk.http.get("/intake/webhooks/sms")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await desk.http.request("OPTIONS", "/intake/webhooks/toy")).status_code == 405


async def test_an_access_token_goes_in_and_never_comes_out(desk: Running) -> None:
    change = {"access_token": "EAAB-access"}
    answer = await desk.http.patch("/intake/channels/toy", json=change, headers=desk.token("intake:admin"))
    assert answer.json()["has_access_token"] is True
    ((sealed,),) = await desk.rows("SELECT sealed_access_token FROM channel WHERE name = 'toy'")
    assert "EAAB" not in answer.text + sealed
    assert desk.intake.vault.open(sealed) == "EAAB-access"


RULES = {  # SNS gives a message up after any 4xx, and takes a 401 for the wish to be told a password
    "mailgun": (401, 406, 406),
    "postmark": (401, 403, 403),
    "slack": (401, 410, 413),
    "sendgrid": (401, 410, 413),
    "ses": (403, 410, 413),
    "twilio": (401, 410, 413),
}


@pytest.mark.parametrize("name", sorted(set(RULES) & set(providers())))
def test_the_status_rules_of_each_provider(name: str) -> None:
    rules = providers()[name].rules
    assert (rules.refused, rules.stop, rules.too_large) == RULES[name]


@pytest.mark.parametrize("name", sorted(providers()))
def test_trouble_of_ours_is_never_a_no(name: str) -> None:
    """A 4xx loses the message at SendGrid and SNS: what may pass is 5xx with Retry-After, for everybody."""
    rules = providers()[name].rules
    assert rules.later >= 500
    assert 0 < rules.retry_after < 60, "Zendesk comes again only within a minute"
