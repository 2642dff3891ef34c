"""Names and types of strangers' files, as a browser may be told them. Pure."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 150
"""Bytes of a name in UTF-8, its ending among them: under what every file system takes."""
LONGEST_ENDING = 16
NAMELESS = "attachment"
UNSAID = "application/octet-stream"

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_RUNS = re.compile(r"(application/([a-z0-9.-]+\+)?xml|text/(html|xml|xsl|css)|.*\+xml|.*(java|ecma|vb)script)")
_UNSAFE = frozenset('/\\:*?"<>|%;')


def media_type(header: str | None) -> str | None:
    """`type/subtype` in lower case, without parameters; None where that is not what stands there."""
    bare = (header or "").partition(";")[0].strip().lower()
    return bare if _TYPE.fullmatch(bare) else None


def served_type(stored: str | None) -> str:
    """The type a browser is told: what it might run in our name is only bytes to it."""
    found = media_type(stored)
    return UNSAID if found is None or _RUNS.fullmatch(found) else found


def safe_name(given: str | None) -> str:
    """A name that is one name everywhere: no path, no control or direction signs, nothing that is quoted or escaped."""
    composed = unicodedata.normalize("NFC", given or "")
    kept = "".join(" " if c.isspace() else "_" if c in _UNSAFE else c for c in composed if _is_written(c))
    name = " ".join(kept.split()).strip(". ")
    return _cut(name) or NAMELESS


def _is_written(character: str) -> bool:
    """C: control, format (which turns the direction of writing round), surrogates, private, unassigned."""
    return character.isspace() or not unicodedata.category(character).startswith("C")


def _cut(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    room = LONGEST - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending


def disposition(given: str | None) -> str:
    """Content-Disposition (RFC 6266): in ASCII for who knows no better, and in full (RFC 8187)."""
    name = safe_name(given)
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    ascii_name = "".join(c for c in plain if c.isascii() and c.isprintable()) if not name.isascii() else name
    return f"attachment; filename=\"{safe_name(ascii_name)}\"; filename*=UTF-8''{quote(name, safe='')}"
