"""The mailbox for trying things out: what is sent to it can be read in it, and does no harm there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest
from starlette.applications import Starlette

from services.mailbox import Mailbox, linked, listening, routes

OURS = "http://127.0.0.1:8080"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    async with listening(Mailbox(tmp_path / "mail"), "127.0.0.1", 0) as port:
        yield port


def _reader(directory: Path) -> httpx.AsyncClient:
    """As after a restart: nothing but what is on the disk."""
    app = Starlette(routes=routes(Mailbox(directory / "mail"), OURS))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def _send(port: int, to: str, subject: str, text: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "care@kept.localhost", to, subject
    mail.set_content(text)
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port)


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
