"""The glossary is in alphabetical order, and its Vietnamese words are those of the pages."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.sentences import vietnamese

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([a-z][^|]*) \| ([^|]+) \| ([^|]+\.) \|$", GLOSSARY, re.MULTILINE)


def test_every_row_has_a_word_and_a_sentence_in_order() -> None:
    words = [word for word, _, _ in ROWS]
    assert len(words) == GLOSSARY.count("\n| ") - 2  # less the head of the table and the line under it
    assert words == sorted(set(words))


def test_the_vietnamese_words_are_those_of_the_pages() -> None:
    on_pages = " ".join(vietnamese().values()).lower()
    assert not [theirs for _, theirs, _ in ROWS if theirs != "-" and theirs.lower() not in on_pages]
