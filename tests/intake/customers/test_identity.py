from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import Address
from services.intake.customers.identity import detect_language, normalise
from shared.contracts.intake import HandleKind, Language
from shared.texts import clean
from tests.support.clocks import seconds


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("+84901234567", "+84901234567"),
        ("0901 234 567", "+84901234567"),
        ("+1 (415) 867-5309", "+14158675309"),
        ("VIETTEL", "viettel"),
        ("1900", "1900"),
        ("  ", None),
    ],
)
def test_a_phone_has_one_form(written: str, form: str | None) -> None:
    assert normalise(HandleKind.PHONE, written, "VN") == form


def test_an_email_has_one_form() -> None:
    assert normalise(HandleKind.EMAIL, " Lan.Nguyen@Example.COM", "VN") == "lan.nguyen@example.com"


@given(st.sampled_from(HandleKind), st.text())
def test_normalising_again_changes_nothing(kind: HandleKind, value: str) -> None:
    form = normalise(kind, value, "VN")
    assert form is None or normalise(kind, form, "VN") == form


@pytest.mark.parametrize(
    ("text", "phone", "language"),
    [
        ("Đơn hàng của tôi đâu?", "+14158675309", "vi"),
        ("Tôi muốn hỏi", None, "vi"),
        ("don hang cua toi dau", "+84901234567", "vi"),
        ("Where is my order?", "+84901234567", "en"),
        (None, "+84901234567", "vi"),
        ("ok", "+14158675309", None),
        ("Où est la fête", "+33123456789", None),
        (None, None, None),
    ],
)
def test_language(text: str | None, phone: str | None, language: Language | None) -> None:
    address = Address(HandleKind.PHONE, phone) if phone else None
    assert detect_language(text, address) == language


@pytest.mark.parametrize("part", ["á", "á ", "a\u0301", "the ", "\n", "ááááááá "])
def test_no_text_takes_long_to_judge(part: str) -> None:
    assert seconds(lambda: detect_language(part * 100_000, None)) < 0.2


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_a_cleaned_text_can_be_stored(value: str) -> None:
    cleaned = clean(value)
    assert "\x00" not in cleaned.encode().decode()


def test_what_can_be_stored_is_left_as_it_is() -> None:
    """I13"""
    words = "‮RTL‬ \t\r\n\u200b 👩‍👩‍👧 é e\u0301 \x1b[31m"
    assert clean(words) == words
    assert clean("a\x00\ud83d") == "a\ufffd\ufffd"
    assert clean("\ud83d\ude00") == "😀"
