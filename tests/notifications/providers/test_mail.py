"""A mail on the wire, read back by the standard library."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.messages.composing import one_line
from services.notifications.providers.handover import Account, Outgoing
from services.notifications.providers.mail import UnsafeHeader, mail_of
from tests.support.mail import text_of

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ID = UUID("01890000-0000-7000-8000-000000000000")
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300)


LAN = "lan@example.com"


def _message(subject: str = "s", text: str = "t\n", trace: str | None = None) -> Outgoing:
    return Outgoing(ID, subject, text, AT, trace)


def _account(name: str = "Kept", *, takes_plus: bool = False) -> Account:
    return Account("care@kept.localhost", name, takes_plus)


def _read(wire: bytes) -> EmailMessage:
    mail = message_from_bytes(wire, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


@given(subject=TEXT.map(one_line).filter(bool), name=TEXT.map(one_line).filter(bool), text=TEXT)
def test_what_is_written_is_what_is_read(subject: str, name: str, text: str) -> None:
    """N20: Vietnamese arrives as it was written, in subject and text."""
    wire = mail_of(_message(subject, f"{text}\n\nĐã xong. \n.\n"), _account(name), LAN)
    mail = _read(wire)
    assert mail["Subject"] == subject
    assert str(mail["From"].addresses[0].addr_spec) == "care@kept.localhost"
    assert text_of(mail) == f"{text}\n\nĐã xong. \n.\n"
    assert max(len(line) for line in wire.splitlines()) <= 76
    assert mail.defects == []


def test_vietnamese_is_readable_in_every_header() -> None:
    mail = _read(mail_of(_message("Lời hứa: giao trước 18 giờ"), _account("Bảo, Đức"), LAN))
    assert mail["Subject"] == "Lời hứa: giao trước 18 giờ"
    assert mail["From"].addresses[0].display_name == "Bảo, Đức"
    assert mail["Message-ID"] == f"<{ID}@kept.localhost>"
    assert mail["Date"].datetime == AT


def test_an_answer_says_which_case_it_belongs_to() -> None:
    """N12: in the Message-ID that it names, in the line that it quotes, and in the address where that can be."""
    mark = "kept-" + "a" * 40
    message = replace(_message(text="Xin chào\n"), mark=mark)
    plain = _read(mail_of(message, _account(), LAN))
    assert plain["Message-ID"] == f"<{ID}.{mark}@kept.localhost>"
    assert plain["Reply-To"] is None
    assert text_of(plain) == f"Xin chào\n\nRef. {mark}\n"
    plus = _read(mail_of(message, _account(takes_plus=True), LAN))
    assert plus["Reply-To"].addresses[0].addr_spec == f"care+{mark}@kept.localhost"
    assert len(plus["Reply-To"].addresses[0].username) <= 64


@pytest.mark.parametrize(
    ("to", "trace"), [("a@b.c\r\nBcc: all@example.com", None), ("ü@example.com", None), (LAN, "00-1\nX: y")]
)
def test_a_header_cannot_be_ended_from_within(to: str, trace: str | None) -> None:
    with pytest.raises(UnsafeHeader):
        mail_of(_message(trace=trace), _account(), to)


def test_not_even_by_a_subject() -> None:
    mail = _read(mail_of(_message("a\r\nBcc: all@example.com\r\n\r\nx"), _account("K"), LAN))
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("a")
