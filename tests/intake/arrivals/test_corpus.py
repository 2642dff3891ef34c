"""Real providers' payloads, from webhook to timeline: accepted, understood, and sent twice the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from services.intake.channels.registry import providers
from tests.intake.conftest import Running
from tests.intake.signing import CERTIFICATE_URL, SECRETS, certificate, signed

PAYLOADS = Path(__file__).parents[4] / "shared" / "data" / "webhooks" / "payloads"
OF_NO_KIND = ("cloudevents", "line", "signed")
"""Whose samples are events of other systems, or hold one of a type that is none: they wait in quarantine."""
FOLDERS = {"ses_sns": "ses", "standard_webhooks": "signed"}
"""Where a folder is not named as its provider is."""
NOT_WEBHOOKS = {"email_mime", "email_reply_text"}
CONTACTS = {"inbound-email", "inbound-sms", "inbound-chat", "inbound-email-mime"}
NO_CONTACTS = {"delivery-event", "handshake", "event", "outbound-event", "cloudevent", "cloudevent-batch"}
FACTS_INSTEAD = ("reaction", "unreaction", "edited_message", "deleted_message")
"""Of the inbound ones, those that are about a message that is there already."""

Sample = Mapping[str, Any]


def samples() -> dict[str, list[Sample]]:
    """By provider; none where the payloads are not here."""
    manifest = PAYLOADS / "manifest.json"
    found: dict[str, list[Sample]] = {}
    for one in json.loads(manifest.read_text())["files"] if manifest.exists() else []:
        if one["provider"] not in NOT_WEBHOOKS:
            found.setdefault(FOLDERS.get(one["provider"], one["provider"]), []).append(one)
    return found


@pytest.fixture
async def desk(kept: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    async def fetch(url: str) -> bytes:
        assert url == CERTIFICATE_URL
        return certificate()

    monkeypatch.setattr(kept.intake.certificates, "_fetch", fetch)
    return kept


async def counts(desk: Running) -> tuple[int, ...]:
    tables = ("event_log", "interaction", "interaction_fact", "handle_reach", "customer", "customer_case", "attachment")
    return tuple([len(await desk.rows(f"SELECT 1 FROM {table}")) for table in tables])


@pytest.mark.parametrize("provider", sorted(samples()))
async def test_each_is_accepted_becomes_what_it_is_and_twice_is_once(desk: Running, provider: str) -> None:
    """I1, I2, I4, X5: each sample on a channel of its own, for they share ids."""
    for number, sample in enumerate(samples()[provider]):
        channel = f"{provider}-{number}"
        await desk.make_channel(channel, provider, SECRETS[provider])
        body = (PAYLOADS / sample["file"]).read_bytes()
        if sample["content_type"].startswith("application/x-www-form-urlencoded"):
            body = body.strip()
        webhook = signed(provider, body, sample["content_type"], desk.clock.now(), channel=channel)
        answer = await desk.send(webhook)
        assert answer.status_code == 200, f"{sample['file']}: {answer.text}"
        await desk.work()
        reasons = await desk.rows("SELECT reason FROM quarantine WHERE channel = :channel", channel=channel)
        assert bool(reasons) is (provider in OF_NO_KIND), sample["file"]
        assert all("of a kind that is not known" in row.reason for row in reasons), sample["file"]
        await _becomes(desk, sample, channel)
        before = await counts(desk)
        assert (await desk.send(webhook)).status_code == 200
        await desk.work()
        assert await counts(desk) == before, sample["file"]


async def _becomes(desk: Running, sample: Sample, channel: str) -> None:
    contacts = await desk.rows("SELECT * FROM interaction WHERE channel = :channel ORDER BY id", channel=channel)
    name, kind, expected = Path(sample["file"]).name, sample["kind"], sample.get("expect", {})
    if kind in CONTACTS and any(word in name for word in FACTS_INSTEAD):
        assert contacts == [], name
        assert await desk.rows("SELECT 1 FROM interaction_fact WHERE channel = :channel", channel=channel), name
    elif kind in CONTACTS:
        assert contacts, name
    elif kind in NO_CONTACTS:
        assert contacts == [], name
    if text := expected.get("text"):
        assert contacts[0].text == text
    if sender := expected.get("sender"):
        assert sender in {row.value for row in await desk.rows("SELECT value FROM handle")}
    if (named := expected.get("event_id")) and contacts and sample["provider"] != "slack":
        # Slack's event id is a delivery's; the message's own says that two events are one message.
        assert contacts[0].external_id == named


def test_every_provider_is_tried_or_named_here() -> None:
    if tried := set(samples()):
        assert set(providers()) - tried == {"telephone", "convoy", "hook0", "imap"} & set(providers())
