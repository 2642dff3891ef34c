"""From the stored raw request to the timeline, on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from services.intake.arrivals import raw, worker
from services.intake.arrivals.calls.callbook import GRACE
from services.intake.arrivals.raw import Raw
from services.intake.arrivals.worker import Worker, file_overdue_calls
from services.intake.channels.setup.directory import Line
from services.intake.errors import Overtaken
from services.intake.state import Intake
from shared.contracts.intake import (
    CaseOpened,
    CustomerCreated,
    CustomerUpdated,
    InteractionKind,
    InteractionReceived,
    InteractionSent,
)
from shared.timer_worker import TimerWorker
from tests.intake import senders
from tests.intake.conftest import START, Running
from tests.intake.senders import Webhook


@pytest.fixture
async def lines(kept: Running) -> None:
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await kept.make_channel("phone", "telephone", senders.PHONE_SECRET)


@pytest.fixture
async def desk(kept: Running, lines: None) -> Running:
    return kept


async def send_all(desk: Running, *webhooks: Webhook) -> None:
    for webhook in webhooks:
        answer = await desk.send(webhook)
        assert answer.status_code == 200, answer.text


async def test_a_worker_in_another_process_knows_a_channel_as_soon_as_the_api_does(kept: Running) -> None:
    elsewhere = Worker(Intake.of(kept.intake.settings, kept.clock), kept.runtime.database)
    await elsewhere.handle_batch()  # it has looked, and there was no channel
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    await send_all(kept, senders.sms("Xin chào"))
    await elsewhere.handle_batch()
    assert await kept.rows("SELECT reason FROM quarantine") == []
    assert await kept.facts(InteractionReceived)


async def test_a_message_becomes_customer_case_and_interaction(desk: Running) -> None:
    await send_all(desk, senders.sms("Đơn hàng của tôi đâu?"))
    await desk.work()
    created, opened, received = await desk.facts()
    assert isinstance(created, CustomerCreated)
    assert isinstance(opened, CaseOpened)
    assert isinstance(received, InteractionReceived)
    assert opened.owner == "front-desk", "exactly one owner, from the first moment"
    assert received.case_id == opened.case_id
    assert (received.text, received.language) == ("Đơn hàng của tôi đâu?", "vi")
    assert received.occurred_at == received.received_at == START


async def test_copies_change_nothing(desk: Running) -> None:
    """I4: in one batch, in a later one, and a hundred at once."""
    await send_all(desk, senders.sms("hi"), senders.sms("hi"))
    await desk.work()
    before = await desk.log()
    answers = await asyncio.gather(*(desk.send(senders.sms("hi")) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    await desk.work()
    assert await desk.log() == before
    assert len(await desk.facts(InteractionReceived)) == 1


async def test_one_id_with_other_content_keeps_the_first(desk: Running) -> None:
    await send_all(desk, senders.sms("first"), senders.sms("second"))
    await desk.work()
    (received,) = await desk.facts(InteractionReceived)
    assert received.text == "first"
    assert len(await desk.rows("SELECT id FROM raw_request")) == 2


async def test_one_id_on_two_channels_is_two_contacts(desk: Running) -> None:
    await desk.make_channel("sms-2", "twilio", senders.TWILIO_TOKEN)
    await send_all(desk, senders.sms("hi"), senders.sms("hi", channel="sms-2"))
    await desk.work()
    assert len(await desk.facts(InteractionReceived)) == 2
    assert len(await desk.facts(CustomerCreated)) == 1, "but the same phone is the same person"


async def test_a_channel_made_elsewhere_a_moment_ago_is_known(desk: Running) -> None:
    await desk.intake.directory.lines(desk.runtime.database)
    known = dict(desk.intake.directory._lines)
    await desk.make_channel("sms-2", "twilio", senders.TWILIO_TOKEN)
    await send_all(desk, senders.sms("hi", channel="sms-2"))
    desk.intake.directory._lines = known
    await desk.work()
    assert len(await desk.facts(InteractionReceived)) == 1


async def test_later_contacts_join_the_open_case(desk: Running) -> None:
    await send_all(desk, senders.sms("one", sid="1"))
    await desk.work()
    await send_all(desk, senders.sms("two", sid="2"), senders.sms("three", sid="3"))
    await desk.work()
    assert len(await desk.facts(CaseOpened)) == 1
    assert len({r.case_id for r in await desk.facts(InteractionReceived)}) == 1


@pytest.mark.parametrize("together", [True, False])
async def test_a_call_is_one_interaction_in_any_order_with_copies(desk: Running, together: bool) -> None:
    """I3"""
    for number, order in enumerate(permutations(("newCall", "answer", "hangup"))):
        seconds = {"newCall": 0, "answer": 9, "hangup": 69}
        more: dict[str, dict[str, Any]] = {"answer": {"answeredBy": "lan"}, "hangup": {"rings": 2}, "newCall": {}}
        for event in (*order, *order):
            at = START + timedelta(seconds=seconds[event])
            call_id = f"call-{number}"
            await send_all(desk, senders.phone(event, at, call_id=call_id, now=START, **more[event]))
            if not together:
                await desk.work()
        await desk.work()
    calls = await desk.facts(InteractionReceived)
    assert len(calls) == 6
    seen = {(c.kind, c.agent, c.duration_seconds, c.occurred_at) for c in calls}
    assert seen == {(InteractionKind.CALL, "lan", 60, START)}


async def test_a_missed_call(desk: Running) -> None:
    """I3"""
    await send_all(
        desk,
        senders.phone("newCall", START, now=START),
        senders.phone("hangup", START + timedelta(seconds=30), now=START, cause="noAnswer", rings=6),
    )
    await desk.work()
    (missed,) = await desk.facts(InteractionReceived)
    assert (missed.kind, missed.ring_count, missed.text) == (InteractionKind.MISSED_CALL, 6, None)


async def test_a_call_whose_steps_got_lost_is_filed_after_a_while(desk: Running) -> None:
    await send_all(desk, senders.phone("hangup", START, now=START, answeredBy="lan"))
    await desk.work()
    assert await desk.facts(InteractionReceived) == []
    timers = desk.runtime.service.timers
    assert set(timers) == {GRACE}
    firing = TimerWorker(desk.runtime.database, timers)
    assert await firing.fire_due() == 0
    desk.clock.advance(timedelta(seconds=11))
    assert await firing.fire_due() == 1
    (call,) = await desk.facts(InteractionReceived)
    assert (call.kind, call.agent) == (InteractionKind.CALL, "lan")
    await send_all(desk, senders.phone("newCall", START, now=desk.clock.now()))
    await desk.work()
    assert len(await desk.facts(InteractionReceived)) == 1


async def test_a_call_of_ours_is_sent_and_opens_no_case(desk: Running) -> None:
    for event in ("newCall", "answer", "hangup"):
        swapped = {"from": "+842812345678", "to": "+84901234567", "direction": "out"}
        await send_all(desk, senders.phone(event, START, now=START, **swapped))
    await desk.work()
    (call,) = await desk.facts(InteractionSent)
    assert (call.kind, call.case_id) == (InteractionKind.CALL, None)
    assert await desk.customer("phone:+84901234567") == call.customer_id


async def test_a_machines_mail_opens_no_case(desk: Running) -> None:
    await send_all(desk, senders.mail("out of office", headers={"Auto-Submitted": "auto-replied"}))
    await desk.work()
    (received,) = await desk.facts(InteractionReceived)
    assert received.automatic
    assert received.case_id is None
    assert await desk.facts(CaseOpened) == []


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1]", b'{"RecordType":"Inbound"}', b"[" * 50_000])
async def test_what_cannot_be_read_is_kept_answered_and_quarantined(desk: Running, body: bytes) -> None:
    """I13: nothing is lost, and what lies beside it flows."""
    await send_all(desk, senders.signed_mail(body), senders.sms("hi"))
    await desk.work()
    assert len(await desk.facts(InteractionReceived)) == 1
    answer = await desk.http.get("/intake/quarantine", headers=desk.token("intake:read"))
    (held,) = answer.json()["items"]
    assert held["channel"] == "mail"
    assert held["reason"]
    ((stored,),) = await desk.rows("SELECT body FROM raw_request WHERE id = :id", id=held["raw_id"])
    assert stored == body


async def test_replay_after_a_fix(desk: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await send_all(desk, senders.signed_mail(b"{"))
    await desk.work()
    token = desk.token("intake:read", "intake:write")
    (held,) = (await desk.http.get("/intake/quarantine", headers=token)).json()["items"]
    real = worker.read
    with monkeypatch.context() as patch:
        patch.setattr(worker, "read", lambda raw, line, url: real(_mended(raw), line, url))
        answer = await desk.http.post(f"/intake/quarantine/{held['id']}/replay", headers=token)
        assert answer.status_code == 202
        await desk.work()
    assert [r.text for r in await desk.facts(InteractionReceived)] == ["now it can be read"]
    assert (await desk.http.get("/intake/quarantine", headers=token)).json()["items"] == []
    again = await desk.http.post(f"/intake/quarantine/{held['id']}/replay", headers=token)
    assert again.status_code == 404


def _mended(raw: Raw) -> Raw:
    return Raw(
        raw.channel,
        raw.received_at,
        raw.method,
        raw.path,
        raw.headers,
        senders.mail("now it can be read").body,
        raw.traceparent,
        raw.id,
    )


async def test_poison_that_breaks_the_transaction_stands_alone(desk: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    real = worker.read

    def poisoned(raw: Raw, line: Line, url: str) -> Any:
        if b"poison" in raw.body:
            raise RuntimeError("a fault of ours")
        return real(raw, line, url)

    monkeypatch.setattr(worker, "read", poisoned)
    await send_all(desk, *(senders.sms(t, sid=t) for t in ("before", "poison", "after")))
    await desk.work()
    assert [r.text for r in await desk.facts(InteractionReceived)] == ["before", "after"]
    ((reason,),) = await desk.rows("SELECT reason FROM quarantine")
    assert "RuntimeError" in reason


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00b", "\ud800", "\udfff half", "‮ right to left", "x" * 100_000, "\x1b[31m"]
)
async def test_strange_text_breaks_nothing(desk: Running, text: str) -> None:
    """I13: whole in its row, cut in its event, untouched in the raw request."""
    body = json.dumps({"MessageID": "1", "TextBody": text, "From": "a@example.com"}).encode()
    await send_all(desk, senders.signed_mail(body), senders.sms("hi"))
    await desk.work()
    received = {r.channel: r for r in await desk.facts(InteractionReceived)}
    assert set(received) == {"mail", "sms"}
    ((stored,),) = await desk.rows("SELECT text FROM interaction WHERE channel = 'mail'")
    assert len(stored) == len(text)
    assert received["mail"].text == stored[:16_000]
    ((raw,),) = await desk.rows("SELECT body FROM raw_request WHERE channel = 'mail'")
    assert json.loads(raw)["TextBody"] == text


async def test_a_language_that_shows_later_is_learned(desk: Running) -> None:
    await send_all(desk, senders.sms("ok", sid="1", sender="+14158675309"))
    await desk.work()
    await send_all(desk, senders.sms("Where is my order?", sid="2", sender="+14158675309"))
    await desk.work()
    (created,) = await desk.facts(CustomerCreated)
    (updated,) = await desk.facts(CustomerUpdated)
    assert (created.language, updated.language) == ("vi", "en")
    assert updated.handles == created.handles
    assert [r.language for r in await desk.facts(InteractionReceived)] == ["vi", "en"]


async def test_four_ways_in_make_one_timeline_in_time_order(desk: Running) -> None:
    """I1, X1: three handles of one person, linked by hand; the order is that of the providers' own times."""
    desk.clock.advance(timedelta(hours=2))
    now = desk.clock.now()
    caller: dict[str, Any] = {"from": "+84922222222"}
    await send_all(
        desk,
        senders.sms("the third", sender="+84911111111"),
        senders.mail("the first", date="Mon, 2 Mar 2026 15:30:00 +0700"),
        senders.phone("newCall", START + timedelta(minutes=30), now=now, **caller),
        senders.phone("hangup", START + timedelta(minutes=31), now=now, cause="busy", **caller),
        senders.sms("the fourth", sid="SM2", sender="whatsapp:+84911111111"),
    )
    await desk.work()
    lan = await desk.customer("email:lan.nguyen@example.com")
    for handle in ("phone:+84911111111", "phone:+84922222222"):
        other = await desk.customer(handle)
        answer = await desk.http.post(
            f"/intake/customers/{other}/merge",
            json={"into": str(lan), "reason": "the same person"},
            headers=desk.token("intake:write"),
        )
        assert answer.status_code == 200, answer.text
    await desk.work()
    entries = await desk.timeline(lan)
    contacts = [e for e in entries if e["event_type"] == "kept.interaction.received.v1"]
    assert [(c["data"]["channel_kind"], c["text"]) for c in contacts] == [
        ("email", "the first"),
        ("phone", None),
        ("sms", "the third"),
        ("chat", "the fourth"),
    ]
    assert [e["occurred_at"] for e in entries] == sorted(e["occurred_at"] for e in entries)
    assert await desk.timeline(other) == entries


async def test_the_trace_of_the_webhook_is_in_its_events(desk: Running) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    webhook = senders.sms("hi")
    headers = {**webhook.headers, "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    await send_all(desk, Webhook(webhook.path, webhook.body, headers), senders.sms("other", sid="2"))
    await desk.work()
    traces = [e.traceparent.split("-")[1] if e.traceparent else None for e in await desk.log()]
    assert traces[:3] == [trace] * 3
    assert traces[3] not in {trace, None}


async def test_two_workers_at_once_file_each_contact_once(desk: Running) -> None:
    """Should a lease be held twice for a moment, the unique index decides."""
    for number in range(40):
        await send_all(desk, senders.sms("hi", sid=str(number % 10), sender=f"+8490123456{number % 10}"))
    workers = [Worker(desk.intake, desk.runtime.database) for _ in range(2)]

    async def until_empty(one: Worker) -> None:
        while (await desk.rows("SELECT count(*) FROM raw_waiting"))[0][0]:
            await one._handle(3)

    async def retrying(one: Worker) -> None:
        while True:
            try:
                return await until_empty(one)
            except Overtaken:
                continue

    await asyncio.gather(*(retrying(one) for one in workers))
    assert len(await desk.facts(InteractionReceived)) == 10
    assert len(await desk.facts(CustomerCreated)) == 10


async def test_what_a_worker_holds_that_hangs_is_not_overtaken(desk: Running) -> None:
    """Its lease may be another's by now: what came first is filed first all the same."""
    await send_all(desk, *(senders.sms(f"số {number}", sid=str(number)) for number in range(3)))
    async with desk.runtime.database.write() as hanging:
        assert len(await raw.take(hanging, 1, 1_000_000)) == 1
        other = asyncio.create_task(Worker(desk.intake, desk.runtime.database).handle_batch())
        await asyncio.sleep(0.3)
        assert not other.done()
    assert await other == 2


async def test_overdue_calls_of_nobody_are_nothing(desk: Running) -> None:
    async with desk.runtime.database.write() as session:
        await file_overdue_calls(desk.intake, session, [])
    assert await desk.facts() == []
