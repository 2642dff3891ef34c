"""Telegram bots, in the shapes of the Bot API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.intake.channels.items import Address, Attachment, Reach
from services.intake.channels.provider import NoDownload, Refused, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import HandleKind, InteractionFact, Reachability
from tests.intake.channels.chats import NOW, STAMP, one, parse, request

TELEGRAM = providers()["telegram"]
TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
LAN = {"id": 23, "is_bot": False, "first_name": "Lan", "last_name": "Nguyễn", "username": "lan"}
LAN_ADDRESS = Address(HandleKind.CHAT, "23")
PRIVATE = {"id": 23, "type": "private", "first_name": "Lan"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Khách hàng"}


def message(**parts: Any) -> dict[str, Any]:
    return {"message_id": 7, "from": LAN, "chat": PRIVATE, "date": STAMP, **parts}


def update(**parts: Any) -> dict[str, Any]:
    return {"update_id": 10000, **parts}


def read(**parts: Any) -> Any:
    return one("telegram", update(message=message(**parts)))


class TestMessages:
    def test_a_text_in_their_own_words(self) -> None:
        """I13: verbatim. I2: id, direction and time of every contact."""
        found = read(text="Bao giờ giao? ")
        assert (found.external_id, found.text, found.direction) == ("23:7", "Bao giờ giao? ", "in")
        assert (found.address, found.name, found.occurred_at) == (LAN_ADDRESS, "Lan Nguyễn", NOW)
        assert not found.automatic

    def test_in_a_group_the_writer_is_the_customer(self) -> None:
        found = read(chat=GROUP, text="hi", reply_to_message={"message_id": 5, "chat": GROUP})
        assert (found.address, found.external_id, found.references) == (LAN_ADDRESS, "-100123:7", ("-100123:5",))

    def test_who_writes_as_a_chat_is_that_chat_and_no_machine(self) -> None:
        bot = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
        found = read(chat=GROUP, **{"from": bot, "sender_chat": GROUP, "text": "hi"})
        assert (found.address.value, found.name, found.automatic) == ("-100123", "Khách hàng", False)

    def test_a_bot_is_automatic(self) -> None:
        assert read(**{"from": {**LAN, "is_bot": True}}, text="beep").automatic

    def test_of_a_photograph_the_largest(self) -> None:
        sizes = [
            {"file_id": n, "width": w, "height": w, "file_size": w} for n, w in (("s", 90), ("l", 1280), ("m", 320))
        ]
        found = read(photo=sizes, caption="đây ạ")
        assert found.text == "đây ạ"
        assert found.attachments == (Attachment(None, "image/jpeg", 1280, ref="l"),)

    @pytest.mark.parametrize(
        ("kind", "content_type"),
        [
            ("voice", "audio/ogg"),
            ("audio", "audio/mpeg"),
            ("video", "video/mp4"),
            ("video_note", "video/mp4"),
            ("sticker", "image/webp"),
            ("document", None),
        ],
    )
    def test_files(self, kind: str, content_type: str | None) -> None:
        (file,) = read(**{kind: {"file_id": "F", "file_size": 3_000_000_000}}).attachments
        assert file == Attachment(None, content_type, 3_000_000_000, ref="F")
        (named,) = read(**{kind: {"file_id": "F", "file_name": "a.pdf", "mime_type": "application/pdf"}}).attachments
        assert (named.name, named.content_type) == ("a.pdf", "application/pdf")

    def test_an_animation_is_one_file(self) -> None:
        assert [f.ref for f in read(animation={"file_id": "A"}, document={"file_id": "A"}).attachments] == ["A"]

    @pytest.mark.parametrize(
        ("mark", "type_"), [("is_video", "video/webm"), ("is_animated", "application/x-tgsticker")]
    )
    def test_stickers_that_move(self, mark: str, type_: str) -> None:
        found = read(sticker={"file_id": "S", "emoji": "👍", mark: True})
        assert (found.text, found.attachments[0].content_type) == ("👍", type_)

    @pytest.mark.parametrize(
        ("parts", "said"),
        [
            ({"location": {"latitude": 10.5, "longitude": 106}}, "10.5, 106"),
            (
                {
                    "venue": {"location": {"latitude": 1, "longitude": 2}, "title": "Chợ", "address": "Q1"},
                    "location": {"latitude": 1, "longitude": 2},
                },
                "Chợ\nQ1\n1, 2",
            ),
            ({"contact": {"phone_number": "+8490", "first_name": "An"}}, "An, +8490"),
            ({"dice": {"emoji": "🎲", "value": 3}}, "🎲"),
            ({"poll": {"question": "Có?", "options": [{"text": "a"}, {"text": "b"}]}}, "Có?\na\nb"),
        ],
    )
    def test_what_is_shown_is_words(self, parts: dict[str, Any], said: str) -> None:
        assert read(**parts).text == said

    @pytest.mark.parametrize(
        "parts", [{"new_chat_members": [LAN]}, {"pinned_message": {}}, {"text": "x", "is_automatic_forward": True}]
    )
    def test_what_only_says_that_the_chat_changed_is_nothing(self, parts: dict[str, Any]) -> None:
        assert parse("telegram", update(message=message(**parts))) == []

    def test_a_button_says_what_stood_on_it(self) -> None:
        markup = {"inline_keyboard": [[{"text": "Có", "callback_data": "y"}, {"text": "Không", "callback_data": "n"}]]}
        query = {"id": "4382bfdwdsb323b2d9", "from": LAN, "data": "n", "message": message(reply_markup=markup)}
        found = one("telegram", update(callback_query=query))
        assert (found.external_id, found.text) == ("callback:4382bfdwdsb323b2d9", "Không")
        assert (found.address, found.references) == (LAN_ADDRESS, ("23:7",))
        assert one("telegram", update(callback_query={"id": "1", "from": LAN, "data": "z"})).text == "z"

    def test_a_connected_business_account(self) -> None:
        common = {"business_connection_id": "B", "text": "hi"}
        theirs = one("telegram", update(business_message=message(**common)))
        ours = one("telegram", update(business_message=message(**common, **{"from": {"id": 99, "first_name": "Shop"}})))
        assert (theirs.direction, theirs.external_id, theirs.address) == ("in", "B:23:7", LAN_ADDRESS)
        assert (ours.direction, ours.address) == ("out", LAN_ADDRESS)
        gone = {"business_connection_id": "B", "chat": PRIVATE, "message_ids": [7, 8]}
        facts = parse("telegram", update(deleted_business_messages=gone))
        assert [fact.about for fact in facts] == ["B:23:7", "B:23:8"]  # type: ignore[union-attr]


class TestFacts:
    def test_an_edit(self) -> None:
        found = one("telegram", update(edited_message=message(text="mới", edit_date=STAMP + 60)))
        assert (found.fact, found.about, found.text) == (InteractionFact.EDITED, "23:7", "mới")
        assert found.external_id == f"23:7:edited:{STAMP + 60}"

    def test_a_live_location_is_no_edit(self) -> None:
        moving = message(location={"latitude": 1, "longitude": 2}, edit_date=STAMP)
        assert parse("telegram", update(edited_message=moving)) == []

    @pytest.mark.parametrize(
        ("new", "old", "fact", "said"),
        [
            ([{"type": "emoji", "emoji": "👍"}], [], InteractionFact.REACTED, "👍"),
            ([{"type": "paid"}], [], InteractionFact.REACTED, "paid"),
            ([], [{"type": "emoji", "emoji": "👍"}], InteractionFact.UNREACTED, "👍"),
        ],
    )
    def test_reactions(self, new: object, old: object, fact: InteractionFact, said: str) -> None:
        reaction = {
            "chat": PRIVATE,
            "message_id": 7,
            "user": LAN,
            "date": STAMP,
            "new_reaction": new,
            "old_reaction": old,
        }
        found = one("telegram", update(message_reaction=reaction))
        assert (found.fact, found.about, found.text, found.at) == (fact, "23:7", said, NOW)
        assert found.address == LAN_ADDRESS

    @pytest.mark.parametrize(("status", "reason"), [("kicked", "blocked"), ("member", "unblocked")])
    def test_the_bot_is_blocked_and_again_not(self, status: str, reason: str) -> None:
        change = {"chat": PRIVATE, "from": LAN, "date": STAMP, "new_chat_member": {"status": status}}
        found = one("telegram", update(my_chat_member=change))
        assert found == Reach("update:10000", LAN_ADDRESS, Reachability(reason), NOW)
        assert parse("telegram", update(my_chat_member={**change, "chat": GROUP})) == []

    @pytest.mark.parametrize(
        ("options", "fact", "said"), [([0, 2], "reacted", "option 1, option 3"), ([], "unreacted", None)]
    )
    def test_a_vote_and_taking_it_back(self, options: list[int], fact: str, said: str | None) -> None:
        answer = {"poll_id": "5", "user": LAN, "option_ids": options}
        found = one("telegram", update(poll_answer=answer))
        assert (found.fact.value, found.about, found.text, found.address) == (fact, "poll:5", said, LAN_ADDRESS)

    @pytest.mark.parametrize("kind", ["channel_post", "edited_channel_post", "poll", "inline_query"])
    def test_the_rest_is_nothing(self, kind: str) -> None:
        assert parse("telegram", update(**{kind: message(text="x")})) == []

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            update(message={"text": "x"}),
            update(message=message()),
            update(),
            update(callback_query={"data": "x"}),
        ],
    )
    def test_what_cannot_be_read_says_so(self, body: object) -> None:
        with pytest.raises(Unreadable):
            parse("telegram", body)


class TestFiles:
    def test_in_two_steps_with_the_bots_token(self) -> None:
        download = TELEGRAM.locate(Attachment(None, None, ref="AgACAgIAAxkBAAI"), TOKEN)
        assert download.url == f"https://api.telegram.org/bot{TOKEN}/getFile?file_id=AgACAgIAAxkBAAI"
        assert download.then
        then = download.then(b'{"ok": true, "result": {"file_id": "A", "file_path": "documents/file 1?.pdf"}}')
        assert then.url == f"https://api.telegram.org/file/bot{TOKEN}/documents/file%201%3F.pdf"

    @pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a\\b", "", None, 5])
    def test_a_path_elsewhere_is_not_followed(self, path: object) -> None:
        then = TELEGRAM.locate(Attachment(None, None, ref="A"), TOKEN).then
        assert then
        with pytest.raises(NoDownload):
            then(json.dumps({"ok": True, "result": {"file_path": path}}).encode())

    @pytest.mark.parametrize("token", [None, "", "x", "1:a/../b", "1:a\n", "@evil.example/1:a"])
    def test_a_token_that_is_none(self, token: str | None) -> None:
        with pytest.raises(NoDownload):
            TELEGRAM.locate(Attachment(None, None, ref="A"), token)


def test_the_secret_token() -> None:
    TELEGRAM.verify(request({}, x_telegram_bot_api_secret_token="s-1"), ["new", "s-1"], NOW)
    for given in ({}, {"x_telegram_bot_api_secret_token": "other"}):
        with pytest.raises(Refused):
            TELEGRAM.verify(request({}, **given), ["s-1"], NOW)
    assert TELEGRAM.secret_fault("Az09_-Az09_-Az09_-") is None
    for wrong in ("", "Az09_-", "a b", "é", "x" * 257, "a:b"):
        assert TELEGRAM.secret_fault(wrong)
