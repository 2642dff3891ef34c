"""Encoded words (RFC 2047), as they are meant and as they are met."""

from __future__ import annotations

import re
from binascii import a2b_qp

from services.intake.channels.mail.charsets import decode
from services.intake.channels.mail.transfer import from_base64

WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,5})\?=")
"""(charset, encoding, text). A question mark in the text should not be there, and is."""


def decoded(value: str) -> str:
    """Encoded words (RFC 2047) as they are meant, also where a character is split between two of them."""
    if "=?" not in value:
        return value
    done: list[str] = []
    waiting: list[bytes] = []
    charset, at = "", 0
    for word in WORD.finditer(value):
        gap = value[at : word.start()]
        if waiting and (gap.strip() or word[1].lower() != charset):
            done.append(decode(b"".join(waiting), charset))
            waiting.clear()
        if gap.strip() or at == 0:
            done.append(gap)
        charset, at = word[1].lower(), word.end()
        waiting.append(from_base64(as_bytes(word[3])) if word[2] in "bB" else a2b_qp(as_bytes(word[3]), header=True))
    if waiting:
        done.append(decode(b"".join(waiting), charset))
    return "".join(done) + value[at:]


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
