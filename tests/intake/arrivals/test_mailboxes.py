"""Mailboxes read over IMAP from a real server: all of it once, nothing changed, whatever comes between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from imap_tools import BaseMailBox
from sqlalchemy import event

from services.intake.arrivals.mail import imap, mailboxes
from services.intake.arrivals.mail.imap import BATCH, OpenMailbox, Shut, Trouble
from services.intake.channels.providers.imap import Mailbox, mailbox_of
from services.intake.channels.registry import providers
from shared.contracts.intake import InteractionReceived
from shared.work import Pauses
from tests.intake.conftest import Running
from tests.support.imap import ImapServer, imap_server, slow_line
from tests.support.scratch import until
from tests.support.web import Asked, certificate, serving


def mail(number: int, text: str = "Đơn hàng của tôi đâu?") -> bytes:
    lines = (
        "From: Lan <lan@customer.example>",
        "To: help@example.com",
        f"Subject: number {number}",
        f"Message-ID: <{number}@customer.example>",
        "Date: Mon, 2 Mar 2026 15:30:00 +0700",
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
    )
    return "\r\n".join(lines).encode()


class Desk:
    def __init__(self, kept: Running, server: ImapServer) -> None:
        self.kept, self.server, self.awaited = kept, server, False
        self.looks = 0
        """How often the loop has looked at which mailboxes there are."""

    @asynccontextmanager
    async def reading(self, **settings: Any) -> AsyncIterator[None]:
        """The loop at work, as one process of several would have it."""
        intake = replace(self.kept.intake, settings=self.kept.intake.settings.model_copy(update=settings))
        stop = asyncio.Event()
        loop = asyncio.create_task(mailboxes.run(intake, self.kept.runtime, stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(loop, 30)

    def asked_for_the_lease(self, holder: str) -> list[str]:
        """Grows by each time that `holder` was answered from now on."""
        asked: list[str] = []

        @event.listens_for(self.kept.runtime.database.engine.sync_engine, "after_cursor_execute")
        def note(_c: object, _k: object, statement: str, parameters: object, *_: object) -> None:
            if "INTO lease" in statement and holder in str(parameters):
                asked.append(statement)

        return asked

    async def numbers(self) -> list[int]:
        """Which mails were stored, in their order."""
        rows = await self.kept.rows("SELECT body FROM raw_request WHERE channel = 'box' ORDER BY id")
        return [int(bytes(row.body).split(b"Subject: number ")[1].split(b"\r\n")[0]) for row in rows]

    async def has(self, *numbers: int) -> bool:
        return await self.numbers() == list(numbers)

    async def place(self) -> Any:
        return (await self.kept.rows("SELECT uid_validity, last_uid FROM mailbox_place")) or None

    async def troubles(self) -> set[str]:
        await self.kept.intake.refusals.write(self.kept.runtime.database)
        return {row.reason for row in await self.kept.rows("SELECT reason FROM channel_refusal WHERE channel = 'box'")}


@pytest.fixture
async def desk(kept: Running, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(mailboxes, "PAUSES", Pauses.seconds(0.1))
    monkeypatch.setattr(mailboxes, "SHUT_PAUSE", 0.2)
    monkeypatch.setattr(mailboxes, "LOOK", 0.1)
    monkeypatch.setattr(imap, "SLICE", 0.1)
    async with imap_server() as server:
        await kept.make_channel("box", "imap", server.url)
        desk, step = Desk(kept, server), mailboxes.Mailboxes.step

        async def counted(self: mailboxes.Mailboxes) -> None:
            await step(self)
            desk.looks += 1

        monkeypatch.setattr(mailboxes.Mailboxes, "step", counted)
        yield desk


async def test_new_mail_arrives_once_and_nothing_of_it_is_changed(desk: Desk) -> None:
    """I1: what lay there before the mailbox was ours to read stays where it is."""
    await desk.server.deliver(mail(1))
    async with desk.reading():
        await until(desk.place)
        await desk.server.deliver(mail(2))
        await until(lambda: desk.has(2))
        await desk.server.deliver(mail(3), mail(4))
        await until(lambda: desk.has(2, 3, 4))
        assert set(await desk.server.flags()) == {()}
    await desk.kept.work()
    received = await desk.kept.facts(InteractionReceived)
    assert [one.subject for one in received] == ["number 2", "number 3", "number 4"]
    assert received[0].text == "Đơn hàng của tôi đâu?"
    (row,) = await desk.kept.rows("SELECT * FROM raw_request ORDER BY id LIMIT 1")
    assert row.body == mail(2), "byte for byte"
    assert (row.method, row.headers) == ("IMAP", '{"content-type": "message/rfc822"}')
    assert len(await desk.kept.rows("SELECT id FROM raw_waiting")) == 0


async def test_a_mailbox_may_be_read_from_its_first_mail(desk: Desk) -> None:
    many = range(1, 2 * BATCH + 2)
    await desk.server.deliver(*map(mail, many))
    async with desk.reading(mailbox_from_start=True):
        await until(lambda: desk.has(*many))


async def test_a_restart_loses_nothing_and_doubles_nothing(desk: Desk) -> None:
    async with desk.reading():
        await until(desk.place)
        await desk.server.deliver(mail(1))
        await until(lambda: desk.has(1))
    await desk.server.deliver(mail(2))
    async with desk.reading():
        await until(lambda: desk.has(1, 2))


async def test_two_who_read_at_once_double_nothing(desk: Desk) -> None:
    """The lease keeps them apart; were it to fail, the place would."""
    async with desk.reading():
        await until(desk.place)
    lines = await desk.kept.intake.directory.lines(desk.kept.runtime.database)
    over = False
    database = desk.kept.runtime.database
    readers = [mailboxes.Reader(desk.kept.intake, database, lines["box"], lambda: over) for _ in range(3)]
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    for number in range(5):
        await desk.server.deliver(mail(number))
    await until(lambda: desk.has(0, 1, 2, 3, 4))
    await desk.server.deliver(mail(5))
    await until(lambda: desk.has(0, 1, 2, 3, 4, 5))
    over = True
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    assert await desk.numbers() == [0, 1, 2, 3, 4, 5]
    assert await desk.troubles() == set()


async def test_one_process_reads_and_the_others_stand_by(desk: Desk) -> None:
    async with desk.reading():
        await until(desk.place)
        other = replace(desk.kept.intake)
        stop = asyncio.Event()

        class Elsewhere:
            database, holder, placed = desk.kept.runtime.database, "another", asyncio.Event()

        asked = desk.asked_for_the_lease("another")
        loop = asyncio.create_task(mailboxes.run(other, Elsewhere(), stop))
        await until(lambda: asked)
        assert await desk.kept.rows("SELECT holder FROM lease") == [(desk.kept.runtime.holder,)]
        assert desk.server.connections == 1
        stop.set()
        await asyncio.wait_for(loop, 15)


@pytest.mark.parametrize("command", ["uids", "fetch"])
async def test_mail_that_the_server_told_of_while_it_was_asked_something_else_is_not_left_lying(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The server tells of each mail once: with the answer to a search or a fetch, and then not again by IDLE."""
    late = iter([mail(2)])
    owner: Any = BaseMailBox if command == "uids" else OpenMailbox
    asked = getattr(owner, command)

    def meanwhile(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = asked(self, *args, **kwargs)
        if found and desk.awaited and (new := next(late, None)):  # the answer that tells of the first mail
            desk.server.append(new)
            (self._box if command == "fetch" else self).client.noop()
        return found

    monkeypatch.setattr(owner, command, meanwhile)
    async with desk.reading():
        await until(desk.place)
        desk.awaited = True
        await desk.server.deliver(mail(1))
        await until(lambda: desk.has(1, 2))


async def test_over_a_slow_line_no_half_of_an_answer_is_taken_for_a_whole(desk: Desk) -> None:
    async with slow_line(desk.server.port, 0.02) as port:
        change = {"secrets": [desk.server.url.replace(str(desk.server.port), str(port))]}
        await desk.kept.http.patch("/intake/channels/box", json=change, headers=desk.kept.token("intake:admin"))
        async with desk.reading():
            await until(desk.place)
            await desk.server.deliver(mail(1))
            await until(lambda: desk.has(1))
            await desk.server.deliver(mail(2))
            await until(lambda: desk.has(1, 2))
        assert await desk.troubles() == set()


async def test_a_wrong_password_is_noted_and_tried_again(desk: Desk) -> None:
    right = desk.server.url
    change = {"secrets": [right.replace("p%40ss", "wrong")]}
    headers = desk.kept.token("intake:admin")
    await desk.kept.http.patch("/intake/channels/box", json=change, headers=headers)
    async with desk.reading():
        await until(lambda: desk.server.connections >= 2)
        await until(lambda: _noted(desk, "the mail server refuses this user and password"))
        await desk.kept.http.patch("/intake/channels/box", json={"secrets": [right]}, headers=headers)
        await until(desk.place)


async def test_a_second_secret_is_tried_where_the_first_is_old(desk: Desk) -> None:
    secrets = [desk.server.url.replace("p%40ss", "old"), desk.server.url]
    await desk.kept.http.patch(
        "/intake/channels/box", json={"secrets": secrets}, headers=desk.kept.token("intake:admin")
    )
    async with desk.reading():
        await until(desk.place)


async def test_a_folder_that_is_not_there_is_noted(desk: Desk) -> None:
    change = {"secrets": [desk.server.url.replace("/INBOX", "/Nowhere")]}
    await desk.kept.http.patch("/intake/channels/box", json=change, headers=desk.kept.token("intake:admin"))
    async with desk.reading():
        await until(lambda: _noted(desk, "the mail server has no such folder"))


async def test_a_server_that_goes_and_comes_back(desk: Desk) -> None:
    async with desk.reading():
        await until(desk.place)
        await desk.server.deliver(mail(1))
        await until(lambda: desk.has(1))
        await desk.server.go_away()
        await until(lambda: _noted(desk, "the mail server cannot be reached"))
        await desk.server.start()
        await desk.server.deliver(mail(2))
        await until(lambda: desk.has(1, 2))


async def test_a_failing_mailbox_does_not_stop_another(desk: Desk) -> None:
    await desk.kept.make_channel("away", "imap", "imap://a:b@127.0.0.1:1/INBOX")
    await desk.kept.make_channel("broken", "imap", desk.server.url.replace("p%40ss", "wrong"))
    async with desk.reading():
        await until(desk.place)
        await desk.server.deliver(mail(1))
        await until(lambda: desk.has(1))


async def test_a_mailbox_that_numbers_anew_is_read_from_the_day_of_the_last_mail(desk: Desk) -> None:
    """What was there before is not taken in as new: it was never wanted. What may not have been read is read again."""
    await desk.server.deliver(mail(1))
    desk.kept.clock.set(_now())
    async with desk.reading():
        await until(desk.place)
        await desk.server.deliver(mail(2))
        await until(lambda: desk.has(2))
    before = await desk.place()
    desk.server.forget()
    await desk.server.deliver(mail(2), mail(3))
    async with desk.reading():
        await until(lambda: desk.has(2, 2, 3))
        assert (await desk.place())[0].uid_validity != before[0].uid_validity
    await desk.kept.work()
    assert len(await desk.kept.facts(InteractionReceived)) == 2, "a copy is a copy by its Message-ID"


async def test_old_mail_that_is_numbered_anew_stays_where_it_is(desk: Desk) -> None:
    desk.kept.clock.set(_now() + timedelta(days=3))
    async with desk.reading():
        await until(desk.place)
    desk.server.forget()
    await desk.server.deliver(mail(1), mail(2))  # by the server's clock two days before the mailbox was first seen
    before = await desk.place()
    async with desk.reading():
        await until(lambda: _moved(desk, before))
    assert await desk.numbers() == []


async def test_a_channel_that_is_switched_off_is_left_alone(desk: Desk) -> None:
    headers = desk.kept.token("intake:admin")
    async with desk.reading():
        await until(desk.place)
        await desk.kept.http.patch("/intake/channels/box", json={"enabled": False}, headers=headers)
        await until(lambda: not desk.server._writers)
        await desk.server.deliver(mail(1))
        looks = desk.looks
        await until(lambda: desk.looks >= looks + 3)
        assert await desk.numbers() == []
        await desk.kept.http.patch("/intake/channels/box", json={"enabled": True}, headers=headers)
        await until(lambda: desk.has(1))


async def test_a_mail_over_the_limit_comes_by_its_headers(desk: Desk) -> None:
    """I13: the contact is on the timeline, and that its text is not is noted."""
    async with desk.reading():
        await until(desk.place)
    lines = await desk.kept.intake.directory.lines(desk.kept.runtime.database)
    line = replace(lines["box"], provider=replace(lines["box"].provider, body_limit=1000))
    over = False
    reader = mailboxes.Reader(desk.kept.intake, desk.kept.runtime.database, line, lambda: over)
    task = asyncio.create_task(reader.run())
    await desk.server.deliver(mail(1, "x" * 2000), mail(2))
    await until(lambda: desk.has(1, 2))
    over = True
    await asyncio.wait_for(task, 10)
    first, second = await desk.kept.rows("SELECT headers, body FROM raw_request ORDER BY id")
    assert first.headers == '{"content-type": "text/rfc822-headers"}'
    assert b"xxx" not in first.body
    assert second.body == mail(2)
    await until(lambda: _noted(desk, mailboxes.CUT))
    await desk.kept.work()
    assert [one.subject for one in await desk.kept.facts(InteractionReceived)] == ["number 1", "number 2"]


async def test_a_server_that_cannot_tell_is_asked(kept: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "LOOK", 0.1)
    async with imap_server(idle=False) as server:
        await kept.make_channel("box", "imap", server.url)
        desk = Desk(kept, server)
        async with desk.reading(mailbox_poll=0.05):
            await until(desk.place)
            await server.deliver(mail(1))
            await until(lambda: desk.has(1))
            await server.deliver(mail(2))
            await until(lambda: desk.has(1, 2))


async def test_a_batch_is_bounded_and_what_is_gone_is_passed_over(desk: Desk) -> None:
    await desk.server.deliver(*map(mail, range(BATCH + 5)))

    def look() -> tuple[list[int], int, int, int]:
        box = OpenMailbox(mailbox_of(desk.server.url))
        uids = box.after(0)
        mails, last = box.fetch([*uids[:3], 10_000, *uids[3:]], 1_000_000)
        gone, last_gone = box.fetch([10_000], 1_000_000)
        none_above = box.after(uids[-1])
        box.close()
        assert (gone, last_gone, none_above) == ([], 10_000, [])
        return [one.uid for one in mails], last, uids[BATCH - 2], box.next_uid - uids[-1]

    uids, last, expected, step = await asyncio.to_thread(look)
    assert (len(uids), last, step) == (BATCH - 1, expected, 1)


async def test_what_answers_otherwise_is_no_mail_server() -> None:
    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(chatter, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for is_tls in (False, True):
            with pytest.raises(Trouble):
                await asyncio.to_thread(OpenMailbox, Mailbox("127.0.0.1", port, "a", "b", "INBOX", is_tls))


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    async def greet(asked: Asked) -> None:
        await asked.say(b"* OK hello\r\n")

    shown, _ = certificate(tmp_path, "localhost")
    async with serving(greet, tls=shown) as web:
        with pytest.raises(Shut, match="certificate"):
            await asyncio.to_thread(OpenMailbox, Mailbox("localhost", web.port, "a", "b"))


class TestSecrets:
    def test_a_mailbox_is_an_address(self) -> None:
        assert mailbox_of("imaps://lan%40example.com:p%2Fw@mail.example.com") == Mailbox(
            "mail.example.com", 993, "lan@example.com", "p/w", "INBOX", True
        )
        assert mailbox_of("imap://a:b@10.0.0.5:1143/Kh%C3%A1ch") == Mailbox("10.0.0.5", 1143, "a", "b", "Khách", False)

    @pytest.mark.parametrize(
        "secret",
        [
            "",
            "a:b",
            "https://a:b@c",
            "imaps://a@c",
            "imaps://:b@c",
            "imaps://a:b@",
            "imaps://a:b@c:x",
            "imaps://a:b%0a@c",
        ],
    )
    def test_what_is_none(self, secret: str) -> None:
        assert providers()["imap"].secret_fault(secret)


def _now() -> datetime:
    """The mail server has a clock of its own."""
    return datetime.now(UTC)


async def _noted(desk: Desk, reason: str) -> bool:
    return reason in await desk.troubles()


async def _moved(desk: Desk, before: Any) -> bool:
    return bool((await desk.place())[0].uid_validity != before[0].uid_validity)
