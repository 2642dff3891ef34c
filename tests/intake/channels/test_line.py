"""LINE, in the shapes of its webhook events."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from services.intake.channels.items import Address, Attachment, Unread
from services.intake.channels.provider import NoDownload, Refused, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import HandleKind, InteractionFact
from tests.intake.channels.chats import MILLIS, NOW, one, parse, request

LINE = providers()["line"]
USER, BOT = "U206d25c2ea6bd87c17655609a1c37cb8", "Ubot"
LAN = Address(HandleKind.CHAT, USER, BOT)


def event(kind: str = "message", *, source: object = None, **parts: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "mode": "active",
        "timestamp": MILLIS,
        "source": source or {"type": "user", "userId": USER},
        "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
        "deliveryContext": {"isRedelivery": False},
        **parts,
    }


def body(*events: object) -> dict[str, Any]:
    return {"destination": BOT, "events": list(events)}


def read(message: dict[str, Any], **more: Any) -> Any:
    return one("line", body(event(message={"id": "444573844083572737", **message}, **more)))


def test_a_text_by_its_own_id_and_time() -> None:
    """I13: verbatim. I2: id, direction and time of every contact."""
    found = read({"type": "text", "text": "Hôm nay có mở cửa không? ", "quotedMessageId": "468"})
    assert (found.external_id, found.text) == ("444573844083572737", "Hôm nay có mở cửa không? ")
    assert (found.address, found.occurred_at, found.references) == (LAN, NOW, ("468",))


def test_a_redelivery_is_the_same_contact() -> None:
    again = {"deliveryContext": {"isRedelivery": True}, "replyToken": "another"}
    assert read({"type": "text", "text": "x"}) == read({"type": "text", "text": "x"}, **again)


@pytest.mark.parametrize(
    ("source", "who"),
    [
        ({"type": "group", "groupId": "C1", "userId": USER}, USER),
        ({"type": "room", "roomId": "R1", "userId": USER}, USER),
        ({"type": "group", "groupId": "C1"}, "C1"),
        ({"type": "room", "roomId": "R1"}, "R1"),
    ],
)
def test_in_a_group_the_person_where_they_are_named(source: object, who: str) -> None:
    assert read({"type": "text", "text": "x"}, source=source).address == Address(HandleKind.CHAT, who, BOT)


@pytest.mark.parametrize("kind", ["image", "video", "audio", "file"])
def test_a_file_that_line_keeps(kind: str) -> None:
    (file,) = read(
        {"type": kind, "fileName": "a.txt", "fileSize": 2138, "contentProvider": {"type": "line"}}
    ).attachments
    assert file == Attachment("a.txt", None, 2138, ref="444573844083572737")
    download = LINE.locate(file, "token")
    assert download.url == "https://api-data.line.me/v2/bot/message/444573844083572737/content"
    assert download.headers == {"Authorization": "Bearer token"}
    with pytest.raises(NoDownload):
        LINE.locate(file, None)


def test_a_file_that_somebody_else_keeps_is_asked_for_without_our_token() -> None:
    kept = {"type": "external", "originalContentUrl": "https://shop.example/a.jpg"}
    (file,) = read({"type": "image", "contentProvider": kept}).attachments
    assert (file.url, file.ref) == ("https://shop.example/a.jpg", None)
    assert not LINE.locate(file, "token").headers
    with pytest.raises(NoDownload):
        LINE.locate(Attachment(None, None, ref="../../v2/profile"), "token")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "sticker", "text": "Cảm ơn", "keywords": ["Love"]}, "Cảm ơn"),
        ({"type": "sticker", "keywords": ["Love", 5, "Thanks", "Hi"]}, "Love, Thanks"),
        ({"type": "sticker"}, None),
        ({"type": "location", "title": "Chợ", "address": "Q1", "latitude": 1.5, "longitude": 2}, "Chợ\nQ1\n1.5, 2"),
        ({"type": "kind_to_come"}, None),
    ],
)
def test_other_kinds_in_words(message: dict[str, Any], said: str | None) -> None:
    assert read(message).text == said


def test_what_became_of_a_message_points_at_its_id() -> None:
    edited = one("line", body(event("messageEdited", message={"id": "325708", "type": "text", "text": "mới"})))
    assert (edited.fact, edited.about, edited.text) == (InteractionFact.EDITED, "325708", "mới")
    unsent = one("line", body(event("unsend", unsend={"messageId": "325708"})))
    assert (unsent.fact, unsent.about, unsent.address, unsent.at) == (InteractionFact.DELETED, "325708", LAN, NOW)
    assert edited.external_id != unsent.external_id


@pytest.mark.parametrize(
    ("kind", "parts", "reason"),
    [
        ("follow", {"follow": {"isUnblocked": False}}, "opted_in"),
        ("follow", {}, "opted_in"),
        ("follow", {"follow": {"isUnblocked": True}}, "unblocked"),
        ("unfollow", {}, "blocked"),
    ],
)
def test_friends_and_no_longer(kind: str, parts: dict[str, Any], reason: str) -> None:
    found = one("line", body(event(kind, **parts)))
    assert (found.reason.value, found.address, found.at) == (reason, LAN, NOW)


def test_a_button_and_a_picked_date() -> None:
    found = one("line", body(event("postback", postback={"data": "action=book", "params": {"date": "2026-03-05"}})))
    assert (found.external_id, found.text) == ("01FZ74A0TDDPYRVKNK77XKC3ZR", "action=book\n2026-03-05")
    menu = {"data": "x", "params": {"newRichMenuAliasId": "b", "status": "SUCCESS"}}
    assert parse("line", body(event("postback", postback=menu))) == []


@pytest.mark.parametrize("kind", ["join", "leave", "memberJoined", "memberLeft", "botSuspended"])
def test_the_rest_is_nothing(kind: str) -> None:
    assert parse("line", body(event(kind))) == []
    assert parse("line", body()) == [], "the trial of LINE's console"


def test_one_that_cannot_be_read_holds_up_no_other() -> None:
    """A batch is split."""
    items = parse("line", body(event(message={"type": "text"}), 5, event(message={"id": "1", "type": "text"})))
    assert [type(item).__name__ for item in items] == ["Unread", "Unread", "Contact"]
    nameless = {**event("postback", postback={"data": "x"}), "webhookEventId": None}
    assert isinstance(one("line", body(nameless)), Unread)


@pytest.mark.parametrize("found", [{}, {"events": {}}, [], 1])
def test_what_cannot_be_read_says_so(found: object) -> None:
    with pytest.raises(Unreadable):
        parse("line", found)


def test_the_signature_covers_the_raw_body() -> None:
    raw = json.dumps(body(), indent=1).encode()
    signature = b64encode(hmac.new(b"channel-secret", raw, sha256).digest()).decode()
    LINE.verify(request(raw, x_line_signature=signature), ["new", "channel-secret"], NOW)
    for wrong in (request(raw + b" ", x_line_signature=signature), request(raw)):
        with pytest.raises(Refused):
            LINE.verify(wrong, ["channel-secret"], NOW)
