"""The mailbox for trying things out: what is sent to it can be read in it, and does no harm there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest
from aiosmtpd.smtp import Envelope
from starlette.requests import Request

from services.host.mailbox import Mail, Mailbox, application, known_to, linked, listening
from shared.settings import PublicSettings

OURS = "http://127.0.0.1:8080"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    async with listening(Mailbox(tmp_path / "mail"), "127.0.0.1", 0) as port:
        yield port


def _reader(directory: Path) -> httpx.AsyncClient:
    """As after a restart: nothing but what is on the disk."""
    return _client(directory, known=True)


def _client(directory: Path, *, known: bool) -> httpx.AsyncClient:
    async def may_read(_: Request) -> bool:
        return known

    app = application(Mailbox(directory / "mail"), PublicSettings(public_url=OURS), may_read)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OURS)


async def _send(port: int, to: str, subject: str, text: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "care@kept.localhost", to, subject
    mail.set_content(text)
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port)


async def test_a_person_who_is_not_signed_in_reads_how_they_sign_in(tmp_path: Path) -> None:
    async with _client(tmp_path, known=False) as http:
        for language, heading in (("en", "You are not signed in"), ("vi", "Chưa đăng nhập")):
            page = await http.get("/mailbox", headers={"Accept": "text/html", "Accept-Language": language})
            assert page.status_code == 401
            assert heading in page.text
            assert "kept staff invite EMAIL" in page.text


async def test_a_connection_that_stays_open_ends_with_the_mailbox(tmp_path: Path) -> None:
    async with listening(Mailbox(tmp_path / "mail"), "127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"220 ")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await writer.wait_closed()


async def test_what_is_sent_can_be_read_newest_first_after_a_restart(port: int, tmp_path: Path) -> None:
    await _send(
        port, "lan@example.com", "Lời hứa của chúng tôi", f"Xin trả lời tại đây:\n{OURS}/commitments/p/a.b-c_d\n"
    )
    await _send(port, "nam@example.com", "Hello", "Second")
    async with _reader(tmp_path) as http:
        newest = (await http.get("/mailbox/messages.json")).json()
        assert [mail["subject"] for mail in newest] == ["Hello", "Lời hứa của chúng tôi"]
        (only,) = (await http.get("/mailbox/messages.json?to=lan@example.com")).json()
        assert only["to"] == ["lan@example.com"]
        assert "Lời hứa của chúng tôi" in (await http.get("/mailbox")).text
        page = (await http.get(f"/mailbox/{only['id']}")).text
        assert f'<a href="{OURS}/commitments/p/a.b-c_d">' in page


async def test_a_hostile_mail_is_shown_and_not_obeyed(port: int, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> https://evil.example/x http://127.0.0.1:8080.evil.example/y"
    await _send(port, "lan@example.com", "<script>alert(2)</script>", evil)
    async with _reader(tmp_path) as http:
        (mail,) = (await http.get("/mailbox/messages.json")).json()
        for path in ("/mailbox", f"/mailbox/{mail['id']}"):
            page = (await http.get(path)).text
            assert "<script>alert" not in page
            assert 'href="https://evil' not in page
            assert "evil.example/y</a>" not in page
        for path in ("/mailbox/none", "/mailbox/..%2f..%2fetc%2fpasswd"):
            assert (await http.get(path)).status_code == 404


def test_a_link_ends_before_the_full_stop() -> None:
    assert linked(f'"{OURS}/a/b.c".', OURS) == f'&#34;<a href="{OURS}/a/b.c">{OURS}/a/b.c</a>&#34;.'


async def test_a_stranger_reads_nothing_and_a_person_is_told_what_to_do(port: int, tmp_path: Path) -> None:
    await _send(port, "lan@example.com", "Private", f"{OURS}/commitments/p/abc")
    async with _reader(tmp_path) as http:
        (mail,) = (await http.get("/mailbox/messages.json")).json()
    async with _client(tmp_path, known=False) as http:
        for path in ("/mailbox", "/mailbox/messages.json", f"/mailbox/{mail['id']}", "/mailbox/none"):
            refused = await http.get(path)
            assert refused.status_code == 401
            assert "Private" not in refused.text
        page = await http.get("/mailbox", headers={"accept": "text/html"})
        assert (page.status_code, "kept staff invite EMAIL" in page.text) == (401, True)
        assert (await http.get("/mailbox/health")).status_code == 200


@pytest.mark.parametrize(
    ("answer", "may"),
    [
        (httpx.Response(200, json={"ready": True, "checks": {"database": "ok"}}), True),
        (httpx.Response(503, json={"ready": False, "checks": {"database": "away"}}), True),
        (httpx.Response(200, json={"ready": True, "state": "ready"}), False),
        (httpx.Response(502, text="nobody"), False),
        (httpx.Response(200, json=["checks"]), False),
        (httpx.ConnectError("away"), False),
    ],
)
async def test_intake_says_who_may_read(answer: httpx.Response | Exception, may: bool) -> None:
    asked = []

    def intake(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("authorization"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    somebody = Request({"type": "http", "headers": [(b"authorization", b"Bearer good")]})
    async with known_to("http://intake-api:8000", httpx.MockTransport(intake)) as may_read:
        assert await may_read(somebody) == may
        assert asked == ["Bearer good"]
        assert not await may_read(Request({"type": "http", "headers": []}))
        assert len(asked) == 1


async def test_a_list_that_is_read_while_mail_comes_in_is_whole(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "mail")
    for number in range(30):
        envelope = Envelope()
        envelope.rcpt_tos, envelope.content = [f"{number}@example.com"], b"Subject: x\r\n\r\nx"
        await box.handle_DATA(None, None, envelope)  # type: ignore[arg-type]
    before = box.read

    def meanwhile(key: str) -> Mail:
        box._to[f"new-{key}"] = ["new@example.com"]
        return before(key)

    box.read = meanwhile  # type: ignore[method-assign]
    assert len(box.newest()) == 30


async def test_its_pages_have_their_style_and_what_is_not_there_is_a_problem(tmp_path: Path) -> None:
    async with _client(tmp_path, known=True) as http:
        page = await http.get("/mailbox", headers={"Accept-Language": "vi"})
        assert "Chưa có thư" in page.text
        (style,) = re.findall(r'<link rel="stylesheet" href="(/mailbox/assets/[^"]+)"', page.text)
        assert "immutable" in (await http.get(style)).headers["cache-control"]
        nothing = await http.get("/mailbox/assets/nothing.0123456789ab.css")
        assert (nothing.status_code, nothing.json()["type"]) == (404, "urn:kept:problem:not-found")


async def test_a_mail_in_an_unknown_charset_is_shown_as_it_can_be_read(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "mail")
    envelope = Envelope()
    envelope.rcpt_tos = ["lan@example.com"]
    envelope.content = b"Subject: odd\r\nContent-Type: text/plain; charset=x-nobodys\r\n\r\nHello \xe9\r\n"
    await box.handle_DATA(None, None, envelope)  # type: ignore[arg-type]
    async with _reader(tmp_path) as http:
        (mail,) = (await http.get("/mailbox/messages.json")).json()
    assert mail["text"] == "Hello \ufffd\n"
