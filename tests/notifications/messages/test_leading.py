"""What a stranger writes leads nobody anywhere by a mail of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.messages.composing import SUBJECT_LIMIT, answer_to
from services.notifications.messages.leading import leads
from shared.contracts.commitments import Heard
from tests.notifications.conftest import Desk, customer, stated
from tests.support.mail import text_of


@pytest.mark.parametrize(
    "said",
    [
        "Đơn hàng 1042",
        "Where is my lamp?",
        "Dr. Müller, J.R.R. Tolkien",
        "1.250.000 đ",
        "9:30 a.m.",
        "wait...and see",
        "",
    ],
)
def test_words_that_lead_nowhere(said: str) -> None:
    assert not leads(said)


@pytest.mark.parametrize(
    "said",
    [
        "http://bad.example",
        "hTTps bad",
        "WWW bad",
        "bad.example/win",
        "BAD.COM",
        "t.co",
        "bad\u200d.com",
        "bad\uff0ecom",
        "bad\u3002com",
        "xn--bd-yia",
        "mailto:a",
        "a@b",
        "1.2.3.4",
        "javascript:x",
    ],
)
def test_words_that_lead_somewhere(said: str) -> None:
    assert leads(f"Look: {said} now")
    assert answer_to(f"Re: {said}") is None


_PIECES = st.sampled_from(
    ["http://x.y", "www.", "evil.example", "a@b.cd", "\n", "\r\nBcc: x", "\x00", "\u202e", "Re: ", "."]
)


@given(st.lists(st.text(max_size=40) | _PIECES, max_size=8).map("".join))
def test_whatever_the_subject_its_answer_is_one_bounded_line_that_leads_nowhere(subject: str) -> None:
    said = answer_to(subject)
    if said is not None:
        assert said.startswith("Re: ")
        assert len(said) <= SUBJECT_LIMIT
        assert said.isprintable() or not {"\n", "\r", "\x00", "\u202e"} & set(said)
        assert not leads(said)


async def test_of_a_strangers_words_nothing_but_a_plain_subject_is_in_the_mail(desk: Desk) -> None:
    lan = customer(name="evil.example", language="en")
    heard = Heard(message_id="<a@b.example>", subject="Re: Re: " + "win " * 100 + "\r\nBcc: all@x.example")
    await desk.deliver(
        lan, stated(lan.customer_id, heard=heard), stated(lan.customer_id, heard=Heard(subject="x" * 999))
    )
    await desk.send()
    first, second = desk.mail.mails
    assert (first["Bcc"], first["Subject"]) == (None, "We have your message")
    assert len(second["Subject"]) <= SUBJECT_LIMIT
    assert "evil" not in text_of(first)
    assert "win" not in text_of(first)
