"""The line that a program puts under what was written: "Sent from my iPhone", in the languages of mail."""

from __future__ import annotations

import re

from services.intake.channels.mail import languages

LONGEST = 100

_LINK = re.compile(r"<[^<>]{0,300}>|\(https?:[^()]{0,300}\)|https?://\S{0,300}")
_WORDS = re.compile(r"[^\s,.;!()\"“”/]+")
_ENDS = tuple(end.strip() for end in languages.SENT_END)
_OF_ONES_OWN = re.compile(r"sent from an? [a-z -]{3,40}")
_WIDE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def is_sent_from(line: str, *, stands_alone: bool, is_above_old: bool = False) -> bool:
    """A program's words, not "sent from my work address, please ...": a device, and nothing that a person adds.

    `is_above_old`: what was there before follows, and `stands_alone`, so that a signature of one's own is one.
    """
    last = " ".join(_LINK.sub("", line[:400]).replace("\u2019", "'").split()).lower().strip(" *_[]|.-")
    if len(last) > LONGEST or "?" in last or (not last.startswith(languages.SENT_FROM) and not last.endswith(_ENDS)):
        return False
    opener = next((one for one in languages.SENT_FROM if last.startswith(one)), "")
    end = next((one for one in _ENDS if last.endswith(one)), "")
    rest = last[len(opener) :] if opener else last[: -len(end)]
    if stands_alone and is_above_old and _OF_ONES_OWN.fullmatch(last):
        return True
    if not any(device in last for device in languages.DEVICES):
        return False
    if _WIDE.search(last):
        return len(last) <= 30
    unknown = [word for word in _WORDS.findall(rest) if not _is_known(word)]
    return len(unknown) <= (1 if stands_alone and not any(mark in rest for mark in ",;:!") else 0)


def _is_known(word: str) -> bool:
    bare = word.strip("'-")
    return (
        bare in languages.FILLERS
        or any(device in word for device in languages.DEVICES)
        or (any(c.isdigit() for c in word) and len(word) <= 6)
        or len(bare) <= 1
    )
