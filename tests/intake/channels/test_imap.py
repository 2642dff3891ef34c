"""A mailbox that is read (I1), and to which nobody can post (X5)."""

from __future__ import annotations

import pytest

from services.intake.channels.provider import Refused, Request
from services.intake.channels.providers import imap
from services.intake.channels.registry import providers
from tests.intake.channels.posting import NOW, RAW, URL, contact


class TestImap:
    def test_a_mail_is_its_own_bytes(self) -> None:
        request = Request(URL, {}, RAW)
        found = contact("imap", request)
        assert (found.external_id, found.text) == ("<1@example.com>", "Chào\n\n> cũ")
        assert imap.part_of(request, 2) == ("text/csv", b"1;2")

    def test_nobody_can_post_to_it(self) -> None:
        with pytest.raises(Refused):
            providers()["imap"].verify(Request(URL, {}, RAW), ["imaps://u:p@host"], NOW)

    def test_a_secret_names_a_mailbox(self) -> None:
        found = imap.mailbox_of("imaps://help%40example.com:p%3A%40ss@imap.example.com/Kept%2FIn")
        assert found == imap.Mailbox("imap.example.com", 993, "help@example.com", "p:@ss", "Kept/In", is_tls=True)
        assert imap.mailbox_of("imap://u:p@127.0.0.1:1143") == imap.Mailbox(
            "127.0.0.1", 1143, "u", "p", "INBOX", is_tls=False
        )
        assert "p:@ss" not in repr(found)

    @pytest.mark.parametrize(
        "secret",
        [
            "",
            "imaps://host",
            "imaps://u@host",
            "imaps://:p@host",
            "https://u:p@host",
            "imaps://u:p@/INBOX",
            "user:password",
            "imaps://u:p@host:99999",
            "imaps://u:p@host:x",
            "imaps://u:p@[::1",
            "imaps://u%0D%0Aa:p@host",
            "imaps://u:p@h?x=1",
        ],
    )
    def test_what_is_no_mailbox_is_said(self, secret: str) -> None:
        assert imap.secret_fault(secret)
