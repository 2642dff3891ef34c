"""The text and files of a Telegram message. Source: core.telegram.org/bots/api, "Message"."""

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
    return (
        _with_links(message, "text", "entities")
        or _with_links(message, "caption", "caption_entities")
        or _shown(message)
    )


def _with_links(message: Mapping[str, Any], name: str, entities: str) -> str | None:
    """The words, and behind those that are a link where it leads. Telegram counts in units of UTF-16."""
    said = text(message.get(name))
    links = [one for one in dicts_of(message.get(entities)) if one.get("type") == "text_link"]
    if said is None or not links:
        return said
    units, shown, done = said.encode("utf-16-le", "surrogatepass"), b"", 0
    for one in sorted(links, key=lambda one: number(one.get("offset")) or 0):
        start, length, url = number(one.get("offset")), number(one.get("length")), text(one.get("url"))
        if start is None or not length or url is None or not done <= 2 * start < len(units):
            continue
        end = min(2 * (start + length), len(units))
        label = units[2 * start : end].decode("utf-16-le", "replace")
        shown += units[done:end] + ("" if url in label else f" ({url})").encode("utf-16-le", "surrogatepass")
        done = end
    return (shown + units[done:]).decode("utf-16-le", "replace")


_SERVICE: Final = frozenset({
    "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
    "group_chat_created", "supergroup_chat_created", "channel_chat_created", "message_auto_delete_timer_changed",
    "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message", "connected_website", "write_access_allowed",
    "proximity_alert_triggered", "boost_added", "chat_background_set", "forum_topic_created", "forum_topic_edited",
    "forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden",
    "giveaway_created", "giveaway", "giveaway_winners", "giveaway_completed", "video_chat_scheduled",
    "video_chat_started", "video_chat_ended", "video_chat_participants_invited", "direct_message_price_changed",
    "paid_message_price_changed", "chat_owner_left", "chat_owner_changed",
})  # fmt: skip
"""What only says that a chat has changed."""
_AROUND: Final = frozenset(
    {"message_id", "date", "chat", "from", "entities", "caption_entities", "link_preview_options"}
)


def is_service(message: Mapping[str, Any]) -> bool:
    """Whether nobody said anything: the chat has changed."""
    return not _SERVICE.isdisjoint(message)


def is_empty(message: Mapping[str, Any]) -> bool:
    return set(message) <= _AROUND


def about_of(message: Mapping[str, Any]) -> str | None:
    """What it is said about and does not say itself: a quotation, what it answers or passes on; of a kind that has no
    words here, the kind."""
    answered = dict_of(message.get("reply_to_message")) or dict_of(message.get("external_reply"))
    quoted = text(dict_of(message.get("quote")).get("text")) or words_of(answered)
    origin = dict_of(message.get("forward_origin"))
    sender = dict_of(origin.get("sender_user"))
    by = text(origin.get("sender_user_name")) or lines(" ".join(_names(sender)))
    where = dict_of(origin.get("chat")) or dict_of(origin.get("sender_chat"))
    return quoted or by or text(where.get("title")) or _kind(message)


def _names(person: Mapping[str, Any]) -> list[str]:
    return [one for key in ("first_name", "last_name") if (one := text(person.get(key)))]


def _kind(message: Mapping[str, Any]) -> str | None:
    if words_of(message) or files_of(message):
        return None
    return next(
        (
            name.replace("_", " ")
            for name, found in message.items()
            if isinstance(found, dict | list) and name not in _AROUND | {"sender_chat", "via_bot", "reply_markup"}
        ),
        None,
    )


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
        case {"game": dict(shown)} | {"invoice": dict(shown)}:
            return lines(shown.get("title"), shown.get("description"))
        case {"successful_payment": dict(paid)}:
            return lines(f"{paid.get('total_amount')} {paid.get('currency')}", paid.get("invoice_payload"))
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
