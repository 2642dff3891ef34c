"""The reading length: short sentences, and few of them. A test holds every template to it."""

from __future__ import annotations

import re

WORDS_A_SENTENCE = {"en": 22, "vi": 30}
"""Vietnamese writes a space between syllables, hence the higher number."""
WORDS_A_TEXT = {"en": 120, "vi": 160}

_LINK = re.compile(r"https?://\S+")
_END = re.compile(r"[.?!:;](?=\s|$)|\n\s*\n|\n(?=- )")


def too_long(text: str, language: str) -> list[str]:
    """The parts of a text that are to be shortened, in words; empty where there is none. Links do not count."""
    plain = _LINK.sub("", text)
    found = [
        f"{count} words in a sentence: {' '.join(sentence.split())}"
        for sentence in _END.split(plain)
        if (count := len(sentence.split())) > WORDS_A_SENTENCE[language]
    ]
    if (count := len(plain.split())) > WORDS_A_TEXT[language]:
        found.append(f"{count} words in all")
    return found
