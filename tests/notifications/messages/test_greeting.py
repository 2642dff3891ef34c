"""Who is greeted by name: whoever has one, in any script; and no stranger's words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.messages.details import Kind
from services.notifications.messages.greeting import NAME_LIMIT, greeted
from services.notifications.people.person import Family, Known
from shared.ids import new_id
from tests.notifications.conftest import Desk, customer, stated
from tests.support.mail import text_of

NAMES = [
    "Lan",
    "Nguyễn Thị Minh Khai",
    unicodedata.normalize("NFD", "Nguyễn Thị Minh Khai"),
    "O'Connor",
    "O\u2019Connor",
    "Dr. Müller-Lüdenscheidt",
    "J.R.R. Tolkien",
    "María José de la Cruz García López",
    "'t Hooft",
    "王小明",
    "김민준",
    "ジョン・スミス",
    "محمد عبد الله",
    "علی\u200cرضا",
    "สมชาย ใจดี",
    "क्षितिज शर्मा",
    "Aung Win",
    "Johnny Cash",
    "Олександр Іваненко",
    "José\u00a0Luis",
]
NO_NAMES = [
    "You won http://evil",
    "You won http://evil.example/win",
    "FREE MONEY click",
    "You won",
    "evil.example",
    "Visit evil.com now",
    "t.co",
    "evil\u3002com",
    "ｗｗｗ.evil.com",
    "ｆｒｅｅ ｍｏｎｅｙ",
    "www evil",
    "a@b.c",
    "call 0901234567",
    "Lan 12",
    "x" * 41,
    "one two three four five six seven eight",
    "Trúng thưởng lớn",
    "...",
    "-",
    "'",
    " ",
    "",
    "\U0001f600 Lan",
    "Lan\nBcc: x",
    "Lan\r",
    "Lan\x00",
    "Lan\u2028An",
    "\u202eLan",
    "Lan\u200bAn",
    "La\u200dn",
    "\u3164",
    "\u0301Lan",
    "L" + "\u0335" * 6 + "an",
    "<b>Lan</b>",
    "{{ 7 * 7 }}",
    "Lan, 50% off",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_are_greeted(name: str) -> None:
    assert greeted(name) == unicodedata.normalize("NFC", name).replace("\u00a0", " ")


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_not_repeated(name: str) -> None:
    assert greeted(name) is None


@given(st.text(max_size=80) | st.from_regex(r"[\w.@:/' -]{1,60}"))
def test_whatever_is_greeted_is_one_short_line_of_letters_that_leads_nowhere(said: str) -> None:
    found = greeted(said)
    if found is None:
        return
    assert 0 < len(found) <= NAME_LIMIT
    assert not set('@:/\\<>{}[]()"\n\r\t%&=?#!0123456789') & set(found)
    assert all(unicodedata.category(c)[0] in "LMZP" or c in "\u200c\u200d" for c in found)
    assert any(c.isalpha() for c in found)
    assert found == found.strip()
    assert "  " not in found
    for before, after in zip(found.split("."), found.split(".")[1:], strict=False):
        assert not (before and len(after) > 1 and after[:2].isalpha()), "a domain"
    assert greeted(found) == found


def test_of_several_names_of_one_person_the_first_that_is_one_counts() -> None:
    known = [Known(new_id(), name, "vi", ()) for name in ("www.bad.example", None, "Lan", "Hoa")]
    assert Family(tuple(known)).name == "Lan"
    assert Family(tuple(known[:2])).name is None


async def test_a_strangers_words_are_not_carried_to_somebody_else(desk: Desk) -> None:
    victim = customer(name="You won http://evil.example/win", language="en")
    await desk.deliver(victim, stated(victim.customer_id))
    await desk.send()
    (mail,) = desk.mail.mails
    assert text_of(mail).startswith("Hello,\n")
    assert "evil" not in mail.as_string()
    assert (await desk.row())["template"] == Kind.ACKNOWLEDGEMENT
