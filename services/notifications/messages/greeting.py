"""Names of people, told from what is no name, so that they may stand in a greeting. Pure.

Whoever writes to us gives the name that our answer greets, and can give somebody else's address with an advertisement
as the name. What is no name is left out: the greeting stands without one.
"""

from __future__ import annotations

import re
import unicodedata

from services.notifications.messages.leading import leads

NAME_LIMIT = 40
"""Characters."""
WORDS_LIMIT = 7
"""Spanish, Arabic and Brazilian names have five and six. A sentence has more still."""
MARKS_LIMIT = 4
"""Marks on one letter: more than any script writes, and the lines above and below are covered with them."""

_BETWEEN = frozenset(" .-'\u2019\u00b7\u30fb\u2010\u2011\u200c\u200d")
"""What stands between the letters of names."""
_JOINER = re.compile("[\u200c\u200d](?<![\u0600-\u06ff\u0900-\u0dff][\u200c\u200d])")
"""The joiners outside of Arabic letters and the scripts of India: there alone they are written."""
_INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters that show nothing."""
_SPACES = re.compile("[ \u00a0\u2002-\u200a\u202f\u3000]+")
_NEVER = re.compile(
    r"\b(?:bitcoin|casino|click|crypto|jackpot|lottery|password|unsubscribe|urgent|verify|viagra|khuyến mãi|miễn phí|"
    r"trúng thưởng|(?:bấm|nhấn|truy cập) vào)\b",
    re.IGNORECASE,
)
_SELDOM = re.compile(
    r"\b(?:account|bonus|cash|claim|free|gift|here|invoice|money|now|offer|payment|prize|reward|win|winner|won|you|"
    r"your)\b",
    re.IGNORECASE,
)
"""Each is somebody's name. Two together are an advertisement."""


def greeted(name: str | None) -> str | None:
    """The name as it may stand in a greeting, in one line; None where it is no name."""
    composed = _SPACES.sub(" ", unicodedata.normalize("NFC", name or "")).strip(" ")
    return composed if _is_name(composed) else None


def _is_name(name: str) -> bool:
    if not 0 < len(name) <= NAME_LIMIT or len(name.split(" ")) > WORDS_LIMIT:
        return False
    kinds = "".join(unicodedata.category(character)[0] for character in name)
    if not all(kind in "LM" or character in _BETWEEN for kind, character in zip(kinds, name, strict=True)):
        return False
    if "L" not in kinds or kinds[0] == "M" or "M" * (MARKS_LIMIT + 1) in kinds:
        return False
    return not (_INVISIBLE & set(name) or _JOINER.search(name) or _advertises(unicodedata.normalize("NFKC", name)))


def _advertises(name: str) -> bool:
    return leads(name) or bool(_NEVER.search(name)) or len(_SELDOM.findall(name)) > 1
