"""The new words of a reply, without what it quotes and how it is signed.

One pass over the lines, each of which is looked at by its beginning, its end and a few lines after it: the time
grows with the text, whatever is in it. Where it is not sure, words are kept rather than cut: the full text stays in
any case, and what nobody cut can still be read.
"""

from __future__ import annotations

import re

from services.intake.channels.mail import attribution, languages
from services.intake.channels.mail.signed import is_sent_from

LONGEST_FOOTER = 8
"""Lines below a rule that are a mailing list's own."""
MOST_ANNOUNCED = 200
"""Characters of a line that announces points below it."""

_RULE = re.compile(r"[-_=\u2014\u2500 ]{5,}")
_ARROW = re.compile(r">{1,3} ?(?:=|\d|<)")


def new_words(text: str, subject: str | None = None) -> str | None:
    """What of the text is new, or None where all of it is, or nothing would be left.

    A forwarded mail is not cut: what it holds is what was sent. `subject` says so where the text does not.
    """
    if (subject or "").strip().lower().startswith(languages.FORWARDED_SUBJECTS):
        return None
    lines = text.split("\n")
    new = _new_lines(lines)
    kept = _without_tail(new, is_above_old=len(new) < len(lines))
    found = "\n".join(kept).strip("\n")
    return None if found.strip() in ("", text.strip()) else found


def _new_lines(lines: list[str]) -> list[str]:
    """The lines that are no quote, nor its header, up to where only what was there before follows."""
    kept: list[str] = []
    at = 0
    was_quote = is_cut = False
    while at < len(lines):
        line = lines[at]
        if _is_quote(line) and not was_quote and not is_cut and (length := _own_marks(lines, at, kept)):
            kept += lines[at : at + length]
            at += length
            continue
        if _is_quote(line) or (was_quote and not line.strip()):
            was_quote = True
            at += 1
            _leave_gap(kept)
            continue
        was_quote = False
        if not line or line.isspace():
            kept.append(line)
            at += 1
            continue
        head = attribution.head(line)
        if attribution.is_forward(head):
            return kept + lines[at:]
        if attribution.begins_the_old(lines, at, head) or _is_signature(line, lines, at):
            break
        length, is_certain = attribution.length_of(lines, at, head)
        if length:
            if not _is_followed_by_quote(lines, at + length):
                if is_certain:
                    break
                kept += lines[at : at + length]
            at += length
            is_cut = True
            continue
        kept.append(line)
        at += 1
    return kept


def _own_marks(lines: list[str], at: int, kept: list[str]) -> int:
    """How many lines from here begin with a mark that is the customer's own: a price above so much, points of a list.

    Points stand right below a line that announces them; what a program quotes has its own header above it.
    """
    count = 0
    while at + count < len(lines) and _is_quote(lines[at + count]):
        count += 1
    is_announced = bool(kept) and kept[-1].rstrip().endswith((":", "\uff1a")) and len(kept[-1]) < MOST_ANNOUNCED
    is_arrow = count == 1 and _ARROW.match(lines[at].strip()) is not None
    return count if is_announced or is_arrow else 0


def _is_quote(line: str) -> bool:
    return line[:4].lstrip(" ").startswith(">")


def _leave_gap(kept: list[str]) -> None:
    """One blank line where a quote was."""
    if kept and kept[-1].strip():
        kept.append("")


def _is_followed_by_quote(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 4] if line.strip()), "")
    return _is_quote(following)


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


def _without_tail(kept: list[str], *, is_above_old: bool) -> list[str]:
    """Without the rules, blank lines and "Sent from my ..." at the end."""
    while kept:
        last = kept[-1][:400].strip()
        stands_alone = len(kept) < 2 or not kept[-2].strip()
        if (
            last
            and not (_RULE.fullmatch(last) or (is_above_old and stands_alone and last == "***"))
            and not is_sent_from(last, stands_alone=stands_alone, is_above_old=is_above_old)
        ):
            break
        kept.pop()
    return kept
