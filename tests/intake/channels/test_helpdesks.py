"""Zendesk, Intercom and Chatwoot: what customers and agents write there, and what of it is no contact."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from services.intake.channels.items import Reach
from services.intake.channels.provider import Provider, Refused, Request, Unreadable
from services.intake.channels.providers import chatwoot, intercom, zendesk
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, Reachability
from tests.intake.channels import wild

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "the helpdesk's secret"


def read(provider: Provider, body: object, headers: Mapping[str, str] | None = None) -> Sequence[Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return provider.parse(Request(wild.URL, headers or {}, raw))


class TestZendesk:
    @staticmethod
    def comment(is_staff: bool = False, is_public: bool = True, kind: str = "ticket.comment_added") -> dict[str, Any]:
        author = {"id": "8447388090494", "is_staff": is_staff, "name": "Lan" if not is_staff else "Minh"}
        return {
            "account_id": 22129848,
            "detail": {
                "id": "5158",
                "requester_id": "8447388090494",
                "subject": "Đơn hàng",
                "via": {"channel": "email"},
            },
            "event": {"comment": {"id": "8646", "body": "Hàng đâu?", "is_public": is_public, "author": author}},
            "id": "cbe4028c-7239-495d-b020-f22348516046",
            "time": "2026-03-02T09:00:00.123456789Z",
            "type": f"zen:event-type:{kind}",
        }

    trigger: ClassVar[dict[str, Any]] = {
        "kept": "comment",
        "ticket_id": "35436",
        "comment_id": "{{ticket.latest_comment.id}}",
        "comment": "Where is\nmy order?",
        "is_public": "true",
        "at": "2026-03-02T09:00:00Z",
        "subject": "Order",
        "channel": "Text message",
        "requester_id": "8447388090494",
        "requester_name": "Lan",
        "requester_email": "lan@example.com",
        "requester_phone": "",
        "current_user_name": "Lan",
        "current_user_role": "End-user",
    }

    def test_a_customers_comment(self) -> None:
        """I1"""
        (contact,) = read(zendesk.PROVIDER, self.comment())
        assert (contact.external_id, contact.text, contact.subject) == ("8646", "Hàng đâu?", "Đơn hàng")
        assert (contact.direction, contact.channel_kind, contact.name) == ("in", ChannelKind.EMAIL, "Lan")
        assert (contact.address.kind, contact.address.value) == (HandleKind.CHAT, "8447388090494")
        assert contact.occurred_at.replace(microsecond=0) == NOW

    def test_an_agents_comment_is_ours_to_the_requester(self) -> None:
        (contact,) = read(zendesk.PROVIDER, self.comment(is_staff=True))
        assert (contact.direction, contact.agent, contact.name) == ("out", "Minh", None)
        assert contact.address.value == "8447388090494"

    def test_a_note_among_agents_is_no_contact(self) -> None:
        assert read(zendesk.PROVIDER, self.comment(is_staff=True, is_public=False)) == []
        assert read(zendesk.PROVIDER, {**self.trigger, "is_public": "false"}) == []

    @pytest.mark.parametrize(
        "kind", ["ticket.status_changed", "user.created", "ticket.created", "organization.deleted"]
    )
    def test_what_is_no_contact(self, kind: str) -> None:
        assert read(zendesk.PROVIDER, {"type": f"zen:event-type:{kind}", "id": "1", "detail": {}}) == []

    @pytest.mark.parametrize("body", [b"", b" \n"])
    def test_an_empty_body_is_nothing(self, body: bytes) -> None:
        assert read(zendesk.PROVIDER, body) == []

    @pytest.mark.parametrize("body", [b"{}", b"[]", b"x", b'{"type":"other"}', b'{"kept":"comment"}'])
    def test_what_cannot_be_read_says_so(self, body: bytes) -> None:
        with pytest.raises(Unreadable):
            read(zendesk.PROVIDER, body)

    @pytest.mark.parametrize(("actor", "count"), [("end_user", 1), ("agent", 0), ("system", 0), ("trigger", 0)])
    def test_a_message(self, actor: str, count: int) -> None:
        said = {"actor": {"id": "u1", "name": "Lan", "type": actor}, "message": {"id": "67ab", "body": "Xin chào"}}
        kind = "zen:event-type:messaging_ticket.message_added"
        event = {"type": kind, "id": "01J", "time": "2026-03-02T09:00:00Z", "detail": {"id": "141"}, "event": said}
        found = read(zendesk.PROVIDER, event)
        assert [(c.external_id, c.text, c.channel_kind) for c in found] == [
            ("67ab", "Xin chào", ChannelKind.CHAT)
        ] * count

    def test_words_that_were_taken_out(self) -> None:
        (fact,) = read(zendesk.PROVIDER, self.comment(kind="ticket.comment_redacted"))
        assert (fact.fact, fact.about) == (InteractionFact.EDITED, "8646")

    def test_a_trigger_tells_who_it_is(self) -> None:
        """I13: whoever wrote by event and by trigger is one, with all their addresses."""
        (contact,) = read(zendesk.PROVIDER, self.trigger, {zendesk.INVOCATION: "inv-1"})
        assert (contact.external_id, contact.text) == ("inv-1", "Where is\nmy order?")
        (by_event,) = read(zendesk.PROVIDER, self.comment())
        assert contact.address == by_event.address
        assert [(a.kind, a.value) for a in contact.aliases] == [(HandleKind.EMAIL, "lan@example.com")]
        assert (contact.direction, contact.channel_kind) == ("in", ChannelKind.SMS)

    @pytest.mark.parametrize("role", ["Agent", "admin", "Light Agent"])
    def test_a_trigger_of_an_agent(self, role: str) -> None:
        body = {**self.trigger, "current_user_role": role, "current_user_name": "Minh", "comment_id": 77}
        (contact,) = read(zendesk.PROVIDER, body)
        assert (contact.external_id, contact.direction, contact.agent, contact.name) == ("77", "out", "Minh", "Lan")

    def test_a_line_break_that_zendesk_did_not_escape(self) -> None:
        raw = json.dumps(self.trigger).replace("\\n", "\n").encode()
        assert read(zendesk.PROVIDER, raw, {zendesk.INVOCATION: "1"})[0].text == "Where is\nmy order?"

    def test_signed_over_time_and_body(self) -> None:
        code = b64encode(hmac.digest(SECRET.encode(), b"2026-03-02T09:00:00Z{}", "sha256")).decode()
        headers = {
            "x-zendesk-webhook-signature": code,
            "x-zendesk-webhook-signature-timestamp": "2026-03-02T09:00:00Z",
        }
        zendesk.PROVIDER.verify(Request(wild.URL, headers, b"{}"), ["new", SECRET], NOW)
        for request in (Request(wild.URL, headers, b"{ }"), Request(wild.URL, {}, b"{}")):
            with pytest.raises(Refused):
                zendesk.PROVIDER.verify(request, [SECRET], NOW)

    def test_the_later_that_zendesk_understands(self) -> None:
        rules = zendesk.PROVIDER.rules
        assert rules.later in (429, 503)
        assert rules.retry_after < 60


class TestIntercom:
    customer: ClassVar[dict[str, Any]] = {"type": "user", "id": "5dba1e10", "name": "Lan", "email": "lan@example.com"}
    admin: ClassVar[dict[str, Any]] = {"type": "admin", "id": "9", "name": "Minh", "email": "minh@kept.example.com"}

    def about(self, topic: str, *parts: dict[str, Any], **more: Any) -> Sequence[Any]:
        item = {
            "type": "conversation",
            "id": "1",
            "created_at": 1_772_442_000,
            "source": {"id": "500", "type": "conversation", "subject": "<p>Order</p>", "author": self.customer},
            "contacts": {"contacts": [{"type": "contact", "id": "5dba1e10"}]},
            "conversation_parts": {"conversation_parts": list(parts)},
            **more,
        }
        body = {"type": "notification_event", "topic": topic, "app_id": "abc", "id": "notif_1", "data": {"item": item}}
        return read(intercom.PROVIDER, body)

    def part(self, author: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = "<p>Hello<br>there</p>"
        return {"id": 77, "part_type": "comment", "body": body, "created_at": 1_772_442_060, "author": author, **more}

    def test_a_reply_of_a_customer(self) -> None:
        (contact,) = self.about("conversation.user.replied", self.part(self.customer))
        assert (contact.external_id, contact.text, contact.direction) == ("77", "Hello\nthere", "in")
        assert (contact.address.value, contact.address.scope, contact.subject) == ("5dba1e10", "abc", "Order")
        assert contact.occurred_at == datetime.fromtimestamp(1_772_442_060, UTC)

    def test_a_reply_of_an_agent_is_ours_to_the_customer(self) -> None:
        (contact,) = self.about("conversation.admin.replied", self.part(self.admin))
        assert (contact.direction, contact.agent, contact.automatic) == ("out", "Minh", False)
        assert (contact.address.value, contact.name) == ("5dba1e10", "Lan")

    def test_a_bot_is_automatic(self) -> None:
        (contact,) = self.about("conversation.admin.replied", self.part({**self.admin, "type": "bot"}))
        assert (contact.direction, contact.automatic) == ("out", True)

    def test_a_conversation_that_an_agent_began(self) -> None:
        source = {"id": "501", "type": "email", "body": "<p>Hi</p>", "author": self.admin}
        (contact,) = self.about("conversation.admin.single.created", source=source)
        assert (contact.external_id, contact.direction, contact.channel_kind) == ("501", "out", ChannelKind.EMAIL)
        assert contact.address.value == "5dba1e10"

    @pytest.mark.parametrize(
        "topic",
        ["conversation.admin.noted", "contact.created", "ping", "visitor.signed_up"],
    )
    def test_what_is_no_contact(self, topic: str) -> None:
        assert self.about(topic, self.part(self.admin)) == []

    def test_a_note_beside_a_reply_is_left_out(self) -> None:
        note = self.part(self.admin, id=78, part_type="note")
        assert len(self.about("conversation.admin.replied", self.part(self.admin), note)) == 1

    def test_a_part_that_was_taken_back(self) -> None:
        (fact,) = self.about("conversation_part.redacted", self.part(self.admin, redacted=True))
        assert (fact.fact, fact.about) == (InteractionFact.DELETED, "77")

    def test_a_file(self) -> None:
        file = {
            "type": "upload",
            "name": "a.png",
            "url": "https://f.example/a.png",
            "content_type": "image/png",
            "filesize": 9,
        }
        (contact,) = self.about("conversation.user.replied", self.part(self.customer, body=None, attachments=[file]))
        (found,) = contact.attachments
        assert (found.name, found.url, found.content_type, found.size, contact.text) == (
            *("a.png", "https://f.example/a.png", "image/png", 9),
            None,
        )

    @pytest.mark.parametrize(
        ("topic", "contact", "expected"),
        [
            ("contact.unsubscribed", {"email": "lan@example.com"}, ("lan@example.com", Reachability.OPTED_OUT)),
            ("user.unsubscribed", {"email": "lan@example.com"}, ("lan@example.com", Reachability.OPTED_OUT)),
            ("contact.unsubscribed", {"email": "lan@example.com", "unsubscribed_from_emails": False}, None),
            ("contact.subscribed", {"email": "lan@example.com"}, ("lan@example.com", Reachability.OPTED_IN)),
            ("contact.subscribed", {"email": "lan@example.com", "unsubscribed_from_emails": True}, None),
            ("contact.unsubscribed_from_sms", {"phone": "+84901234567"}, ("+84901234567", Reachability.OPTED_OUT)),
        ],
    )
    def test_who_will_have_no_more(self, topic: str, contact: dict[str, Any], expected: Any) -> None:
        body = {"topic": topic, "id": "notif_1", "created_at": 1_772_442_000, "data": {"item": contact}}
        found = read(intercom.PROVIDER, body)
        assert [(r.address.value, r.reason) for r in found if isinstance(r, Reach)] == ([expected] if expected else [])

    def test_whether_somebody_is_there(self) -> None:
        greet = intercom.PROVIDER.greet
        assert greet(Request(wild.URL, {}, b"", "HEAD"), [], "") is not None
        assert greet(Request(wild.URL, {}, b"{}"), [SECRET], "") is None
        assert "HEAD" in intercom.PROVIDER.methods

    def test_signed_with_sha1(self) -> None:
        code = "sha1=" + hmac.digest(SECRET.encode(), b"{}", "sha1").hex()
        intercom.PROVIDER.verify(Request(wild.URL, {"x-hub-signature": code}, b"{}"), [SECRET], NOW)
        with pytest.raises(Refused):
            intercom.PROVIDER.verify(Request(wild.URL, {"x-hub-signature": code}, b"{ }"), [SECRET], NOW)


class TestChatwoot:
    @staticmethod
    def message(**more: Any) -> dict[str, Any]:
        customer = {"id": 4, "name": "Lan", "email": None, "phone_number": "+84901234567", "type": "contact"}
        return {
            "event": "message_created",
            "id": 654,
            "content": "Hàng đâu?",
            "created_at": "2026-03-02T09:00:00.000Z",
            "message_type": "incoming",
            "private": False,
            "sender": customer,
            "conversation": {"id": 7, "channel": "Channel::Email", "meta": {"sender": customer}},
            **more,
        }

    agent: ClassVar[dict[str, Any]] = {"id": 1, "name": "Minh", "type": "user"}

    def test_a_customers_message(self) -> None:
        file = {
            "id": 1,
            "data_url": "https://chat.example/rails/%C4%91%C6%A1n.pdf",
            "file_size": 1024,
            "file_type": "file",
        }
        body = self.message(attachments=[file], content_attributes={"in_reply_to": 653})
        (contact,) = read(chatwoot.PROVIDER, body)
        assert (contact.external_id, contact.occurred_at, contact.channel_kind) == ("654", NOW, ChannelKind.EMAIL)
        assert [(a.kind, a.value) for a in (contact.address, *contact.aliases)] == [
            (HandleKind.CHAT, "4"),
            (HandleKind.PHONE, "+84901234567"),
        ]
        assert (contact.attachments[0].name, contact.attachments[0].size) == ("đơn.pdf", 1024)
        assert contact.references == ("653",)

    def test_an_agents_message_is_ours_to_the_customer(self) -> None:
        (contact,) = read(chatwoot.PROVIDER, self.message(message_type="outgoing", sender=self.agent))
        assert (contact.direction, contact.agent, contact.automatic) == ("out", "Minh", False)
        assert (contact.address.value, contact.name) == ("4", "Lan")

    @pytest.mark.parametrize(
        "more", [{"message_type": "template", "sender": None}, {"message_type": 1, "sender": {"type": "agent_bot"}}]
    )
    def test_a_bot_is_automatic(self, more: dict[str, Any]) -> None:
        assert read(chatwoot.PROVIDER, self.message(**more))[0].automatic

    def test_a_contact_inbox_says_whose_conversation_it_is(self) -> None:
        talk = {"contact_inbox": {"contact_id": 4}}
        body = self.message(message_type="outgoing", sender=self.agent, conversation=talk)
        assert read(chatwoot.PROVIDER, body)[0].address.value == "4"
        with pytest.raises(Unreadable):  # ours, to nobody that is named
            read(chatwoot.PROVIDER, {**body, "conversation": {}})

    @pytest.mark.parametrize(
        "more",
        [
            *({"message_type": "activity"}, {"message_type": 2}, {"private": True, "message_type": "outgoing"}),
            *({"event": "conversation_created"}, {"event": "webwidget_triggered"}, {"event": "contact_updated"}),
        ],
    )
    def test_what_is_no_contact(self, more: dict[str, Any]) -> None:
        assert read(chatwoot.PROVIDER, self.message(**more)) == []

    @pytest.mark.parametrize(
        ("more", "fact", "id_"),
        [
            ({"content_attributes": {"deleted": True}}, InteractionFact.DELETED, "654:deleted"),
            ({"message_type": "outgoing", "status": "read"}, InteractionFact.READ, "654:read"),
            ({"content": "Xin lỗi"}, InteractionFact.EDITED, None),
        ],
    )
    def test_a_message_that_changed(self, more: dict[str, Any], fact: InteractionFact, id_: str | None) -> None:
        """X2"""
        body = self.message(event="message_updated", **more)
        (found,) = read(chatwoot.PROVIDER, body)
        assert (found.fact, found.about) == (fact, "654")
        assert id_ is None or found.external_id == id_
        assert read(chatwoot.PROVIDER, body) == [found]

    def test_two_edits_are_two_facts(self) -> None:
        one, two = (
            read(chatwoot.PROVIDER, self.message(event="message_updated", content=words))[0] for words in ("a", "b")
        )
        assert one.external_id != two.external_id

    def test_signed_over_time_and_body(self) -> None:
        stamp = str(int(NOW.timestamp()))
        code = "sha256=" + hmac.digest(SECRET.encode(), f"{stamp}.{{}}".encode(), "sha256").hex()
        headers = {"x-chatwoot-timestamp": stamp, "x-chatwoot-signature": code}
        chatwoot.PROVIDER.verify(Request(wild.URL, headers, b"{}"), [SECRET], NOW)
        with pytest.raises(Refused):
            chatwoot.PROVIDER.verify(Request(wild.URL, {}, b"{}"), [SECRET], NOW)
