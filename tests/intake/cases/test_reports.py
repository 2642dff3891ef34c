"""What nobody was given, how soon the telephone is answered, and who changed a channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.intake import senders
from tests.intake.conftest import START, Running


@pytest.fixture
async def desk(kept: Running) -> Running:
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    await kept.make_channel("phone", "telephone", senders.PHONE_SECRET)
    return kept


async def ask(desk: Running, path: str, **params: Any) -> Any:
    answer = await desk.http.get(f"/intake/{path}", params=params, headers=desk.token("intake:read"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_nothing_is_left_that_nobody_answers_for(desk: Running) -> None:
    """I2: every contact has an id, channel, direction, time and owner; what had none would be listed."""
    await desk.send(senders.sms("hi"))
    await desk.work()
    desk.clock.advance(timedelta(minutes=10))
    assert await ask(desk, "reports/unrouted", minutes=5) == []
    async with desk.runtime.database.write() as session:
        await session.execute(text("UPDATE interaction SET case_id = NULL"))
    (found,) = await ask(desk, "reports/unrouted", minutes=5)
    assert (found["channel"], found["kind"]) == ("sms", "message")
    assert await ask(desk, "reports/unrouted", minutes=15) == [], "not so old yet"


async def test_calls_answered_within_so_many_rings(desk: Running) -> None:
    """I3"""
    for number, (rings, cause) in enumerate(
        [(2, "normalClearing"), (3, "normalClearing"), (6, "normalClearing"), (9, "noAnswer")]
    ):
        call_id = f"call-{number}"
        await desk.send(senders.phone("newCall", START, call_id=call_id, now=START))
        await desk.send(senders.phone("answer", START, call_id=call_id, now=START)) if cause != "noAnswer" else None
        ended = START + timedelta(seconds=60)
        await desk.send(senders.phone("hangup", ended, call_id=call_id, now=START, rings=rings, cause=cause))
    await desk.work()
    (row,) = await ask(desk, "reports/rings", rings=3)
    assert row == {"channel": "phone", "calls": 4, "answered": 3, "counted": 3, "in_time": 2, "share": 0.5}
    assert await ask(desk, "reports/rings", since=(START + timedelta(days=1)).isoformat()) == []


async def test_who_changed_a_channel_stays_and_holds_no_secret(desk: Running) -> None:
    """X2"""
    change = {"secrets": ["a-new-secret-of-ours"], "enabled": False}
    await desk.http.patch("/intake/channels/sms", json=change, headers=desk.token("intake:admin"))
    newest, oldest = await ask(desk, "channels/sms/changes")
    assert (newest["by"], newest["what"]) == ("lan", "new secrets, switched off")
    assert oldest["what"] == "made, twilio, 1 secrets"
    assert "a-new-secret-of-ours" not in str(newest) + str(oldest)
