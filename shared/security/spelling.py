"""The one spelling of tokens, links and cursors: another spelling of the same bytes is not ours.

Decoders forgive: base64 takes surplus padding, the letters of its other alphabet, and a last letter whose spare bits
say anything; JSON takes spaces. What was used up, kept or compared by its text would then be new in another spelling.
"""

from __future__ import annotations

from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode


def urlsafe(packed: bytes) -> str:
    """base64url without padding (RFC 4648, section 5; RFC 7515, appendix C)."""
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_urlsafe(text: str) -> bytes:
    """The bytes that `urlsafe` writes as just this text. Raises ValueError."""
    packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    return _only(text, urlsafe(packed), packed)


def letters(packed: bytes) -> str:
    """base32 in lower case, for what travels in addresses. The length is a multiple of five bytes."""
    return b32encode(packed).decode().lower()


def read_letters(text: str) -> bytes:
    """The bytes that `letters` writes as just this text. Raises ValueError."""
    packed = b32decode(text.encode("ascii"), casefold=True)
    return _only(text, letters(packed), packed)


def _only(text: str, canonical: str, packed: bytes) -> bytes:
    if text != canonical:
        raise ValueError("not the one spelling of these bytes")
    return packed
