"""What a Telegram message says: words, and files by their ids. Source: core.telegram.org/bots/api, "Message"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.intake.channels.chat import lines, place
from services.intake.channels.items import Attachment
from services.intake.channels.reading import dict_of, dicts_of, identifier, number, text

FILES: Final[Mapping[str, str | None]] = {
    "animation": "video/mp4",
    "document": None,
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "sticker": "image/webp",
}
"""What a message may carry, and what it is where the message does not say."""
LARGEST_FILE = 2**42


def words_of(message: Mapping[str, Any]) -> str | None:
    """Its text or caption, else what it shows in words: a place, a card, an emoji, a question."""
    return text(message.get("text")) or text(message.get("caption")) or _shown(message)


def _shown(message: Mapping[str, Any]) -> str | None:
    match message:
        case {"venue": dict(venue)}:
            at = dict_of(venue.get("location"))
            return place(at.get("latitude"), at.get("longitude"), venue.get("title"), venue.get("address"))
        case {"location": dict(at)}:
            return place(at.get("latitude"), at.get("longitude"))
        case {"contact": dict(card)}:
            name = " ".join(one for key in ("first_name", "last_name") if (one := text(card.get(key))))
            return ", ".join(one for one in (name, text(card.get("phone_number"))) if one) or None
        case {"sticker": dict(one)} | {"dice": dict(one)}:
            return text(one.get("emoji"))
        case {"poll": dict(poll)}:
            return lines(poll.get("question"), *(one.get("text") for one in dicts_of(poll.get("options"))))
        case {"checklist": dict(listed)}:
            return lines(listed.get("title"), *(one.get("text") for one in dicts_of(listed.get("tasks"))))
        case {"web_app_data": dict(data)}:
            return text(data.get("data"))
    return None


def files_of(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """An animation is there twice, as a document too. Of a photograph's sizes the largest."""
    found = [dict_of(message.get(kind)) | {"kind": kind} for kind in FILES if isinstance(message.get(kind), dict)]
    if found:
        file = _file(found[0], _type(found[0]))
    else:
        sizes = dicts_of(message.get("photo"))
        file = _file(max(sizes, key=_area), "image/jpeg") if sizes else None
    return (file,) if file else ()


def _area(size: Mapping[str, Any]) -> int:
    return (number(size.get("width")) or 0) * (number(size.get("height")) or 0)


def _type(file: Mapping[str, Any]) -> str | None:
    if file.get("is_animated") is True:
        return "application/x-tgsticker"
    return "video/webm" if file.get("is_video") is True else FILES[file["kind"]]


def _file(file: Mapping[str, Any], usual: str | None) -> Attachment | None:
    ref = identifier(file.get("file_id"))
    content_type = text(file.get("mime_type")) or usual
    size = number(file.get("file_size"), most=LARGEST_FILE)
    return Attachment(text(file.get("file_name")), content_type, size, ref=ref) if ref else None
