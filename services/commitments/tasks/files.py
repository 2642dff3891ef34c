"""The check of files that a customer sends: by the name's ending, held against the first bytes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.translation import N_

MOST_FILES = 5
MOST_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class File:
    """A file that was accepted. `content_type` is that of its kind in the list below, whatever the browser said."""

    name: str
    content_type: str
    content: bytes


class BadFile(ValueError):
    """A file that was refused, with a sentence for the page; `name` is the file's."""

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence)
        self.sentence, self.name = sentence, name


def _starts(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(marks)


def _is_text(head: bytes) -> bool:
    return b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _is_boxed(head: bytes) -> bool:
    """ISO base media: MP4, QuickTime, HEIF."""
    return head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}


_ZIP = _starts(b"PK\x03\x04", b"PK\x05\x06")
_OLE = _starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."

# Nothing that a browser or a shell would run: no HTML, no SVG, no archives, no programs.
_KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "jpg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "png": ("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "gif": ("image/gif", _starts(b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    "heic": ("image/heic", _is_boxed),
    "heif": ("image/heif", _is_boxed),
    "pdf": ("application/pdf", lambda head: b"%PDF-" in head),
    "txt": ("text/plain", _is_text),
    "csv": ("text/csv", _is_text),
    "doc": ("application/msword", _OLE),
    "xls": ("application/vnd.ms-excel", _OLE),
    "docx": (f"{_OFFICE}wordprocessingml.document", _ZIP),
    "xlsx": (f"{_OFFICE}spreadsheetml.sheet", _ZIP),
    "odt": (f"{_OPEN_DOCUMENT}text", _ZIP),
    "ods": (f"{_OPEN_DOCUMENT}spreadsheet", _ZIP),
    "mp4": ("video/mp4", _is_boxed),
    "mov": ("video/quicktime", _is_boxed),
    "m4a": ("audio/mp4", _is_boxed),
    "mp3": ("audio/mpeg", lambda head: head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")),
}
ACCEPT = ",".join(f".{ending}" for ending in _KINDS)
"""For the page's file input."""


def check(name: str, content: bytes) -> File:
    """Checks a file. Raises BadFile with what is wrong with it, in a plain sentence."""
    name = plain_name(name)
    stem, _, ending = name.rpartition(".")
    known = _KINDS.get(ending.lower()) if stem else None
    if known is None:
        raise BadFile(N_("We cannot take this kind of file."), name)
    if not content:
        raise BadFile(N_("This file is empty."), name)
    if len(content) > MOST_BYTES:
        raise BadFile(N_("This file is larger than 10 MB."), name)
    content_type, fits = known
    if not fits(content[:1024]):
        raise BadFile(N_("What is in this file is not what its name says."), name)
    return File(name, content_type, content)


def plain_name(name: str) -> str:
    """The last part of the path that some browsers send, without what cannot be stored, seen or saved."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if c.isprintable() and c not in '"<>:|?*').strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if len(shown) <= LONGEST_NAME:
        return shown
    return f"{stem[: LONGEST_NAME - 11]}{dot}{ending[:10]}" if dot else shown[:LONGEST_NAME]
