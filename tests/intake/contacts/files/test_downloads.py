"""What came along is fetched later: once, within limits, with the channel's token and nobody else's."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import Attachment
from services.intake.channels.provider import Download, NoDownload, Provider, plain_download
from services.intake.channels.registry import providers
from services.intake.contacts.files.downloads import Brought, Downloads, Due, Fetched, is_wanted, settled_type, worker
from services.intake.errands import AT_ONCE, CLAIM, PAUSES, NotNow, Refused
from shared.database import Database
from shared.outbound import Outbound
from tests.intake import senders
from tests.intake.conftest import Running
from tests.support.scratch import until
from tests.support.web import Asked, Web, serving
from tests.support.work import claimed, worked

HERE = [ip_network("127.0.0.0/8")]
TWILIO = replace(providers()["twilio"], locate=plain_download)
"""Whose files stand at any address: the tests' own server is not Twilio's."""


@dataclass
class Desk:
    kept: Running
    downloads: Downloads
    web: Web
    answer: Callable[[Asked], Any]

    async def attach(self, path: str = "/a.png", told: str = "image/png", sid: str = "SM1") -> UUID:
        """An MMS with one file, filed. Its attachment's id."""
        media = {"NumMedia": "1", "MediaUrl0": self.web.url + path, "MediaContentType0": told}
        assert (await self.kept.send(senders.sms("look", sid=sid, **media))).status_code == 200
        await self.kept.work()
        ((id_,),) = await self.kept.rows(
            "SELECT a.id FROM attachment a JOIN interaction i ON i.id = a.owner_id WHERE i.external_id = :sid", sid=sid
        )
        return UUID(str(id_))

    async def round(self, provider: Provider | None = None, token: str | None = None) -> int:
        """Works on what is due, one after the other; as if its channel were of `provider`."""

        def as_if(due: Due) -> Due:
            return self.disguised(due, provider, token) if provider else due

        return await worked(self.downloads, self.database, as_if=as_if)

    @property
    def database(self) -> Database:
        return self.kept.runtime.database

    async def claim(self) -> list[Due]:
        return await claimed(self.downloads, self.database)

    async def settle(self, *done: Fetched) -> None:
        async with self.database.write() as session:
            await self.downloads.settle(session, done)

    @staticmethod
    def disguised(due: Due, provider: Provider, token: str | None) -> Due:
        assert due.line
        return replace(due, line=replace(due.line, provider=provider, access_token=token))

    async def row(self, id_: UUID) -> Any:
        (row,) = await self.kept.rows("SELECT * FROM attachment WHERE id = :id", id=id_)
        return row


@pytest.fixture
async def desk(kept: Running, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    known = {**providers(), "twilio": TWILIO}
    monkeypatch.setattr("services.intake.channels.setup.directory.providers", lambda: known)
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    intake = replace(kept.intake, outbound=Outbound(HERE))

    async def picture(asked: Asked) -> None:
        await asked.answer(200, b"PNG", Content_Type="image/png; charset=x")

    async def answer(asked: Asked) -> None:
        await made.answer(asked)

    async with serving(answer) as web:
        made = Desk(kept, Downloads(intake), web, picture)
        yield made


async def test_a_file_is_fetched_once_and_kept(desk: Desk) -> None:
    """I1"""
    id_ = await desk.attach()
    assert (await desk.row(id_)).status == "waiting"
    assert await desk.round() == 1
    row = await desk.row(id_)
    assert (row.status, row.content, row.size, row.content_type) == ("kept", b"PNG", 3, "image/png")
    assert (row.sha256, row.stored_at, row.next_at) == (sha256(b"PNG").digest(), desk.kept.clock.now(), None)
    desk.kept.clock.advance(timedelta(days=2))
    assert await desk.round() == 0
    assert len(desk.web.asked) == 1


async def test_a_claim_is_nobody_elses_until_it_is_old(desk: Desk) -> None:
    await desk.attach()
    both = await asyncio.gather(desk.claim(), desk.claim())
    assert sorted(map(len, both)) == [0, 1]
    assert await desk.claim() == []
    desk.kept.clock.advance(CLAIM)
    assert await desk.round() == 1, "whoever had claimed it has died"
    assert len(desk.web.asked) == 1


async def test_whoever_took_too_long_says_nothing_of_what_is_anothers_by_now(desk: Desk) -> None:
    id_ = await desk.attach()
    (late,) = await desk.claim()
    desk.kept.clock.advance(CLAIM)
    await desk.claim()
    claimed_until = (await desk.row(id_)).next_at
    await desk.settle(Fetched(late, NotNow("it took too long")))
    await desk.settle(Fetched(late, Refused("it took too long")))
    row = await desk.row(id_)
    assert (row.status, row.next_at) == ("waiting", claimed_until)
    await desk.settle(Fetched(late, Brought("image/png", b"PNG")))
    assert (await desk.row(id_)).status == "kept", "what it brought is what was wanted"


async def test_what_passes_is_tried_again_by_the_schedule_and_then_given_up(desk: Desk) -> None:
    desk.answer = lambda asked: asked.answer(503)
    id_ = await desk.attach()
    for pause in PAUSES.spans:
        assert await desk.round() == 1
        desk.kept.clock.advance(pause - timedelta(seconds=1))
        assert await desk.round() == 0, "not before its time"
        desk.kept.clock.advance(timedelta(seconds=1))
        assert (await desk.row(id_)).status == "waiting"
    await desk.round()
    row = await desk.row(id_)
    assert (row.status, row.next_at) == ("refused", None)
    assert row.reason == "it could not be fetched: the answer is status 503"
    assert len(desk.web.asked) == len(PAUSES.spans) + 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 202, 204])
async def test_an_answer_that_may_change_is_waited_for(desk: Desk, status: int) -> None:
    desk.answer = lambda asked: asked.answer(status, Content_Type="image/png")
    id_ = await desk.attach()
    await desk.round()
    assert (await desk.row(id_)).status == "waiting"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 304])
async def test_an_answer_that_will_not_change_is_the_end(desk: Desk, status: int) -> None:
    desk.answer = lambda asked: asked.answer(status)
    id_ = await desk.attach()
    await desk.round()
    row = await desk.row(id_)
    assert (row.status, row.reason) == ("refused", f"the answer is status {status}")


@pytest.mark.parametrize(
    ("answered", "told", "kept_as"),
    [
        ("image/jpeg", "image/png", "image/jpeg"),
        ("", "audio/ogg", "audio/ogg"),
        ("application/octet-stream", "video/mp4", "video/mp4"),
        ("IMAGE/PNG;a=b", "", "image/png"),
        ("text/html", "image/png", None),
        ("application/zip", "image/png", None),
        ("", "", None),
        ("\u00e9/x", "application/pdf", "application/pdf"),
    ],
)
async def test_only_types_that_are_wanted(desk: Desk, answered: str, told: str, kept_as: str | None) -> None:
    desk.answer = lambda asked: asked.answer(200, b"x", **({"Content_Type": answered} if answered else {}))
    id_ = await desk.attach(told=told)
    await desk.round()
    row = await desk.row(id_)
    assert (row.status, row.content_type) == ("kept", kept_as) if kept_as else row.status == "refused"
    assert kept_as or "are not kept" in row.reason


async def test_a_file_over_the_limit_is_refused(desk: Desk) -> None:
    intake = desk.downloads._intake
    small = replace(intake, settings=intake.settings.model_copy(update={"attachment_limit": 2}))
    desk.downloads = Downloads(small)
    id_ = await desk.attach()
    await desk.round()
    row = await desk.row(id_)
    assert (row.status, row.reason, row.content) == ("refused", "it is longer than 2 bytes", None)


async def test_addresses_inside_our_network_are_refused(desk: Desk) -> None:
    id_ = await desk.attach()
    desk.downloads = Downloads(desk.kept.intake)
    await desk.round()
    row = await desk.row(id_)
    assert (row.status, row.reason) == ("refused", "its host is not on the public internet")
    assert desk.web.asked == []


async def test_the_token_goes_where_the_provider_says_and_no_further(desk: Desk) -> None:
    """The address is behind a first answer, and that behind a redirect to somebody else's store."""

    def locate(attachment: Attachment, token: str | None) -> Download:
        headers = {"Authorization": f"Bearer {token}"}

        def then(body: bytes) -> Download:
            return Download(json.loads(body)["url"], headers)

        return Download(f"{desk.web.url}/look-up", headers, then)

    async def answer(asked: Asked) -> None:
        match asked.path:
            case "/look-up":
                await asked.answer(200, json.dumps({"url": f"{desk.web.url}/file"}).encode())
            case "/file":
                await asked.answer(302, Location=f"{store.url}/blob")

    async with serving(lambda a: a.answer(200, b"PNG", Content_Type="image/png")) as store:
        desk.answer = answer
        id_ = await desk.attach()
        await desk.round(replace(TWILIO, locate=locate), "t0ken")
    assert (await desk.row(id_)).status == "kept"
    assert [asked.header("authorization") for asked in desk.web.asked] == ["Bearer t0ken", "Bearer t0ken"]
    assert [asked.header("authorization") for asked in store.asked] == [None]


async def test_nothing_secret_stands_in_logs_or_reasons(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def locate(attachment: Attachment, token: str | None) -> Download:
        if attachment.url and attachment.url.endswith("/broken"):
            raise RuntimeError(f"{attachment.url} {token}")
        return Download(f"{attachment.url}?key=s3cret", {"Authorization": f"Bearer {token}"})

    desk.answer = lambda asked: asked.answer(403 if asked.path.startswith("/no") else 500)
    ids = [await desk.attach(path, sid=path) for path in ("/no", "/later", "/broken")]
    caplog.clear()
    for _ in range(len(PAUSES.spans) + 1):
        await desk.round(replace(TWILIO, locate=locate), "t0ken")
        desk.kept.clock.advance(timedelta(hours=10))
    assert caplog.records
    rows = [await desk.row(id_) for id_ in ids]
    assert {row.status for row in rows} == {"refused"}
    said = caplog.text + str([row.reason for row in rows])
    assert not [word for word in ("t0ken", "s3cret", "127.0.0.1", "/later", "/broken") if word in said]


async def test_a_missing_token_is_a_reason_and_asking_again_helps(desk: Desk) -> None:
    def locate(attachment: Attachment, token: str | None) -> Download:
        if token is None:
            raise NoDownload("there is no access token")
        return Download(attachment.url or "")

    provider = replace(TWILIO, locate=locate)
    id_ = await desk.attach()
    await desk.round(provider)
    assert (await desk.row(id_)).reason == "there is no access token"
    again = f"/intake/attachments/{id_}/fetch"
    answer = await desk.kept.http.post(again, headers=desk.kept.token("intake:read"))
    assert answer.status_code == 403
    answer = await desk.kept.http.post(again, headers=desk.kept.token("intake:write"))
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (202, "waiting", None)
    await desk.round(provider, "t")
    assert (await desk.row(id_)).status == "kept"
    answer = await desk.kept.http.post(again, headers=desk.kept.token("intake:write"))
    assert (answer.status_code, answer.json()["state"]) == (409, "kept")


async def test_secrets_of_another_key_are_no_refusal(desk: Desk) -> None:
    id_ = await desk.attach()
    (due,) = await desk.claim()
    assert due.line
    await desk.settle(await desk.downloads.do(replace(due, line=replace(due.line, secrets=None))))
    assert (await desk.row(id_)).status == "waiting"


async def test_a_channel_that_is_gone(desk: Desk) -> None:
    id_ = await desk.attach()
    (due,) = await desk.claim()
    await desk.settle(await desk.downloads.do(replace(due, line=None)))
    assert (await desk.row(id_)).reason == "its channel is no longer there"


async def test_the_loop_works_on_a_few_at_once(desk: Desk) -> None:
    under_way = most = 0

    async def slow(asked: Asked) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)
        under_way -= 1
        await asked.answer(200, b"PNG", Content_Type="image/png")

    desk.answer = slow
    for number in range(10):
        await desk.attach(sid=f"SM{number}")
    stop = asyncio.Event()
    loop = asyncio.create_task(worker(desk.downloads._intake).run(desk.kept.runtime, stop))
    await until(lambda: len(desk.web.asked) == 10)
    stop.set()
    await asyncio.wait_for(loop, 5)
    assert most == AT_ONCE
    ((count,),) = await desk.kept.rows("SELECT count(*) FROM attachment WHERE status = 'kept'")
    assert count == 10, "what was under way was finished"


@given(st.text() | st.none(), st.text() | st.none())
def test_a_type_is_a_type_whatever_is_said(answered: str | None, told: str | None) -> None:
    found = settled_type(answered, told)
    assert found.isascii()
    assert found.count("/") == 1
    assert found == found.lower().strip()


def test_wanted_types() -> None:
    assert is_wanted("image/png", ["image/*"])
    assert is_wanted("text/plain", ["audio/*", "Text/Plain"])
    assert not is_wanted("imagery/png", ["image/*"])
    assert not is_wanted("text/plainer", ["text/plain"])
    assert not is_wanted("image/png", [])
