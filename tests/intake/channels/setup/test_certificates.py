"""Certificates are fetched once, beside each other, from where they may stand, and no stranger puts one out."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest

from services.intake.channels.setup import certificates
from services.intake.channels.setup.certificates import AT_ONCE, MOST, Certificates
from shared.problems import Unavailable
from tests.intake.conftest import Running
from tests.intake.senders import Webhook
from tests.intake.signing import CERTIFICATE_URL, TOPIC, certificate, signed


class Shelf:
    """What stands at addresses; `slow` ones are waited for until they are let go."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.slow: dict[str, asyncio.Event] = {}

    async def fetch(self, url: str) -> bytes:
        self.asked[url] += 1
        if url in self.slow:
            await self.slow[url].wait()
        if "broken" in url:
            raise OSError("away")
        return url.encode()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_one_address_is_fetched_once_and_none_waits_for_another(shelf: Shelf) -> None:
    shelf.slow["slow"] = asyncio.Event()
    kept = Certificates(shelf.fetch)
    waiting = [asyncio.create_task(kept.get("slow")) for _ in range(5)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(kept.get("quick"), 1) == b"quick"
    shelf.slow["slow"].set()
    assert await asyncio.gather(*waiting) == [b"slow"] * 5
    assert shelf.asked == {"slow": 1, "quick": 1}


async def test_what_failed_is_not_asked_again_at_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Certificates(shelf.fetch)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await kept.get("broken")
    assert shelf.asked["broken"] == 1
    monkeypatch.setattr(certificates, "FAILED_FOR", -1.0)
    with pytest.raises(Unavailable):
        await kept.get("broken")
    assert shelf.asked["broken"] == 2


async def test_what_proved_something_stays_whatever_else_is_asked_for(shelf: Shelf) -> None:
    kept = Certificates(shelf.fetch)
    await kept.get("real")
    kept.proved("real")
    for number in range(MOST * 2):
        await kept.get(f"stranger-{number}")
    await kept.get("real")
    assert shelf.asked["real"] == 1
    assert shelf.asked["stranger-0"] == 1
    await kept.get("stranger-0")
    assert shelf.asked["stranger-0"] == 2, "only so many are kept"


async def test_only_so_many_are_fetched_at_once(shelf: Shelf) -> None:
    shelf.slow = {str(number): asyncio.Event() for number in range(AT_ONCE)}
    kept = Certificates(shelf.fetch)
    waiting = [asyncio.create_task(kept.get(url)) for url in shelf.slow]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await kept.get("one more")
    for event in shelf.slow.values():
        event.set()
    await asyncio.gather(*waiting)
    assert await kept.get("one more") == b"one more"


async def test_a_stranger_makes_us_fetch_nothing(kept: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return certificate()

    monkeypatch.setattr(kept.intake.certificates, "_fetch", fetch)
    await kept.make_channel("ses", "ses", TOPIC)
    message = {"Type": "Notification", "TopicArn": TOPIC + "-evil", "SigningCertURL": CERTIFICATE_URL}
    elsewhere = {**message, "TopicArn": TOPIC, "SigningCertURL": "https://sns.s3-us-west-2.amazonaws.com/x.pem"}
    for one in (message, elsewhere):
        answer = await kept.send(Webhook("/intake/webhooks/ses", json.dumps(one).encode()))
        assert answer.status_code == 403
    assert asked == []
    body = {"Type": "Notification", "MessageId": "m", "Message": "{}", "Timestamp": "2026-03-02T09:00:00Z"}
    good = signed("ses", json.dumps(body).encode(), "text/plain", kept.clock.now())
    assert (await kept.send(good)).status_code == 200
    assert asked == [CERTIFICATE_URL]
