"""Slack's Events API, in its own shapes."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest

from services.intake.channels.items import Address, Attachment
from services.intake.channels.provider import NoDownload, Refused, Request, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import HandleKind, InteractionFact
from tests.intake.channels.chats import NOW, STAMP, one, parse, request

SLACK = providers()["slack"]
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TS = f"{STAMP}.009600"
LAN = Address(HandleKind.CHAT, "U1", "T1")


def event(kind: str = "message", **parts: Any) -> dict[str, Any]:
    inner = {"type": kind, "channel": "D1", "channel_type": "im", "user": "U1", "ts": TS, "event_ts": TS, **parts}
    return {"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": "Ev1", "event": inner}


def signed(body: object, *, at: int = STAMP, secret: str = SECRET) -> Request:
    raw = json.dumps(body).encode()
    code = "v0=" + hmac.new(secret.encode(), f"v0:{at}:".encode() + raw, sha256).hexdigest()
    return request(raw, x_slack_request_timestamp=str(at), x_slack_signature=code)


class TestProof:
    def test_the_signature_and_its_window(self) -> None:
        SLACK.verify(signed(event()), ["new", SECRET], NOW)
        for wrong in (signed(event(), at=STAMP - 301), signed(event(), secret="other"), request(event())):
            with pytest.raises(Refused):
                SLACK.verify(wrong, [SECRET], NOW)

    def test_the_handshake_is_answered_and_not_stored(self) -> None:
        asked = {"type": "url_verification", "token": "t", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7"}
        reply = SLACK.greet(signed(asked), [SECRET], "")
        assert reply
        assert (reply.body.decode(), reply.content_type) == (asked["challenge"], "text/plain")
        assert parse("slack", asked) == []

    @pytest.mark.parametrize("challenge", ["", "<script>", "x" * 201, None, 5])
    def test_nothing_else_is_said_back(self, challenge: object) -> None:
        assert SLACK.greet(request({"type": "url_verification", "challenge": challenge}), [SECRET], "") is None

    def test_a_message_that_names_it_is_a_message(self) -> None:
        assert SLACK.greet(request(event(text="url_verification", challenge="abc")), [SECRET], "") is None
        assert SLACK.greet(request(b"url_verification"), [SECRET], "") is None

    def test_a_channel_that_is_off_says_do_not_come_again(self) -> None:
        assert SLACK.rules.stop_headers == {"X-Slack-No-Retry": "1"}
        assert SLACK.rules.refused_headers == {}, "a wrong signature may heal with a setting"


class TestMessages:
    @pytest.mark.parametrize("kind", ["im", "mpim", "channel", "group"])
    def test_a_message(self, kind: str) -> None:
        """I13: verbatim. I2: id, direction and time of every contact."""
        found = one("slack", event(channel_type=kind, text="Tôi cần *giúp* &lt;gấp&gt; &amp;lt; "))
        assert (found.external_id, found.text) == (f"D1:{TS}", "Tôi cần *giúp* <gấp> &lt; ")
        assert (found.address, found.direction, found.automatic) == (LAN, "in", False)
        assert found.occurred_at == NOW.replace(microsecond=9600)

    def test_a_mention_and_its_message_are_one_contact(self) -> None:
        common = {"text": "<@UBOT> hi", "team": "T1", "client_msg_id": "x"}
        assert one("slack", event("app_mention", **common)) == one("slack", event(**common))

    def test_an_answer_refers_to_its_thread(self) -> None:
        assert one("slack", event(text="x", thread_ts="1.000100")).references == ("D1:1.000100",)
        assert one("slack", event(text="x", thread_ts=TS)).references == (), "the first of a thread answers nothing"

    def test_in_a_shared_channel_people_are_of_their_own_team(self) -> None:
        assert one("slack", event(text="x", team="T1", user_team="T9")).address == Address(HandleKind.CHAT, "U1", "T9")

    @pytest.mark.parametrize("parts", [{"bot_id": "B1"}, {"subtype": "bot_message", "bot_id": "B1", "user": None}])
    def test_bots_are_automatic(self, parts: dict[str, Any]) -> None:
        assert one("slack", event(text="x", **parts)).automatic

    @pytest.mark.parametrize("parts", [{"app_id": "A1"}, {"bot_profile": {"app_id": "A1"}}])
    def test_what_our_own_app_wrote_is_no_contact(self, parts: dict[str, Any]) -> None:
        assert parse("slack", event(text="x", bot_id="B1", **parts)) == []

    def test_a_bot_may_say_it_all_in_an_attachment(self) -> None:
        assert one("slack", event(text="", bot_id="B", attachments=[{"fallback": "Down"}])).text == "Down"

    @pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "message_replied"])
    def test_what_happened_to_the_channel_is_nothing(self, subtype: object) -> None:
        assert parse("slack", event(subtype=subtype, text="x")) == []

    @pytest.mark.parametrize("kind", ["tokens_revoked", "app_uninstalled", "member_joined_channel"])
    def test_the_rest_is_nothing(self, kind: Any) -> None:
        assert parse("slack", event(kind)) == []

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"type": "block_actions"},
            [],
            event("to_come"),
            event(subtype=["x"]),
            event(ts=None),
            event(channel=None),
        ],
    )
    def test_what_cannot_be_read_says_so(self, body: object) -> None:
        with pytest.raises(Unreadable):
            parse("slack", body)


class TestFacts:
    def change(self, now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        common = {"type": "message", "user": "U1", "ts": TS, "team": "T1"}
        return event(
            subtype="message_changed", user=None, message={**common, **now}, previous_message={**common, **before}
        )

    def test_an_edit(self) -> None:
        edited = {"user": "U1", "ts": f"{STAMP + 60}.000000"}
        found = one("slack", self.change({"text": "mới", "edited": edited}, {"text": "cũ"}))
        assert (found.fact, found.about, found.text) == (InteractionFact.EDITED, f"D1:{TS}", "mới")
        assert (found.external_id, found.address) == (f"D1:{TS}:edited:{STAMP + 60}.000000", LAN)

    def test_what_slack_changes_itself_is_no_edit(self) -> None:
        edited = {"edited": {"user": "U1", "ts": "1.0"}}
        assert parse("slack", self.change({"text": "x", "attachments": [{}]}, {"text": "x"})) == []
        assert parse("slack", self.change({"text": "x", **edited, "attachments": [{}]}, {"text": "x", **edited})) == []

    def test_a_deletion(self) -> None:
        gone = event(subtype="message_deleted", deleted_ts=TS, previous_message={"user": "U1"}, user=None)
        tombstone = self.change({"subtype": "tombstone"}, {"text": "x"})
        for body in (gone, tombstone):
            found = one("slack", body)
            assert (found.fact, found.about) == (InteractionFact.DELETED, f"D1:{TS}")
            assert (found.external_id, found.address) == (f"D1:{TS}:deleted", LAN)

    @pytest.mark.parametrize(("kind", "fact"), [("reaction_added", "reacted"), ("reaction_removed", "unreacted")])
    def test_reactions(self, kind: str, fact: str) -> None:
        item = {"type": "message", "channel": "C1", "ts": "1599529504.000400"}
        found = one("slack", event(kind, item=item, reaction="thumbsup"))
        assert (found.fact.value, found.about, found.text) == (fact, "C1:1599529504.000400", "thumbsup")
        assert found.address == LAN
        assert one("slack", event(kind, item={"type": "file", "file": "F1"})).about == "F1"


class TestFiles:
    def test_with_the_token_at_slack_alone(self) -> None:
        file = {
            "id": "F1",
            "name": "a.png",
            "mimetype": "image/png",
            "size": 42706,
            "url_private": "https://files.slack.com/a",
        }
        (found,) = one("slack", event(subtype="file_share", files=[file, "x"])).attachments
        assert found == Attachment("a.png", "image/png", 42706, url="https://files.slack.com/a", ref="F1")
        assert SLACK.locate(found, "xoxb-1").headers == {"Authorization": "Bearer xoxb-1"}
        for url in ("https://drive.google.com/a", "https://slack.com.evil.example/a", "http://files.slack.com/a"):
            with pytest.raises(NoDownload):
                SLACK.locate(Attachment(None, None, url=url, ref="F1"), "xoxb-1")
        with pytest.raises(NoDownload):
            SLACK.locate(found, None)

    def test_in_a_shared_channel_the_address_is_asked_for(self) -> None:
        file = {"id": "F1", "mode": "file_access", "file_access": "check_file_info"}
        (found,) = one("slack", event(subtype="file_share", files=[file])).attachments
        download = SLACK.locate(found, "xoxb-1")
        assert download.url == "https://slack.com/api/files.info?file=F1"
        assert download.then
        assert download.then(b'{"ok": true, "file": {"url_private": "https://files.slack.com/b"}}').headers
        with pytest.raises(NoDownload):
            download.then(b'{"ok": false, "error": "file_not_found"}')
