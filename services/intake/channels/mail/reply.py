"""The new words of a reply, without what it quotes and how it is signed.

One pass over the lines, each of which is looked at by its beginning, its end and a few lines after it: the time
grows with the text, whatever is in it. Where it is not sure, words are kept rather than cut: the full text stays in
any case, and what nobody cut can still be read.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from services.intake.channels.mail import languages

LONGEST_HEADER = 400
"""Characters of "On ... wrote:", over up to three lines."""
LABELLED = 12
"""Lines in which the labels of a quoted mail's header stand."""
LONGEST_FOOTER = 8
"""Lines below a rule that are a mailing list's own."""

_RULE = re.compile(r"[-_=\u2014\u2500 ]{5,}")
_DIGIT = re.compile(r"\d")
_CLOCK = re.compile(r"\d{1,2} ?[:.h時시点] ?\d\d")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE_FIRST = re.compile(r"\d{4} ?[-/.年년]|[a-zđ]{2,3}\.?, \d|\d{1,2}[ ./-]")


def new_words(text: str, subject: str | None = None) -> str | None:
    """What of the text is new, or None where all of it is, or nothing would be left.

    A forwarded mail is not cut: what it holds is what was sent. `subject` says so where the text does not.
    """
    if (subject or "").strip().lower().startswith(languages.FORWARDED_SUBJECTS):
        return None
    lines = text.split("\n")
    kept = _without_tail(_new_lines(lines))
    found = "\n".join(kept).strip("\n")
    return None if found.strip() in ("", text.strip()) else found


def _new_lines(lines: list[str]) -> list[str]:
    """The lines that are no quote, nor its header, up to where only what was there before follows."""
    kept: list[str] = []
    at = 0
    was_quote = False
    while at < len(lines):
        line = lines[at]
        if _is_quote(line) or (was_quote and not line.strip()):
            was_quote = True
            at += 1
            _leave_gap(kept)
            continue
        was_quote = False
        head = _head(line)
        if _is_forward(head):
            return kept + lines[at:]
        if _begins_the_old(lines, at, head):
            break
        if length := _attribution(lines, at, head):
            if not _is_followed_by_quote(lines, at + length):
                if _is_certain(lines[at : at + length]):
                    break
                kept += lines[at : at + length]
            at += length
            continue
        if _is_signature(line, lines, at):
            break
        kept.append(line)
        at += 1
    return kept


def _head(line: str) -> str:
    """What a line is judged by: its beginning, in lower case, and composed (macOS writes letters and marks apart)."""
    return normalize("NFC", line[:LONGEST_HEADER]).strip().lower()


def _is_quote(line: str) -> bool:
    return line[:4].lstrip(" ").startswith(">")


def _leave_gap(kept: list[str]) -> None:
    """One blank line where a quote was."""
    if kept and kept[-1].strip():
        kept.append("")


def _is_forward(head: str) -> bool:
    bare = head.strip("-_*= ")
    return bare.startswith(languages.FORWARDED) and (head[:2] in ("--", "__", "==") or head.endswith(":"))


def _begins_the_old(lines: list[str], at: int, head: str) -> bool:
    if head.startswith("--") and head.strip("- ").startswith(languages.ORIGINAL):
        return True
    if ("line" in head or "dòng" in head) and any(words in head for words in languages.ABOVE):
        return True
    return _label(head) in languages.FROM and _is_block(lines, at)


def _label(head: str) -> str:
    """What stands before the colon, without the marks of bold text."""
    label, colon, _ = head[:40].replace("\uff1a", ":").partition(":")
    return label.strip("* \u00a0") if colon else ""


def _is_block(lines: list[str], at: int) -> bool:
    """The header Outlook writes: From, then the subject, and when or to whom. `From:` alone is what people write."""
    labels = {_label(_head(line[:80])) for line in lines[at + 1 : at + 1 + LABELLED]}
    return not labels.isdisjoint(languages.SUBJECT) and not labels.isdisjoint(languages.SENT_OR_TO)


def _attribution(lines: list[str], at: int, head: str) -> int:
    """How many lines "On ... wrote:" takes from here, or 0."""
    if not head.startswith(languages.OPENERS) and not _DATE_FIRST.match(head) and "@" not in head:
        return 0
    whole = ""
    for length, line in enumerate(lines[at : at + 3], 1):
        part = _head(line)
        if not part or _is_quote(line) or len(whole) + len(part) > LONGEST_HEADER:
            return 0
        whole += " " + part
        if part.endswith((":", "\uff1a")):
            is_one = any(verb in whole for verb in languages.VERBS) or whole.endswith(">:")
            return length if is_one and ("@" in whole or _DIGIT.search(whole)) else 0
    return 0


def _is_followed_by_quote(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 4] if line.strip()), "")
    return _is_quote(following)


def _is_certain(header: list[str]) -> bool:
    """It names an address, or a year and a time of day: no sentence of a customer's that happens to end in a colon."""
    whole = _head(" ".join(header))
    if "@" in whole:
        return True
    return whole.rstrip(": \uff1a").endswith(languages.VERBS) and bool(_CLOCK.search(whole) and _YEAR.search(whole))


def _is_signature(line: str, lines: list[str], at: int) -> bool:
    """`-- ` alone (RFC 3676, 4.3); without its space, or a long rule of underscores, where little follows."""
    if line == "-- ":
        return True
    bare = line[:200].strip()
    if bare == "--":
        return _is_short_from(lines, at + 1)
    if len(bare) >= 20 and not bare.strip("_"):
        return _is_short_from(lines, at + 1) and any("@" in one or "://" in one for one in lines[at + 1 : at + 20])
    return False


def _is_short_from(lines: list[str], at: int) -> bool:
    """Whether a footer's few lines follow, then the end or what is quoted."""
    count = 0
    for line in lines[at : at + 4 * LONGEST_FOOTER]:
        if _is_quote(line):
            return True
        count += bool(line.strip())
        if count > LONGEST_FOOTER:
            return False
    return len(lines) - at <= 4 * LONGEST_FOOTER


def _without_tail(kept: list[str]) -> list[str]:
    """Without the rules, blank lines and "Sent from my ..." at the end."""
    while kept:
        last = kept[-1][:200].strip()
        stands_alone = len(kept) < 2 or not kept[-2].strip()
        if last and not _RULE.fullmatch(last) and not _is_sent_from(last.lower(), stands_alone=stands_alone):
            break
        kept.pop()
    return kept


def _is_sent_from(last: str, *, stands_alone: bool) -> bool:
    """A program's words, not "sent from Hanoi on Monday": it names a device, or is a line by itself without a date."""
    if len(last) > 80 or not last.startswith(languages.SENT_FROM):
        return False
    if last.startswith("sent from my ") or any(device in last for device in languages.DEVICES):
        return True
    return stands_alone and last.startswith("sent from ") and not _DIGIT.search(last)
