"""Header fields: cut out of raw bytes, decoded, and read. Nothing here raises, and all of it is bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from services.intake.channels.mail.addresses import LONGEST_READ, addresses
from services.intake.channels.mail.charsets import decode
from services.intake.channels.mail.encoded import as_bytes, decoded

MOST_BYTES = 256 * 1024
"""Of one part's header that are looked at: Exchange cuts at 128 kB."""
MOST_FIELDS = 1000
LONGEST = 64 * 1024
"""Characters of one field, unfolded: a mail to a thousand people."""

__all__ = ["Headers", "addresses", "decoded", "media_type", "parameters", "split"]

_BLANK_AT_ONCE = re.compile(rb"\r{0,2}\n")
_BLANK = re.compile(rb"\n\r{0,2}\n")
_NAME = re.compile(rb"[!-9;-~]{1,100}[ \t]{0,10}:")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|([^;]*+))')
_FIELDS = (
    rb"(?:From|To|Cc|Reply-To|Sender|Subject|Date|Message-ID|In-Reply-To|References|MIME-Version|Received|Return-Path|"
    rb"Delivered-To|Content-[A-Za-z-]{2,40}|List-[A-Za-z-]{2,40}|DKIM-Signature|ARC-[A-Za-z-]{2,40}|"
    rb"Authentication-Results|Auto-Submitted|Precedence|User-Agent|X-[A-Za-z0-9_-]{1,80})[ \t]{0,3}:"
)
_KNOWN = re.compile(rb"(?:\n|\r)" + _FIELDS, re.IGNORECASE)
_OF_ONE_LINE = frozenset({b"from", b"sender", b"reply-to", b"return-path", b"date", b"message-id", b"content-type"})
"""Fields to which a stray line belongs least: who wrote it, and which mail it is."""
_CR_ALONE = re.compile(rb"(?<=\r)(?=" + _FIELDS + rb")", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[!#-'*+\-.0-9A-Z^-z|~]{1,100}/[!#-'*+\-.0-9A-Z^-z|~]{1,100}")


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields by lower-case name, in their order, unfolded but not yet decoded (RFC 2047)."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Headers:
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            found.setdefault(name.strip().lower(), []).append(value[:LONGEST].strip())
        return cls({name: tuple(values) for name, values in found.items()})

    def over(self, other: Headers) -> Headers:
        """These, and of the other's fields those of names that are not here."""
        return Headers({**other.fields, **self.fields})

    def without(self, *names: str) -> Headers:
        return Headers({name: values for name, values in self.fields.items() if name not in names})

    def raw(self, name: str) -> str:
        """The first of this name, or empty."""
        return self.fields.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())

    def text(self, name: str) -> str | None:
        """The first of this name, decoded, in one line; None where there is nothing in it."""
        return " ".join(decoded(self.raw(name)).split()) or None

    def __contains__(self, name: str) -> bool:
        return name in self.fields


def split(raw: bytes, start: int, end: int, guess: str | None = None) -> tuple[Headers, int]:
    """The header that starts there, and where the body does. Lines end in LF, with or without CR before it.

    A line that is no field ends the header only where no field follows it: else somebody has folded it badly, and it
    goes on with the field before it. `guess` is the charset of bytes that are not UTF-8.
    """
    if first := _BLANK_AT_ONCE.match(raw, start, end):
        return Headers(), first.end()
    blank = _BLANK.search(raw, start, end)
    stop, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    pairs: list[tuple[bytes, list[bytes]]] = []
    at, last = start, -2
    for written in _lines(raw, start, min(stop, start + MOST_BYTES)):
        line = written.replace(b"\0", b"")
        name = _NAME.match(line)
        if line[:1] in (b" ", b"\t") and pairs:
            pairs[-1][1].append(line)
        elif name:
            if len(pairs) < MOST_FIELDS:
                pairs.append((line[: name.end() - 1], [line[name.end() :]]))
        elif at + len(written) - start >= MOST_BYTES:
            break
        elif at > start or not line.startswith((b"From ", b">From ")):
            last = _last_known(raw, start, min(stop, start + MOST_BYTES)) if last == -2 else last
            if at > last or not (pairs or line != written):
                body = at  # no header at all: the blank line is missing
                break
            if pairs and not line.startswith((b"From ", b">From ")) and pairs[-1][0].lower() not in _OF_ONE_LINE:
                pairs[-1][1].append(b" " + line)
        at += len(written)
    decoded_pairs = ((name.decode("ascii"), _unfolded(lines, guess)) for name, lines in pairs)
    return Headers.of(decoded_pairs), body


def _last_known(raw: bytes, start: int, end: int) -> int:
    """Where the last field begins that mail has, by its name: up to there it is all header."""
    last = -1
    for found in _KNOWN.finditer(raw, start, end):
        last = found.start()
    return last


def _lines(raw: bytes, start: int, end: int) -> Iterator[bytes]:
    """Up to each LF; and up to a CR alone, where a field that mail has follows it."""
    while start < end:
        found = raw.find(b"\n", start, end)
        stop = end if found < 0 else found + 1
        line = raw[start:stop]
        if b"\r" in line[:-2] and b"\r\r" not in line:
            yield from _CR_ALONE.split(line)
        else:
            yield line
        start = stop


def _unfolded(lines: list[bytes], guess: str | None) -> str:
    written = b"".join(lines).replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    return decode(written, None, guess)


def media_type(value: str) -> str | None:
    """`text/plain`, in lower case, or None where it is not one."""
    found = value.partition(";")[0].strip()
    return found.lower() if _MEDIA_TYPE.fullmatch(found) else None


def parameters(value: str) -> dict[str, str]:
    """Those of Content-Type and Content-Disposition, by lower-case name, decoded (RFC 2231, and RFC 2047 in quotes)."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(value[:LONGEST_READ]):
        written = found[3].strip() if found[2] is None else re.sub(r"\\(.)", r"\1", found[2])
        name, star, rest = found[1].lower().partition("*")
        if not star:
            plain.setdefault(name, decoded(written))
            continue
        place = rest.rstrip("*")
        if len(place) < 4 and (not place or (place.isascii() and place.isdigit())):
            pieces.setdefault(name, {}).setdefault(int(place or 0), (written, rest.endswith("*") or not rest))
    return plain | {name: _joined(found) for name, found in pieces.items()}


def _joined(pieces: Mapping[int, tuple[str, bool]]) -> str:
    charset, raw = "utf-8", b""
    for place, (written, is_escaped) in sorted(pieces.items()):
        if place == 0 and is_escaped and written.count("'") >= 2:
            charset, _, written = written.split("'", 2)
        raw += unquote_to_bytes(written) if is_escaped else as_bytes(written)
    return decode(raw, charset)
