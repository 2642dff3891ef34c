"""Telephone, helpdesk and generic channels as a whole: from the webhook to the timeline."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from datetime import timedelta
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode

from shared.contracts.intake import (
    CustomerCreated,
    HandleUnreachable,
    InteractionChanged,
    InteractionFact,
    InteractionKind,
    InteractionReceived,
)
from tests.intake import senders
from tests.intake.conftest import START, Running
from tests.intake.senders import Webhook

CUSTOMER, OURS = "+84901234567", "+842812345678"
VOICE = {"CallSid": "CA1", "AccountSid": "AC1", "From": CUSTOMER, "To": OURS, "Direction": "inbound"}


def twilio(**fields: str) -> Webhook:
    path = "/intake/webhooks/twilio"
    signed = "https://kept.example.com" + path + "".join(k + v for k, v in sorted(fields.items()))
    signature = b64encode(hmac.new(senders.TWILIO_TOKEN.encode(), signed.encode(), sha1).digest()).decode()
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return Webhook(path, urlencode(fields).encode(), form)


async def take(kept: Running, *webhooks: Webhook) -> None:
    for webhook in webhooks:
        answer = await kept.send(webhook)
        assert answer.status_code == 200, answer.text
    await kept.work()


async def test_a_call_that_reached_nobody_is_missed_and_its_recording_is_beside_it(kept: Running) -> None:
    """I3: the first webhook carries no time; ours stands in."""
    await kept.make_channel("twilio", "twilio", senders.TWILIO_TOKEN)
    url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"
    await take(kept, twilio(**VOICE, CallStatus="ringing"))
    kept.clock.advance(timedelta(seconds=30))
    await take(
        kept,
        twilio(**VOICE, CallStatus="in-progress", DialCallStatus="no-answer"),
        twilio(**VOICE, CallStatus="completed", CallDuration="29", Timestamp="Mon, 02 Mar 2026 09:00:31 +0000"),
        twilio(CallSid="CA1", RecordingSid="RE1", RecordingUrl=url, RecordingStatus="completed"),
    )
    (call,) = await kept.facts(InteractionReceived)
    assert (call.kind, call.occurred_at, call.duration_seconds) == (InteractionKind.MISSED_CALL, START, None)
    (recorded,) = await kept.facts(InteractionChanged)
    assert (recorded.fact, recorded.interaction_id) == (InteractionFact.RECORDED, call.interaction_id)
    assert [file.name for file in recorded.attachments] == ["RE1.mp3"]


async def test_whoever_says_stop_by_sms_can_be_reached_no_longer(kept: Running) -> None:
    await kept.make_channel("twilio", "twilio", senders.TWILIO_TOKEN)
    await take(kept, twilio(MessageSid="SM1", From=CUSTOMER, To=OURS, Body="STOP", OptOutType="STOP"))
    (unreachable,) = await kept.facts(HandleUnreachable)
    assert unreachable.handle.value == CUSTOMER


async def test_one_customer_by_every_address_they_are_said_to_have(kept: Running) -> None:
    """I1, X5"""
    await kept.make_channel("signed", "signed", senders.PHONE_SECRET)
    lan = {"name": "Lan", "email": "lan@example.com", "phone": CUSTOMER}
    body = {"items": [{"type": "message", "id": "1", "channel": "chat", "from": {**lan, "id": "u7"}, "text": "hi"}]}
    await take(kept, senders.standard(json.dumps(body).encode(), now=START, channel="signed"))
    body = {"items": [{"type": "message", "id": "2", "channel": "sms", "from": CUSTOMER, "text": "and again"}]}
    await take(kept, senders.standard(json.dumps(body).encode(), now=START, channel="signed"))
    assert len(await kept.facts(CustomerCreated)) == 1
    customer = await kept.customer("email:lan@example.com")
    entries = [entry for entry in await kept.timeline(customer) if "interaction.received" in entry["event_type"]]
    assert [entry["data"]["channel_kind"] for entry in entries] == ["chat", "sms"]


async def test_cloudevents_shake_hands_and_their_token_is_not_kept(kept: Running) -> None:
    await kept.make_channel("events", "cloudevents", "a-secret-token-of-ours")
    path = "/intake/webhooks/events"
    asked = await kept.http.options(path, headers={"WebHook-Request-Origin": "shop.example.com"})
    assert asked.status_code == 200
    assert asked.headers["WebHook-Allowed-Origin"] == "shop.example.com"
    assert (await kept.http.options(path)).status_code == 405
    data = {"type": "message", "from": CUSTOMER, "text": "hi"}
    event: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "message", "data": data}
    header = {"Content-Type": "application/cloudevents+json"}
    body = json.dumps(event).encode()
    refused = await kept.send(Webhook(path + "?access_token=other", body, header))
    assert refused.status_code == 401
    await take(kept, Webhook(path + "?x=1&access_token=a-secret-token-of-ours&y=2", body, header))
    (row,) = await kept.rows("SELECT path, headers FROM raw_request")
    assert row.path == path + "?x=1&y=2"
    assert "a-secret-token-of-ours" not in row.headers
    assert len(await kept.facts(InteractionReceived)) == 1


async def test_intercom_asks_whether_somebody_is_there(kept: Running) -> None:
    await kept.make_channel("it", "intercom", "a-client-secret-of-ours")
    assert (await kept.http.head("/intake/webhooks/it")).status_code == 200
    assert (await kept.http.get("/intake/webhooks/it")).status_code == 405
