"""The hot path: what is let in, what is told to whom, and that nothing is answered before it is durable."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from services.intake.channels.registry import providers
from shared.database import Database
from tests.intake import senders
from tests.intake.conftest import Running
from tests.intake.senders import Webhook


@pytest.fixture
async def desk(kept: Running) -> Running:
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    return kept


async def stored(desk: Running) -> int:
    return len(await desk.rows("SELECT id FROM raw_request"))


async def test_what_is_answered_is_stored_and_waits(desk: Running) -> None:
    answer = await desk.send(senders.sms("hi"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.content.endswith(b"<Response/>")
    assert len(await desk.rows("SELECT * FROM raw_request JOIN raw_waiting USING (id)")) == 1


@pytest.mark.parametrize(
    "webhook",
    [senders.sms("hi", token="wrong"), Webhook("/intake/webhooks/sms", b"Body=hi"), senders.mail("hi", secret="a:b")],
)
async def test_a_wrong_or_missing_signature_is_401(desk: Running, webhook: Webhook) -> None:
    answer = await desk.send(webhook)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert await stored(desk) == 0


async def test_basic_authentication_is_asked_for(desk: Running) -> None:
    answer = await desk.send(senders.mail("hi", secret="a:b"))
    assert answer.headers["www-authenticate"].startswith("Basic")


async def test_the_host_header_does_not_decide_what_was_signed(desk: Running) -> None:
    webhook = senders.sms("hi", origin="https://evil.example.com")
    answer = await desk.send(Webhook(webhook.path, webhook.body, {**webhook.headers, "Host": "evil.example.com"}))
    assert answer.status_code == 401


async def test_an_unknown_channel_is_404(desk: Running) -> None:
    answer = await desk.send(senders.sms("hi", channel="nobody"))
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:kept:problem:no-such-channel"


async def test_only_post(desk: Running) -> None:
    assert (await desk.http.get("/intake/webhooks/sms")).status_code == 405


async def test_a_body_over_the_limit_is_413_while_it_is_read(desk: Running) -> None:
    limit = providers()["twilio"].body_limit
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < limit * 4:
            sent += 65_536
            yield b"x" * 65_536

    signed = {"x-twilio-signature": "not looked at before the body is there"}
    answer = await desk.http.post("/intake/webhooks/sms", content=endless(), headers=signed)
    assert answer.status_code == 413
    assert sent <= limit + 2 * 65_536
    assert await stored(desk) == 0


async def test_a_rotated_secret(desk: Running) -> None:
    change = {"secrets": ["new-token-of-the-account", senders.TWILIO_TOKEN]}
    answer = await desk.http.patch("/intake/channels/sms", json=change, headers=desk.token("intake:admin"))
    assert answer.json()["secret_count"] == 2
    for token in ("new-token-of-the-account", senders.TWILIO_TOKEN):
        assert (await desk.send(senders.sms("hi", token=token))).status_code == 200
    change = {"secrets": ["new-token-of-the-account"]}
    await desk.http.patch("/intake/channels/sms", json=change, headers=desk.token("intake:admin"))
    assert (await desk.send(senders.sms("hi"))).status_code == 401


async def test_no_secret_is_kept_with_the_request(desk: Running) -> None:
    webhook = senders.mail("hi")
    extra = {"Cookie": "a=b", "X-Api-Key": "k"}
    await desk.send(Webhook(webhook.path, webhook.body, {**webhook.headers, **extra}))
    ((headers,),) = await desk.rows("SELECT headers FROM raw_request")
    assert set(json.loads(headers)) == {"content-type", "user-agent"}


async def test_database_away_is_503_and_heals(desk: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await desk.send(senders.sms("hi"))).status_code == 200
    down = Database("postgresql+asyncpg://nobody@/nothing?host=/nowhere", source="/intake", clock=desk.clock)
    with monkeypatch.context() as patch:
        patch.setattr(desk.runtime, "database", down)
        for webhook in (senders.sms("hi", sid="2"), senders.sms("hi", channel="nobody")):
            desk.intake.directory.forget()
            answer = await desk.send(webhook)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    await down.close()
    assert (await desk.send(senders.sms("hi", sid="2"))).status_code == 200
    assert await stored(desk) == 2


async def test_a_secret_of_another_key_is_trouble_that_may_pass(desk: Running) -> None:
    async with desk.runtime.database.write() as session:
        from sqlalchemy import text

        await session.execute(text("UPDATE channel SET sealed_secrets = '{sealed-elsewhere}' WHERE name = 'sms'"))
    desk.intake.directory.forget()
    assert (await desk.send(senders.sms("hi"))).status_code == 503
