"""Texts of strangers can be stored, told and shown, whatever is in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.texts import clean, one_line

ANY = st.text(st.characters(codec=None, categories=None), max_size=400)


@given(ANY)
def test_a_clean_text_can_be_stored_and_is_as_it_was_where_that_could(text: str) -> None:
    made = clean(text)
    assert "\x00" not in made
    assert made.encode().decode() == made
    assert made == text or "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


@given(ANY)
def test_one_line_is_one_and_no_longer_than_asked_for(text: str) -> None:
    line = one_line(text, 50)
    assert line.isprintable()
    assert len(line) <= 50
    assert line == line.strip()
    line.encode()
