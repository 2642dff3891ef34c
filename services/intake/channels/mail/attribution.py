"""Lines that mail programs put above what they quote: "On ..., Lan wrote:", and the header of the mail answered.

Each is told by its own signs, and by a date or an address that a program always writes. A sentence of a customer's
that only begins or ends so is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

from services.intake.channels.mail import languages

LONGEST = 400
"""Characters of "On ... wrote:", over up to three lines."""
LABELLED = 12
"""Lines in which the labels of a quoted mail's header stand."""

_STROKES = "-\u2010\u2011\u2013\u2014_=*\u2500"
_DASH = "-\u2010\u2011\u2013\u2014_=*\u2500\u2022 "
_DIGIT = re.compile(r"\d")
_CLOCK = re.compile(r"\d{1,2} ?[:.h時时點点시] ?\d\d")
_YEAR = re.compile(r"(?:19|20)\d\d|พ\.ศ\.|25\d\d")
_DATE_FIRST = re.compile(r"\d{4} ?[-/.年년]|[^\W\d_]{2,12}\.?,? \d|\d{1,2}[ ./-]|\d{1,2}:\d\d")
_ENDS = re.compile(r"(?:[>)\]]|\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?\)?|\d{4}\)?)$")
_ADDRESS = re.compile(r"[^\s<>@,;]{1,64}@[^\s<>@,;]{1,190}")


_NAMED = re.compile(r"<[^<>\s]{1,64}@[^<>\s]{1,190}>,? ?[^<>@,.]{1,30}$")
_AFTER_FIGURES = re.compile(r"\d[\d:.,/-]*")
_WORD = re.compile(r"[^\W\d_]+")
_BESIDE = "van von der den del della uhr hat has heeft gmt utc het volgende folgendes ore klo"
_OF_VERBS = frozenset(word for verb in languages.VERBS for word in _WORD.findall(verb)) | frozenset(_BESIDE.split())
"""Small words beside a name that are a program's, or the name's own."""


def head(line: str) -> str:
    """What a line is judged by: its beginning, in lower case, and composed.

    macOS writes letters and marks apart, and the small form of a Turkish capital has a dot too many.
    """
    return normalize("NFC", line[:LONGEST]).strip().lower().replace("i\u0307", "i")


def length_of(lines: Sequence[str], at: int, first: str) -> tuple[int, bool]:
    """(how many lines "On ... wrote:" takes from here, whether it is surely a program's), or (0, False)."""
    if is_dashed(first):
        return 1, True
    if not first.startswith(languages.OPENERS) and not _DATE_FIRST.match(first) and "@" not in first:
        return 0, False
    whole = ""
    for count, line in enumerate(lines[at : at + 3], 1):
        part = head(line)
        if not part or line[:4].lstrip(" ").startswith(">") or len(whole) + len(part) > LONGEST:
            return 0, False
        whole = f"{whole} {part}".strip()
        if part.endswith((":", "\uff1a")):
            bare = whole.rstrip(": \uff1a")
            is_one = any(verb in whole for verb in languages.VERBS) or bare.endswith(">")
            if not (is_one and ("@" in whole or _DIGIT.search(whole))):
                return 0, False
            if any(_is_whole(lines[at + later : at + count]) for later in range(1, count)):
                return 0, False  # what stands before is a sentence of the customer's
            return count, _is_certain(bare, " ".join(lines[at : at + count]))
    return 0, False


def _is_whole(lines: Sequence[str]) -> bool:
    """Whether these lines are such a header by themselves."""
    first, whole = head(lines[0]), head(" ".join(lines))
    begins = first.startswith(languages.OPENERS) or _DATE_FIRST.match(first) is not None
    return begins and any(verb in whole for verb in languages.VERBS) and _DIGIT.search(whole) is not None


def is_dashed(first: str) -> bool:
    """`---- On Tue, 13 Jan 2026 ... wrote ----` (Zoho), `---- Lan wrote ----` (Samsung)."""
    if not (first[:2] in ("--", "\u2014\u2014") and first[-2:] in ("--", "\u2014\u2014")):
        return False
    bare = first.strip(_DASH)
    if _ADDRESS.search(bare):
        return any(verb in bare for verb in languages.VERBS)
    return first[:4] == "----" and bare.endswith(languages.VERBS) and not bare.endswith(languages.SELVES)


def _is_certain(bare: str, written: str) -> bool:
    """It has the date and time that a program writes, and ends as it does: with a verb, an address, or that time.

    Without an address there must be a name, and no words about somebody ("your driver wrote"). `bare` is `written` in
    lower case, without its colon.
    """
    has_time = bool(_CLOCK.search(bare) or _YEAR.search(bare))
    if _ADDRESS.search(bare):
        if _NAMED.search(bare) and bare.endswith(languages.VERBS):
            return True
        return has_time and (bare.endswith(languages.VERBS) or bool(_ENDS.search(bare)))
    if bare.endswith(languages.SELVES):
        return False
    is_dated = bool(_CLOCK.search(bare) and _YEAR.search(bare))
    return is_dated and bare.endswith(languages.VERBS) and _is_name(_AFTER_FIGURES.split(written)[-1])


def _is_name(said: str) -> bool:
    """Words with capitals, and the verb; a script without capitals tells nothing."""
    small = [word for word in _WORD.findall(said) if word.islower() and len(word) > 2]
    return all(word in _OF_VERBS for word in small)


def is_forward(first: str) -> bool:
    bare = first.strip(_DASH)
    return bare.startswith(languages.FORWARDED) and (
        first[:2] in ("--", "__", "==", "\u2010\u2010") or first.endswith(":")
    )


def begins_the_old(lines: Sequence[str], at: int, first: str) -> bool:
    """A line between dashes, a helpdesk's, or the header of the mail that is answered."""
    if first[:1] in _STROKES and first[1:2] in _STROKES and _is_original(first.replace("\u00a0", " ").lstrip(_DASH)):
        return True
    if ("line" in first or "dòng" in first) and any(words in first for words in languages.ABOVE):
        return True
    return _label(first) in languages.LABELS and _is_block(lines, at, first)


def _is_original(bare: str) -> bool:
    """The words, and nothing after them but dashes: else it is a sentence about an original."""
    if not bare.startswith((*languages.ORIGINAL, "original")):  # one call for all: most lines end here
        return False
    words = next((one for one in languages.ORIGINAL if bare.startswith(one)), "original")
    after = bare[len(words) :].strip()
    return not after or after[0] in _STROKES + ":"


def _label(first: str) -> str:
    """What stands before the colon, without the marks of bold text."""
    label, colon, _ = first[:40].replace("\uff1a", ":").partition(":")
    return label.strip("*|_ \u00a0\t") if colon else ""


def _is_block(lines: Sequence[str], at: int, first: str) -> bool:
    """From, subject, and when or to whom, in any order. `From:` alone, or a trip between two places, is people's.

    A program writes an address or a time there; where neither stands, only "Sent" or bold labels are a program's.
    """
    window = [first, *(head(line[:200]) for line in lines[at + 1 : at + 1 + LABELLED])]
    labelled = [(name, line) for line in window if (name := _label(line))]
    labels = {name for name, _ in labelled}
    is_from_first = labelled[0][0] in languages.FROM if labelled else False
    if any(labels.isdisjoint(needed) for needed in (languages.FROM, languages.SENT_OR_TO, languages.SUBJECT)):
        return False
    mine = [line for name, line in labelled if name in languages.FROM | languages.SENT_OR_TO]
    is_dated = any(_CLOCK.search(line) or _ADDRESS.search(line) for line in mine)
    if not is_dated and (labels.isdisjoint(languages.SENT) and not first.startswith("*")):
        return False
    return is_from_first or is_dated
