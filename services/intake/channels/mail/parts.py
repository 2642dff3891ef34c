"""The parts of a mail: a cut through its raw bytes that copies nothing.

The standard library's parser takes as many steps a line as there are multiparts around it (1 MB with 800 of them:
2.3 s, with 3,000 a RecursionError) and eight times the size of a mail in memory. Here a mail is cut at its boundaries,
depth by depth, with a limit on each; what lies beyond a limit is kept as one part that is not opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from services.intake.channels.mail import headers as fields
from services.intake.channels.mail import transfer
from services.intake.channels.mail.charset_labels import codec_of, plain
from services.intake.channels.mail.charsets import decode
from services.intake.channels.mail.headers import Headers

MOST_PARTS = 1000
MOST_DEPTH = 10
"""Multiparts in each other. A message in a message is an attachment, so a real mail stays under five."""
MOST_META = 4096
"""Bytes of HTML in which its charset stands."""
MOST_TEXT = 2 * 1024 * 1024
"""Bytes of a text that are read."""

_ASCII = frozenset({"usascii", "ascii", "ansix341968", "iso646us"})
_META = re.compile(rb"<meta\b[^>]{0,500}?\bcharset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


@dataclass
class Part:
    """One part. `index` counts them in walk order, the whole mail being 0; `alternative` is the outermost
    multipart/alternative around it, which is one text in several forms."""

    raw: bytes = field(repr=False)
    start: int
    end: int
    headers: Headers
    body: int
    index: int = 0
    depth: int = 0
    alternative: int | None = None
    is_opened: bool = False

    @cached_property
    def content_type(self) -> str:
        """Without a good one it is text (RFC 2045, 5.2)."""
        return fields.media_type(self.headers.raw("content-type")) or "text/plain"

    @cached_property
    def parameters(self) -> dict[str, str]:
        return fields.parameters(self.headers.raw("content-type"))

    @cached_property
    def name(self) -> str | None:
        """The file's, without the folders somebody put before it."""
        disposition = fields.parameters(self.headers.raw("content-disposition"))
        written = disposition.get("filename") or self.parameters.get("name") or ""
        return re.split(r"[/\\]", " ".join(written.split()))[-1][:255] or None

    @property
    def is_attachment(self) -> bool:
        return self.headers.raw("content-disposition").partition(";")[0].strip().lower() == "attachment"

    @property
    def encoding(self) -> str:
        return self.headers.raw("content-transfer-encoding")

    @property
    def size(self) -> int:
        return transfer.size(self.raw[self.body : self.end], self.encoding)

    def charset(self, raw: bytes) -> str | None:
        """What its header says, or, where that says nothing, what its HTML does."""
        declared = self.parameters.get("charset")
        is_said = codec_of(declared) is not None and plain(declared or "") not in _ASCII
        return declared if is_said or self.content_type != "text/html" else _meta_charset(raw) or declared

    def content(self) -> bytes:
        return transfer.content(self.raw[self.body : self.end], self.encoding)

    def text(self) -> str:
        """As it is written, with LF at the ends of lines."""
        stop = min(self.end, self.body + MOST_TEXT * 2)
        raw = transfer.content(self.raw[self.body : stop], self.encoding)[:MOST_TEXT]
        text = decode(raw, self.charset(raw), _meta_charset(raw) if self.content_type == "text/html" else None)
        return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _meta_charset(raw: bytes) -> str | None:
    """`<meta charset=...>`, or that of http-equiv, among the first bytes (HTML, 13.2.3.2)."""
    found = _META.search(_COMMENT.sub(b"", raw[:MOST_META]))
    label = found[1].decode("ascii") if found else None
    return "utf-8" if plain(label or "").startswith("utf16") else label


def even(raw: bytes) -> bytes:
    """Lines that end in CR alone end in LF: the same bytes otherwise, and as many."""
    return raw if b"\n" in raw else raw.replace(b"\r", b"\n")


def walk(raw: bytes) -> list[Part]:
    """All parts, outer before inner, in their order. `raw` is `even`."""
    waiting = [_part(raw, 0, len(raw), 0, None)]
    found: list[Part] = []
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop()
        part.index = len(found)
        found.append(part)
        if part.content_type.startswith("multipart/") and part.depth < MOST_DEPTH:
            group = part.alternative
            if group is None and part.content_type == "multipart/alternative":
                group = part.index
            spans = list(_spans(part, MOST_PARTS - len(found)))
            part.is_opened = bool(spans)
            waiting += [_part(raw, *span, part.depth + 1, group) for span in reversed(spans)]
    return _read_as_guessed(found)


def _read_as_guessed(parts: list[Part]) -> list[Part]:
    """Bytes that stand in a header as they are have no charset: most likely that of the text."""
    if all(part.raw[part.start : part.body].isascii() for part in parts):
        return parts
    guess = next((label for part in parts if (label := _guess(part))), None)
    if guess is None:
        return parts
    return [replace(part, headers=fields.split(part.raw, part.start, part.end, guess)[0]) for part in parts]


def _guess(part: Part) -> str | None:
    """The charset of a text, where it is not one that is tried anyway."""
    if not part.content_type.startswith("text/"):
        return None
    label = part.charset(part.raw[part.body : min(part.end, part.body + MOST_META)])
    return label if label and plain(label) not in _ASCII | {"utf8"} else None


def _part(raw: bytes, start: int, end: int, depth: int, alternative: int | None) -> Part:
    headers, body = fields.split(raw, start, end)
    return Part(raw, start, end, headers, min(body, end), depth=depth, alternative=alternative)


def _spans(part: Part, most: int) -> Iterator[tuple[int, int]]:
    """Where the parts of a multipart start and end. One whose end is missing reaches to the end of all."""
    boundary = part.parameters.get("boundary", "").rstrip()[:200].encode("utf-8", "replace")
    if not boundary:
        return
    line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]{0,100}\r{0,2}(?:\n|\Z)")
    at, start = max(part.body - 1, 0), -1  # a header ends with a line
    while most > 0 and (found := line.search(part.raw, at, part.end)):
        if start >= 0:
            stop = found.start()
            yield start, max(stop - (part.raw[stop - 1 : stop] == b"\r"), start)
            most -= 1
        start = -1 if found[1] else found.end()
        if found[1]:
            return
        at = found.end() - 1
    if start >= 0 and most > 0:
        yield start, part.end
