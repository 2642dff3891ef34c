"""Bodies of every ugly kind behind a good proof, through the whole of intake: each has a plain answer, none is lost."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import timedelta
from time import perf_counter
from typing import Any

import pytest

from shared.contracts.intake import InteractionReceived
from tests.intake import senders
from tests.intake.conftest import START, Running
from tests.intake.senders import Webhook
from tests.intake.signing import SECRETS, signed

MIB = 1024 * 1024


async def channel(desk: Running, name: str) -> None:
    await desk.make_channel(name, name, SECRETS[name])


def whatsapp(*messages: dict[str, Any]) -> bytes:
    value = {"messaging_product": "whatsapp", "messages": list(messages)}
    entry = {"id": "1", "changes": [{"value": value, "field": "messages"}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def message(id_: str, text: str, timestamp: str = "1772442000") -> dict[str, Any]:
    return {"from": "84901234567", "id": id_, "timestamp": timestamp, "type": "text", "text": {"body": text}}


async def reasons(desk: Running) -> list[str]:
    return [row.reason for row in await desk.rows("SELECT reason FROM quarantine ORDER BY at")]


async def test_three_megabytes_of_json_in_one_batch(kept: Running) -> None:
    """What Meta sends at most: each of its messages is a contact of its own."""
    await channel(kept, "whatsapp")
    body = whatsapp(*(message(f"wamid.{n}", "x" * 3_300) for n in range(900)))
    assert 2.9 * MIB < len(body) < 3 * MIB
    assert (await kept.send(signed("whatsapp", body, "application/json", START))).status_code == 200
    await kept.work()
    assert len(await kept.facts(InteractionReceived)) == 900
    too_large = await kept.send(signed("whatsapp", body + b" " * MIB, "application/json", START))
    assert too_large.status_code == 413
    assert await reasons(kept) == []


async def test_a_mail_of_thirty_megabytes(kept: Running) -> None:
    """The raw mail as SendGrid posts it: accepted, filed within seconds, its file named and not copied."""
    await channel(kept, "sendgrid")
    line = b"QUJD" * 19 + b"\r\n"
    mail = (
        b"From: Lan <lan@example.com>\r\nSubject: Anh\r\nMessage-ID: <big@example.com>\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nxem file\r\n--b\r\n'
        b'Content-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    ) + line * (28 * MIB // len(line))
    form = b'--f\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + mail + b"\r\n--b--\r\n\r\n--f--\r\n"
    webhook = signed("sendgrid", form, "multipart/form-data; boundary=f", START)
    assert (await kept.send(webhook)).status_code == 200
    begun = perf_counter()
    await kept.work()
    assert perf_counter() - begun < 20
    (received,) = await kept.facts(InteractionReceived)
    assert received.text.strip() == "xem file"
    assert [(f.name, f.content_type) for f in received.attachments] == [("a.png", "image/png")]
    assert received.attachments[0].size > 20 * MIB


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(b"0" * 50 * MIB)), ("deflate", zlib.compress(b"[" * 50 * MIB)), ("br", b"\x00\x01")],
)
async def test_what_is_packed_is_never_unpacked(kept: Running, encoding: str, body: bytes) -> None:
    """A zip bomb is some bytes: kept as they came, put aside with a reason."""
    await channel(kept, "whatsapp")
    webhook = signed("whatsapp", body, "application/json", START)
    answer = await kept.send(Webhook(webhook.path, webhook.body, {**webhook.headers, "Content-Encoding": encoding}))
    assert answer.status_code == 200
    await kept.work()
    (reason,) = await reasons(kept)
    assert reason.startswith("not JSON")
    ((stored,),) = await kept.rows("SELECT body FROM raw_request")
    assert stored == body


@pytest.mark.parametrize("text", ["\x00\x07\x1b[2J", "‮nettirw", "\ud83d half", "🏳️‍🌈" * 500, "Ạ" * 4_000, " \t\n"])
async def test_any_text_is_a_contact_and_comes_out_as_it_can(kept: Running, text: str) -> None:
    """I13"""
    await channel(kept, "whatsapp")
    await kept.send(signed("whatsapp", whatsapp(message("wamid.1", text)), "application/json", START))
    await kept.work()
    (received,) = await kept.facts(InteractionReceived)
    entries = await kept.timeline(received.customer_id)
    assert any(entry["event_type"] == "kept.interaction.received.v1" for entry in entries)
    page = await kept.http.get(f"/intake/console/customers/{received.customer_id}", headers=kept.token("intake:read"))
    assert page.status_code == 200
    ((raw,),) = await kept.rows("SELECT body FROM raw_request")
    assert json.loads(raw)["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] == text


@pytest.mark.parametrize(("timestamp", "year"), [("1", 1970), ("4070908800", 2099), ("99999999999999", 2026)])
async def test_a_strange_time_is_the_providers_where_it_can_be_one(kept: Running, timestamp: str, year: int) -> None:
    await channel(kept, "whatsapp")
    await kept.send(signed("whatsapp", whatsapp(message("wamid.1", "hi", timestamp)), "application/json", START))
    await kept.work()
    (received,) = await kept.facts(InteractionReceived)
    assert (received.occurred_at.year, received.received_at) == (year, START)


@pytest.mark.parametrize(("provider", "minutes", "status"), [
    ("slack", 4, 200), ("slack", 6, 401), ("signed", -4, 200), ("signed", -6, 401), ("chatwoot", 6, 401),
    ("whatsapp", 600, 200), ("telegram", 600, 200), ("zendesk", 600, 200),
])  # fmt: skip
async def test_clocks_that_differ(kept: Running, provider: str, minutes: int, status: int) -> None:
    """A scheme with a window refuses what is too far from our clock, and one without takes it by its id alone."""
    await channel(kept, provider)
    webhook = signed(provider, b'{"type":"x"}', "application/json", START - timedelta(minutes=minutes))
    assert (await kept.send(webhook)).status_code == status


async def test_a_captured_mailgun_signature_is_worth_nothing_with_another_message(kept: Running) -> None:
    await channel(kept, "mailgun")
    key = SECRETS["mailgun"]
    proof = senders.mailgun_proof(
        key, str(int(kept.clock.now().timestamp())), "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    )
    for text in ("the first", "another", "the first"):
        body = senders.form({**proof, "sender": "lan@example.com", "body-plain": text, "message-headers": "[]"})
        answer = await kept.send(Webhook("/intake/webhooks/mailgun", body, {"Content-Type": senders.FORM}))
        assert answer.status_code == 200
        await kept.work()
    assert [r.text for r in await kept.facts(InteractionReceived)] == ["the first"]
