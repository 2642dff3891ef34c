"""Public activity on a page or an Instagram account: comments, posts, mentions, recommendations, reactions.

Source: developers.facebook.com, Graph API, "webhooks reference: page" (feed, mention, ratings) and "instagram"
(comments, live_comments, mentions). Without a permission of its own a page is not told who it was: what they did is
there all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.intake.channels.chat import chat_address
from services.intake.channels.items import Address, Contact, Fact, Item, act
from services.intake.channels.provider import Unreadable
from services.intake.channels.reading import dict_of, identifier, instant, is_among, kinds, text, unknown
from shared.contracts.intake import ChannelKind, InteractionFact, InteractionKind

NOTHING_SAID: Final = kinds("inbox_labels story_insights business_integrity group_feed messaging_handover")
"""Fields that are about our own work, or figures."""
POSTS: Final = kinds("album event note photo post status story video")
GONE: Final = frozenset({"remove", "delete"})
EDITED: Final = frozenset({"edited", "edit", "update"})
OURS_ALONE: Final = kinds("hide unhide block unblock mute follow")
"""What we do with somebody's words."""


@dataclass(frozen=True, slots=True)
class _Said:
    """One public thing. `author` None: we are not told. `is_ours`: by the page itself."""

    value: Mapping[str, Any]
    author: Address | None
    name: str | None
    at: datetime | None
    is_ours: bool

    @property
    def words(self) -> str | None:
        return next((found for name in _WORDS if (found := text(self.value.get(name)))), None)

    def id(self, *names: str) -> str:
        found = next((one for name in names if (one := identifier(self.value.get(name)))), None)
        if found is None:
            raise Unreadable("something public without its id")
        return found


_WORDS: Final = ("message", "text", "review_text", "comment_message")


def is_public(field: object) -> bool:
    return is_among(field, _READERS.keys() | NOTHING_SAID)


def items_of(field: object, value: Mapping[str, Any], page: str, told_at: datetime | None) -> Sequence[Item]:
    """Our own say not to whom, and are nothing. Raises Unreadable for a field that nobody knows yet."""
    if is_among(field, NOTHING_SAID):
        return []
    read = _READERS.get(field) if isinstance(field, str) else None
    if read is None:
        raise unknown("a change", field)
    author = dict_of(value.get("from"))
    id_ = next((one for one in (author.get("id"), value.get("sender_id"), value.get("reviewer_id")) if one), None)
    names = (author.get("name"), author.get("username"), value.get("sender_name"), value.get("reviewer_name"))
    name = next((found for one in names if (found := text(one))), None)
    is_ours = identifier(id_) == page and bool(page)
    at = instant(value.get("created_time")) or told_at
    return read(_Said(value, None if is_ours else chat_address(id_, page), name, at, is_ours))


def _feed(said: _Said) -> Sequence[Item]:
    item, verb = said.value.get("item"), said.value.get("verb")
    if said.is_ours or is_among(verb, OURS_ALONE):
        return []
    if item == "comment":
        return _comment(said)
    if item in ("like", "reaction"):
        about = said.id("comment_id", "post_id")
        fact = InteractionFact.UNREACTED if is_among(verb, GONE) else InteractionFact.REACTED
        who, emoji = said.author.value if said.author else "", text(said.value.get("reaction_type"))
        stamp = identifier(said.value.get("created_time")) or ""
        return [Fact(f"{about}:{fact.value}:{who}:{stamp}", fact, about, said.at, said.author, emoji or text(item))]
    if item == "share":
        about = said.id("share_id", "post_id")
        return (
            [_words(said, about)]
            if said.words
            else [act(f"{about}:share", said.author, said.at, "share", name=said.name)]
        )
    if is_among(item, POSTS):
        return _of(said, said.id("post_id", "album_id", "event_id"))
    raise unknown("something under a page", item)


def _comment(said: _Said) -> Sequence[Item]:
    return [] if said.is_ours else _of(said, said.id("comment_id", "id"))


def _mention(said: _Said) -> Sequence[Item]:
    """Instagram tells no more than where it was: the words and who wrote them are to be asked for."""
    if said.is_ours:
        return []
    about = said.id("comment_id", "post_id", "media_id", "id")
    return _of(said, about, subject=None if said.words else f"mention: {about}")


def _rating(said: _Said) -> Sequence[Item]:
    """A recommendation of the page, or none; a comment to one is a comment."""
    if said.value.get("item") == "comment":
        return _comment(said)
    rating = text(said.value.get("recommendation_type")) or identifier(said.value.get("rating"))
    about = said.id("open_graph_story_id", "post_id")
    return _of(said, about, kind=InteractionKind.REVIEW, channel=ChannelKind.REVIEW, subject=rating)


def _of(said: _Said, about: str, **more: Any) -> Sequence[Item]:
    """The words, or what became of them. Meta gives an edit neither an id nor a time of its own: its words tell it."""
    verb = said.value.get("verb")
    if is_among(verb, EDITED):
        return [Fact(f"{about}:edited:{said.words}", InteractionFact.EDITED, about, said.at, said.author, said.words)]
    if is_among(verb, GONE):
        return [Fact(f"{about}:deleted", InteractionFact.DELETED, about, said.at, said.author)]
    return [_words(said, about, **more)]


def _words(
    said: _Said,
    about: str,
    *,
    kind: InteractionKind = InteractionKind.MESSAGE,
    channel: ChannelKind = ChannelKind.WEB,
    subject: str | None = None,
) -> Contact:
    parent = identifier(said.value.get("parent_id"))
    return Contact(
        external_id=about,
        kind=kind,
        address=said.author,
        occurred_at=said.at,
        channel_kind=channel,
        name=said.name,
        subject=subject or (None if said.words else text(said.value.get("item"))),
        text=said.words,
        references=(parent,) if parent else (),
    )


_READERS: Final = {
    "feed": _feed,
    "comments": _comment,
    "live_comments": _comment,
    "mention": _mention,
    "mentions": _mention,
    "ratings": _rating,
}
