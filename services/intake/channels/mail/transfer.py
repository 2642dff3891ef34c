"""Content-Transfer-Encoding, also where it is broken. Nothing here raises."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from typing import Final

from services.intake.channels.mail import uu

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_ALPHABET: Final = bytes(set(range(256)) - set(_ALPHABET))


_UU: Final = frozenset({"x-uuencode", "uuencode", "x-uue", "uue", "x-uu", "uu"})
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\n|\n|\r)")
_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


def content(raw: bytes, encoding: str) -> bytes:
    """Of an encoding that is unknown, the bytes as they are."""
    name = _name(encoding)
    if name == "base64":
        return from_base64(raw)
    if name == "quoted-printable":
        return a2b_qp(_SOFT_BREAK.sub(b"", raw))
    return uu.content(raw) if name in _UU else raw


def size(raw: bytes, encoding: str) -> int:
    """Bytes of the content, without making it where that can be helped."""
    if _name(encoding) == "base64":
        return sum(len(piece) * 3 // 4 for piece in _pieces(raw))
    return len(content(raw, encoding))


def from_base64(raw: bytes) -> bytes:
    """What is no digit is passed over, and what does not make a byte at the end.

    Some programs encode piece by piece, each with its own padding. What follows a padding and is none of their lines,
    such as the footer of a list, is not read.
    """
    return b"".join(_decoded(piece) for piece in _pieces(raw))


def _decoded(digits: bytes) -> bytes:
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return a2b_base64(digits + b"=" * (-len(digits) % 4))


def _pieces(raw: bytes) -> Iterator[bytes]:
    """The digits of each piece that was encoded by itself."""
    first, padding, rest = raw.partition(b"=")
    yield first.translate(None, _NO_ALPHABET)
    if not padding or not rest.strip(b"= \t\r\n"):
        return
    digits = bytearray()
    for line in rest.lstrip(b"=").split(b"\n"):
        written = line.strip()
        if not written:
            continue
        if len(written) % 4 or not _LINE.fullmatch(written):
            break
        digits += written.rstrip(b"=")
        if written.endswith(b"="):
            yield bytes(digits)
            digits.clear()
    yield bytes(digits)


def _name(encoding: str) -> str:
    bare = encoding.partition(";")[0].strip("\"' \t\r\n").lower().replace("_", "-")
    return {"base-64": "base64", "b": "base64", "q": "quoted-printable", "quotedprintable": "quoted-printable"}.get(
        bare, bare
    )
