"""Raw mail of every kind becomes a contact (I1, I3, I13)."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.intake.channels.items import Reach
from services.intake.channels.mail.message import part_of, read_mail
from tests.intake.channels.mail.writing import (
    FILE,
    HEADER,
    HTML,
    MARK,
    PLAIN,
    contact,
    mail,
    multipart,
)

DATA = Path(__file__).parents[5] / "shared" / "data" / "webhooks" / "payloads" / "email_mime"


class TestWho:
    def test_what_a_contact_is(self) -> None:
        found = contact(mail())
        assert found.external_id == found.message_id == "<1@example.com>"
        assert (found.name, found.subject, found.text) == ("Lan", "x", "Hello")
        assert found.address is not None
        assert found.address.value == "lan@example.com"
        assert found.occurred_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
        assert not found.automatic

    @pytest.mark.parametrize(
        ("header", "value"),
        [
            (b"From: a@example.com, b@example.com\n", "a@example.com"),
            (b"From: Nobody\nSender: s@example.com\n", "s@example.com"),
            (b"From: Team: a@example.com;\n", "a@example.com"),
            (b"From: undisclosed:;\n", None),
            (b"Return-Path: <r@example.com>\n", "r@example.com"),
            (b"From: Lan\xe1 <lan@example.com>\n", "lan@example.com"),
            (b"From: x@\nFrom: lan@example.com\n", "lan@example.com"),
            (b"To: only@example.com\n", None),
        ],
    )
    def test_who_wrote_it(self, header: bytes, value: str | None) -> None:
        address = contact(mail(header=header)).address
        assert (address.value if address else None) == value

    @pytest.mark.parametrize(
        ("date", "year"),
        [("Fri, 2 Jan 1970 00:00:00 +0000", 1970), ("Fri, 2 Jan 2099 00:00:00 +0000", 2099)]
        + [
            (date, None)
            for date in ("", "yesterday", "Mon, 99 Foo 2026", "9" * 5000, "Fri, 31 Dec 9999 23:59:00 -2300")
        ],
    )
    def test_when(self, date: str, year: int | None) -> None:
        at = contact(mail(f"Date: {date}", header=HEADER)).occurred_at
        assert (at.year if at else None) == year


class TestId:
    def test_without_a_message_id_it_is_a_digest_of_what_never_changes(self) -> None:
        header = b"From: lan@example.com\nSubject: x\n"
        ids = {
            contact(mail("Received: from a", "X-Spam: 5", "Delivered-To: one", header=header)).external_id,
            contact(mail("Received: from b", header=header)).external_id,
        }
        assert len(ids) == 1
        assert contact(mail(header=header, body="Other")).external_id not in ids
        assert contact(mail(header=header.replace(b"x", b"y"))).external_id not in ids

    @pytest.mark.parametrize(
        ("written", "found"),
        [("<a@b>", "<a@b>"), ("a@b", "<a@b>"), ("< a@b >", "<a@b>"), ("(c) <a@b>", "<a@b>"), ("", None), ("a b", None)],
    )
    def test_a_message_id_has_one_form(self, written: str, found: str | None) -> None:
        assert contact(mail(f"Message-ID: {written}", header=b"From: a@b\n")).message_id == found

    def test_what_it_answers(self) -> None:
        many = " ".join(f"<{i}@b>" for i in range(50))
        found = contact(mail("In-Reply-To: <1@a>\n <2@a>", "References: <1@a>, " + many)).references
        assert found[:2] == ("<1@a>", "<2@a>")
        assert found[2:] == tuple(f"<{i}@b>" for i in range(30, 50))

    def test_marks_are_found_wherever_they_travel(self) -> None:
        others = [MARK[:-1] + letter for letter in "abcdef"]
        raw = mail(
            f"Cc: Kept <help+{others[0].upper()}@example.com>",
            f"Delivered-To: help+{others[1]}@example.com",
            f"X-Original-To: help+{others[2]}@example.com",
            f"In-Reply-To: <{others[3]}@example.com>",
            f"References: <{others[4]}@example.com> <{others[3]}@example.com>",
            body=f"Ref: {others[5]}\n" + "\n".join(MARK[:-2] + c + "b" for c in "abcdefghijkl"),
        )
        found = contact(raw).marks
        assert set(others) <= set(found)
        assert len(found) == 10


class TestText:
    def test_plain_before_html(self) -> None:
        assert contact(multipart(HTML, PLAIN, kind="alternative")).text == "chữ thường"

    def test_html_where_the_plain_text_is_empty_or_missing(self) -> None:
        assert contact(multipart("Content-Type: text/plain\n\n \n", HTML, kind="alternative")).text == "HTML"
        assert contact(mail("Content-Type: text/html", body="<p>one<br>two</p>")).text == "one\ntwo"

    def test_all_texts_in_their_order_and_a_footer_replaces_nothing(self) -> None:
        footer = "Content-Type: text/plain\n\nfooter"
        assert contact(multipart(HTML, footer)).text == "HTML\n\nfooter"

    def test_flowed_lines_are_one(self) -> None:
        body = "> quoted \n> on\nOne \nline.\n  stuffed\n-- \nLan\n"
        found = contact(mail("Content-Type: text/plain; format=flowed", body=body))
        assert found.text == "> quoted on\nOne line.\n stuffed\n-- \nLan"
        assert found.reply == "One line.\n stuffed"
        found = contact(mail("Content-Type: text/plain; format=flowed; delsp=yes", body="Viet \nnam\n"))
        assert found.text == "Vietnam"

    @pytest.mark.parametrize(
        ("fields", "body", "text"),
        [
            (["Content-Type: text/plain; charset=windows-1258"], b"\xd0\xf5n h\xe0ng", "Đơn hàng"),
            (["Content-Type: text/plain; charset=x-viet-tcvn5712"], b"\xa7\xa5n h\xb5ng", "ĐƠn hàng"),
            (["Content-Type: text/plain; charset=nonsense"], "Đơn".encode(), "Đơn"),
            (["Content-Type: text/plain; charset=us-ascii"], b"caf\xe9", "café"),
            (["Content-Transfer-Encoding: base64"], b"xJDGoW4", "Đơn"),
            (["Content-Transfer-Encoding: quoted-printable"], b"=C4=90=C6=A1n =\n=ZZ", "Đơn =ZZ"),
            (["Content-Transfer-Encoding: no such"], b"a", "a"),
            (["Content-Type: nonsense"], b"a", "a"),
            (["Content-Type: multipart/mixed"], b"a", "a"),
            (["Content-Type: multipart/mixed; boundary=never"], b"a", "a"),
            ([], b"a\x00b", "a\x00b"),
            ([], b"", None),
        ],
    )
    def test_whatever_it_is_written_in(self, fields: list[str], body: bytes, text: str | None) -> None:
        assert contact(mail(*fields, body=body)).text == text

    @pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n", b"\r\r\n"])
    def test_whatever_ends_its_lines(self, end: bytes) -> None:
        raw = multipart(PLAIN, FILE).replace(b"\n", end)
        found = contact(raw)
        assert (found.subject, found.text, len(found.attachments)) == ("x", "chữ thường", 1)
        assert part_of(raw, 2) == ("application/pdf", b"ABC")

    def test_a_part_that_never_ends(self) -> None:
        raw = multipart(PLAIN, FILE).partition(b"--b--")[0]
        assert contact(raw).text == "chữ thường"
        assert part_of(raw, 2) == ("application/pdf", b"ABC")

    def test_a_vietnamese_subject_in_pieces(self) -> None:
        assert contact(mail(header=b"From: a@b\nSubject: =?utf-8?B?xJDG?=\n =?utf-8?B?oW4=?= 5\n")).subject == "Đơn 5"


class TestAttachments:
    def test_an_attachment_is_named_measured_and_found_again(self) -> None:
        raw = multipart(PLAIN, FILE)
        (found,) = contact(raw).attachments
        assert (found.name, found.content_type, found.size, found.part) == ("a.pdf", "application/pdf", 3, 2)
        assert part_of(raw, 2) == ("application/pdf", b"ABC")
        assert part_of(raw, 99) is None
        assert part_of(raw, -1) is None

    @pytest.mark.parametrize(
        ("part", "name", "content_type"),
        [
            ('Content-Type: application/octet-stream; name="winmail.dat"\n\nx', "winmail.dat", "application/ms-tnef"),
            ("Content-Type: application/ms-tnef\n\nx", None, "application/ms-tnef"),
            ("Content-Type: message/rfc822\n\nFrom: a@b\nSubject: inner\n\ninner", None, "message/rfc822"),
            ("Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR", None, "text/calendar"),
            ("Content-Type: image/png\nContent-ID: <i>\nContent-Disposition: inline\n\nx", None, "image/png"),
            ("Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nx", "a.txt", "text/plain"),
            ("Content-Type: a/b; name*=utf-8''%C4%90.pdf\n\nx", "Đ.pdf", "a/b"),
            ('Content-Type: a/b; name="=?utf-8?Q?=C4=90.pdf?="\n\nx', "Đ.pdf", "a/b"),
            ('Content-Type: a/b; name="../../etc/passwd"\n\nx', "passwd", "a/b"),
            ('Content-Type: a/b; name="C:\\\\a\\\\b.pdf"\n\nx', "b.pdf", "a/b"),
        ],
    )
    def test_what_is_kept_beside_the_text(self, part: str, name: str | None, content_type: str) -> None:
        found = contact(multipart(PLAIN, part))
        assert [(a.name, a.content_type) for a in found.attachments] == [(name, content_type)]
        assert found.text == "chữ thường"
        assert found.subject == "x"

    def test_an_invitation_among_the_forms_of_a_text_is_kept(self) -> None:
        amp = "Content-Type: text/x-amp-html\n\n<html amp4email>"
        calendar = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR"
        found = contact(multipart(PLAIN, amp, HTML, calendar, kind="alternative"))
        assert [a.content_type for a in found.attachments] == ["text/calendar"]

    def test_a_zip_is_an_attachment_and_stays_closed(self) -> None:
        bomb = b64encode(b"PK\x03\x04" + b"\x00" * 5000)
        part = b"Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n" + bomb
        (found,) = contact(multipart(part)).attachments
        assert found.size == 5004

    def test_the_numbers_are_those_of_a_walk(self) -> None:
        """Every attachment of a mail that the standard library wrote is found again under its number."""
        message = EmailMessage()
        message["From"], message["Subject"] = "Lan <lan@example.com>", "Ảnh"
        message.set_content("Chào\n")
        message.add_alternative("<p>Chào</p>", subtype="html")
        files = {f"tệp {i}.bin": bytes(range(i, 200)) for i in range(20)}
        for name, content in files.items():
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        raw = message.as_bytes()
        found = contact(raw)
        assert found.text == "Chào"
        assert {a.name: part_of(raw, a.part or 0) for a in found.attachments} == {
            name: ("application/octet-stream", content) for name, content in files.items()
        }
        assert [a.size for a in found.attachments] == [len(content) for content in files.values()]


class TestAutomatic:
    @pytest.mark.parametrize(
        "field",
        [
            "Auto-Submitted: auto-replied",
            "auto-submitted: auto-generated; x=y",
            "Precedence: bulk",
            "Precedence: Auto_Reply",
            "Return-Path: <>",
            "X-Autoreply: yes",
            "X-Failed-Recipients: a@b",
            "Content-Type: multipart/report; boundary=x",
        ],
    )
    def test_what_a_machine_wrote(self, field: str) -> None:
        assert contact(mail(field)).automatic

    @pytest.mark.parametrize(
        "field", ["Auto-Submitted: no", "Precedence: normal", "X-Auto-Response-Suppress: OOF", "Return-Path: <a@b>"]
    )
    def test_what_a_person_wrote(self, field: str) -> None:
        assert not contact(mail(field)).automatic

    @pytest.mark.parametrize("sender", ["MAILER-DAEMON@x.y", "no-reply@x.y", "noreply+5@x.y", "postmaster@x.y"])
    def test_who_is_no_person(self, sender: str) -> None:
        assert contact(mail(header=f"From: {sender}\n".encode())).automatic

    def test_a_loop_ends_here(self) -> None:
        assert contact(mail(header=f"From: a@b\nMessage-ID: <{MARK}.1@kept.example.com>\n".encode())).automatic
        assert contact(mail(*["Received: from x"] * 51)).automatic
        assert not contact(mail(*["Received: from x"] * 50)).automatic
        assert not contact(mail(f"In-Reply-To: <{MARK}.1@kept.example.com>")).automatic


SAMPLED: dict[str, tuple[str | None, str | None, int, bool]] = {
    "attachments_without_text": ("hello@icloud.com", None, 2, False),
    "bounced_with_no_from": (None, "This is the mail system", 2, True),
    "mail_with_invalid_to": ("mark@planetmars.com", "hey v, can i get", 0, False),
    "mail_with_no_date": ("testemail@gmail.com", "text only mail", 0, False),
    "mail_with_quote": ("agent.one@example.com", "Yes, I am providing", 0, False),
    "multiple_in_reply_to": ("agent.one@example.com", "Let's talk about these images", 0, False),
    "non_utf_encoded_mail": ("example@gmail.com", "أنظروا", 0, True),
    "only_html": ("agent.two@example.com", "This is html only mail", 0, False),
    "references": ("agent.one@example.com", "References Email", 0, False),
    "reply_cc": ("agent.one@example.com", "Hello,", 0, False),
}
"""Who wrote it, how it begins, how many attachments it has, whether a machine wrote it."""


@pytest.mark.parametrize("name", SAMPLED)
def test_samples_of_real_mail(name: str) -> None:
    path = DATA / f"{name}.eml.txt"
    if not path.exists():
        pytest.skip("the samples are not here")
    found = contact(path.read_bytes())
    sender, start, count, is_automatic = SAMPLED[name]
    assert (found.address.value if found.address else None) == sender
    assert found.text is None if start is None else (found.text or "").startswith(start)
    assert (len(found.attachments), found.automatic) == (count, is_automatic)
    assert found.external_id == found.message_id


def test_the_sampled_bounce_and_reply() -> None:
    if not DATA.exists():
        pytest.skip("the samples are not here")
    reached = read_mail((DATA / "bounced_with_no_from.eml.txt").read_bytes())[1]
    assert isinstance(reached, Reach)
    assert reached.address.value == "noreply@example-service.com"
    reply = contact((DATA / "mail_with_quote.eml.txt").read_bytes()).reply
    assert reply == "Yes, I am providing you step how to reproduce this issue"
