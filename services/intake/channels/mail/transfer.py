"""Content-Transfer-Encoding, also where it is broken. Nothing here raises."""

from __future__ import annotations

from binascii import a2b_base64, a2b_qp
from typing import Final

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_ALPHABET: Final = bytes(set(range(256)) - set(_ALPHABET))


def content(raw: bytes, encoding: str) -> bytes:
    match _name(encoding):
        case "base64":
            return from_base64(raw)
        case "quoted-printable":
            return a2b_qp(raw)
        case _:
            return raw


def size(raw: bytes, encoding: str) -> int:
    """Bytes of the content, without making it where that can be helped."""
    if _name(encoding) == "base64":
        return len(_digits(raw)) * 3 // 4
    return len(content(raw, encoding))


def from_base64(raw: bytes) -> bytes:
    """Up to the padding; what is no digit is passed over, and what does not make a byte at the end."""
    digits = _digits(raw)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return a2b_base64(digits + b"=" * (-len(digits) % 4))


def _digits(raw: bytes) -> bytes:
    return raw.partition(b"=")[0].translate(None, _NO_ALPHABET)


def _name(encoding: str) -> str:
    return encoding.partition(";")[0].strip().lower()
