"""Inline pictures of a mail (RFC 2392): a signature's logo counts as no attachment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from services.intake.channels.items import Attachment
from services.intake.channels.mail.parts import Part
from services.intake.channels.multipart import Form

MOST_SHOWN = 500

_CID = re.compile(r"""cid:([^\s"'<>)\\]{1,300})""", re.IGNORECASE)


def shown_by(texts: Iterable[str]) -> frozenset[str]:
    """The Content-IDs that HTML names, without their brackets."""
    found: set[str] = set()
    for text in texts:
        for one in _CID.finditer(text):
            if len(found) >= MOST_SHOWN:
                break
            found.add(content_id(unquote(one[1])))
    return frozenset(found)


def is_shown(part: Part, shown: frozenset[str]) -> bool:
    return is_picture_of(shown, part.headers.raw("content-id"), part.content_type)


def is_picture_of(shown: frozenset[str], written: str | None, content_type: str | None) -> bool:
    """Only a picture: another file that the text names by its Content-ID (`written`) was sent all the same."""
    id_ = content_id(written or "")
    return bool(id_) and id_ in shown and (content_type or "").lower().startswith("image/")


def files_of(form: Form, shown: frozenset[str], ids: Mapping[str, str]) -> list[Attachment]:
    """The files of a mail that a provider took apart into a form. `ids`: the Content-ID, by the field of its file."""
    return [
        Attachment(
            one.file_name or None,
            one.content_type,
            len(one.value),
            part=one.index,
            in_text=is_picture_of(shown, ids.get(one.name), one.content_type),
        )
        for one in form.files()
    ]


def content_id(written: str) -> str:
    """Without its brackets, and without the `cid:` that some providers write before it."""
    return written.strip().removeprefix("cid:").strip("<>").strip()
