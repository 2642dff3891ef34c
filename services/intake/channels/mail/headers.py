"""Header fields: cut out of raw bytes, decoded, and read. Nothing here raises, and all of it is bounded."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import getaddresses
from urllib.parse import unquote_to_bytes

from services.intake.channels.mail.charsets import decode
from services.intake.channels.mail.transfer import from_base64

MOST_BYTES = 256 * 1024
"""Of one part's header that are looked at: Exchange cuts at 128 kB."""
MOST_FIELDS = 1000
LONGEST = 64 * 1024
"""Characters of one field, unfolded: a mail to a thousand people."""
LONGEST_READ = 4096
"""Characters of a field that is taken apart (an address with its name, parameters)."""

_BLANK_AT_ONCE = re.compile(rb"\r{0,2}\n")
_BLANK = re.compile(rb"\n\r{0,2}\n")
_NAME = re.compile(rb"[!-9;-~]{1,100}[ \t]{0,10}:")
_ENCODED = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_SPECIAL = re.compile(r'[()<>@,;:\\"\[\]]')
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|([^;]*+))')
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


def split(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header that starts there, and where the body does. Lines end in LF, with or without CR before it."""
    if first := _BLANK_AT_ONCE.match(raw, start, end):
        return Headers(), first.end()
    blank = _BLANK.search(raw, start, end)
    stop, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    pairs: list[tuple[bytes, list[bytes]]] = []
    at = start
    for line in _lines(raw, start, min(stop, start + MOST_BYTES)):
        name = _NAME.match(line)
        if line[:1] in (b" ", b"\t") and pairs:
            pairs[-1][1].append(line)
        elif name:
            if len(pairs) < MOST_FIELDS:
                pairs.append((line[: name.end() - 1], [line[name.end() :]]))
        elif at + len(line) - start >= MOST_BYTES:
            break
        elif at > start or not line.startswith((b"From ", b">From ")):
            body = at  # no header at all: the blank line is missing
            break
        at += len(line)
    decoded_pairs = ((name.decode("ascii"), _unfolded(lines)) for name, lines in pairs)
    return Headers.of(decoded_pairs), body


def _lines(raw: bytes, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        found = raw.find(b"\n", start, end)
        stop = end if found < 0 else found + 1
        yield raw[start:stop]
        start = stop


def _unfolded(lines: list[bytes]) -> str:
    return decode(b"".join(lines).replace(b"\r", b"").replace(b"\n", b""), "utf-8")


def decoded(value: str) -> str:
    """Encoded words (RFC 2047) as they are meant, also where a character is split between two of them."""
    if "=?" not in value:
        return value
    done: list[str] = []
    waiting: list[bytes] = []
    charset, at = "", 0
    for word in _ENCODED.finditer(value):
        gap = value[at : word.start()]
        if waiting and (gap.strip() or word[1].lower() != charset):
            done.append(decode(b"".join(waiting), charset))
            waiting.clear()
        if gap.strip() or at == 0:
            done.append(gap)
        charset, at = word[1].lower(), word.end()
        waiting.append(from_base64(_bytes(word[3])) if word[2] in "bB" else a2b_qp(_bytes(word[3]), header=True))
    if waiting:
        done.append(decode(b"".join(waiting), charset))
    return "".join(done) + value[at:]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def addresses(value: str) -> list[tuple[str, str]]:
    """(name, address) of each that has one, in a field like From or To. Groups are opened, comments left out."""
    try:
        found = getaddresses([_ENCODED.sub(_without_specials, value[:LONGEST_READ])])
    except (ValueError, IndexError, RecursionError):
        return []
    good = [(" ".join(decoded(name).split()), address.strip().strip("<>'\"")) for name, address in found]
    return [(name, address) for name, address in good if _is_address(address)]


def _without_specials(word: re.Match[str]) -> str:
    """An encoded word with nothing in it that means something to an address (RFC 2047, 5: it should have nothing)."""
    return word[0] if word[2] in "bB" else _SPECIAL.sub(lambda c: f"={ord(c[0]):02X}", word[0])


def _is_address(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    return bool(local and at and domain) and not any(c.isspace() or ord(c) < 32 for c in address)


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
        raw += unquote_to_bytes(written) if is_escaped else _bytes(written)
    return decode(raw, charset)
