"""Slack, by its Events API: messages, edits, deletions, reactions.

Source: docs.slack.dev, "Events API", "message event" and its subtypes, "url_verification". A message is told by its
channel and `ts`; that a mention comes as `app_mention` and as `message` makes one contact of both. Slack waits three
seconds and comes again three times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.channels.chat import answer_of, chat_address, usable_ref, with_bearer
from services.intake.channels.items import Address, Attachment, Contact, Fact, Item
from services.intake.channels.provider import Download, Provider, Reply, Request, StatusRules, Unreadable
from services.intake.channels.reading import (
    dict_of,
    dicts_of,
    identifier,
    instant,
    is_among,
    json_object,
    number,
    text,
    unknown,
)
from services.intake.channels.signatures import hmacs
from services.intake.channels.slack_kinds import ABOUT_THE_CHANNEL, ABOUT_THE_TEAM, WRITTEN
from services.intake.channels.slack_words import shared_in, words_of
from shared.contracts.intake import ChannelKind, InteractionFact, InteractionKind

FILE_HOSTS = ("files.slack.com",)
API_HOSTS = ("slack.com",)
LONGEST_GREETING = 4096
LARGEST_FILE = 2**42
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,200}")


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """A secret is the app's signing secret."""
    stamp = request.headers.get("x-slack-request-timestamp", "")
    hmacs.slack(stamp, request.headers.get("x-slack-signature", ""), request.body, secrets, now.timestamp())


def greet(request: Request, secrets: Sequence[str], verify_token: str) -> Reply | None:
    """The handshake of an address that was just entered; proved before, as every POST."""
    if len(request.body) > LONGEST_GREETING or b"url_verification" not in request.body:
        return None
    try:
        asked = json_object(request.body)
    except Unreadable:
        return None
    challenge = asked.get("challenge")
    if asked.get("type") != "url_verification" or not isinstance(challenge, str):
        return None
    return Reply(challenge.encode(), "text/plain") if _CHALLENGE.fullmatch(challenge) else None


def parse(request: Request) -> Sequence[Item]:
    body = json_object(request.body)
    match body.get("type"):
        case "event_callback":
            return _event(dict_of(body.get("event")), body)
        case "url_verification" | "app_rate_limited":
            return []
    raise Unreadable("it is no event of the Events API")


def _event(event: Mapping[str, Any], body: Mapping[str, Any]) -> Sequence[Item]:
    match event.get("type"):
        case "message" | "app_mention":
            return _message(event, body)
        case "reaction_added":
            return _reaction(event, body, InteractionFact.REACTED)
        case "reaction_removed":
            return _reaction(event, body, InteractionFact.UNREACTED)
        case kind if is_among(kind, ABOUT_THE_TEAM):
            return []
        case kind:
            raise unknown("an event", kind)


def _message(event: Mapping[str, Any], body: Mapping[str, Any]) -> Sequence[Item]:
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return _change(event, body)
    if subtype == "message_deleted":
        about = _id(event, event.get("deleted_ts"))
        at, who = instant(event.get("event_ts")), _who(dict_of(event.get("previous_message")), body)
        return [Fact(f"{about}:deleted", InteractionFact.DELETED, about, at, who)]
    if is_among(subtype, ABOUT_THE_CHANNEL) or _is_our_app(event, body):
        return []
    if subtype not in WRITTEN:
        raise unknown("a message", subtype)
    message_id, thread = _id(event, event.get("ts")), text(event.get("thread_ts"))
    is_reply = thread is not None and thread != event.get("ts")
    return [
        Contact(
            external_id=message_id,
            kind=InteractionKind.MESSAGE,
            address=_who(event, body),
            occurred_at=instant(event.get("ts")),
            name=text(event.get("username")) or text(dict_of(event.get("user_profile")).get("real_name")),
            subject=shared_in(event),
            text=words_of(event),
            automatic=subtype == "bot_message" or text(event.get("bot_id")) is not None,
            attachments=tuple(file for one in dicts_of(event.get("files")) if (file := _file(one))),
            references=(_id(event, thread),) if is_reply else (),
        )
    ]


def _change(event: Mapping[str, Any], body: Mapping[str, Any]) -> Sequence[Item]:
    """Slack changes messages too: it unfolds a link, counts answers. Only what a person edited is an edit."""
    now, before = dict_of(event.get("message")), dict_of(event.get("previous_message"))
    about, who = _id(event, now.get("ts")), _who(now, body)
    at = instant(event.get("event_ts")) or instant(event.get("ts"))
    if now.get("subtype") == "tombstone":
        return [Fact(f"{about}:deleted", InteractionFact.DELETED, about, at, who)]
    edited = dict_of(now.get("edited")).get("ts")
    if not edited or edited == dict_of(before.get("edited")).get("ts") or _is_our_app(now, body):
        return []
    stamp, words = identifier(edited) or "", words_of(now)
    return [Fact(f"{about}:edited:{stamp}", InteractionFact.EDITED, about, instant(edited) or at, who, words)]


def _reaction(event: Mapping[str, Any], body: Mapping[str, Any], fact: InteractionFact) -> Sequence[Item]:
    item = dict_of(event.get("item"))
    if item.get("type") == "message":
        about = _id(item, item.get("ts"))
    else:  # a file, or what was said under one
        found = identifier(item.get("file_comment")) or identifier(item.get("file"))
        if found is None:
            raise unknown("a reaction to something", item.get("type"))
        about = found
    name, stamp = text(event.get("reaction")), event.get("event_ts")
    fact_id = ":".join([about, fact.value, *(identifier(one) or "" for one in (event.get("user"), name, stamp))])
    return [Fact(fact_id, fact, about, instant(stamp), _who(event, body), name)]


def _who(event: Mapping[str, Any], body: Mapping[str, Any]) -> Address | None:
    """Within their own team: in a channel that is shared that is not the one that was installed to."""
    team = identifier(event.get("user_team")) or identifier(event.get("team")) or identifier(body.get("team_id"))
    return chat_address(event.get("user") or event.get("bot_id"), team or "")


def _is_our_app(event: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """What the app of this channel wrote itself: it is no contact, and says not to whom it was."""
    app = text(body.get("api_app_id"))
    return app is not None and app in (event.get("app_id"), dict_of(event.get("bot_profile")).get("app_id"))


def _file(file: Mapping[str, Any]) -> Attachment | None:
    ref, url = identifier(file.get("id")), text(file.get("url_private"))
    size = number(file.get("size"), most=LARGEST_FILE)
    name = text(file.get("name")) or text(file.get("title"))
    return Attachment(name, text(file.get("mimetype")), size, url=url, ref=ref) if ref or url else None


def _id(one: Mapping[str, Any], ts: object) -> str:
    channel, stamp = identifier(one.get("channel")), identifier(ts)
    if channel is None or stamp is None:
        raise Unreadable("a message without its channel and ts")
    return f"{channel}:{stamp}"


def locate(attachment: Attachment, access_token: str | None) -> Download:
    """The file where its address is known; in a shared channel it may not be, and `files.info` tells it."""
    if attachment.url or not attachment.ref:
        return with_bearer(attachment.url, access_token, FILE_HOSTS)

    def file(answer: bytes) -> Download:
        return with_bearer(dict_of(answer_of(answer).get("file")).get("url_private"), access_token, FILE_HOSTS)

    url = f"https://slack.com/api/files.info?file={usable_ref(attachment.ref)}"
    return with_bearer(url, access_token, API_HOSTS, file)


PROVIDER = Provider(
    name="slack",
    kind=ChannelKind.CHAT,
    verify=verify,
    signed_by=("x-slack-signature",),
    parse=parse,
    greet=greet,
    locate=locate,
    headers=("x-slack-signature", "x-slack-request-timestamp", "x-slack-retry-*"),
    rules=StatusRules(stop_headers={"X-Slack-No-Retry": "1"}),
)
