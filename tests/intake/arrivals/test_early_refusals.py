"""What the head of a webhook tells is told before its body is read."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.exceptions import HTTPException

from services.intake.channels.registry import providers
from shared import bodies
from shared.problems import Problem
from tests.intake.conftest import Running
from tests.intake.signing import SECRETS

BY_HEAD = [p.name for p in providers().values() if p.signed_by or p.headers_prove]
SIGNED = {"mailgun": "its form is signed in itself", "ses": "its JSON is signed in itself"}


class Body:
    """Says whether anybody read it."""

    def __init__(self) -> None:
        self.read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.read = True
        yield b"{}"


async def post(kept: Running, name: str, **headers: str) -> tuple[httpx.Response, bool]:
    body = Body()
    answer = await kept.http.post(f"/intake/webhooks/{name}", content=body, headers=headers)
    return answer, body.read


def test_every_provider_that_can_says_so() -> None:
    assert set(providers()) - set(BY_HEAD) == set(SIGNED)


@pytest.mark.parametrize("name", BY_HEAD)
async def test_a_webhook_without_its_signature_is_refused_unread(kept: Running, name: str) -> None:
    await kept.make_channel(name, name, SECRETS[name])
    wrong = {"authorization": "Basic d3Jvbmc=", "x-telegram-bot-api-secret-token": "wrong"}
    headers = wrong if providers()[name].headers_prove else {}
    answer, read = await post(kept, name, **headers)
    assert (answer.status_code, read) == (providers()[name].rules.refused, False)
    assert await kept.rows("SELECT 1 FROM raw_request") == []


@pytest.mark.parametrize("name", [*BY_HEAD, *SIGNED])
async def test_a_webhook_that_says_it_is_too_large_is_refused_unread(kept: Running, name: str) -> None:
    await kept.make_channel(name, name, SECRETS[name])
    provider = providers()[name]
    claimed = str(provider.body_limit + 1)
    answer, read = await post(kept, name, **{"content-length": claimed}, **dict.fromkeys(provider.signed_by, "x"))
    expected = provider.rules.refused if provider.headers_prove else provider.rules.too_large
    assert (answer.status_code, read) == (expected, False)


async def test_a_channel_that_is_off_reads_nothing(kept: Running) -> None:
    await kept.make_channel("sms", "twilio", SECRETS["twilio"])
    await kept.http.patch("/intake/channels/sms", json={"enabled": False}, headers=kept.token("intake:admin"))
    assert (await post(kept, "sms", **{"x-twilio-signature": "x"}))[1] is False


@pytest.mark.parametrize("name", ["postmark", "mailgun", "twilio"])
async def test_where_there_is_no_room_it_is_later_in_the_providers_words(
    kept: Running, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.make_channel(name, name, SECRETS[name])
    budget = bodies.budget_of(kept.intake.settings.unverified_bytes)
    monkeypatch.setattr(budget, "most", 1)
    basic = httpx.BasicAuth(*SECRETS["postmark"].split(":"))
    signed = dict.fromkeys(providers()[name].signed_by, "x")
    answer = await kept.http.post(f"/intake/webhooks/{name}", content=b"{}", headers=signed, auth=basic)
    rules = providers()[name].rules
    assert (answer.status_code, answer.headers["retry-after"]) == (rules.later, str(rules.retry_after))
    assert budget.taken == 0


async def test_a_webhook_that_does_not_come_is_given_up(kept: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(bodies, "GRACE", 0.05)
    await kept.make_channel("mg", "mailgun", SECRETS["mailgun"])

    async def silent() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(30)

    answer = await asyncio.wait_for(kept.http.post("/intake/webhooks/mg", content=silent()), 10)
    assert answer.status_code == 503


async def test_a_refused_body_leaves_nothing_to_be_sought(kept: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that refers to itself would keep what came until the process looks for garbage."""
    await kept.make_channel("mg", "mailgun", SECRETS["mailgun"])
    budget = bodies.budget_of(kept.intake.settings.unverified_bytes)
    limit, rules = providers()["mailgun"].body_limit, providers()["mailgun"].rules

    async def heard(body: bytes, **more: str) -> int:
        return (await kept.http.post("/intake/webhooks/mg", content=body, headers=more)).status_code

    gc.collect()
    gc.disable()
    try:
        assert await heard(b"{}") == rules.refused
        assert await heard(b"x" * (limit + 1)) == rules.too_large
        monkeypatch.setattr(budget, "most", 1)
        assert await heard(b"{}") == rules.later
        left = [each for each in gc.get_objects() if isinstance(each, Problem | HTTPException)]
        assert left == []
    finally:
        gc.enable()
