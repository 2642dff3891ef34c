"""A channel is what it is from the moment its change is answered, in every process, at no statement more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import event

from services.intake.channels.setup.directory import Directory, Line
from services.intake.service import build
from services.intake.state import Intake
from shared.broker.local import LocalBroker
from shared.database import ReadSession
from shared.http import create_app
from shared.runtime import Runtime
from tests.intake import senders
from tests.intake.conftest import PUBLIC_URL, Running
from tests.intake.toy import sent, toy_provider

OLD, NEW = senders.TWILIO_TOKEN, "another-auth-token-of-ours"


@pytest.fixture
async def other(kept: Running) -> AsyncIterator[Running]:
    """Another process on the same database: it shares nothing else with the first."""
    settings = kept.intake.settings
    service = build(settings, kept.clock)
    broker = LocalBroker(settings.database_url, topics=())
    runtime = Runtime(service, settings, clock=kept.clock, role="api", broker=broker)
    transport = httpx.ASGITransport(app=create_app(runtime, manage_runtime=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        yield Running(http, runtime, kept.clock, cast("Intake", service.state))
    await runtime.stop()


async def change(desk: Running, name: str, **what: Any) -> None:
    answer = await desk.http.patch(f"/intake/channels/{name}", json=what, headers=desk.token("intake:admin"))
    assert answer.status_code == 200, answer.text


async def status(desk: Running, sid: str, token: str = OLD) -> int:
    return (await desk.send(senders.sms("hi", sid=sid, token=token))).status_code


async def test_a_channel_works_everywhere_once_its_201_is_out(kept: Running, other: Running) -> None:
    assert await status(other, "SM0") == 404
    await kept.make_channel("sms", "twilio", OLD)
    assert [await status(desk, f"SM{n}") for n, desk in enumerate((other, kept))] == [200, 200]


async def test_a_secret_that_was_changed_is_good_nowhere(kept: Running, other: Running) -> None:
    await kept.make_channel("sms", "twilio", OLD)
    for n, (new, old) in enumerate(((NEW, OLD), (OLD, NEW), (NEW, OLD))):
        assert await status(other, f"before-{n}", old) == 200, "the other process has just looked"
        await change(kept, "sms", secrets=[new])
        assert await status(other, f"old-{n}", old) == 401
        assert await status(other, f"new-{n}", new) == 200
        assert await status(kept, f"here-{n}", old) == 401
    texts = {row.body for row in await kept.rows("SELECT body FROM raw_request")}
    assert not any(b"old-" in body or b"here-" in body for body in texts)


async def test_a_new_secret_is_good_before_the_old_one_was_tried(kept: Running, other: Running) -> None:
    await kept.make_channel("sms", "twilio", OLD)
    assert await status(other, "SM1") == 200
    await change(kept, "sms", secrets=[NEW])
    assert await status(other, "SM2", NEW) == 200


async def test_a_channel_is_off_and_on_everywhere(kept: Running, other: Running) -> None:
    await kept.make_channel("sms", "twilio", OLD)
    for n in range(3):
        assert await status(other, f"on-{n}") == 200
        await change(kept, "sms", enabled=False)
        assert await status(other, f"off-{n}") == 410
        await change(kept, "sms", enabled=True)
    assert await status(other, "again") == 200
    assert len(await kept.rows("SELECT 1 FROM raw_request")) == 4


async def test_those_of_other_channels_in_the_same_batch_are_stored(kept: Running, other: Running) -> None:
    for name in ("sms", "sms-2"):
        await kept.make_channel(name, "twilio", OLD)
        assert (await other.send(senders.sms("hi", sid="first", channel=name))).status_code == 200
    await change(kept, "sms", secrets=[NEW])
    both = [senders.sms("hi", sid=f"SM{n}", channel=name) for n in range(20) for name in ("sms", "sms-2")]
    answers = await asyncio.gather(*(other.send(one) for one in both))
    assert [answer.status_code for answer in answers] == [401, 200] * 20


async def test_a_handshake_is_not_made_for_a_channel_that_is_off(
    kept: Running, other: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with toy_provider(monkeypatch):
        made = await kept.make_channel("toy", "toy", "toy-secret-of-ours")
        assert (await other.send(sent())).status_code == 200
        headers = {"X-Token": made["verify_token"]}
        assert (await other.http.get("/intake/webhooks/toy", headers=headers)).text == "hello"
        await change(kept, "toy", enabled=False)
        assert (await other.http.get("/intake/webhooks/toy", headers=headers)).status_code == 406


async def test_what_is_filed_goes_by_the_channel_as_it_is(kept: Running, other: Running) -> None:
    """The worker of another process, too: the account tells chats apart."""
    await kept.make_channel("bot", "telegram", "a_telegram_token_of_ours")
    header = {"X-Telegram-Bot-Api-Secret-Token": "a_telegram_token_of_ours"}
    for n, account in enumerate(("one", "two")):
        await change(kept, "bot", account=account)
        message = {"message_id": n, "chat": {"id": 7}, "from": {"id": 7}, "date": 1772442000, "text": "hi"}
        answer = await kept.http.post("/intake/webhooks/bot", json={"update_id": n, "message": message}, headers=header)
        assert answer.status_code == 200
        await other.work()
    assert {row.account for row in await kept.rows("SELECT account FROM handle")} == {"one", "two"}


async def test_a_look_that_began_before_a_change_does_not_pass_for_one_after_it(kept: Running) -> None:
    directory, began, go_on = Directory(kept.intake.vault), asyncio.Event(), asyncio.Event()
    read = directory.read

    async def slow(session: ReadSession) -> Mapping[str, Line]:
        found = await read(session)
        began.set()
        await go_on.wait()
        return found

    directory.read = slow  # type: ignore[method-assign]
    looking = asyncio.create_task(directory.lines(kept.runtime.database))
    await began.wait()
    await kept.make_channel("sms", "twilio", OLD)
    directory.forget()
    go_on.set()
    assert await looking == {}
    assert set(await directory.lines(kept.runtime.database)) == {"sms"}


async def test_many_who_ask_at_once_share_a_look(kept: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, read = 0, kept.intake.directory.read

    async def counted(session: ReadSession) -> Mapping[str, Line]:
        nonlocal looks
        looks += 1
        return await read(session)

    monkeypatch.setattr(kept.intake.directory, "read", counted)
    answers = await asyncio.gather(*(status(kept, f"SM{n}") for n in range(50)))
    assert set(answers) == {404}
    assert looks <= 5


async def test_a_request_that_is_taken_costs_one_statement(kept: Running) -> None:
    await kept.make_channel("sms", "twilio", OLD)
    assert await status(kept, "SM1") == 200
    statements: list[str] = []
    engine = kept.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert await status(kept, "SM2") == 200
    assert len(statements) == 1
    assert "INSERT INTO raw_request" in statements[0]
