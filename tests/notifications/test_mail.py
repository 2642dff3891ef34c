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

from services.notifications.composing import one_line
from services.notifications.providers.mail import UnsafeHeader, mail_of
from services.notifications.providers.protocol import Letter
from tests.support.mail import text_of

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ID = UUID("01890000-0000-7000-8000-000000000000")
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300)


def _letter(to: str = "lan@example.com", subject: str = "s", text: str = "t\n", trace: str | None = None) -> Letter:
    return Letter(ID, 1, to, subject, text, AT, trace)


def _read(wire: bytes) -> EmailMessage:
    mail = message_from_bytes(wire, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


@given(subject=TEXT.map(one_line).filter(bool), name=TEXT.map(one_line).filter(bool), text=TEXT)
def test_what_is_written_is_what_is_read(subject: str, name: str, text: str) -> None:
    """N20: Vietnamese arrives as it was written, in subject and text."""
    wire = mail_of(_letter(subject=subject, text=f"{text}\n\nĐã xong. \n.\n"), sender="care@kept.localhost", name=name)
    mail = _read(wire)
    assert mail["Subject"] == subject
    assert str(mail["From"].addresses[0].addr_spec) == "care@kept.localhost"
    assert text_of(mail) == f"{text}\n\nĐã xong. \n.\n"
    assert max(len(line) for line in wire.splitlines()) <= 76
    assert mail.defects == []


def test_vietnamese_is_readable_in_every_header() -> None:
    mail = _read(mail_of(_letter(subject="Lời hứa: giao trước 18 giờ"), sender="care@kept.localhost", name="Bảo, Đức"))
    assert mail["Subject"] == "Lời hứa: giao trước 18 giờ"
    assert mail["From"].addresses[0].display_name == "Bảo, Đức"
    assert mail["Message-ID"] == f"<{ID}@kept.localhost>"
    assert mail["Date"].datetime == AT


def test_an_answer_says_which_case_it_belongs_to() -> None:
    """N12: in the Message-ID that it names, in the line that it quotes, and in the address where that can be."""
    mark = "kept-" + "a" * 40
    letter = replace(_letter(text="Xin chào\n"), mark=mark)
    plain = _read(mail_of(letter, sender="care@kept.localhost", name="Kept"))
    assert plain["Message-ID"] == f"<{ID}.{mark}@kept.localhost>"
    assert plain["Reply-To"] is None
    assert text_of(plain) == f"Xin chào\n\nRef. {mark}\n"
    plus = _read(mail_of(letter, sender="care@kept.localhost", name="Kept", answer_to_mark=True))
    assert plus["Reply-To"].addresses[0].addr_spec == f"care+{mark}@kept.localhost"
    assert len(plus["Reply-To"].addresses[0].username) <= 64


@pytest.mark.parametrize(
    "letter",
    [
        _letter(to="a@b.c\r\nBcc: all@example.com"),
        _letter(to="ü@example.com"),
        _letter(trace="00-1\nX: y"),
    ],
)
def test_a_header_cannot_be_ended_from_within(letter: Letter) -> None:
    with pytest.raises(UnsafeHeader):
        mail_of(letter, sender="care@kept.localhost", name="Kept")


def test_not_even_by_a_subject() -> None:
    mail = _read(mail_of(_letter(subject="a\r\nBcc: all@example.com\r\n\r\nx"), sender="care@kept.localhost", name="K"))
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("a")
