"""Updates of Telegram beside messages: votes, payments, requests to join, and notices about chats.

Source: core.telegram.org/bots/api, "Update" and the objects in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.intake.channels.chat import chat_address
from services.intake.channels.items import Fact, Item, act
from services.intake.channels.provider import Unreadable
from services.intake.channels.reading import dict_of, identifier, instant, kinds, number, text, unknown
from shared.contracts.intake import InteractionFact

NOBODY_SPOKE: Final = kinds(
    "channel_post edited_channel_post business_connection message_reaction_count inline_query poll chat_member",
    "managed_bot",
)
"""What we post ourselves, counts without names (of a vote `poll_answer` says whose), what is typed and not yet sent."""
ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "chosen_inline_result": ("query", "result_id"),
    "shipping_query": ("invoice_payload",),
    "pre_checkout_query": ("invoice_payload",),
    "purchased_paid_media": ("paid_media_payload",),
    "chat_join_request": ("bio",),
    "subscription": ("invoice_payload", "state"),
}
"""What somebody did, and what in it says the most."""


def items_of(update_id: str, update: Mapping[str, Any]) -> Sequence[Item]:
    """Of an update without a message. Raises Unreadable for one that nobody knows yet."""
    kind = next((name for name in update if name != "update_id" and name not in NOBODY_SPOKE), None)
    if kind is None and len(update) > 1:
        return []
    if kind is None:
        raise unknown("an update", kind)
    found, external_id = dict_of(update.get(kind)), f"update:{update_id}"
    if kind == "poll_answer":
        return [_vote(external_id, found)]
    if kind in ("chat_boost", "removed_chat_boost"):
        boost = dict_of(found.get("boost")) or found
        person = dict_of(dict_of(boost.get("source")).get("user"))
    elif kind in ACTS:
        person = dict_of(found.get("from")) or dict_of(found.get("user"))
    else:
        raise unknown("an update", kind)
    who, at = chat_address(person.get("id")), instant(found.get("date"))
    if who is None and kind in ACTS:
        raise Unreadable(f"{kind} without who it was")
    if who is None:
        return []  # a boost by a gift that nobody has taken yet
    names = " ".join(one for key in ("first_name", "last_name") if (one := text(person.get(key))))
    what = next((one for name in ACTS.get(kind, ()) if (one := identifier(found.get(name)))), None)
    return [act(external_id, who, at, kind.replace("_", " "), what, name=names or None)]


def _vote(external_id: str, answer: Mapping[str, Any]) -> Item:
    """For options by their numbers: the words are in the poll, which the bot sent. For none: it is taken back."""
    poll, options = identifier(answer.get("poll_id")), answer.get("option_ids")
    voter = dict_of(answer.get("user")) or dict_of(answer.get("voter_chat"))
    if poll is None or not isinstance(options, list):
        raise Unreadable("a vote without its poll and options")
    chosen = ", ".join(f"option {one + 1}" for option in options if (one := number(option)) is not None)
    fact = InteractionFact.REACTED if chosen else InteractionFact.UNREACTED
    return Fact(external_id, fact, f"poll:{poll}", None, chat_address(voter.get("id")), chosen or None)
