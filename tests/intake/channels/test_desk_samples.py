"""The samples of the providers of this desk: each understood; what is of nobody's kind waits in quarantine."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.intake.channels.items import CallStep, Contact, Fact, Unread
from services.intake.channels.provider import Request, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import HandleKind, InteractionFact

PAYLOADS = Path(__file__).parents[4] / "shared" / "data" / "webhooks" / "payloads"
FOLDERS = {"standard_webhooks": "signed"}
CUSTOMER = "+14158675309"


def _samples() -> list[Any]:
    index = PAYLOADS / "manifest.json"
    if not index.exists():
        return [pytest.param(None, marks=pytest.mark.skip("the samples are not here"))]
    ours = ("twilio", "zendesk", "intercom", "chatwoot", "standard_webhooks", "cloudevents")
    listed = json.loads(index.read_text())["files"]
    return [pytest.param(one, id=one["file"]) for one in listed if one["provider"] in ours]


def _read(sample: dict[str, Any]) -> list[Any]:
    provider = providers()[FOLDERS.get(sample["provider"], sample["provider"])]
    headers = {"content-type": sample["content_type"], "webhook-id": "msg_1"}
    body = (PAYLOADS / sample["file"]).read_bytes().strip()
    try:
        return list(provider.parse(Request("https://kept.example.com/", headers, body)))
    except Unreadable as error:
        return [Unread(str(error))]


# What each is: the types of its items. Events of Zendesk that are no contact are understood, and nothing.
EXPECTED: dict[str, list[type]] = {
    "twilio/sms_incoming.form.txt": [Contact],
    "twilio/mms_incoming_media.form.txt": [Contact],
    "twilio/whatsapp_incoming.form.txt": [Contact],
    "twilio/sms_status_delivered.form.txt": [Fact],
    "twilio/sms_status_undelivered.form.txt": [Fact],
    "twilio/voice_incoming.form.txt": [CallStep],
    "twilio/voice_status_completed.form.txt": [CallStep, Fact],
    "twilio/voice_gather.form.txt": [],
    "intercom/conversation_user_created.json": [Contact],
    "chatwoot/message_created.json": [Contact],
}

OTHERS = ("standard_webhooks", "cloudevents")
"""Those samples are events of other systems, in nobody's shape."""


@pytest.mark.parametrize("sample", _samples())
def test_every_sample_is_understood(sample: dict[str, Any]) -> None:
    """I1"""
    items = _read(sample)
    if sample["provider"] in OTHERS:
        assert {type(item) for item in items} == {Unread}
        return
    assert [type(item) for item in items] == EXPECTED.get(sample["file"], [])
    expected = sample.get("expect", {})
    for item in items:
        if isinstance(item, Contact):
            assert item.external_id == expected.get("message_id", item.external_id)
            assert item.address is not None
            assert item.address.value == expected.get("sender", item.address.value)
            assert item.text == expected.get("text", item.text)
        if isinstance(item, CallStep):
            assert item.call_id == expected.get("call_sid", item.call_id)
            assert item.seconds == expected.get("duration_seconds", item.seconds)


def _one(name: str) -> list[Any]:
    for sample in _samples():
        found = sample.values[0]
        if found and found["file"] == name:
            return _read(found)
    pytest.skip("the samples are not here")


def test_a_completed_call_with_its_recording() -> None:
    """I3"""
    step, fact = _one("twilio/voice_status_completed.form.txt")
    assert (step.event, step.answered, step.seconds, step.direction) == ("hangup", True, 127, "in")
    assert step.at == datetime(2026, 11, 22, 8, 15, 42, tzinfo=UTC)
    assert (step.caller, step.called) == (CUSTOMER, "+18005551212")
    assert (fact.external_id, fact.about) == ("RE00000000000000000000000000000001", step.call_id)
    assert fact.fact is InteractionFact.RECORDED
    (file,) = fact.attachments
    assert (file.url.rpartition("/")[2], file.content_type) == (fact.external_id + ".mp3", "audio/mpeg")


def test_the_first_webhook_of_a_call_has_no_time() -> None:
    (step,) = _one("twilio/voice_incoming.form.txt")
    assert (step.event, step.at, step.caller) == ("new_call", None, CUSTOMER)


def test_an_undelivered_message_is_a_failed_one_and_no_more() -> None:
    (fact,) = _one("twilio/sms_status_undelivered.form.txt")
    assert (fact.fact, fact.about) == (InteractionFact.FAILED, "SM00000000000000000000000000000004")
    assert fact.external_id == "SM00000000000000000000000000000004:undelivered"
    assert "30003" in fact.text
    assert fact.address.value == CUSTOMER


def test_what_a_customer_wrote_to_intercom() -> None:
    """I13"""
    (contact,) = _one("intercom/conversation_user_created.json")
    assert (contact.external_id, contact.text) == ("510156955", "My parcel has not arrived")
    assert contact.occurred_at == datetime.fromtimestamp(1571080400, UTC)
    assert (contact.address.kind, contact.address.value) == (HandleKind.CHAT, "5dba1e10")
    assert [alias.value for alias in contact.aliases] == ["user@example.com"]


def test_what_a_customer_wrote_to_chatwoot() -> None:
    (contact,) = _one("chatwoot/message_created.json")
    assert (contact.external_id, contact.text, contact.name) == ("1", "Hi", "Contact")
    assert contact.occurred_at == datetime(2020, 3, 3, 13, 5, 57, tzinfo=UTC)
    assert [a.value for a in (contact.address, *contact.aliases)] == ["1", "contact@example.com"]
