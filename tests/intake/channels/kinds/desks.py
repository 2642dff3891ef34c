"""Chatwoot, Intercom, Zendesk, Twilio and telephone systems. Source: their documentation, as their modules name it."""

from __future__ import annotations

from typing import Any

from services.intake.channels.provider import Request
from tests.intake.channels.kinds.samples import (
    AT,
    MESSAGE,
    NOBODY_SPOKE,
    OURS,
    QUARANTINE,
    Kind,
    Unheard,
    each,
    form,
    post,
)


def cw(event: str = "message_created", **more: Any) -> Request:
    person = {"sender": {"id": 2}, "conversation": {"meta": {"sender": {"id": 2}}}}
    return post({"event": event, "id": 1, "message_type": "incoming", "content": "x", **person, **more})


_CSAT = {"submitted_values": {"csat_survey_response": {"rating": 2, "feedback_message": "late"}}}

CHATWOOT: list[Kind] = [
    *each("chatwoot", [cw(), cw(message_type=0), cw(content_type="sticker")], MESSAGE),
    *each("chatwoot", [cw(message_type=kind) for kind in ("outgoing", "template", 1, 3)], OURS),
    *each(
        "chatwoot",
        [
            cw("message_updated", message_type=3, content_attributes=_CSAT),
            cw("message_updated", message_type=3, content_attributes={"submitted_email": "a@b.vn"}),
            cw(
                "message_updated",
                message_type=3,
                content_attributes={"submitted_values": [{"title": "M", "value": "M"}]},
            ),
        ],
        MESSAGE,
    ),
    *each("chatwoot", [cw("message_updated")], "edited"),
    *each("chatwoot", [cw("message_updated", content_attributes={"deleted": True})], "deleted"),
    *each("chatwoot", [cw("message_updated", message_type=1, status="delivered")], "delivered"),
    *each("chatwoot", [cw("message_updated", message_type=1, status="read")], "read"),
    *each("chatwoot", [cw("message_updated", message_type=1, status="failed")], "failed"),
    *each(
        "chatwoot",
        [
            *(cw(message_type=kind) for kind in ("activity", 2)),
            cw(private=True),
            *(
                cw(kind)
                for kind in (
                    *("conversation_created", "conversation_status_changed", "conversation_updated", "contact_created"),
                    *("contact_updated", "webwidget_triggered", "conversation_typing_on", "conversation_typing_off"),
                    *("inbox_created", "inbox_updated", "conversation_opened", "conversation_resolved"),
                )
            ),
        ],
        *NOBODY_SPOKE,
    ),
    *each("chatwoot", [cw(message_type="outgoing", conversation={})], QUARANTINE),
]

_CUSTOMER = {"type": "user", "id": "5", "email": "a@b.vn"}
_ADMIN = {"type": "admin", "id": "9"}


def ic(topic: str, *parts: dict[str, Any], **more: Any) -> Request:
    source = {"id": "1", "type": "conversation", "body": "<p>x</p>", "author": _CUSTOMER}
    listed = {"conversation_parts": list(parts)}
    item = {"type": "conversation", "id": "c", "created_at": AT, "source": source, "conversation_parts": listed, **more}
    return post({"topic": topic, "app_id": "w", "id": "n", "created_at": AT, "data": {"item": item}})


def part(author: dict[str, Any], kind: str = "comment", **more: Any) -> dict[str, Any]:
    return {"id": "7", "part_type": kind, "body": "<p>x</p>", "created_at": AT, "author": author, **more}


_REPLIED = "conversation.user.replied"
_LEFT = {"contact": _CUSTOMER, "subscription_type": {"name": "News"}}

INTERCOM: list[Kind] = [
    *each(
        "intercom",
        [
            ic("conversation.user.created"),
            ic(_REPLIED, part(_CUSTOMER)),
            ic(_REPLIED, part(_CUSTOMER, "open")),
            ic("conversation.rating.added", conversation_rating={"rating": 4, "remark": "ok", "created_at": AT}),
        ],
        MESSAGE,
    ),
    *each(
        "intercom",
        [
            ic("conversation.admin.replied", part(_ADMIN)),
            ic("conversation.admin.replied", part(_ADMIN, "close")),
            ic("conversation.operator.replied", part({"type": "bot", "id": "1"})),
            ic("conversation.admin.single.created", source={"id": "1", "body": "x", "author": _ADMIN}, user=_CUSTOMER),
        ],
        OURS,
    ),
    *each("intercom", [ic("conversation_part.redacted", part(_CUSTOMER, redacted=True))], "deleted"),
    *each(
        "intercom", [ic("contact.unsubscribed", contact=_CUSTOMER), ic("user.unsubscribed", **_CUSTOMER)], "opted_out"
    ),
    *each("intercom", [ic("contact.subscribed", contact=_CUSTOMER)], "opted_in"),
    *each("intercom", [ic("contact.unsubscribed_from_sms", contact={"phone": "+84901234567"})], "opted_out"),
    *each(
        "intercom",
        [
            ic("granular.unsubscribe", **_LEFT),
            ic("contact.unsubscribed", contact={**_CUSTOMER, "unsubscribed_from_emails": False}),
        ],
        "marketing_stopped",
    ),
    *each("intercom", [ic("granular.subscribe", **_LEFT)], "marketing_resumed"),
    *each(
        "intercom",
        [
            ic(topic)
            for topic in (
                *("ping", "conversation.admin.assigned", "conversation.admin.closed", "conversation.admin.noted"),
                *("conversation.admin.opened", "conversation.admin.snoozed", "conversation.admin.unsnoozed"),
                *("conversation.deleted", "conversation.read", "conversation.priority.updated", "event.created"),
                *("conversation_part.tag.created", "contact.user.created", "contact.lead.updated", "contact.merged"),
                *("company.created", "admin.logged_in", "article.published", "ticket.state.updated", "job.completed"),
                *(
                    "ticket.note.created",
                    "ticket.closed",
                    "visitor.signed_up",
                    "user.created",
                    "content_snippet.created",
                ),
            )
        ],
        *NOBODY_SPOKE,
    ),
    *each(
        "intercom",
        [
            *(ic(topic) for topic in ("ticket.created", "ticket.contact.replied", "ticket.rating.provided")),
            *(ic(topic) for topic in ("call.started", "call.ended", "content_stat.email", "content_stat.survey")),
            ic(_REPLIED),
            ic("conversation.user.created", source={"id": "1", "author": _CUSTOMER}),
        ],
        QUARANTINE,
    ),
]


def zd(kind: str, **event: Any) -> Request:
    detail = {"id": "1", "requester_id": "5", "via": {"channel": "email"}}
    whole = {"type": f"zen:event-type:{kind}", "id": "e", "time": "2026-03-02T09:00:00Z", "detail": detail}
    return post({**whole, "event": event})


def comment(*, is_staff: bool = False, is_public: bool = True) -> Request:
    author = {"id": "5", "is_staff": is_staff}
    return zd("ticket.comment_added", comment={"id": "c", "body": "x", "is_public": is_public, "author": author})


def actor(kind: str) -> Request:
    return zd("messaging_ticket.message_added", actor={"id": "5", "type": kind}, message={"id": "m", "body": "x"})


_TRIGGER = {"kept": "comment", "comment_id": "c", "comment": "x", "requester_id": "5"}

ZENDESK: list[Kind] = [
    *each("zendesk", [comment(), actor("end_user"), post(_TRIGGER)], MESSAGE),
    *each("zendesk", [comment(is_staff=True), post({**_TRIGGER, "current_user_role": "Agent"})], OURS),
    *each("zendesk", [zd("ticket.comment_redacted", comment={"id": "c", "body": "x"})], "edited"),
    *each(
        "zendesk",
        [
            comment(is_public=False),
            post({**_TRIGGER, "is_public": "false"}),
            post(b""),
            *(actor(kind) for kind in ("agent", "trigger", "system")),
            *(
                zd(kind)
                for kind in (
                    *("ticket.created", "ticket.status_changed", "ticket.merged", "ticket.csat_requested"),
                    *("ticket.agent_assignment_changed", "ticket.custom_field_changed", "ticket.soft_deleted"),
                    *("user.created", "user.identity_changed", "user.deleted", "organization.created"),
                    *("article.published", "article.vote_created", "agent.state_changed"),
                )
            ),
        ],
        *NOBODY_SPOKE,
    ),
    *each(
        "zendesk",
        [
            zd(kind)
            for kind in (
                *("ticket.csat_received", "article.comment_created", "community_post.created"),
                *("community_post.comment_created", "custom_object_record.created"),
            )
        ],
        QUARANTINE,
    ),
]


def sms(**more: str) -> Request:
    return form(**{"MessageSid": "SM1", "From": "+84901234567", "To": "+12025550100", "Body": "x", **more})


def voice(**more: str) -> Request:
    return form(**{"CallSid": "CA1", "From": "+84901234567", "To": "+12025550100", "Direction": "inbound", **more})


_STAMP = {"Timestamp": "Mon, 02 Mar 2026 09:00:00 +0000"}
_RECORDING = {"RecordingSid": "RE1", "RecordingUrl": "https://api.twilio.com/RE1"}

TWILIO: list[Kind] = [
    *each(
        "twilio",
        [
            sms(),
            sms(NumMedia="1", MediaUrl0="https://api.twilio.com/1"),
            sms(From="whatsapp:+84901234567", Body="", Latitude="1", Longitude="2"),
            sms(From="whatsapp:+84901234567", ButtonText="Yes", ButtonPayload="yes"),
            sms(OptOutType="HELP"),
        ],
        MESSAGE,
    ),
    *each("twilio", [sms(OptOutType="STOP", Body="STOP")], MESSAGE, "opted_out"),
    *each("twilio", [sms(OptOutType="START", Body="START")], MESSAGE, "opted_in"),
    *each("twilio", [sms(MessageStatus="sent")], "sent"),
    *each("twilio", [sms(MessageStatus="delivered")], "delivered"),
    *each("twilio", [sms(MessageStatus="read")], "read"),
    *each("twilio", [sms(MessageStatus="failed"), sms(MessageStatus="undelivered")], "failed"),
    *each("twilio", [sms(MessageStatus="failed", ErrorCode="21610")], "failed", "opted_out"),
    *each(
        "twilio",
        [sms(MessageStatus=one) for one in ("queued", "accepted", "sending", "scheduled", "canceled")],
        *NOBODY_SPOKE,
    ),
    *each("twilio", [voice(CallStatus=one, **_STAMP) for one in ("queued", "initiated", "ringing")], "call new_call"),
    *each("twilio", [voice(CallStatus=one, **_STAMP) for one in ("in-progress", "answered")], "call answer"),
    *each(
        "twilio",
        [voice(CallStatus=one, **_STAMP) for one in ("completed", "busy", "no-answer", "failed", "canceled")],
        "call hangup",
    ),
    *each("twilio", [voice(CallStatus="in-progress", DialCallStatus="completed")], "call transfer"),
    *each("twilio", [voice(RecordingStatus="completed", **_RECORDING)], "recorded"),
    *each(
        "twilio", [voice(TranscriptionSid="TR1", TranscriptionText="x", TranscriptionStatus="completed")], "recorded"
    ),
    *each(
        "twilio",
        [
            *(voice(RecordingStatus=one, **_RECORDING) for one in ("in-progress", "absent", "failed")),
            voice(TranscriptionSid="TR1", TranscriptionStatus="failed"),
            voice(TranscriptionEvent="transcription-content", TranscriptionData="{}"),
            voice(CallStatus="in-progress", Digits="1"),
            voice(AnsweredBy="human"),
            voice(ConferenceSid="CF1", StatusCallbackEvent="participant-join"),
            voice(StreamEvent="stream-started", StreamSid="MZ1"),
        ],
        *NOBODY_SPOKE,
    ),
    *each("twilio", [form(AccountSid="AC1"), voice()], QUARANTINE),
]


def phone(event: str) -> Request:
    return post({"event": event, "callId": "c", "from": "+84901234567", "at": "2026-03-02T09:00:00Z"})


TELEPHONE: list[Kind] = [
    *each("telephone", [phone("newCall")], "call new_call"),
    *each("telephone", [phone("answer")], "call answer"),
    *each("telephone", [phone("hangup")], "call hangup"),
]

KINDS = CHATWOOT + INTERCOM + ZENDESK + TWILIO + TELEPHONE
UNHEARD: dict[str, list[Unheard]] = {
    "chatwoot": [
        lambda kind: cw(kind),
        lambda kind: cw(message_type=kind),
        lambda kind: cw("message_updated", message_type=1, status=kind),
    ],
    "intercom": [
        lambda kind: ic(kind),
        lambda kind: ic(f"conversation.{kind}"),
        lambda kind: ic(_REPLIED, part(_CUSTOMER, kind)),
        lambda kind: ic(_REPLIED, part(_ADMIN, kind)),
    ],
    "zendesk": [
        lambda kind: zd(kind),
        lambda kind: zd(f"ticket.{kind}"),
        lambda kind: actor(kind),
        lambda kind: post({"kept": kind}),
    ],
    "twilio": [
        lambda kind: sms(MessageStatus=kind),
        lambda kind: sms(OptOutType=kind),
        lambda kind: voice(CallStatus=kind),
        lambda kind: voice(RecordingStatus=kind, **_RECORDING),
        lambda kind: voice(TranscriptionEvent=kind),
    ],
    "telephone": [lambda kind: phone(kind)],
}
