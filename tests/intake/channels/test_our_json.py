"""JSON of our own, by whichever door: signed, through a gateway, as CloudEvents."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import CallStep, Contact, Fact, Reach, Unread
from services.intake.channels.provider import Refused, Request, Unreadable
from services.intake.channels.providers import cloudevents, convoy, hook0, standard_webhooks
from services.intake.channels.providers.our_json import READERS
from services.intake.channels.registry import providers
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind, Reachability
from tests.intake import senders
from tests.intake.channels import wild

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LAN = {"name": "Lan", "email": "lan@example.com", "phone": "+84901234567", "id": 7}
MESSAGE = {"type": "message", "id": "m-1", "at": "2026-03-02T16:00:00+07:00", "from": LAN, "text": "Hàng đâu?"}


def read(body: object, name: str = "signed", headers: Mapping[str, str] | None = None) -> Sequence[Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return providers()[name].parse(Request(wild.URL, {"webhook-id": "msg_1"} if headers is None else headers, raw))


def one(**item: Any) -> Any:
    (found,) = read({**MESSAGE, **item})
    return found


class TestContacts:
    def test_a_message(self) -> None:
        """I1, X5"""
        file = {"name": "a.pdf", "type": "application/pdf", "size": 9, "url": "https://f.example/a.pdf"}
        contact = one(subject="Đơn", channel="chat", attachments=[file], replyTo="m-0")
        assert (contact.external_id, contact.occurred_at, contact.kind) == ("m-1", NOW, InteractionKind.MESSAGE)
        assert (contact.direction, contact.channel_kind, contact.name) == ("in", ChannelKind.CHAT, "Lan")
        assert (contact.subject, contact.text, contact.references) == ("Đơn", "Hàng đâu?", ("m-0",))
        (found,) = contact.attachments
        assert (found.name, found.content_type, found.size, found.url) == tuple(file.values())

    @pytest.mark.parametrize(
        ("channel", "first"),
        [
            *(("email", HandleKind.EMAIL), ("web", HandleKind.EMAIL), ("sms", HandleKind.PHONE)),
            *(("phone", HandleKind.PHONE), ("chat", HandleKind.CHAT), ("zalo", HandleKind.CHAT)),
        ],
    )
    def test_the_address_of_the_channel_comes_first(self, channel: str, first: HandleKind) -> None:
        contact = one(channel=channel)
        assert contact.address.kind is first
        assert len({a.kind for a in (contact.address, *contact.aliases)}) == 3

    @pytest.mark.parametrize(
        ("person", "kind"),
        [("lan@example.com", HandleKind.EMAIL), ("+84 901", HandleKind.PHONE), ("u7", HandleKind.CHAT)],
    )
    def test_a_person_may_be_one_word(self, person: str, kind: HandleKind) -> None:
        assert one(**{"from": person}).address.kind is kind

    @pytest.mark.parametrize("at", ["2026-03-02T09:00:00Z", NOW.timestamp(), int(NOW.timestamp() * 1000)])
    @pytest.mark.parametrize("name", ["at", "time", "timestamp", "created_at", "occurred_at"])
    def test_times_as_they_are_written_elsewhere(self, name: str, at: object) -> None:
        item = {key: value for key, value in MESSAGE.items() if key != "at"}
        assert read({**item, name: at})[0].occurred_at == NOW

    def test_what_we_wrote_is_to_the_customer(self) -> None:
        contact = one(
            direction="out", to={"email": "an@example.com"}, agent="Minh", **{"from": "help@kept.example.com"}
        )
        assert (contact.direction, contact.address.value, contact.agent) == ("out", "an@example.com", "Minh")

    def test_a_review_has_its_stars_and_may_hide_who_wrote_it(self) -> None:
        review = one(type="review", rating=4, title="Good", **{"from": None})
        assert (review.kind, review.channel_kind) == (InteractionKind.REVIEW, ChannelKind.REVIEW)
        assert (review.subject, review.address) == ("4/5 Good", None)

    def test_html_is_read_as_text(self) -> None:
        assert one(text=None, html="<p>Hàng<br>đâu?</p>").text == "Hàng\nđâu?"

    def test_words_of_somebody_need_no_type(self) -> None:
        assert isinstance(one(type=None), Contact)

    @pytest.mark.parametrize("type_", ["message.created", "message_received", "Message"])
    def test_other_names_for_a_message(self, type_: str) -> None:
        assert one(type=type_).kind is InteractionKind.MESSAGE

    @pytest.mark.parametrize("type_", ["contact.created", "invoice.paid", "", 7, ["message"]])
    def test_what_is_no_contact_is_set_aside(self, type_: object) -> None:
        (item,) = read({**MESSAGE, "type": type_})
        assert isinstance(item, Unread)

    @pytest.mark.parametrize("lacks", [{"from": None}, {"text": None}, {"from": {"name": "Lan"}}])
    def test_a_message_of_nobody_or_without_words_is_set_aside(self, lacks: dict[str, Any]) -> None:
        assert isinstance(one(**lacks), Unread)

    def test_out_of_an_envelope(self) -> None:
        data = {key: value for key, value in MESSAGE.items() if key not in ("type", "at")}
        (contact,) = read({"type": "message.created", "timestamp": "2026-03-02T09:00:00Z", "data": data})
        assert (contact.external_id, contact.occurred_at, contact.text) == ("m-1", NOW, "Hàng đâu?")


class TestSeveral:
    def test_each_is_its_own_and_a_bad_one_holds_up_nobody(self) -> None:
        """X5"""
        found = read({"items": [MESSAGE, {"type": "message", "text": "of nobody"}, 7, {**MESSAGE, "id": "m-2"}]})
        assert [type(item) for item in found] == [Contact, Unread, Unread, Contact]

    def test_without_ids_the_delivery_and_the_place_tell_them_apart(self) -> None:
        bare = {key: value for key, value in MESSAGE.items() if key != "id"}
        assert [c.external_id for c in read({"items": [bare, bare]})] == ["msg_1:0", "msg_1:1"]
        assert [c.external_id for c in read(bare)] == ["msg_1"]
        assert [c.external_id for c in read(bare, headers={"svix-id": "msg_2"})] == ["msg_2"]

    def test_every_one_is_read_and_a_fault_of_many_is_said_once(self) -> None:
        found = read({"items": [{**MESSAGE, "id": str(n)} for n in range(3000)] + [7] * 3000})
        assert [type(item) for item in found] == [Contact] * 3000 + [Unread]


class TestFacts:
    about: ClassVar[dict[str, Any]] = {"id": "f-1", "about": "m-1", "at": "2026-03-02T09:00:00Z"}

    @pytest.mark.parametrize(
        ("item", "fact", "text"),
        [
            ({"type": "edited", "text": "Xin chào"}, InteractionFact.EDITED, "Xin chào"),
            ({"type": "message.edited", "text": "Xin chào"}, InteractionFact.EDITED, "Xin chào"),
            ({"type": "deleted"}, InteractionFact.DELETED, None),
            ({"type": "reaction", "emoji": "👍"}, InteractionFact.REACTED, "👍"),
            ({"type": "reaction", "text": "👍", "removed": True}, InteractionFact.UNREACTED, "👍"),
            ({"type": "status", "status": "read"}, InteractionFact.READ, None),
            (
                {"type": "status", "status": "failed", "reason": "no such number"},
                InteractionFact.FAILED,
                "no such number",
            ),
        ],
    )
    def test_what_became_of_a_contact(self, item: dict[str, Any], fact: InteractionFact, text: str | None) -> None:
        """X2"""
        (found,) = read({**self.about, **item})
        assert isinstance(found, Fact)
        assert (found.external_id, found.about, found.fact, found.text, found.at) == ("f-1", "m-1", fact, text, NOW)

    @pytest.mark.parametrize("item", [{"type": "deleted"}, {"type": "status", "about": "m-1", "status": "lost"}])
    def test_what_says_too_little(self, item: dict[str, Any]) -> None:
        assert [type(found) for found in read(item)] == [Unread]

    @pytest.mark.parametrize("reason", list(Reachability))
    def test_who_can_be_reached(self, reason: Reachability) -> None:
        (found,) = read(
            {"type": "reachability", "id": "r-1", "from": {"phone": "+84901234567"}, "reason": reason.value}
        )
        assert isinstance(found, Reach)
        assert (found.address.value, found.reason) == ("+84901234567", reason)

    def test_the_steps_of_a_call(self) -> None:
        """I3"""
        call = {"type": "call", "callId": "c-1", "from": {"phone": "+84901234567"}, "to": "+842812345678"}
        first, last = read(
            {
                "items": [
                    {**call, "id": "1", "event": "newCall", "time": NOW.timestamp(), "direction": "in"},
                    {
                        **call,
                        "id": "2",
                        "event": "hangup",
                        "at": "2026-03-02T09:01:00Z",
                        "answeredBy": "lan",
                        "seconds": 50,
                    },
                ]
            }
        )
        assert isinstance(first, CallStep)
        assert (first.call_id, first.at, first.caller, first.called) == ("c-1", NOW, "+84901234567", "+842812345678")
        assert (last.event, last.answered, last.seconds) == ("hangup", True, 50)
        assert isinstance(read({**call, "event": "newCall"})[0], Unread), "a step without a time"


class TestGateways:
    body = json.dumps(MESSAGE).encode()
    secret = "a gateway's secret"

    @pytest.mark.parametrize("digest", ["sha256", "sha512"])
    @pytest.mark.parametrize("encoding", ["hex", "base64"])
    @pytest.mark.parametrize("advanced", [False, True])
    def test_convoy_in_every_form(self, digest: str, encoding: str, advanced: bool) -> None:
        stamp = str(int(NOW.timestamp()))
        signed = f"{stamp},".encode() + self.body if advanced else self.body
        raw = hmac.digest(self.secret.encode(), signed, digest)
        code = raw.hex() if encoding == "hex" else b64encode(raw).decode()
        headers = {"x-convoy-signature": f"t={stamp},v1={code}" if advanced else code}
        convoy.PROVIDER.verify(Request(wild.URL, headers, self.body), ["new", self.secret], NOW)
        for request in (Request(wild.URL, headers, self.body + b" "), Request(wild.URL, {}, self.body)):
            with pytest.raises(Refused):
                convoy.PROVIDER.verify(request, [self.secret], NOW)

    def test_hook0(self) -> None:
        stamp = str(int(NOW.timestamp()))
        signed = f"{stamp}.x-event-id.evt-1.".encode() + self.body
        code = hmac.digest(self.secret.encode(), signed, "sha256").hex()
        headers = {"x-event-id": "evt-1", "x-hook0-signature": f"t={stamp},h=x-event-id,v1={code}"}
        hook0.PROVIDER.verify(Request(wild.URL, headers, self.body), [self.secret], NOW)
        with pytest.raises(Refused):
            hook0.PROVIDER.verify(Request(wild.URL, headers | {"x-event-id": "evt-2"}, self.body), [self.secret], NOW)

    def test_they_bring_the_same_items(self) -> None:
        assert list(read(MESSAGE, "convoy", {})) == list(read(MESSAGE, "hook0", {})) == list(read(MESSAGE))
        bare = {key: value for key, value in MESSAGE.items() if key != "id"}
        assert read(bare, "hook0", {"x-event-id": "evt-1"})[0].external_id == "evt-1"
        assert isinstance(read(bare, "convoy", {})[0], Unread), "Convoy's own ids are not the sender's"

    def test_signed(self) -> None:
        webhook = senders.standard(self.body, now=NOW, secret=senders.PHONE_SECRET)
        headers = {name.lower(): value for name, value in webhook.headers.items()}
        standard_webhooks.PROVIDER.verify(Request(wild.URL, headers, self.body), [senders.PHONE_SECRET], NOW)
        assert standard_webhooks.PROVIDER.secret_fault("no secret")


class TestCloudEvents:
    event: ClassVar[dict[str, Any]] = {
        "specversion": "1.0",
        "type": "com.example.message",
        "source": "/shop",
        "id": "A1",
        "time": "2026-03-02T09:00:00Z",
    }
    bare: ClassVar[dict[str, Any]] = {key: value for key, value in MESSAGE.items() if key not in ("id", "at")}
    json_type: ClassVar[dict[str, str]] = {"content-type": "application/cloudevents+json; charset=utf-8"}

    @pytest.mark.parametrize(
        "data",
        [
            {"data": bare},
            {"data": bare, "datacontenttype": "application/json"},
            {"data_base64": b64encode(json.dumps(bare).encode()).decode()},
        ],
    )
    def test_structured(self, data: dict[str, Any]) -> None:
        (contact,) = read({**self.event, **data}, "cloudevents", self.json_type)
        assert (contact.external_id, contact.occurred_at, contact.text) == ("/shop#A1", NOW, "Hàng đâu?")

    def test_binary(self) -> None:
        headers = {f"ce-{name}": value for name, value in self.event.items()} | {"content-type": "application/json"}
        headers["ce-source"] = "/c%E1%BB%ADa"
        (contact,) = read(self.bare, "cloudevents", headers)
        assert (contact.external_id, contact.occurred_at) == ("/cửa#A1", NOW)
        assert all(cloudevents.PROVIDER.keeps(name) for name in headers)
        assert not cloudevents.PROVIDER.keeps("authorization")

    def test_a_batch(self) -> None:
        batch = [
            {**self.event, "data": self.bare},
            {"id": "no event"},
            7,
            {**self.event, "id": "A2", "data": self.bare},
        ]
        found = read(batch, "cloudevents", {"content-type": "application/cloudevents-batch+json"})
        assert [type(item) for item in found] == [Contact, Unread, Unread, Contact]

    def test_an_items_own_id_is_what_others_are_about(self) -> None:
        (contact,) = read({**self.event, "data": MESSAGE}, "cloudevents", self.json_type)
        (fact,) = read(
            {**self.event, "id": "A2", "data": {"type": "deleted", "about": "m-1"}}, "cloudevents", self.json_type
        )
        assert fact.about == contact.external_id
        assert fact.external_id == "/shop#A2"

    @pytest.mark.parametrize("lacking", ["specversion", "id", "source", "type"])
    def test_what_is_no_cloudevent(self, lacking: str) -> None:
        event = {name: value for name, value in self.event.items() if name != lacking}
        with pytest.raises(Unreadable):
            read({**event, "data": self.bare}, "cloudevents", self.json_type)

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            *((b"{}", "application/cloudevents+avro"), (b"{}", "application/cloudevents-batch+json"), (b"[]", "")),
            (
                json.dumps({**event, "datacontenttype": "application/json", "data_base64": "!"}).encode(),
                "application/cloudevents+json",
            ),
        ],
    )
    def test_what_cannot_be_read_says_so(self, body: bytes, kind: str) -> None:
        with pytest.raises(Unreadable):
            read(body, "cloudevents", {"content-type": kind})

    def test_the_token_in_the_header_or_in_the_query(self) -> None:
        verify = cloudevents.PROVIDER.verify
        verify(Request(wild.URL, {"authorization": "Bearer secret"}, b""), ["new", "secret"], NOW)
        verify(Request(wild.URL + "?a=b&access_token=secret", {}, b""), ["secret"], NOW)
        for headers, query in [
            *(({}, ""), ({}, "?access_token=other"), ({"authorization": "Basic secret"}, "")),
            ({"authorization": "Bearer other"}, "?access_token=secret"),
        ]:
            with pytest.raises(Refused):
                verify(Request(wild.URL + query, headers, b""), ["secret"], NOW)

    def test_a_sender_asks_whether_it_may_deliver(self) -> None:
        headers = {"webhook-request-origin": "eventemitter.example.com", "webhook-request-rate": "120"}
        reply = cloudevents.PROVIDER.greet(Request(wild.URL, headers, b"", "OPTIONS"), [], "")
        assert reply is not None
        assert dict(reply.headers)["WebHook-Allowed-Origin"] == "eventemitter.example.com"
        assert dict(reply.headers)["WebHook-Allowed-Rate"] == "*"

    @pytest.mark.parametrize("origin", ["", "a b", "a\r\nSet-Cookie: x", "é.example", "a" * 300])
    def test_an_origin_that_is_none_is_no_handshake(self, origin: str) -> None:
        request = Request(wild.URL, {"webhook-request-origin": origin}, b"", "OPTIONS")
        assert cloudevents.PROVIDER.greet(request, [], "") is None


KEYS = (
    *(
        "type",
        "id",
        "at",
        "time",
        "timestamp",
        "from",
        "to",
        "customer",
        "direction",
        "channel",
        "subject",
        "text",
        "html",
    ),
    *("attachments", "name", "size", "url", "email", "phone", "about", "replyTo", "items", "data", "status", "reason"),
    *("rating", "bestRating", "event", "callId", "seconds", "rings", "answeredBy", "cause", "specversion", "source"),
    *("data_base64", "datacontenttype", "removed", "emoji"),
)
VALUES = [*READERS, "out", "chat", "newCall", "hangup", "read", "opted_out", "1.0", "application/json"]


@pytest.mark.parametrize("name", ["signed", "convoy", "hook0", "cloudevents"])
@given(body=wild.objects(KEYS, VALUES), type_=st.sampled_from([*READERS, None]), around=wild.objects(KEYS, VALUES))
def test_whatever_they_send(name: str, body: dict[str, Any], type_: str | None, around: dict[str, Any]) -> None:
    item = {**body, "type": type_}
    for whole in (item, {"items": [item, around]}, {**around, "data": item}, {**TestCloudEvents.event, "data": item}):
        raw = json.dumps(whole).encode()
        wild.parsed(name, raw, {"webhook-id": "1", "x-event-id": "1"})
        encoded = json.dumps({**TestCloudEvents.event, **around, "data_base64": b64encode(raw).decode()})
        wild.parsed(name, encoded.encode(), {"content-type": "application/cloudevents+json"})
        wild.parsed(
            name, raw, {"content-type": "application/json", **{f"ce-{k}": v for k, v in TestCloudEvents.event.items()}}
        )


@given(
    body=st.binary(max_size=100), kind=st.sampled_from(["", "application/json", "application/cloudevents-batch+json"])
)
@pytest.mark.parametrize("name", ["signed", "convoy", "hook0", "cloudevents", "zendesk", "intercom", "chatwoot"])
def test_whatever_the_body_is(name: str, body: bytes, kind: str) -> None:
    wild.parsed(name, body, {"content-type": kind, "ce-specversion": "1.0"})
    wild.parsed(name, b"[" * 100_000, {"content-type": kind})
