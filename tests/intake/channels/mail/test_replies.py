"""Replies of many programs in many languages: what they quote is cut, what a customer wrote never is."""

from __future__ import annotations

import pytest

from services.intake.channels.mail.reply import new_words
from tests.intake.channels.mail.replies import BELOW, KEPT, LANGUAGES, cut_cases

CUT = {name: (text, new) for name, text, new in cut_cases()}


@pytest.mark.parametrize("name", CUT)
def test_what_a_program_quotes_is_cut(name: str) -> None:
    text, new = CUT[name]
    assert new_words(text) == new
    assert new_words(text.replace("\n", "\r\n").replace("\r\n", "\n")) == new


@pytest.mark.parametrize("text", KEPT)
def test_what_a_customer_wrote_is_never_cut(text: str) -> None:
    assert new_words(text) is None
    header = "On Tue, Jan 13, 2026 at 9:12 AM Support <help@shop.example> wrote:"
    assert new_words(f"{text}\n\n{header}\n\n> Old words\n") == text, "nor above what is quoted"


@pytest.mark.parametrize(("text", "new"), BELOW)
def test_answers_below_and_between_quotes_stay(text: str, new: str) -> None:
    assert new_words(text) == new


def test_there_are_enough_of_them() -> None:
    assert len(CUT) >= 300
    assert len(LANGUAGES) >= 25
    assert len(KEPT) + len(BELOW) >= 60
