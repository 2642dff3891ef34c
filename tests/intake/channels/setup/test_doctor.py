"""Whether a channel works, as the API and the commands tell it; channels and quarantine by command."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.intake import channels, commands
from services.intake.arrivals import webhooks
from services.intake.channels.setup.doctor import Checkup, Counted, diagnose
from services.intake.channels.setup.remedies import advice_on, remedy_of
from services.intake.commands import Place
from shared.contracts.intake import InteractionReceived
from shared.problems import Problem
from tests.intake import senders
from tests.intake.conftest import START, Running


@pytest.fixture
async def desk(kept: Running) -> Running:
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    return kept


async def examine(desk: Running, name: str = "sms") -> dict[str, Any]:
    await desk.intake.refusals.write(desk.runtime.database)
    answer = await desk.http.get(f"/intake/channels/{name}/doctor", headers=desk.token("intake:read"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_new_channel_says_what_to_paste(desk: Running) -> None:
    found = await examine(desk)
    assert found["verdict"] == "Nothing has arrived yet."
    assert "https://kept.example.com/intake/webhooks/sms" in found["advice"][0]


async def test_what_arrived_is_counted_and_copies_are_told_apart(desk: Running) -> None:
    """I2"""
    await desk.send(senders.sms("one", sid="1"))
    await desk.send(senders.sms("one", sid="1"))
    assert (await examine(desk))["waiting"] == 2
    await desk.work()
    desk.clock.advance(timedelta(minutes=1))
    await desk.send(senders.sms("one", sid="1"))
    await desk.work()
    found = await examine(desk)
    assert (found["requests"], found["contacts"], found["copies"], found["waiting"]) == (3, 1, 2, 0)
    assert found["verdict"] == "It works."
    assert found["last_received_at"] == "2026-03-02T09:01:00Z"
    assert found["last_contact_at"] == "2026-03-02T09:00:00Z"


async def test_what_was_refused_is_told_with_its_reason(desk: Running) -> None:
    for _ in range(3):
        await desk.send(senders.sms("hi", token="wrong"))
    await desk.http.get("/intake/webhooks/sms")
    found = await examine(desk)
    assert found["verdict"] == "The last request was refused."
    reasons = {one["reason"]: one["count"] for one in found["refusals"]}
    assert reasons["not proved to come from the provider: the signature does not hold"] == 3
    assert any("KEPT_PUBLIC_URL" in advice for advice in found["advice"])


async def test_refusals_fill_no_table(desk: Running) -> None:
    """Whatever a stranger sends, there are few rows: one a channel and reason."""
    for number in range(50):
        await desk.send(senders.Webhook(f"/intake/webhooks/sms?{number}", b"x" * number, {"X-Twilio-Signature": "x"}))
    await desk.intake.refusals.write(desk.runtime.database)
    assert len(await desk.rows("SELECT reason FROM channel_refusal")) <= 2
    assert await desk.rows("SELECT id FROM raw_request") == []


async def test_quarantine_is_advice_and_one_command_reads_it_again(desk: Running) -> None:
    await desk.make_channel("mail", "postmark", senders.MAIL_SECRET)
    place = Place(desk.runtime.database, desk.intake)
    for _ in range(2):
        await desk.send(senders.signed_mail(b"{"))
    await desk.work()
    found = await examine(desk, "mail")
    assert found["quarantined"][0]["count"] == 2
    assert any("kept quarantine replay --channel mail" in advice for advice in found["advice"])
    assert len(await commands.quarantined(place, "mail")) == 2
    assert await commands.quarantined(place, "sms") == []
    mended = senders.mail("now it can be read").body
    async with desk.runtime.database.write() as session:
        await session.execute(text("UPDATE raw_request SET body = :body"), {"body": mended})
    assert await commands.release(place, "sms") == 0
    assert await commands.release(place, None) == 2
    await desk.work()
    assert [r.text for r in await desk.facts(InteractionReceived)] == ["now it can be read"]
    assert await commands.quarantined(place, None) == []


async def test_replay_by_api_is_one_call(desk: Running) -> None:
    await desk.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await desk.send(senders.signed_mail(b"{"))
    await desk.work()
    path, headers = "/intake/quarantine/replay", desk.token("intake:write")
    assert (await desk.http.post(path, json={"channel": "sms"}, headers=headers)).json() == {"count": 0}
    assert (await desk.http.post(path, json={}, headers=headers)).json() == {"count": 1}


async def test_a_channel_made_by_command_is_the_same(desk: Running) -> None:
    place = Place(desk.runtime.database, desk.intake)
    made = await commands.add(place, "shop", "twilio", ["an-auth-token-of-ours"], "", None)
    assert made == {"webhook_url": "https://kept.example.com/intake/webhooks/shop", "verify_token": None}
    assert [row["name"] for row in await commands.channels(place)] == ["shop", "sms"]
    assert not any("token" in str(value) for row in await commands.channels(place) for value in row.values())
    await commands.switch(place, "shop", False)
    assert "switched off" in (await commands.examine(place, "shop")).verdict
    for wrong in (("shop", "twilio", ["t"]), ("Shop!", "twilio", ["t"]), ("x", "nobody", ["t"]), ("x", "twilio", [])):
        with pytest.raises(Problem):
            await commands.add(place, *wrong, "", None)
    with pytest.raises(Problem):
        await commands.switch(place, "nobody", True)


async def test_the_commands_text_for_a_person(desk: Running) -> None:
    await desk.send(senders.sms("hi"))
    await desk.work()
    told = commands.told(await commands.examine(Place(desk.runtime.database, desk.intake), "sms"))
    assert told.splitlines()[0] == "sms (twilio): It works."
    assert "1 requests, 1 contacts" in told


def checkup(**more: Any) -> Checkup:
    return Checkup(
        **{
            "channel": "sms",
            "provider": "twilio",
            "enabled": True,
            "webhook_url": "https://a.example",
            "verdict": "",
            "advice": [],
            "last_received_at": START,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("found", "is_locked", "verdict"),
    [
        (checkup(), False, "It works."),
        (checkup(enabled=False), True, "It is switched off."),
        (checkup(), True, "Its secrets cannot be opened."),
        (checkup(waiting=3, waiting_since=START), False, "It works, with something to look at."),
        (checkup(waiting=3, waiting_since=START + timedelta(seconds=290)), False, "It works."),
        (
            checkup(refusals=[Counted(reason="the body is over 9 bytes", count=1, last_at=START + timedelta(1))]),
            False,
            "It works.",
        ),
        (
            checkup(
                refusals=[Counted(reason="the body is over 9 bytes", count=1, last_at=START)],
                last_received_at=START - timedelta(2),
            ),
            False,
            "The last request was refused.",
        ),
        (
            checkup(
                refusals=[Counted(reason="there is no signature", count=1, last_at=START)],
                last_received_at=START - timedelta(2),
            ),
            False,
            "It works.",
        ),
        (
            checkup(
                refusals=[Counted(reason="the signature does not hold", count=1, last_at=START + timedelta(minutes=4))],
                changed_at=START + timedelta(minutes=3),
            ),
            False,
            "The last request was refused.",
        ),
        (checkup(refusals=[Counted(reason="x", count=1, last_at=START - timedelta(1))]), False, "It works."),
    ],
)
def test_verdicts(found: Checkup, is_locked: bool, verdict: str) -> None:
    assert diagnose(found, is_locked=is_locked, now=START + timedelta(minutes=5))[0] == verdict


async def test_what_is_accepted_after_a_refusal_is_the_last_word_at_once(desk: Running) -> None:
    """Refusals have the time of their request, not of their writing; what waits to be read has arrived."""
    await desk.send(senders.sms("hi", token="wrong"))
    desk.clock.advance(timedelta(milliseconds=400))
    await desk.send(senders.sms("hi"))
    desk.clock.advance(timedelta(seconds=5))
    found = await examine(desk)
    assert (found["verdict"], found["advice"], found["notes"]) == ("It works.", [], [])
    assert found["refusals"][0]["last_at"] == "2026-03-02T09:00:00Z"
    assert found["last_received_at"] == "2026-03-02T09:00:00.400000Z"


async def test_a_stranger_turns_no_verdict(desk: Running) -> None:
    await desk.send(senders.sms("hi"))
    await desk.work()
    desk.clock.advance(timedelta(minutes=1))
    await desk.send(senders.sms("hi", token="wrong"))
    await desk.send(senders.Webhook("/intake/webhooks/sms", b"{}", {}))
    found = Checkup.model_validate(await examine(desk))
    assert found.is_well
    assert found.verdict == "It works."
    assert "without the header that proves them" in found.notes[0]
    assert "https://kept.example.com/intake/webhooks/sms" in found.notes[0]
    desk.clock.advance(timedelta(days=2))
    found = Checkup.model_validate(await examine(desk))
    assert not found.is_well, "nothing was accepted since, and what was refused may be the provider's"


async def test_a_refusal_is_written_at_once(desk: Running) -> None:
    await desk.send(senders.sms("hi", token="wrong"))
    async with asyncio.timeout(0.5):
        while not await desk.rows("SELECT reason FROM channel_refusal"):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("the timestamp is too far from our clock", "clock"),
        ("there is no signature", "header"),
        ("wrong user or password", "password"),
        ("wrong token", "token"),
        ("wrong verify token", "GET /intake/channels/sms"),
        ("the signature does not hold", "https://a.example"),
        ("the body is over 9 bytes", "larger"),
        ("this channel is switched off", "kept channel on sms"),
    ],
)
def test_advice_fits_the_reason(reason: str, word: str) -> None:
    found = checkup(provider="twilio", last_received_at=None, refusals=[Counted(reason=reason, count=1, last_at=START)])
    (advice,) = advice_on(found, found.refusals)
    assert word in advice


def test_every_reason_has_its_advice() -> None:
    """Whatever sentence a provider's check raises, the doctor knows what it means."""
    sources = [*Path(channels.__file__).parent.rglob("*.py"), Path(webhooks.__file__)]
    raised = re.compile(r'(?:Refused|ChannelOff|MethodNotAllowed|TooLarge|Unavailable)\(f?"([^"]+)"')
    reasons = {reason for source in sources for reason in raised.findall(source.read_text())}
    assert len(reasons) > 25
    ours = {"not proved to come from the provider: {refused}"}
    assert {reason for reason in reasons - ours if remedy_of(reason) is None} == set()


async def test_what_was_refused_just_before_the_end_is_written(desk: Running) -> None:
    refusals, database = desk.intake.refusals, desk.runtime.database
    refusals.note(database, "sms", "one")
    await refusals.write(database)
    for _ in range(3):
        refusals.note(database, "sms", "two")  # the next writing is a pause away
    await desk.intake.close(database)
    found = await desk.rows("SELECT reason, count FROM channel_refusal ORDER BY reason")
    assert [(row.reason, row.count) for row in found] == [("one", 1), ("two", 3)]
