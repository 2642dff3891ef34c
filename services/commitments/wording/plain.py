"""The lint of texts for customers: vague times, unfilled gaps, jargon and guarantees. Pure.

Words for time that say none, and gaps that nobody filled, are never what somebody meant to say to a customer. Jargon
and tone are advice. Vietnamese and English are looked for in every text: the two are mixed in practice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple
from unicodedata import normalize

from shared.contracts.terms import Terms

GUARANTEE_LEVEL = 0.95
"""From this level of an estimate on, a word of certainty is backed by history."""

Rule = Literal["vague_time", "placeholder", "jargon", "guarantee", "offer"]


class Hint(NamedTuple):
    """A hint. `where` is the field, as a path; `found` is as it was written."""

    where: str
    found: str
    say_instead: str
    rule: Rule


def _any_of(*phrases: str, but: tuple[str, ...] = ()) -> re.Pattern[str]:
    """A pattern for any of these phrases as whole words, the longest first, in any case and spacing.

    `but`: patterns that look around themselves, for words that mean something else in some company.
    """
    longest = sorted(phrases, key=len, reverse=True)
    either = [r"[\s-]+".join(map(re.escape, phrase.split())) for phrase in longest] + list(but)
    return re.compile(rf"(?<!\w)(?:{'|'.join(either)})(?!\w)", re.IGNORECASE)


_VAGUE: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        _any_of(
            "as soon as possible", "as soon as we can", "as soon as practicable", "asap",
            "a.s.a.p", "shortly", "in due course", "in the near future", "before long", "in no time",
            "at the earliest opportunity", "at our earliest convenience", "in a timely manner", "any day now",
            "any time now", "anytime now", "when we can", "as quickly as possible", "as fast as possible",
            "within a reasonable time", "in a little while", "in a while", "momentarily",
            # "As soon as the part is here" is a condition, not a time.
            but=(r"soon(?!\s+as\b)",),
        ),
        "the day and the hour by which it is done",
    ),
    (
        _any_of(
            "sớm nhất có thể",
            "càng sớm càng tốt", "trong thời gian sớm nhất", "ngay khi có thể", "nhanh nhất có thể",
            "càng nhanh càng tốt", "trong thời gian ngắn nhất", "trong thời gian tới", "trong thời gian gần nhất",
            "một thời gian ngắn nữa", "chẳng mấy chốc", "trong giây lát", "lát nữa", "ít lâu nữa",
            # "Sáng sớm" is a time of day, "sớm hơn" compares, "sớm 10 phút" counts, "sớm nhất là" names one.
            but=(r"sớm nhất(?!\s+(?:là|vào|từ|lúc|\d))", r"(?<!sáng )sớm(?!\s+(?:hơn|nhất|\d))"),
        ),
        "ngày và giờ sẽ xong",
    ),
)  # fmt: skip
_GUARANTEE: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        _any_of("guarantee", "guarantees", "guaranteed", "certainly", "definitely", "absolutely", "without fail",
                "for sure", "no doubt", "without doubt"),
        "what you will do, and by when",
    ),
    (
        _any_of("cam kết tuyệt đối", "tuyệt đối", "đảm bảo", "bảo đảm", "một trăm phần trăm",
                but=(r"(?<!không )(?<!chưa )chắc chắn",)),
        "việc sẽ làm và thời hạn",
    ),
    (re.compile(r"(?<![\w.,])100\s?%"), "what you will do, and by when"),
)  # fmt: skip
_PLACEHOLDER = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\$?\{[\w .-]*\}|<<.*?>>|\[\[.*?\]\]|%\(\w+\)[sd]|(?<!\w)%[sd](?!\w)|_{3,}"
    r"|\[\s*(?:customer |order |your |tên |mã |số )?"
    r"(?:name|number|date|time|day|hour|amount|address|phone|khách hàng|khách|tên|ngày|giờ|đơn hàng|số tiền|địa chỉ)"
    r"\s*\]|(?<!\w)(?:TODO|TBD|TBC|FIXME|XXX+|lorem ipsum|dd/mm/yyyy|hh:mm)(?!\w)"
)
_IN_BRACKETS = re.compile(r"\[([^\W\d_]{2,}(?:[ _][^\W\d_]+)*)\]")
"""A gap where it is in capitals: [NAME], [ĐỊA CHỈ]."""
_FILL = "what belongs there"


def lint(
    texts: Iterable[tuple[str, str | None]], glossary: Mapping[str, str] | None = None, *, level: float = 0.0
) -> list[Hint]:
    """Every hint about (where, text) pairs, in the order of the fields. `glossary`: jargon -> its plain word."""
    plain = {normalize("NFC", term): say for term, say in (glossary or {}).items()}
    hints = []
    for where, said in texts:
        if said:
            hints += [Hint(where, *rest) for rest in _look(normalize("NFC", said), plain, level)]
    return hints


def blocking(hints: Iterable[Hint]) -> list[Hint]:
    """The hints that keep a promise from being stored: a gap anywhere, a vague time in its words."""
    return [h for h in hints if h.rule == "placeholder" or (h.rule == "vague_time" and h.where == "words")]


def unmet(terms: Terms) -> list[Hint]:
    """The hint where the customer wished for it sooner and is offered no other way (C20)."""
    if terms.expected_by is None or terms.expected_by >= terms.due_at or terms.options:
        return []
    return [Hint("options", terms.expected_by.isoformat(), "another way: later, a part of it, or dearer", "offer")]


def _look(said: str, glossary: Mapping[str, str], level: float) -> Iterator[tuple[str, str, Rule]]:
    for pattern, better in _VAGUE:
        yield from ((m[0], better, "vague_time") for m in pattern.finditer(said))
    yield from ((m[0], _FILL, "placeholder") for m in _PLACEHOLDER.finditer(said))
    yield from ((m[0], _FILL, "placeholder") for m in _IN_BRACKETS.finditer(said) if m[1].isupper())
    folded = said.casefold()
    for term, better in glossary.items():
        # Most terms are in no text: looking for the plain characters first is what keeps a large glossary cheap.
        if term.casefold() in folded:
            whole = re.compile(rf"(?<!\w){re.escape(term)}(?!\w)", re.IGNORECASE)
            yield from ((m[0], better, "jargon") for m in whole.finditer(said))
    if level < GUARANTEE_LEVEL:
        for pattern, better in _GUARANTEE:
            yield from ((m[0], better, "guarantee") for m in pattern.finditer(said))
