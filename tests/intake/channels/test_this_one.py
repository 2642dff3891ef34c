"""Whoever reads a message can tell what "this one" is: what it was sent from, answers, quotes or passes on (I13)."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.channels.items import Contact
from services.intake.channels.registry import providers
from tests.intake import senders
from tests.intake.channels.chats import one, parse
from tests.intake.channels.test_providers import as_request

SAID = "And this one?"


def whatsapp(**more: Any) -> tuple[str, object]:
    message = {"from": "84901234567", "id": "w", "type": "text", "text": {"body": SAID}, **more}
    return "whatsapp", {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"value": {"messages": [message]}}]}],
    }


def messenger(**more: Any) -> tuple[str, object]:
    event = {"sender": {"id": "5"}, "timestamp": 1772442000000, "message": {"mid": "m", "text": SAID, **more}}
    return "messenger", {"object": "instagram", "entry": [{"id": "1", "messaging": [event]}]}


def telegram(**more: Any) -> tuple[str, object]:
    message = {"message_id": 2, "date": 1772442000, "chat": {"id": 7, "type": "private"}, "from": {"id": 7}}
    return "telegram", {"update_id": 1, "message": {**message, "text": SAID, **more}}


def slack(**more: Any) -> tuple[str, object]:
    event = {"type": "message", "channel": "C", "user": "U", "ts": "1772442000.000100", "text": SAID, **more}
    return "slack", {"type": "event_callback", "team_id": "T", "event": event}


REEL = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1"
EARLIER = {"message_id": 1, "date": 1, "chat": {"id": 7}, "from": {"id": 7}, "text": "the sofa in blue"}


@pytest.mark.parametrize(
    ("sample", "about"),
    [
        (
            whatsapp(referral={"headline": "Blue sofa", "body": "99 EUR", "source_url": "https://fb.example/x"}),
            "Blue sofa",
        ),
        (whatsapp(referral={"body": "99 EUR", "source_url": "https://fb.example/x"}), "99 EUR"),
        (whatsapp(referral={"source_url": "https://fb.example/x"}), "https://fb.example/x"),
        (
            whatsapp(context={"id": "z", "referred_product": {"catalog_id": "1", "product_retailer_id": "sku-9"}}),
            "sku-9",
        ),
        (messenger(referral={"ads_context_data": {"ad_title": "Blue sofa"}}), "Blue sofa"),
        (messenger(referral={"product": {"id": "sku-9"}}), "sku-9"),
        (messenger(reply_to={"story": {"url": "https://ig.example/story", "id": "1"}}), "https://ig.example/story"),
        (messenger(attachments=[{"type": "ig_reel", "payload": {"title": "Sofas", "url": REEL}}]), "Sofas"),
        (messenger(attachments=[{"type": "template", "payload": {"elements": [{"title": "Sofa"}]}}]), "Sofa"),
        (telegram(quote={"text": "in blue", "position": 9}, reply_to_message=EARLIER), "in blue"),
        (telegram(reply_to_message=EARLIER), "the sofa in blue"),
        (telegram(forward_origin={"type": "user", "sender_user": {"id": 9, "first_name": "An"}}), "An"),
        (telegram(forward_origin={"type": "hidden_user", "sender_user_name": "An N."}), "An N."),
        (telegram(forward_origin={"type": "channel", "chat": {"id": -1, "title": "Sofas"}}), "Sofas"),
        (slack(attachments=[{"is_share": True, "text": "The *blue* sofa", "fallback": "x"}]), "The *blue* sofa"),
        (whatsapp(), None),
        (messenger(), None),
        (telegram(), None),
        (slack(), None),
    ],
)
def test_what_it_is_about_stands_beside_the_words(sample: tuple[str, object], about: str | None) -> None:
    found = one(*sample)
    assert (found.text, found.subject) == (SAID, about), "the words stay verbatim"


def test_of_an_advertisement_by_twilio() -> None:
    sms = senders.sms(SAID, sender="whatsapp:+84901234567", ReferralHeadline="Blue sofa", ReferralBody="99 EUR")
    (found,) = providers()["twilio"].parse(as_request(sms))
    assert isinstance(found, Contact)
    assert (found.text, found.subject) == (SAID, "Blue sofa")


@pytest.mark.parametrize(
    ("marked", "typed"),
    [
        (
            "See <https://shop.example/o/8|order 8> and <mailto:a@b.example|a@b.example>",
            "See order 8 (https://shop.example/o/8) and a@b.example",
        ),
        ("<https://shop.example/o/8>", "https://shop.example/o/8"),
        ("<https://shop.example/o/8|shop.example/o/8>", "shop.example/o/8"),
        ("<tel:+84901|0901> <tel:+84901>", "0901 +84901"),
        ("<@U1> <@U1|lan> <#C1|general> <#C1> <!here> <!subteam^S1|@sales> <!subteam^S1>",
         "@U1 @lan #general #C1 @here @sales @subteam"),
        ("<!date^1392734382^{date}|18 February>", "18 February"),
        ("1 &lt; 2 &amp;amp; <b>", "1 < 2 &amp; b"),
        ("a < b | c > d", "a < b | c > d"),
        ("*bold* _it_ ~no~ `x`", "*bold* _it_ ~no~ `x`"),
    ],
)  # fmt: skip
def test_slack_as_it_was_typed(marked: str, typed: str) -> None:
    assert one(*slack(text=marked)).text == typed


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"blocks": [{"type": "rich_text", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "See "}, {"type": "link",
             "url": "https://a.example/1", "text": "this"}, {"type": "text", "text": " "},
             {"type": "emoji", "name": "ok"}]},
            {"type": "rich_text_list", "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "two"}]}]}]}]},
         "See this (https://a.example/1) :ok:\n- one\n- two"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Order 8"}},
                     {"type": "section", "text": {"type": "mrkdwn", "text": "<https://a.example|late>"},
                      "fields": [{"type": "mrkdwn", "text": "since Monday"}]}, {"type": "divider"},
                     {"type": "context", "elements": [{"type": "mrkdwn", "text": "by"}, {"text": "Lan"}]}]},
         "Order 8\nlate (https://a.example)\nsince Monday\nby Lan"),
        ({"attachments": [{"pretext": "New", "title": "Order 8", "text": "late", "fields": [
            {"title": "Who", "value": "Lan"}]}]}, "New\nOrder 8\nlate\nWho: Lan"),
        ({"attachments": [{"fallback": "Down"}]}, "Down"),
    ],
)  # fmt: skip
def test_slack_words_in_blocks(parts: dict[str, Any], said: str) -> None:
    assert one(*slack(text="", **parts)).text == said


@pytest.mark.parametrize("name", ["text", "caption"])
def test_where_a_link_of_telegrams_leads(name: str) -> None:
    said = "🛋️ see order 8, or https://a.example/2"
    links = [
        {"type": "bold", "offset": 0, "length": 3},
        {"type": "text_link", "offset": 8, "length": 7, "url": "https://a.example/1"},
        {"type": "text_link", "offset": 20, "length": 19, "url": "https://a.example/2"},
        {"type": "text_link", "offset": 99, "length": 5, "url": "https://a.example/3"},
        {"type": "text_link", "offset": "x", "url": 5},
    ]
    entities = "entities" if name == "text" else "caption_entities"
    provider, update = telegram(**{name: said, entities: links})
    if name == "caption":
        del update["message"]["text"]  # type: ignore[index]
    shown = one(provider, update).text
    assert shown.startswith("🛋️ see order 8 (https://a.example/1), or https://a.example/2")


@pytest.mark.parametrize("name", ["paid_media", "story", "users_shared", "passport_data", "gift", "a_kind_to_come"])
def test_a_telegram_message_of_a_kind_without_words_is_a_contact(name: str) -> None:
    provider, update = telegram(**{name: {"x": 1}})
    del update["message"]["text"]  # type: ignore[index]
    assert (one(provider, update).text, one(provider, update).subject) == (None, name.replace("_", " "))


def test_a_chat_that_changed_is_none() -> None:
    for name in ("pinned_message", "new_chat_members", "forum_topic_created"):
        provider, update = telegram(**{name: {"x": 1}})
        del update["message"]["text"]  # type: ignore[index]
        assert parse(provider, update) == []


def test_answers_to_a_form_of_messengers_are_words() -> None:
    questions = {"q1": {"type": "csat", "payload": "2", "follow_up": {"type": "free_form", "payload": "too late"}}}
    event = {
        "sender": {"id": "5"},
        "timestamp": 1772442000000,
        "messaging_feedback": {"feedback_screens": [{"screen_id": 0, "questions": questions}]},
    }
    found = one("messenger", {"object": "page", "entry": [{"id": "1", "messaging": [event]}]})
    assert found.text == "q1: 2\ntoo late"


def test_words_of_a_template_that_the_business_sent_itself() -> None:
    template = {"name": "late", "components": [{"type": "body", "parameters": [{"type": "text", "text": "Friday"}]}]}
    echo = {"to": "84901234567", "id": "w", "type": "template", "template": template}
    value = {"message_echoes": [echo]}
    body = {"object": "whatsapp_business_account", "entry": [{"changes": [{"value": value}]}]}
    assert one("whatsapp", body).text == "Friday"
