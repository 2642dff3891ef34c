"""ISO-2022-JP as Windows writes it (CP50220, CP50221): with the circled digits of NEC and the letters of IBM.

Python's codec knows JIS X 0208 alone, and one character beyond it spoils the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_ESCAPE = re.compile(rb"\x1b(\([ABHIJ]|\$[@AB]|\$\([@ABCD]|&@)|([\x0e\x0f])")
_ROMAN: Final = {0x5C: "¥", 0x7E: "‾"}


def decode(raw: bytes) -> str:
    """Every byte means something: what is no character of the set that is switched on becomes U+FFFD."""
    done: list[str] = []
    at, mode, is_shifted = 0, b"(B", False
    for escape in _ESCAPE.finditer(raw):
        done.append(_read(raw[at : escape.start()], b"(I" if is_shifted else mode))
        at = escape.end()
        if escape[2]:
            is_shifted = escape[2] == b"\x0e"
        elif escape[1] != b"&@":
            mode = escape[1]
    done.append(_read(raw[at:], b"(I" if is_shifted else mode))
    return "".join(done)


def _read(raw: bytes, mode: bytes) -> str:
    match mode:
        case b"$@" | b"$B" | b"$(@" | b"$(B":
            return _double(raw)
        case b"$(D":
            return _other(raw, lambda pair: (b"\x8f" + pair, "euc_jp"))
        case b"$A" | b"$(A":
            return _other(raw, lambda pair: (pair, "gb2312"))
        case b"$(C":
            return _other(raw, lambda pair: (pair, "euc_kr"))
        case b"(I":
            return bytes(b | 0x80 if 0x21 <= b <= 0x5F else b for b in raw).decode("cp932", "replace")
        case b"(J" | b"(H":
            return raw.decode("cp932", "replace").translate(_ROMAN)
        case _:
            return raw.decode("cp932", "replace")


def _pairs(raw: bytes) -> list[bytes]:
    """Two bytes a character; line ends and spaces stand between."""
    found, at = [], 0
    while at < len(raw):
        width = 2 if 0x21 <= raw[at] & 0x7F <= 0x7E and at + 1 < len(raw) else 1
        found.append(raw[at : at + width])
        at += width
    return found


def _double(raw: bytes) -> str:
    """JIS X 0208 and its neighbours, by the place each has in Shift_JIS."""
    moved = bytearray()
    for pair in _pairs(raw):
        if len(pair) == 1:
            moved += pair if pair[0] < 0x21 else b"\x80"
            continue
        row, cell = (pair[0] & 0x7F) - 0x21, (pair[1] & 0x7F) - 0x21
        lead = 0x81 + row // 2
        trail = cell + (0x9F if row % 2 else 0x40)
        moved.append(lead if lead < 0xA0 else lead + 0x40)
        moved.append(trail + (not row % 2 and trail >= 0x7F))
    return bytes(moved).decode("cp932", "replace").replace("\x80", "\ufffd")


def _other(raw: bytes, of: Callable[[bytes], tuple[bytes, str]]) -> str:
    done = []
    for pair in _pairs(raw):
        if len(pair) == 2:
            moved, codec = of(bytes(b | 0x80 for b in pair))
            done.append(moved.decode(codec, "replace"))
        else:
            done.append(pair.decode("ascii", "replace"))
    return "".join(done)
