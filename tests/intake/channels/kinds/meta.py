"""WhatsApp, Messenger and Instagram. Source: developers.facebook.com, the references of their webhooks."""

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
    REVIEW,
    Kind,
    Unheard,
    each,
    post,
)

PHONE = "84901234567"
FILE = "https://a.fbcdn.net/1"


def change(field: str, **value: Any) -> Request:
    entry = {"id": "1", "changes": [{"field": field, "value": {"messaging_product": "whatsapp", **value}}]}
    return post({"object": "whatsapp_business_account", "entry": [entry]})


def wa(kind: str, content: object = None, **more: Any) -> Request:
    said = {
        "from": PHONE,
        "id": "w",
        "timestamp": str(AT),
        "type": kind,
        kind: {"id": "m"} if content is None else content,
    }
    return change("messages", messages=[{**said, **more}])


def status(said: str, **more: Any) -> Request:
    one = {"id": "w", "status": said, "timestamp": str(AT), "recipient_id": PHONE, **more}
    return change("messages", statuses=[one])


def call(event: str, **more: Any) -> Request:
    return change("calls", calls=[{"id": "c", "event": event, "timestamp": str(AT), "from": PHONE, **more}])


def wants(said: str) -> Request:
    one = {"wa_id": PHONE, "detail": "User requested it", "category": "marketing_messages", "value": said}
    return change("user_preferences", user_preferences=[{**one, "timestamp": AT}])


_OLD = {"from": PHONE, "id": "old", "timestamp": "1700000000", "type": "image", "image": {"id": "m"}}

WHATSAPP: list[Kind] = [
    *each("whatsapp", [wa(kind) for kind in ("image", "video", "audio", "voice", "document", "sticker")], MESSAGE),
    *each(
        "whatsapp",
        [
            wa("text", {"body": "Hello"}),
            wa("location", {"latitude": 1, "longitude": 2}),
            wa("contacts", [{"name": {"formatted_name": "An"}}]),
            wa("order", {"product_items": [{"product_retailer_id": "sku"}]}),
            wa("interactive", {"type": "button_reply", "button_reply": {"title": "One"}}),
            wa("interactive", {"type": "list_reply", "list_reply": {"title": "One"}}),
            wa("interactive", {"type": "nfm_reply", "nfm_reply": {"response_json": "{}"}}),
            wa("interactive", {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}),
            wa("button", {"text": "Yes"}),
            wa("unsupported", {}, errors=[{"code": 131051, "title": "Message type unknown"}]),
            wa("unknown", {}),
            wa("text", {"body": "x"}, referral={"headline": "Blue sofa"}),
        ],
        MESSAGE,
    ),
    *each("whatsapp", [wa("reaction", {"message_id": "w", "emoji": "x"})], "reacted"),
    *each("whatsapp", [wa("reaction", {"message_id": "w", "emoji": ""})], "unreacted"),
    *each("whatsapp", [wa("edit", {"original_message_id": "w"})], "edited"),
    *each("whatsapp", [wa("revoke", {"original_message_id": "w"})], "deleted"),
    *each("whatsapp", [wa("system", {"type": "user_changed_number", "wa_id": "84901234568"})], "moved"),
    *each("whatsapp", [wa("system", {"type": "customer_identity_changed"})], *NOBODY_SPOKE),
    *each("whatsapp", [wa("request_welcome")], ACT),
    *each("whatsapp", [status("sent")], "sent"),
    *each("whatsapp", [status("delivered")], "delivered"),
    *each("whatsapp", [status("read"), status("played")], "read"),
    *each("whatsapp", [status("failed")], "failed"),
    *each("whatsapp", [status("deleted")], ACT),
    *each("whatsapp", [status("captured", type="payment", payment={"reference_id": "r"})], ACT),
    *each("whatsapp", [status(one) for one in ("accepted", "pending", "warning")], *NOBODY_SPOKE),
    *each("whatsapp", [call("connect"), status("RINGING", type="call")], "call new_call"),
    *each("whatsapp", [call("terminate")], "call hangup"),
    *each("whatsapp", [status("ACCEPTED", type="call")], "call answer"),
    *each("whatsapp", [status("REJECTED", type="call")], *NOBODY_SPOKE),  # `terminate` says it
    *each("whatsapp", [change("smb_message_echoes", message_echoes=[{**_OLD, "to": PHONE}])], OURS),
    *each("whatsapp", [wants("stop")], "marketing_stopped"),
    *each("whatsapp", [wants("resume")], "marketing_resumed"),
    *each(
        "whatsapp",
        [
            change("history", history=[{"metadata": {"phase": 0}, "threads": [{"id": PHONE, "messages": [_OLD]}]}]),
            change("history", messages=[_OLD]),
            change("messages", errors=[{"code": 130429, "title": "Rate limit hit"}]),
        ],
        QUARANTINE,
    ),
    *each(
        "whatsapp",
        [
            change(field, event="x")
            for field in (
                *("account_alerts", "account_review_update", "account_update", "automatic_events"),
                *("business_capability_update", "flows", "message_template_status_update", "security"),
                *("message_template_components_update", "message_template_quality_update", "tracking_events"),
                *("template_category_update", "phone_number_name_update", "phone_number_quality_update"),
                *("partner_solutions", "payment_configuration_update", "smb_app_state_sync", "messaging_handovers"),
                *("group_lifecycle_update", "group_participants_update", "group_settings_update"),
            )
        ],
        *NOBODY_SPOKE,
    ),
]


def ms(**event: Any) -> Request:
    common = {"sender": {"id": "5"}, "recipient": {"id": "1"}, "timestamp": AT * 1000}
    return post({"object": "page", "entry": [{"id": "1", "time": AT, "messaging": [{**common, **event}]}]})


def said(**message: Any) -> Request:
    return ms(message={"mid": "m", **message})


def public(field: str, value: object, name: str = "page") -> Request:
    return post({"object": name, "entry": [{"id": "1", "time": AT, "changes": [{"field": field, "value": value}]}]})


def feed(item: str, verb: str = "add", author: str | None = "5", **more: Any) -> Request:
    by = {"id": author, "name": "An"} if author else None
    value = {"item": item, "verb": verb, "from": by, "post_id": "1_2", "created_time": AT}
    return public("feed", {**value, **more})


_COMMENT = {"id": "c", "text": "How much?", "from": {"id": "5", "username": "an"}, "media": {"id": "9"}}
_RATED = {"item": "rating", "reviewer_id": "5", "review_text": "Good", "recommendation_type": "POSITIVE"}
_OPTED = {"type": "notification_messages", "notification_messages_token": "t", "title": "Offers"}

MESSENGER: list[Kind] = [
    *each(
        "messenger",
        [
            said(text="x"),
            *(
                said(attachments=[{"type": kind, "payload": {"url": FILE}}])
                for kind in (
                    *("image", "audio", "video", "file", "share", "story_mention", "ig_reel", "reel", "template"),
                    *("location", "fallback", "ig_post", "post", "sticker"),
                )
            ),
            said(is_unsupported=True),
            said(text="x", reply_to={"story": {"url": FILE}}),
            said(text="x", referral={"ref": "summer"}),
            said(text="Red", quick_reply={"payload": "red"}),
            ms(postback={"mid": "m", "title": "Yes"}),
            ms(messaging_feedback={"feedback_screens": [{"questions": {"q": {"payload": "5"}}}]}),
            ms(messaging_customer_information={"screens": [{"responses": [{"key": "email", "value": "a@b.vn"}]}]}),
            ms(in_thread_lead_form_submit={"field_data": [{"name": "city", "values": ["Hue"]}]}),
            public("messages", {"sender": {"id": "5"}, "recipient": {"id": "1"}, "message": {"mid": "m", "text": "x"}}),
        ],
        MESSAGE,
    ),
    *each("messenger", [ms(message={"mid": "m", "text": "x", "is_echo": True}, sender={"id": "1"})], OURS),
    *each("messenger", [said(is_deleted=True)], "deleted"),
    *each("messenger", [ms(reaction={"mid": "m", "action": "react", "emoji": "x"})], "reacted"),
    *each("messenger", [ms(reaction={"mid": "m", "action": "unreact"})], "unreacted"),
    *each("messenger", [ms(response_feedback={"mid": "m", "feedback": "Good response"})], "reacted"),
    *each("messenger", [ms(message_edit={"mid": "m", "text": "x"})], "edited"),
    *each("messenger", [ms(delivery={"mids": ["m"]})], "delivered"),
    *each("messenger", [ms(read={"watermark": AT * 1000}), ms(read={"mid": "m"})], "read"),
    *each(
        "messenger",
        [
            ms(referral={"ref": "summer", "source": "SHORTLINK", "type": "OPEN_THREAD"}),
            ms(referral={"source": "ADS", "ads_context_data": {"ad_title": "Blue sofa"}}),
            ms(optin={"ref": "checkout"}),
            ms(account_linking={"status": "linked"}),
            ms(game_play={"game_id": "g"}),
            ms(payment={"payload": "order-1"}),
        ],
        ACT,
    ),
    *each("messenger", [ms(optin=_OPTED)], "marketing_resumed"),
    *each(
        "messenger", [ms(optin={**_OPTED, "notification_messages_status": "STOP_NOTIFICATIONS"})], "marketing_stopped"
    ),
    *each(
        "messenger", [ms(optin={**_OPTED, "notification_messages_status": "RESUME_NOTIFICATIONS"})], "marketing_resumed"
    ),
    *each(
        "messenger",
        [
            ms(**{kind: {}})
            for kind in (
                "pass_thread_control",
                "take_thread_control",
                "request_thread_control",
                "app_roles",
                "policy_enforcement",
            )
        ],
        *NOBODY_SPOKE,
    ),
    *each(
        "messenger",
        [
            public("comments", _COMMENT, "instagram"),
            public("comments", {**_COMMENT, "from": None}, "instagram"),
            public("live_comments", _COMMENT, "instagram"),
            public("mentions", {"media_id": "9", "comment_id": "8"}, "instagram"),
            public("mentions", {"media_id": "9"}, "instagram"),
            public("mention", {"item": "post", "post_id": "5_6", "sender_id": "5", "verb": "add", "message": "x"}),
            post({"object": "instagram", "entry": [{"id": "1", "time": AT, "field": "comments", "value": _COMMENT}]}),
            feed("comment", comment_id="c", message="x"),
            feed("comment", author=None, comment_id="c", message="x"),
            *(feed(kind, message="x") for kind in ("post", "status", "photo", "video")),
            feed("share", message="look"),
        ],
        MESSAGE,
    ),
    *each("messenger", [public("ratings", {**_RATED, "open_graph_story_id": "7"})], REVIEW),
    *each("messenger", [feed("share")], ACT),
    *each("messenger", [feed("comment", "edited", comment_id="c"), feed("post", "edited", message="y")], "edited"),
    *each("messenger", [feed("comment", "remove", comment_id="c"), feed("post", "remove")], "deleted"),
    *each("messenger", [feed("reaction", reaction_type="love"), feed("like")], "reacted"),
    *each("messenger", [feed("reaction", "remove", reaction_type="love")], "unreacted"),
    *each(
        "messenger",
        [
            feed("comment", author="1", comment_id="c"),
            feed("post", author="1"),
            feed("comment", "hide", comment_id="c"),
            *(public(field, {"x": 1}) for field in ("inbox_labels", "story_insights", "business_integrity")),
        ],
        *NOBODY_SPOKE,
    ),
    *each(
        "messenger",
        [
            public("leadgen", {"leadgen_id": "1", "form_id": "2"}),  # its words are to be asked for
            public("comments", {"from": {"id": "5"}}, "instagram"),
            post({"object": "page", "entry": [{"id": "1", "time": AT, "changed_fields": ["feed"]}]}),
        ],
        QUARANTINE,
    ),
]

KINDS = WHATSAPP + MESSENGER
UNHEARD: dict[str, list[Unheard]] = {
    "whatsapp": [
        lambda kind: wa(kind, {"x": 1}),
        lambda kind: change(kind, x=1),
        lambda kind: status(kind),
        lambda kind: status(kind, type="call"),
        lambda kind: call(kind),
        lambda kind: wants(kind),
        lambda kind: wa("system", {"type": kind}),
        lambda kind: wa("interactive", {"type": kind, kind: {}}),
    ],
    "messenger": [
        lambda kind: ms(**{kind: {"x": 1}}),
        lambda kind: said(attachments=[{"type": kind, "payload": {}}]),
        lambda kind: public(kind, {"x": 1}),
        lambda kind: public(kind, {"x": 1}, "instagram"),
        lambda kind: feed(kind),
        lambda kind: feed("post", kind),
        lambda kind: post({"object": "page", "entry": [{"id": "1", "time": AT, kind: [{"x": 1}]}]}),
    ],
}
