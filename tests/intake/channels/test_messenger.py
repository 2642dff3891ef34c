"""Messenger and Instagram, in Meta's own shapes."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.channels.items import Address, Attachment, Unread
from services.intake.channels.provider import NoDownload, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import HandleKind, InteractionFact, InteractionKind
from tests.intake.channels.chats import MILLIS, NOW, STAMP, one, parse

PAGE, PSID = "117172741761305", "3383290475046708"
LAN = Address(HandleKind.CHAT, PSID, PAGE)


def event(*, object_: Any = "page", via: Any = "messaging", echo: Any = False, **parts: Any) -> dict[str, Any]:
    sender, recipient = (PAGE, PSID) if echo else (PSID, PAGE)
    common = {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": MILLIS}
    return {"object": object_, "entry": [{"id": PAGE, "time": MILLIS, via: [{**common, **parts}]}]}


@pytest.mark.parametrize("via", ["messaging", "standby"])
@pytest.mark.parametrize("object_", ["page", "instagram"])
def test_a_message_whoever_answers_at_present(object_: str, via: str) -> None:
    """I13: verbatim. I2: id, direction and time of every contact."""
    found = one("messenger", event(object_=object_, via=via, message={"mid": "m_1", "text": "Còn hàng không? "}))
    assert (found.external_id, found.text, found.direction) == ("m_1", "Còn hàng không? ", "in")
    assert (found.address, found.occurred_at) == (LAN, NOW)


@pytest.mark.parametrize("more", [{}, {"app_id": 263902037430900}])
def test_an_echo_is_ours_to_the_one_who_got_it(more: dict[str, Any]) -> None:
    found = one("messenger", event(echo=True, message={"mid": "m_2", "text": "Dạ còn", "is_echo": True, **more}))
    assert (found.direction, found.address) == ("out", LAN)


def test_files_and_what_it_answers() -> None:
    url = "https://scontent.xx.fbcdn.net/v/a.jpg?oh=1"
    parts = [{"type": "image", "payload": {"url": url, "sticker_id": 369239263222822}}]
    found = one("messenger", event(message={"mid": "m", "attachments": parts, "reply_to": {"mid": "m_0"}}))
    assert (found.text, found.references) == (None, ("m_0",))
    assert found.attachments == (Attachment(None, None, url=url),)


def test_a_shared_link_is_words_and_no_file() -> None:
    part = {"type": "fallback", "title": "Áo", "payload": {"url": "https://shop.example/ao"}}
    found = one("messenger", event(message={"mid": "m", "attachments": [part]}))
    assert (found.text, found.attachments) == ("Áo\nhttps://shop.example/ao", ())


def test_a_place_is_words() -> None:
    payload = {"coordinates": {"lat": 10.7769, "long": 106.7009}}
    found = one("messenger", event(message={"mid": "m", "attachments": [{"type": "location", "payload": payload}]}))
    assert found.text == "10.7769, 106.7009"


def test_a_button_says_what_stood_on_it() -> None:
    found = one("messenger", event(postback={"mid": "m_3", "title": "Gọi tôi", "payload": "CALL"}))
    assert (found.external_id, found.text) == ("m_3", "Gọi tôi")
    older = event(postback={"payload": "CALL"})
    assert one("messenger", older).external_id == one("messenger", older).external_id == f"postback:{PSID}:{MILLIS}"
    quick = event(message={"mid": "m", "text": "Có", "quick_reply": {"payload": "YES"}})
    assert one("messenger", quick).text == "Có"


@pytest.mark.parametrize(
    ("parts", "fact", "said"),
    [
        ({"reaction": {"mid": "m", "action": "react", "emoji": "❤", "reaction": "love"}}, "reacted", "❤"),
        ({"reaction": {"mid": "m", "action": "unreact"}}, "unreacted", None),
        ({"message_edit": {"mid": "m", "text": "mới", "num_edit": 2}}, "edited", "mới"),
        ({"message": {"mid": "m", "is_deleted": True}}, "deleted", None),
        ({"read": {"mid": "m"}}, "read", None),
    ],
)
def test_what_became_of_a_message(parts: dict[str, Any], fact: str, said: str | None) -> None:
    found = one("messenger", event(**parts))
    assert (found.fact.value, found.about, found.text, found.address, found.at) == (fact, "m", said, LAN, NOW)


def test_each_edit_is_another_fact() -> None:
    first, second = (one("messenger", event(message_edit={"mid": "m", "num_edit": n})) for n in ("1", "2"))
    assert first.external_id != second.external_id


def test_a_delivery_of_named_messages() -> None:
    items = parse("messenger", event(delivery={"mids": ["m_1", "m_2"], "watermark": MILLIS}))
    assert [(f.external_id, f.about) for f in items] == [("m_1:delivered", "m_1"), ("m_2:delivered", "m_2")]  # type: ignore[union-attr]


@pytest.mark.parametrize(("key", "fact"), [("delivery", InteractionFact.DELIVERED), ("read", InteractionFact.READ)])
def test_a_watermark_is_about_all_of_ours_up_to_then(key: str, fact: InteractionFact) -> None:
    found = one("messenger", event(**{key: {"watermark": MILLIS}}))
    assert (found.fact, found.about, found.at, found.address) == (fact, None, NOW, LAN)
    later = one("messenger", event(**{key: {"watermark": MILLIS + 1}}))
    assert found.external_id != later.external_id


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"referral": {"ref": "summer", "source": "SHORTLINK"}}, "referral: summer"),
        ({"referral": {"source": "ADS", "ads_context_data": {"ad_title": "Blue sofa"}}}, "referral: Blue sofa"),
        ({"optin": {"ref": "checkout"}}, "optin: checkout"),
        ({"account_linking": {"status": "linked"}}, "account linking: linked"),
        ({"referral": {}}, "referral"),
    ],
)
def test_what_somebody_did_and_wrote_nothing(parts: dict[str, Any], said: str) -> None:
    """No answer is owed, and whoever it was is known from then on."""
    found = one("messenger", event(**parts))
    assert (found.kind, found.automatic, found.subject, found.text) == (InteractionKind.NOTE, True, said, None)
    assert (found.address, found.occurred_at) == (LAN, NOW)


@pytest.mark.parametrize(("status", "fact"), [("STOP_NOTIFICATIONS", "stopped"), ("Resume notifications", "resumed")])
def test_whether_somebody_wants_advertising(status: str, fact: str) -> None:
    optin = {"type": "notification_messages", "notification_messages_status": status, "title": "Offers"}
    found = one("messenger", event(optin=optin))
    assert (found.fact.value, found.about, found.address, found.text) == (f"marketing_{fact}", None, LAN, "Offers")


def test_a_mention_says_where_it_is_to_be_found() -> None:
    """Instagram names neither the words nor the writer."""
    change = {"field": "mentions", "value": {"media_id": "9", "comment_id": "8"}}
    found = one("messenger", {"object": "instagram", "entry": [{"id": PAGE, "time": STAMP, "changes": [change]}]})
    assert (found.external_id, found.subject, found.address, found.occurred_at) == ("8", "mention: 8", None, NOW)


def test_a_recommendation_is_a_review() -> None:
    value = {"item": "rating", "reviewer_id": "5", "reviewer_name": "An", "review_text": "Good", "verb": "add",
             "recommendation_type": "POSITIVE", "open_graph_story_id": "7", "created_time": STAMP}  # fmt: skip
    change = {"field": "ratings", "value": value}
    found = one("messenger", {"object": "page", "entry": [{"id": PAGE, "changes": [change]}]})
    assert (found.kind, found.text, found.subject, found.name) == (InteractionKind.REVIEW, "Good", "POSITIVE", "An")


@pytest.mark.parametrize("key", ["pass_thread_control", "app_roles"])
def test_what_passes_between_apps_is_nothing(key: str) -> None:
    assert parse("messenger", event(**{key: {"x": 1}})) == []


def test_one_that_cannot_be_read_holds_up_no_other() -> None:
    """A batch is split."""
    body = event(message={"text": "no mid"})
    body["entry"] += [None, *event(message={"mid": "m", "text": "x"})["entry"]]
    assert [type(item).__name__ for item in parse("messenger", body)] == ["Unread", "Unread", "Contact"]
    nobody = event(read={"watermark": "x"})
    assert isinstance(one("messenger", nobody), Unread)


@pytest.mark.parametrize("body", [{}, {"object": "whatsapp_business_account"}, {"object": ["page"]}, []])
def test_another_object_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        parse("messenger", body)


def test_files_are_fetched_from_meta_alone_and_without_our_token() -> None:
    locate = providers()["messenger"].locate
    download = locate(Attachment(None, None, url="https://scontent.xx.fbcdn.net/v/a.jpg"), "token")
    assert not download.headers
    for url in ("https://evil.example/a.jpg", None):
        with pytest.raises(NoDownload):
            locate(Attachment(None, None, url=url), "token")
