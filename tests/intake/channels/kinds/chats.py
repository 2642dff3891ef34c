"""Telegram, LINE, Zalo and Slack. Source: their documentation, as their modules name it."""

from __future__ import annotations

from typing import Any

from services.intake.channels.provider import Request
from tests.intake.channels.kinds.samples import (
    ACT,
    AT,
    MESSAGE,
    NOBODY_SPOKE,
    OURS,
    QUARANTINE,
    Kind,
    Unheard,
    each,
    post,
)

LAN = {"id": 7, "first_name": "Lan"}
PRIVATE = {"id": 7, "type": "private"}


def tg(**update: Any) -> Request:
    return post({"update_id": 1, **update})


def tm(**content: Any) -> Request:
    return tg(message={"message_id": 2, "date": AT, "chat": PRIVATE, "from": LAN, **content})


def member(status: str) -> Request:
    return tg(my_chat_member={"chat": PRIVATE, "date": AT, "new_chat_member": {"status": status}})


_MESSAGE = {"message_id": 2, "date": AT, "chat": PRIVATE, "from": LAN, "text": "x"}
_FILES = ("animation", "document", "voice", "audio", "video", "video_note", "sticker")
_SHOWN = ("story", "paid_media", "gift", "unique_gift", "users_shared", "chat_shared", "passport_data", "live_photo")
_REACTION = {"chat": PRIVATE, "message_id": 1, "user": LAN, "date": AT, "old_reaction": []}

TELEGRAM: list[Kind] = [
    *each("telegram", [tm(**{kind: {"file_id": "F"}}) for kind in _FILES], MESSAGE),
    *each("telegram", [tm(**{kind: {"x": 1}}) for kind in _SHOWN], MESSAGE),
    *each(
        "telegram",
        [
            tm(text="x"),
            tm(photo=[{"file_id": "F", "width": 1, "height": 1}]),
            tm(contact={"phone_number": "84901234567"}),
            tm(location={"latitude": 1, "longitude": 2}),
            tm(venue={"title": "Shop", "location": {}}),
            tm(poll={"question": "Red?", "options": []}),
            tm(checklist={"title": "x", "tasks": []}),
            tm(dice={"emoji": "x", "value": 1}),
            tm(game={"title": "x"}),
            tm(invoice={"title": "Sofa"}),
            tm(successful_payment={"total_amount": 9900, "currency": "EUR"}),
            tm(web_app_data={"data": "x"}),
            tg(guest_message=_MESSAGE),
            tg(business_message={**_MESSAGE, "business_connection_id": "b"}),
            tg(callback_query={"id": "1", "from": LAN, "data": "yes"}),
        ],
        MESSAGE,
    ),
    *each("telegram", [tg(business_message={**_MESSAGE, "business_connection_id": "b", "from": {"id": 1}})], OURS),
    *each("telegram", [tg(edited_message=_MESSAGE), tg(edited_business_message=_MESSAGE)], "edited"),
    *each("telegram", [tg(deleted_business_messages={"chat": PRIVATE, "message_ids": [2]})], "deleted"),
    *each(
        "telegram", [tg(message_reaction={**_REACTION, "new_reaction": [{"type": "emoji", "emoji": "x"}]})], "reacted"
    ),
    *each("telegram", [tg(message_reaction={**_REACTION, "new_reaction": []})], "unreacted"),
    *each("telegram", [tg(poll_answer={"poll_id": "5", "user": LAN, "option_ids": [0, 2]})], "reacted"),
    *each("telegram", [tg(poll_answer={"poll_id": "5", "user": LAN, "option_ids": []})], "unreacted"),
    *each("telegram", [member("kicked")], "blocked"),
    *each("telegram", [member("member")], "unblocked"),
    *each("telegram", [tm(write_access_allowed={"from_request": True})], "opted_in"),
    *each(
        "telegram",
        [
            tg(chosen_inline_result={"result_id": "1", "from": LAN, "query": "sofa"}),
            tg(shipping_query={"id": "1", "from": LAN, "invoice_payload": "order-1"}),
            tg(pre_checkout_query={"id": "1", "from": LAN, "invoice_payload": "order-1"}),
            tg(purchased_paid_media={"from": LAN, "paid_media_payload": "album"}),
            tg(chat_join_request={"chat": {"id": -1}, "from": LAN, "date": AT, "bio": "x"}),
            tg(chat_boost={"chat": {"id": -1}, "boost": {"source": {"source": "premium", "user": LAN}}}),
            tg(removed_chat_boost={"chat": {"id": -1}, "source": {"source": "premium", "user": LAN}}),
            tg(subscription={"user": LAN, "invoice_payload": "plan"}),
        ],
        ACT,
    ),
    *each("telegram", [tm()], QUARANTINE),
    *each(
        "telegram",
        [
            *(tm(**{kind: {"x": 1}}) for kind in ("pinned_message", "new_chat_members", "boost_added", "giveaway")),
            *(
                tg(**{kind: {"x": 1}})
                for kind in (
                    *("channel_post", "edited_channel_post", "business_connection", "message_reaction_count"),
                    *("inline_query", "poll", "chat_member", "managed_bot"),
                )
            ),
            tg(my_chat_member={"chat": {"id": -1, "type": "group"}, "new_chat_member": {"status": "kicked"}}),
            tg(edited_message={**_MESSAGE, "location": {"latitude": 1}}),
            tm(text="x", is_automatic_forward=True),
        ],
        *NOBODY_SPOKE,
    ),
]


def ln(kind: str, **more: Any) -> Request:
    event = {"type": kind, "webhookEventId": "e", "timestamp": AT * 1000, "source": {"userId": "u"}, **more}
    return post({"destination": "b", "events": [event]})


def shown(kind: str) -> Request:
    return ln("message", message={"type": kind, "id": "1", "text": "x"})


LINE: list[Kind] = [
    *each(
        "line", [shown(kind) for kind in ("text", "image", "video", "audio", "file", "location", "sticker")], MESSAGE
    ),
    *each("line", [ln("postback", postback={"data": "yes"})], MESSAGE),
    *each("line", [ln("postback", postback={"params": {"newRichMenuAliasId": "b"}})], *NOBODY_SPOKE),
    *each("line", [ln("messageEdited", message={"id": "1", "text": "y"})], "edited"),
    *each("line", [ln("unsend", unsend={"messageId": "1"})], "deleted"),
    *each("line", [ln("follow")], "opted_in"),
    *each("line", [ln("follow", follow={"isUnblocked": True})], "unblocked"),
    *each("line", [ln("unfollow")], "blocked"),
    *each("line", [ln("delivery", delivery={"data": "tag-1"}, source=None)], "delivered"),
    *each(
        "line",
        [
            ln("beacon", beacon={"type": "banner", "hwid": "1"}),
            ln("accountLink", link={"result": "ok"}),
            *(ln("membership", membership={"type": kind}) for kind in ("joined", "left", "renewed")),
            ln("videoPlayComplete", videoPlayComplete={"trackingId": "tour"}),
        ],
        ACT,
    ),
    *each("line", [ln("beacon", beacon={"type": kind}) for kind in ("enter", "stay", "leave")], *NOBODY_SPOKE),
    *each(
        "line",
        [
            ln(kind)
            for kind in (
                "join",
                "leave",
                "memberJoined",
                "memberLeft",
                "module",
                "activated",
                "deactivated",
                "botSuspended",
                "botResumed",
            )
        ],
        *NOBODY_SPOKE,
    ),
    *each("line", [ln("follow", source=None)], QUARANTINE),
]


def za(name: str, **more: Any) -> Request:
    common = {"sender": {"id": "5"}, "recipient": {"id": "6"}, "timestamp": str(AT * 1000), "message": {"msg_id": "m"}}
    return post({"app_id": "1", "oa_id": "6", "event_name": name, **common, **more})


ZALO: list[Kind] = [
    *each(
        "zalo",
        [
            *(
                za(f"user_send_{kind}")
                for kind in (
                    "text",
                    "image",
                    "link",
                    "audio",
                    "video",
                    "sticker",
                    "location",
                    "business_card",
                    "file",
                    "gif",
                    "group_text",
                )
            ),
            *(za(f"anonymous_send_{kind}") for kind in ("text", "image", "file", "sticker")),
            za("user_click_response_button", message={"msg_id": "m", "text": "Yes"}),
            za("user_asking_product", message=None, product={"id": "sku-9"}),
            za("user_submit_info", info={"name": "An"}),
            za("user_feedback", sender=None, message={"msg_id": "m", "rate": 5, "note": "Good", "feedbacks": ["Fast"]}),
        ],
        MESSAGE,
    ),
    *each(
        "zalo",
        [za(f"oa_send_{kind}") for kind in ("text", "image", "file", "gif", "list", "template", "consent")],
        OURS,
    ),
    *each("zalo", [za("user_seen_message")], "read"),
    *each("zalo", [za("user_received_message")], "delivered"),
    *each("zalo", [za("user_reacted_message", message={"msg_id": "m", "react_icon": "/-heart"})], "reacted"),
    *each("zalo", [za("oa_reacted_message", message={"msg_id": "m", "react_icon": "/-remove"})], "unreacted"),
    *each("zalo", [za("follow", follower={"id": "5"})], "opted_in"),
    *each("zalo", [za("unfollow", follower={"id": "5"})], "opted_out"),
    *each(
        "zalo",
        [
            za("user_click_chatnow", message=None),
            za("shop_has_order", sender=None, customer={"id": "5"}, order={"id": "o"}),
            za("user_reply_consent"),
            za("user_withdraw"),
            za("widget_interaction_accepted", sender=None, user_id="5"),
        ],
        ACT,
    ),
    *each("zalo", [za("user_call_oa"), za("oa_call_user"), za("shop_has_order", sender=None)], QUARANTINE),
    *each(
        "zalo",
        [
            za(kind)
            for kind in (
                *("add_user_to_tag", "remove_user_from_tag", "update_user_info", "create_group", "update_group_info"),
                *("user_join_group", "user_out_group", "user_request_join_group", "change_oa_daily_quota"),
                *("change_template_status", "change_template_quality", "event_journey_time_out", "extension_purchased"),
                *("widget_failed_to_sync_user_external_id", "event_journey_acknowledged", "permission_revoked"),
            )
        ],
        *NOBODY_SPOKE,
    ),
]


def sl(kind: str, **more: Any) -> Request:
    event = {"type": kind, "channel": "C", "user": "U", "ts": f"{AT}.000100", "text": "x", **more}
    return post({"type": "event_callback", "team_id": "T", "api_app_id": "A", "event": event})


_AT_MESSAGE = {"type": "message", "channel": "C", "ts": "1.0"}

SLACK: list[Kind] = [
    *each("slack", [sl("message"), sl("app_mention")], MESSAGE),
    *each(
        "slack",
        [
            sl("message", subtype=kind)
            for kind in (
                "file_share",
                "thread_broadcast",
                "me_message",
                "bot_message",
                "file_comment",
                "file_mention",
                "document_mention",
            )
        ],
        MESSAGE,
    ),
    *each("slack", [sl("message", subtype="message_deleted", deleted_ts="1.0")], "deleted"),
    *each(
        "slack",
        [sl("message", subtype="message_changed", message={"ts": "1.0", "user": "U", "edited": {"ts": "2.0"}})],
        "edited",
    ),
    *each("slack", [sl("message", subtype="message_changed", message={"ts": "1.0", "attachments": []})], *NOBODY_SPOKE),
    *each("slack", [sl("reaction_added", item=one) for one in (_AT_MESSAGE, {"type": "file", "file": "F"})], "reacted"),
    *each("slack", [sl("reaction_removed", item=_AT_MESSAGE)], "unreacted"),
    *each(
        "slack",
        [
            *(
                sl("message", subtype=kind)
                for kind in (
                    "channel_join",
                    "channel_topic",
                    "message_replied",
                    "pinned_item",
                    "huddle_thread",
                    "reminder_add",
                    "group_leave",
                    "bot_add",
                    "ekm_access_denied",
                    "assistant_app_thread",
                )
            ),
            *(
                sl(kind)
                for kind in (
                    "app_home_opened",
                    "app_uninstalled",
                    "tokens_revoked",
                    "member_joined_channel",
                    "file_shared",
                    "link_shared",
                    "pin_added",
                    "star_added",
                    "team_join",
                    "user_change",
                    "channel_created",
                    "im_open",
                    "emoji_changed",
                    "function_executed",
                    "assistant_thread_started",
                )
            ),
            sl("message", app_id="A"),
            post({"type": "url_verification", "challenge": "x"}),
            post({"type": "app_rate_limited"}),
        ],
        *NOBODY_SPOKE,
    ),
    *each("slack", [post({"type": "block_actions"})], QUARANTINE),
]

KINDS = TELEGRAM + LINE + ZALO + SLACK
UNHEARD: dict[str, list[Unheard]] = {
    "telegram": [
        lambda kind: tg(**{kind: {"x": 1}}),
        lambda kind: tm(**{kind: {"x": 1}}),
        lambda kind: member(kind),
    ],
    "line": [
        lambda kind: ln(kind),
        lambda kind: shown(kind),
        lambda kind: ln("beacon", beacon={"type": kind}),
        lambda kind: ln("membership", membership={"type": kind}),
    ],
    "zalo": [
        lambda kind: za(kind),
        lambda kind: za(f"user_send_{kind}"),
        lambda kind: za(f"user_click_{kind}", message=None),
        lambda kind: za("user_send_text", message={"msg_id": "m", "attachments": [{"type": kind}]}),
    ],
    "slack": [
        lambda kind: sl(kind),
        lambda kind: sl("message", subtype=kind),
        lambda kind: post({"type": kind}),
        lambda kind: sl("reaction_added", item={"type": kind}),
    ],
}
