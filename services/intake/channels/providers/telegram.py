"""Telegram bots: messages, edits, buttons, reactions, and whether the bot is blocked.

Source: core.telegram.org/bots/api, "Update" and the objects in it. A message's id is its number within a chat, so it
is told by both, and in a connected business account by the connection too, which numbers its chats anew. Telegram
keeps the order within a chat and tries for 24 hours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from services.intake.channels import telegram_beside
from services.intake.channels.chat import answer_of, chat_address, usable_ref
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item, Reach
from services.intake.channels.provider import Download, NoDownload, Provider, Request, Unreadable
from services.intake.channels.reading import dict_of, dicts_of, identifier, instant, json_object, text, unknown
from services.intake.channels.signatures import basic
from services.intake.channels.strength import guessable
from services.intake.channels.telegram_words import about_of, files_of, is_empty, is_service, words_of
from shared.contracts.intake import ChannelKind, InteractionFact, InteractionKind, Reachability

API = "https://api.telegram.org"
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_BOT_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}", re.ASCII)
_REACHES = {"kicked": Reachability.BLOCKED, "member": Reachability.UNBLOCKED}


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """A secret is the `secret_token` that was given to setWebhook."""
    basic.token(request.headers.get("x-telegram-bot-api-secret-token", ""), secrets)


def secret_fault(secret: str) -> str | None:
    return guessable(secret) if _SECRET.fullmatch(secret) else "must be up to 256 letters, digits, _ and -"


def parse(request: Request) -> Sequence[Item]:
    update = json_object(request.body)
    update_id = identifier(update.get("update_id"))
    if update_id is None:
        raise Unreadable("there is no update_id")
    match update:
        case {"message": dict(message)} | {"business_message": dict(message)} | {"guest_message": dict(message)}:
            return _message(message)
        case {"edited_message": dict(message)} | {"edited_business_message": dict(message)}:
            return _edit(message)
        case {"deleted_business_messages": dict(deleted)}:
            return _deletions(deleted)
        case {"callback_query": dict(query)}:
            return [_button(query)]
        case {"my_chat_member": dict(change)}:
            return _reach(update_id, change)
        case {"message_reaction": dict(reaction)}:
            return [_reaction(update_id, reaction)]
    return telegram_beside.items_of(update_id, update)


def _message(message: Mapping[str, Any]) -> Sequence[Item]:
    """Empty for what only says that the chat itself changed: somebody joined, a title, a pin."""
    message_id, words, files = _id(message, message.get("message_id")), words_of(message), files_of(message)
    is_silent = words is None and not files
    is_ours = _is_ours(message)
    address, name = _customer(message)
    if is_silent and "write_access_allowed" in message and address:
        return [Reach(message_id, address, Reachability.OPTED_IN, instant(message.get("date")))]
    if (is_silent and is_service(message)) or message.get("is_automatic_forward") is True:
        return []
    if is_silent and is_empty(message):
        raise Unreadable("a message with nothing in it")
    answered = dict_of(message.get("reply_to_message")).get("message_id")
    return [
        Contact(
            external_id=message_id,
            kind=InteractionKind.MESSAGE,
            address=address,
            occurred_at=instant(message.get("date")),
            direction="out" if is_ours else "in",
            name=name,
            subject=about_of(message),
            text=words,
            # Who writes as a chat is a person all the same: the bot in `from` only stands in for them.
            automatic=dict_of(message.get("from")).get("is_bot") is True
            and not isinstance(message.get("sender_chat"), dict),
            attachments=files,
            references=(_id(message, answered),) if identifier(answered) else (),
        )
    ]


def _edit(message: Mapping[str, Any]) -> Sequence[Item]:
    """A live location is edited all the time, while nobody says anything."""
    if isinstance(message.get("location"), dict):
        return []
    about, stamp = _id(message, message.get("message_id")), message.get("edit_date") or message.get("date")
    at, (address, _) = instant(stamp), _customer(message)
    words, files = words_of(message), files_of(message)
    return [Fact(f"{about}:edited:{identifier(stamp)}", InteractionFact.EDITED, about, at, address, words, files)]


def _deletions(deleted: Mapping[str, Any]) -> Sequence[Item]:
    numbers = deleted.get("message_ids")
    address = chat_address(dict_of(deleted.get("chat")).get("id"))
    abouts = [_id(deleted, one) for one in (numbers if isinstance(numbers, list) else [])]
    return [Fact(f"{about}:deleted", InteractionFact.DELETED, about, address=address) for about in abouts]


def _button(query: Mapping[str, Any]) -> Item:
    """Telegram does not say when. What stood on the button is what the person said."""
    query_id = identifier(query.get("id"))
    if query_id is None:
        raise Unreadable("a callback without an id")
    message, data = dict_of(query.get("message")), text(query.get("data"))
    rows = dict_of(message.get("reply_markup")).get("inline_keyboard")
    buttons = [one for row in (rows[:100] if isinstance(rows, list) else []) for one in dicts_of(row)]
    label = next((text(one.get("text")) for one in buttons if data and one.get("callback_data") == data), None)
    address, name = _who(query)
    is_known = identifier(message.get("message_id")) and identifier(dict_of(message.get("chat")).get("id"))
    return Contact(
        external_id=f"callback:{query_id}",
        kind=InteractionKind.MESSAGE,
        address=address,
        name=name,
        text=label or data or text(query.get("game_short_name")),
        references=(_id(message, message.get("message_id")),) if is_known else (),
    )


def _reach(update_id: str, change: Mapping[str, Any]) -> Sequence[Item]:
    """In a private chat: the person blocked the bot, or took that back. In a group it says nothing of one person."""
    chat, status = dict_of(change.get("chat")), dict_of(change.get("new_chat_member")).get("status")
    reason = _REACHES.get(status) if isinstance(status, str) else None
    address = chat_address(chat.get("id"))
    if chat.get("type") != "private":
        return []
    if reason is None or address is None:
        raise unknown("a word on who may write to whom", status)
    return [Reach(f"update:{update_id}", address, reason, instant(change.get("date")))]


def _reaction(update_id: str, reaction: Mapping[str, Any]) -> Item:
    is_there = bool(dicts_of(reaction.get("new_reaction")))
    fact = InteractionFact.REACTED if is_there else InteractionFact.UNREACTED
    shown = dicts_of(reaction.get("new_reaction" if is_there else "old_reaction"))
    emoji = " ".join(one for r in shown if (one := text(r.get("emoji")) or text(r.get("type"))))
    address = chat_address(dict_of(reaction.get("user")).get("id") or dict_of(reaction.get("actor_chat")).get("id"))
    about = _id(reaction, reaction.get("message_id"))
    return Fact(f"update:{update_id}", fact, about, instant(reaction.get("date")), address, emoji or None)


def _is_ours(message: Mapping[str, Any]) -> bool:
    """In a connected business account the chat is the customer; who else writes in it is its owner."""
    sender, chat = dict_of(message.get("from")), dict_of(message.get("chat"))
    return text(message.get("business_connection_id")) is not None and sender.get("id") != chat.get("id")


def _customer(message: Mapping[str, Any]) -> tuple[Address | None, str | None]:
    return _who({"from": message.get("chat")} if _is_ours(message) else message)


def _who(message: Mapping[str, Any]) -> tuple[Address | None, str | None]:
    """Who wrote: a person, or a chat in whose name somebody does (an anonymous admin, a channel). Ids are global."""
    found = dict_of(message.get("sender_chat")) or dict_of(message.get("from"))
    names = [text(found.get(key)) for key in ("first_name", "last_name")]
    name = " ".join(one for one in names if one) or text(found.get("title")) or text(found.get("username"))
    return chat_address(found.get("id")), name


def _id(message: Mapping[str, Any], number: object) -> str:
    chat, number = identifier(dict_of(message.get("chat")).get("id")), identifier(number)
    if chat is None or number is None:
        raise Unreadable("a message without its chat and number")
    connection = text(message.get("business_connection_id"))
    return f"{connection}:{chat}:{number}" if connection else f"{chat}:{number}"


def locate(attachment: Attachment, access_token: str | None) -> Download:
    """By `getFile`, which gives out files of up to 20 MB. The access token is the bot's, and part of the address."""
    if not access_token or not _BOT_TOKEN.fullmatch(access_token):
        raise NoDownload("the channel has no usable access token")

    def file(answer: bytes) -> Download:
        path = text(dict_of(answer_of(answer).get("result")).get("file_path"))
        if path is None or path.startswith("/") or ".." in path.split("/") or "\\" in path:
            raise NoDownload("the provider's answer names no file of its own")
        return Download(f"{API}/file/bot{access_token}/{quote(path, errors='replace')}")

    return Download(f"{API}/bot{access_token}/getFile?file_id={usable_ref(attachment.ref)}", then=file)


PROVIDER = Provider(
    name="telegram",
    kind=ChannelKind.CHAT,
    verify=verify,
    headers_prove=True,
    parse=parse,
    secret_fault=secret_fault,
    locate=locate,
)
