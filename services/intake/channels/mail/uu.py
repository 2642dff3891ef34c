"""Uuencoded files (POSIX uuencode), as old programs send them: as a part's encoding, or in the middle of a text.

People write lines that begin with "begin": only where every line up to "end" is one of a file's is it a file.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_uu
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MOST_FILES = 50

_BEGIN = re.compile(r"begin [0-7]{3,4} (\S[^\n]{0,254})")


@dataclass(frozen=True, slots=True)
class Block:
    """A file in a text: `start` and `end` are its lines, without the one after its last."""

    start: int
    end: int
    name: str
    content: bytes = field(repr=False)


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The files in a text, MOST_FILES at most. One pass: what was no file is not looked at again."""
    at, found = 0, 0
    while at < len(lines) and found < MOST_FILES:
        begin = _BEGIN.fullmatch(lines[at].rstrip("\r")) if lines[at].startswith("begin ") else None
        at += 1
        if begin is None:
            continue
        start, content = at - 1, bytearray()
        while at < len(lines) and (piece := _line(lines[at])) is not None and lines[at].strip() != "end":
            content += piece
            at += 1
        if at < len(lines) and lines[at].strip() == "end" and at > start + 1:
            at += 1
            found += 1
            yield Block(start, at, begin[1].strip(), bytes(content))


def content(raw: bytes) -> bytes:
    """What a part with this encoding holds; the bytes themselves where it is no such file."""
    lines = raw.decode("latin-1").split("\n")
    first = next(blocks(lines), None)
    if first is not None:
        return first.content
    pieces = [_line(line) for line in lines if line.strip() and not line.startswith(("begin ", "end"))]
    whole = [piece for piece in pieces if piece is not None]
    return b"".join(whole) if pieces and len(whole) == len(pieces) else raw


def _line(written: str) -> bytes | None:
    """One line's bytes; None where it is none. Spaces at its end may have been lost on the way."""
    line = written.rstrip("\r\n")
    if not line or not all(" " <= c <= "`" for c in line):
        return None
    size = (ord(line[0]) - 32) & 63
    needed = 1 + (size + 2) // 3 * 4
    if not needed - 4 < len(line.ljust(needed)) <= needed + 2 or len(line) < min(needed, 2):
        return None
    if len(line) < needed - 3:
        return None
    try:
        return a2b_uu(line[:needed].ljust(needed).encode("ascii"))
    except Error:
        return None
