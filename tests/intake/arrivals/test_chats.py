"""Chats from the webhook to the customer: handshakes, people with and without a number, what became of messages."""

from __future__ import annotations

import json
from typing import Any

from shared.contracts.intake import (
    CaseOpened,
    CustomerCreated,
    HandleUnreachable,
    InteractionChanged,
    InteractionFact,
    InteractionKind,
    InteractionReceived,
)
from tests.intake.channels import test_slack, test_whatsapp
from tests.intake.channels.chats import STAMP, hub
from tests.intake.conftest import Running
from tests.intake.senders import Webhook

SECRET = "app-secret-of-ours"


def whatsapp(*messages: dict[str, Any], **parts: Any) -> Webhook:
    body = json.dumps(test_whatsapp.value(messages=list(messages), **parts)).encode()
    return Webhook("/intake/webhooks/wa", body, {"X-Hub-Signature-256": hub(SECRET, body)})


def written(text: str, *, id_: str, **who: str) -> dict[str, Any]:
    message = test_whatsapp.message("text", {"body": text}, id=id_)
    del message["from"]
    return {**message, **who}


async def test_metas_handshake(kept: Running) -> None:
    made = await kept.make_channel("wa", "whatsapp", SECRET)
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": made["verify_token"]}
    answer = await kept.http.get("/intake/webhooks/wa", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    wrong = await kept.http.get("/intake/webhooks/wa", params={**asked, "hub.verify_token": "other"})
    assert wrong.status_code == 401
    assert "1158201444" not in wrong.text
    assert (await kept.http.get("/intake/webhooks/wa")).status_code == 405


async def test_slacks_handshake_is_answered_once_it_is_proved_and_not_stored(kept: Running) -> None:
    await kept.make_channel("slack", "slack", test_slack.SECRET)
    asked = {"type": "url_verification", "token": "t", "challenge": "3eZbrw1aBm2rZgRNFdxV2595"}
    for secret, status in ((test_slack.SECRET, 200), ("other", 401)):
        signed = test_slack.signed(asked, secret=secret)
        answer = await kept.http.post("/intake/webhooks/slack", content=signed.body, headers=dict(signed.headers))
        assert answer.status_code == status
        assert (answer.text == asked["challenge"]) is (status == 200)
    assert await kept.rows("SELECT * FROM raw_request") == []


async def test_one_person_with_a_number_and_later_without(kept: Running) -> None:
    """I1: one timeline, though WhatsApp may no longer show the number."""
    await kept.make_channel("wa", "whatsapp", SECRET)
    both = {"from": test_whatsapp.PHONE, "from_user_id": test_whatsapp.BSUID}
    await kept.send(whatsapp(written("Chào shop", id_="wamid.1", **both)))
    await kept.work()
    await kept.send(whatsapp(written("Còn đó không?", id_="wamid.2", from_user_id=test_whatsapp.BSUID)))
    await kept.work()
    first, second = await kept.facts(InteractionReceived)
    assert first.customer_id == second.customer_id
    assert len(await kept.facts(CustomerCreated)) == 1


async def test_a_batch_twice_and_its_edit_before_its_message(kept: Running) -> None:
    """X2, I4: a copy has no effect, and what is changed is told beside what was said first."""
    await kept.make_channel("wa", "whatsapp", SECRET)
    new = {"type": "text", "text": {"body": "mai"}}
    edit = test_whatsapp.message("edit", {"original_message_id": "wamid.1", "message": new}, id="wamid.2")
    said = test_whatsapp.message("text", {"body": "hôm nay"}, id="wamid.1")
    for webhook in (whatsapp(edit), whatsapp(said, edit), whatsapp(said, edit)):
        assert (await kept.send(webhook)).status_code == 200
        await kept.work()
    (received,) = await kept.facts(InteractionReceived)
    (changed,) = await kept.facts(InteractionChanged)
    assert received.text == "hôm nay"
    assert (changed.fact, changed.text) == (InteractionFact.EDITED, "mai")
    assert changed.interaction_id == received.interaction_id


async def test_who_opens_the_chat_is_known_and_owed_nothing(kept: Running) -> None:
    """And whoever wants no advertising from us is still reached by all else."""
    await kept.make_channel("wa", "whatsapp", SECRET)
    await kept.send(whatsapp(test_whatsapp.message("request_welcome", {}, id="wamid.1")))
    await kept.work()
    wants = {
        "wa_id": test_whatsapp.PHONE,
        "category": "marketing_messages",
        "value": "stop",
        "detail": "No, thanks",
    }
    await kept.send(whatsapp(user_preferences=[{**wants, "timestamp": STAMP}]))
    await kept.work()
    (customer,) = await kept.facts(CustomerCreated)
    (act,) = await kept.facts(InteractionReceived)
    assert (act.customer_id, act.kind, act.automatic) == (customer.customer_id, InteractionKind.NOTE, True)
    assert await kept.facts(CaseOpened) == await kept.facts(HandleUnreachable) == []
    shown = [(entry["title"], entry["text"]) for entry in await kept.timeline(customer.customer_id)]
    assert ("Did something, and wrote nothing", "request_welcome") in shown
    assert ("Wants no more advertising from us", "No, thanks") in shown
