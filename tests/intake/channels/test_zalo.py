"""Zalo Official Accounts, in the shapes of their events."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from services.intake.channels.items import Address, Attachment
from services.intake.channels.provider import Refused, Request, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import HandleKind, InteractionKind
from tests.intake.channels.chats import MILLIS, NOW, one, parse, request

ZALO = providers()["zalo"]
OA, USER, APP, SECRET = "3662729599332560487", "6142494823000000000", "2553928453557884079", "oa-secret-key-of-ours"
LAN = Address(HandleKind.CHAT, USER, OA)


def event(name: str, *, ours: bool = False, **parts: Any) -> dict[str, Any]:
    sender, recipient = (OA, USER) if ours else (USER, OA)
    return {
        "event_name": name,
        "app_id": APP,
        "sender": {"id": sender},
        "recipient": {"id": recipient},
        "timestamp": str(MILLIS),
        "user_id_by_app": "979122185046046317",
        **parts,
    }


def signed(body: dict[str, Any], *, app: str = APP, secret: str = SECRET, stamp: str = str(MILLIS)) -> Request:
    raw = json.dumps(body, ensure_ascii=False).encode()
    return request(
        raw, x_zevent_signature="mac=" + sha256(app.encode() + raw + stamp.encode() + secret.encode()).hexdigest()
    )


class TestProof:
    body = event("user_send_text", message={"msg_id": "1", "text": "Chào"})

    @pytest.mark.parametrize("secrets", [[SECRET], ["new", SECRET], [f"{APP}:{SECRET}"]])
    def test_the_signature_covers_app_body_and_time(self, secrets: list[str]) -> None:
        ZALO.verify(signed(self.body), secrets, NOW)

    def test_a_body_without_its_app_needs_it_in_the_secret(self) -> None:
        nameless = {key: value for key, value in self.body.items() if key != "app_id"}
        ZALO.verify(signed(nameless), [f"{APP}:{SECRET}"], NOW)
        with pytest.raises(Refused):
            ZALO.verify(signed(nameless), [SECRET], NOW)

    def test_a_time_that_is_a_number(self) -> None:
        ZALO.verify(signed({**self.body, "timestamp": MILLIS}), [SECRET], NOW)

    @pytest.mark.parametrize("wrong", [{"app": "1"}, {"secret": "other"}, {"stamp": "1"}])
    def test_anything_else_is_refused(self, wrong: dict[str, str]) -> None:
        with pytest.raises(Refused):
            ZALO.verify(signed(self.body, **wrong), [SECRET], NOW)
        with pytest.raises(Refused):
            ZALO.verify(request(self.body), [SECRET], NOW)

    def test_the_app_of_the_secret_is_not_the_one_the_body_claims(self) -> None:
        with pytest.raises(Refused):
            ZALO.verify(signed(self.body), [f"1:{SECRET}"], NOW)

    @pytest.mark.parametrize(
        "raw", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"timestamp": {}}', b'{"timestamp": 1e999}']
    )
    def test_a_body_that_cannot_be_read_is_refused(self, raw: bytes) -> None:
        with pytest.raises(Refused):
            ZALO.verify(request(raw, x_zevent_signature="mac=00"), [SECRET], NOW)

    def test_secrets_are_looked_at_before_they_are_taken(self) -> None:
        assert ZALO.secret_fault(SECRET) is None
        assert ZALO.secret_fault(f"{APP}:{SECRET}") is None
        for wrong in ("", f"{APP}:", ":x", "app:x"):
            assert ZALO.secret_fault(wrong)


class TestMessages:
    @pytest.mark.parametrize("key", ["msg_id", "mid"])
    def test_a_text(self, key: str) -> None:
        """I13: verbatim. I2: id, direction and time of every contact."""
        found = one("zalo", event("user_send_text", message={key: "cb31", "text": "Chào shop ", "quote_msg_id": "ab"}))
        assert (found.external_id, found.text, found.direction) == ("cb31", "Chào shop ", "in")
        assert (found.address, found.occurred_at, found.references) == (LAN, NOW, ("ab",))

    @pytest.mark.parametrize("kind", ["image", "audio", "video", "gif", "sticker"])
    def test_files(self, kind: str) -> None:
        part = {"type": kind, "payload": {"url": "https://f20-zpc.zdn.vn/a", "thumbnail": "https://x"}}
        found = one("zalo", event(f"user_send_{kind}", message={"msg_id": "1", "attachments": [part]}))
        assert (found.text, found.attachments) == (None, (Attachment(None, None, url="https://f20-zpc.zdn.vn/a"),))

    def test_a_named_file(self) -> None:
        payload = {
            "url": "https://zdn.vn/f",
            "size": "2138",
            "name": "a.pdf",
            "type": "application/pdf",
            "checksum": "x",
        }
        part = {"type": "file", "payload": payload}
        found = one("zalo", event("user_send_file", message={"msg_id": "1", "attachments": [part]}))
        assert found.attachments == (Attachment("a.pdf", "application/pdf", 2138, url="https://zdn.vn/f"),)

    @pytest.mark.parametrize(
        ("kind", "part", "said"),
        [
            ("link", {"payload": {"title": "Áo", "url": "https://shop.example"}}, "Áo\nhttps://shop.example"),
            ("location", {"payload": {"coordinates": {"latitude": "10.7", "longitude": "106.7"}}}, "10.7, 106.7"),
            ("business_card", {"payload": {"description": "An, 0901"}}, "An, 0901"),
        ],
    )
    def test_other_kinds_in_words(self, kind: str, part: dict[str, Any], said: str) -> None:
        message = {"msg_id": "1", "attachments": [{"type": kind, **part}]}
        found = one("zalo", event(f"user_send_{kind}", message=message))
        assert (found.text, found.attachments) == (said, ())

    @pytest.mark.parametrize("name", ["oa_send_text", "oa_send_image", "oa_send_anonymous_text"])
    def test_what_the_oa_sent_is_ours_to_the_one_who_got_it(self, name: str) -> None:
        found = one("zalo", event(name, ours=True, message={"msg_id": "1", "text": "Dạ"}))
        assert (found.direction, found.address) == ("out", LAN)

    def test_a_click_says_what_it_sent_or_that_there_was_one(self) -> None:
        assert one("zalo", event("user_click_button", message={"mid": "m", "text": "Tư vấn"})).text == "Tư vấn"
        found = one("zalo", event("user_click_chatnow"))
        assert (found.kind, found.automatic, found.subject) == (InteractionKind.NOTE, True, "user click chatnow")

    def test_a_form_is_words_and_claims_no_number(self) -> None:
        """Whoever types another's number must not become that other customer."""
        info = {
            "name": "Lan",
            "phone": 84901234567,
            "address": "1 Lê Lợi",
            "city": "HCM",
            "district": "Q1",
            "ward": "1",
        }
        found = one("zalo", event("user_submit_info", info=info))
        assert (found.name, found.text) == ("Lan", "Lan\n84901234567\n1 Lê Lợi\n1\nQ1\nHCM")
        assert (found.address, found.aliases) == (LAN, ())
        assert found.external_id == f"user_submit_info:{USER}:{MILLIS}"


class TestFacts:
    @pytest.mark.parametrize(
        ("icon", "fact", "said"), [("/-heart", "reacted", "/-heart"), ("/-remove", "unreacted", None)]
    )
    def test_reactions(self, icon: str, fact: str, said: str | None) -> None:
        found = one("zalo", event("user_reacted_message", message={"msg_id": "1", "react_icon": icon}))
        assert (found.fact.value, found.about, found.text, found.address) == (fact, "1", said, LAN)
        ours = one("zalo", event("oa_reacted_message", ours=True, message={"msg_id": "1", "react_icon": icon}))
        assert ours.address == LAN
        assert ours.external_id != found.external_id

    def test_received_and_seen(self) -> None:
        received = one("zalo", event("user_received_message", message={"msg_id": "1"}))
        seen = parse("zalo", event("user_seen_message", message={"msg_ids": ["1", "2", None]}))
        assert (received.external_id, received.about, received.at) == ("1:delivered", "1", NOW)
        assert [(f.external_id, f.about) for f in seen] == [("1:read", "1"), ("2:read", "2")]  # type: ignore[union-attr]
        template = {"msg_id": "z", "delivery_time": str(MILLIS + 1000), "tracking_id": "t"}
        assert one("zalo", event("user_received_message", ours=True, message=template)).address is None

    @pytest.mark.parametrize(("name", "reason"), [("follow", "opted_in"), ("unfollow", "opted_out")])
    def test_followers(self, name: str, reason: str) -> None:
        body = {"event_name": name, "oa_id": OA, "app_id": APP, "follower": {"id": USER}, "timestamp": str(MILLIS)}
        found = one("zalo", body)
        assert (found.reason.value, found.address, found.at) == (reason, LAN, NOW)

    @pytest.mark.parametrize("name", ["user_join_group", "add_user_to_tag"])
    def test_the_rest_is_nothing(self, name: str) -> None:
        assert parse("zalo", event(name)) == []

    @pytest.mark.parametrize(
        "body",
        [{}, [], event("user_send_text"), event("user_submit_info", sender=None), {"event_name": "follow"}],
    )
    def test_what_cannot_be_read_says_so(self, body: object) -> None:
        with pytest.raises(Unreadable):
            parse("zalo", body)
