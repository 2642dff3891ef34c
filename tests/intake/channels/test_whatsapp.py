"""WhatsApp Cloud API, in Meta's own shapes; and the handshake that all of Meta shares."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from services.intake.arrivals.calls.calls import CallFacts, fold, is_settled, settle
from services.intake.channels import meta
from services.intake.channels.items import Address, Attachment, CallStep, Contact, Moved, Unread
from services.intake.channels.provider import NoDownload, Refused, Unreadable
from services.intake.channels.registry import providers
from shared.contracts.intake import HandleKind, InteractionFact, InteractionKind
from tests.intake.channels.chats import NOW, STAMP, URL, hub, one, parse, request

WHATSAPP = providers()["whatsapp"]
PHONE, BSUID = "84901234567", "VN.13491208655302741918"
PHONE_ADDRESS = Address(HandleKind.PHONE, f"+{PHONE}")
BSUID_ADDRESS = Address(HandleKind.CHAT, BSUID)


def value(field: str = "messages", **parts: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": "842812345678", "phone_number_id": "106540352242922"}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **parts}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}


def message(kind: str, content: object, **more: Any) -> dict[str, Any]:
    return {"from": PHONE, "id": "wamid.A", "timestamp": str(STAMP), "type": kind, kind: content, **more}


def contact(**more: Any) -> dict[str, Any]:
    return {"profile": {"name": "Nguyễn Thị Lan"}, "wa_id": PHONE, "user_id": BSUID, **more}


def read(kind: str, content: object, **more: Any) -> Any:
    return one("whatsapp", value(contacts=[contact()], messages=[message(kind, content, **more)]))


class TestHandshake:
    """Meta's GET, which proves nothing but that whoever entered the address knows our token."""

    def ask(
        self, token: str = "ours", challenge: str = "1158201444", mode: str = "subscribe", ours: str = "ours"
    ) -> Any:
        query = urlencode({"hub.mode": mode, "hub.challenge": challenge, "hub.verify_token": token})
        return meta.greet(request(b"", url=f"{URL}?{query}", method="GET"), ["app-secret"], ours)

    def test_the_challenge_is_said_back_as_plain_text(self) -> None:
        reply = self.ask()
        assert (reply.body, reply.content_type) == (b"1158201444", "text/plain")

    @pytest.mark.parametrize("token", ["", "other", "ourS", "ours ", "ôurs"])
    def test_another_token_is_refused(self, token: str) -> None:
        with pytest.raises(Refused):
            self.ask(token=token)

    def test_a_channel_without_a_token_greets_nobody(self) -> None:
        with pytest.raises(Refused):
            self.ask(token="", ours="")

    @pytest.mark.parametrize("challenge", ["", "9" * (meta.LONGEST_CHALLENGE + 1)])
    def test_a_challenge_has_a_sensible_length(self, challenge: str) -> None:
        with pytest.raises(Refused):
            self.ask(challenge=challenge)

    def test_anything_else_is_no_handshake(self) -> None:
        assert self.ask(mode="unsubscribe") is None
        assert meta.greet(request(value()), ["s"], "ours") is None

    @pytest.mark.parametrize("url", ["https://[::1/?hub.mode=subscribe", f"{URL}?{'a=1&' * 100}hub.mode=subscribe"])
    def test_an_address_that_cannot_be_read_is_refused(self, url: str) -> None:
        with pytest.raises(Refused):
            meta.greet(request(b"", url=url, method="GET"), ["s"], "ours")

    @pytest.mark.parametrize("name", ["whatsapp", "messenger"])
    def test_both_ask_for_it(self, name: str) -> None:
        provider = providers()[name]
        assert provider.wants_verify_token
        assert set(provider.methods) == {"POST", "GET"}
        assert provider.body_limit == 3 * 1024 * 1024


@pytest.mark.parametrize("name", ["whatsapp", "messenger"])
def test_the_signature_covers_the_raw_body(name: str) -> None:
    body = b'{ "object": "page",  "caf\\u00e9": 1}'
    good = request(body, x_hub_signature_256=hub("app-secret", body))
    providers()[name].verify(good, ["new", "app-secret"], NOW)
    for secrets, raw in ((["new"], body), (["app-secret"], json.dumps(json.loads(body)).encode())):
        with pytest.raises(Refused):
            providers()[name].verify(request(raw, x_hub_signature_256=hub("app-secret", body)), secrets, NOW)
    with pytest.raises(Refused):
        providers()[name].verify(request(body), ["app-secret"], NOW)


class TestMessages:
    def test_a_text_in_their_own_words_and_the_providers_time(self) -> None:
        """I13: verbatim. I2: id, direction and time of every contact."""
        found = read("text", {"body": "Đơn hàng của tôi đâu?\n "})
        assert (found.external_id, found.text, found.direction) == ("wamid.A", "Đơn hàng của tôi đâu?\n ", "in")
        assert (found.occurred_at, found.name) == (NOW, "Nguyễn Thị Lan")

    def test_the_number_is_the_address_and_the_user_id_an_alias(self) -> None:
        found = read("text", {"body": "x"})
        assert (found.address, found.aliases) == (PHONE_ADDRESS, (BSUID_ADDRESS,))

    def test_without_a_number_the_user_id_is_the_address(self) -> None:
        body = {**message("text", {"body": "x"}, from_user_id=BSUID)}
        del body["from"]
        nameless = {"profile": {"name": "Lan", "username": "lan"}, "user_id": BSUID}
        found = one("whatsapp", value(contacts=[nameless], messages=[body]))
        assert (found.address, found.aliases, found.name) == (BSUID_ADDRESS, (), "Lan")

    def test_where_only_the_contact_says_who_it_is(self) -> None:
        body = message("text", {"body": "x"})
        del body["from"]
        assert one("whatsapp", value(contacts=[contact()], messages=[body])).address == PHONE_ADDRESS
        assert one("whatsapp", value(messages=[body])).address is None

    def test_nobody_gets_the_id_of_another(self) -> None:
        other = contact(wa_id="84907654321", user_id="VN.2", profile={"name": "Minh"})
        messages = [
            message("text", {"body": "a"}),
            {**message("text", {"body": "b"}), "from": "84907654321", "id": "B"},
        ]
        first, second = parse("whatsapp", value(contacts=[other, contact()], messages=messages))
        assert (first.name, first.aliases) == ("Nguyễn Thị Lan", (BSUID_ADDRESS,))  # type: ignore[union-attr]
        assert (second.name, second.aliases) == ("Minh", (Address(HandleKind.CHAT, "VN.2"),))  # type: ignore[union-attr]
        mismatched = one("whatsapp", value(contacts=[other], messages=messages[:1]))
        assert (mismatched.address, mismatched.aliases) == (PHONE_ADDRESS, ()), (
            "a number apart: the name is all we take"
        )

    @pytest.mark.parametrize("kind", ["image", "video", "audio", "voice", "document", "sticker"])
    def test_media_are_named_and_not_fetched(self, kind: str) -> None:
        found = read(kind, {"id": "65463453", "mime_type": "x/y", "caption": "xem này", "filename": "a.pdf"})
        assert found.text == "xem này"
        assert found.attachments == (Attachment("a.pdf", "x/y", ref="65463453"),)

    @pytest.mark.parametrize(
        ("kind", "content", "said"),
        [
            ("location", {"latitude": 10.7769, "longitude": 106.7009}, "10.7769, 106.7009"),
            ("location", {"latitude": 1, "longitude": 2, "name": "Chợ", "address": "Q1"}, "Chợ\nQ1\n1, 2"),
            ("contacts", [{"name": {"formatted_name": "An"}, "phones": [{"phone": "+84 1"}]}], "An, +84 1"),
            ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Có"}}, "Có"),
            ("interactive", {"type": "list_reply", "list_reply": {"title": "A", "description": "B"}}, "A\nB"),
            ("interactive", {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "{}"}}, "Sent\n{}"),
            ("button", {"payload": "p", "text": "Gọi lại"}, "Gọi lại"),
            ("order", {"text": "nhanh", "product_items": [{"product_retailer_id": "A", "quantity": 2}]}, "nhanh\nA"),
            ("unsupported", {"type": "poll"}, None),
            ("kind_to_come", {"body": "?"}, None),
        ],
    )
    def test_every_kind_is_a_contact_in_words(self, kind: str, content: object, said: str | None) -> None:
        found = read(kind, content)
        assert (found.kind, found.text) == (InteractionKind.MESSAGE, said)

    def test_an_answer_refers_to_what_it_answers(self) -> None:
        assert read("text", {"body": "ok"}, context={"id": "wamid.B", "from": "1"}).references == ("wamid.B",)
        assert read("text", {"body": "ok"}, context={"forwarded": True}).references == ()

    def test_what_the_business_wrote_in_its_own_app_is_ours(self) -> None:
        echo = {**message("text", {"body": "Shop chào chị"}), "from": "842812345678", "to": PHONE, "to_user_id": BSUID}
        found = one("whatsapp", value("smb_message_echoes", message_echoes=[echo]))
        assert (found.direction, found.address, found.aliases) == ("out", PHONE_ADDRESS, (BSUID_ADDRESS,))

    @pytest.mark.parametrize("kind", ["request_welcome"])
    def test_opening_the_chat_is_owed_no_answer(self, kind: str) -> None:
        found = one("whatsapp", value(messages=[message(kind, {})]))
        assert (found.kind, found.automatic, found.address) == (InteractionKind.NOTE, True, PHONE_ADDRESS)

    @pytest.mark.parametrize(
        "parts",
        [{"errors": [{"code": 131000}]}, {"event": "X"}],
    )
    def test_other_changes_are_nothing(self, parts: dict[str, Any]) -> None:
        assert parse("whatsapp", value("account_update", **parts)) == []

    @pytest.mark.parametrize("parts", [{"history": [{"threads": []}]}, {"messages": [message("image", {"id": "m"})]}])
    def test_what_was_said_before_is_not_taken_for_new(self, parts: dict[str, Any]) -> None:
        """Else each message of half a year would be owed an answer."""
        assert isinstance(one("whatsapp", value("history", **parts)), Unread)

    @pytest.mark.parametrize(("said", "fact"), [("stop", "marketing_stopped"), ("resume", "marketing_resumed")])
    def test_whether_somebody_wants_advertising(self, said: str, fact: str) -> None:
        wants = {"wa_id": PHONE, "category": "marketing_messages", "value": said, "timestamp": STAMP, "detail": "x"}
        found = one("whatsapp", value("user_preferences", user_preferences=[wants]))
        assert (found.fact.value, found.about, found.address, found.at) == (fact, None, PHONE_ADDRESS, NOW)

    def test_one_that_cannot_be_read_holds_up_no_other(self) -> None:
        """A batch is split, and what is wrong with one of it is said without the customer's words."""
        items = parse("whatsapp", value(messages=[{"type": "text"}, "secret words", message("text", {"body": "x"})]))
        assert [type(item).__name__ for item in items] == ["Unread", "Unread", "Contact"]
        assert all("secret" not in item.reason for item in items if isinstance(item, Unread))

    def test_a_batch_over_the_documented_size_is_read_to_its_end(self) -> None:
        many = [{**message("text", {"body": "x"}), "id": str(n)} for n in range(1001)]
        items = parse("whatsapp", value(messages=many))
        assert [item.external_id for item in items if isinstance(item, Contact)] == [str(n) for n in range(1001)]

    @pytest.mark.parametrize("body", [{}, {"object": "page", "entry": []}, [], 1])
    def test_another_object_is_unreadable(self, body: object) -> None:
        with pytest.raises(Unreadable):
            parse("whatsapp", body)


class TestFacts:
    @pytest.mark.parametrize(
        ("kind", "content", "fact", "said"),
        [
            ("reaction", {"message_id": "wamid.B", "emoji": "❤"}, InteractionFact.REACTED, "❤"),
            ("reaction", {"message_id": "wamid.B", "emoji": ""}, InteractionFact.UNREACTED, None),
            ("reaction", {"message_id": "wamid.B"}, InteractionFact.UNREACTED, None),
            ("revoke", {"original_message_id": "wamid.B"}, InteractionFact.DELETED, None),
        ],
    )
    def test_what_became_of_a_message(
        self, kind: str, content: object, fact: InteractionFact, said: str | None
    ) -> None:
        found = read(kind, content)
        assert (found.fact, found.about, found.text) == (fact, "wamid.B", said)
        assert (found.external_id, found.at, found.address) == ("wamid.A", NOW, PHONE_ADDRESS)

    def test_an_edit_brings_the_new_words_and_files(self) -> None:
        """X2: no silent edit. The first words stay, and the new ones stand beside them with their time."""
        new = {"type": "image", "image": {"id": "9", "mime_type": "image/png", "caption": "mới"}}
        found = read("edit", {"original_message_id": "wamid.B", "message": new})
        assert (found.fact, found.about, found.text) == (InteractionFact.EDITED, "wamid.B", "mới")
        assert found.attachments == (Attachment(None, "image/png", ref="9"),)

    def test_a_fact_about_nothing_is_unread(self) -> None:
        assert isinstance(read("revoke", {}), Unread)

    @pytest.mark.parametrize("status", ["sent", "delivered", "read", "played", "failed"])
    def test_statuses_are_facts_about_ours(self, status: str) -> None:
        body = {"id": "wamid.O", "status": status, "timestamp": str(STAMP), "recipient_id": PHONE}
        found = one("whatsapp", value(statuses=[body]))
        fact = "read" if status == "played" else status
        assert (found.external_id, found.about, found.fact.value) == (f"wamid.O:{status}", "wamid.O", fact)
        assert (found.at, found.address) == (NOW, PHONE_ADDRESS)

    def test_why_it_failed(self) -> None:
        body = {"id": "O", "status": "failed", "errors": [{"code": 131026, "title": "Message undeliverable"}]}
        assert one("whatsapp", value(statuses=[body])).text == "Message undeliverable"

    def test_every_participant_of_a_group_reads_for_themselves(self) -> None:
        common = {"id": "O", "status": "read", "recipient_type": "group", "recipient_id": "G"}
        statuses = [{**common, "recipient_participant_id": who} for who in ("84901", "84902")]
        first, second = parse("whatsapp", value(statuses=statuses))
        assert first.external_id != second.external_id  # type: ignore[union-attr]
        assert first.address is None  # type: ignore[union-attr]

    def test_a_recipient_without_a_number(self) -> None:
        body = {"id": "O", "status": "sent", "recipient_user_id": BSUID}
        assert one("whatsapp", value(statuses=[body])).address == BSUID_ADDRESS

    @pytest.mark.parametrize("status", ["to_come", None, 7, ["sent"]])
    def test_statuses_we_do_not_know_are_unread(self, status: object) -> None:
        assert isinstance(one("whatsapp", value(statuses=[{"id": "O", "status": status}])), Unread)

    def test_a_payment_is_no_status_of_its_message(self) -> None:
        paid = {"id": "O", "status": "failed", "type": "payment", "payment": {"reference_id": "order-1"}}
        found = one("whatsapp", value(statuses=[{**paid, "timestamp": str(STAMP), "recipient_id": PHONE}]))
        assert (found.subject, found.references, found.address) == ("payment: failed: order-1", ("O",), PHONE_ADDRESS)


class TestMoves:
    @pytest.mark.parametrize("key", ["wa_id", "new_wa_id"])
    def test_a_new_number(self, key: str) -> None:
        system = {"type": "user_changed_number", "body": "User Lan changed", key: "84907654321"}
        moved = one("whatsapp", value(messages=[message("system", system)]))
        new = Address(HandleKind.PHONE, "+84907654321")
        assert moved == Moved("wamid.A:phone", PHONE_ADDRESS, new, NOW)

    def test_a_new_user_id_beside_it(self) -> None:
        system = {"wa_id": "84907654321", "previous_user_id": BSUID, "user_id": "VN.2"}
        number, user_id = parse("whatsapp", value(messages=[message("system", system)]))
        assert isinstance(number, Moved)
        assert user_id == Moved("wamid.A:chat", BSUID_ADDRESS, Address(HandleKind.CHAT, "VN.2"), NOW)

    @pytest.mark.parametrize("system", [{"type": "user_identity_changed"}, {"wa_id": PHONE}])
    def test_without_a_new_number_nothing_moved(self, system: dict[str, Any]) -> None:
        assert parse("whatsapp", value(messages=[message("system", system)])) == []


class TestCalls:
    def call(self, event: str, **more: Any) -> dict[str, Any]:
        body = {"id": "wacid.A", "event": event, "timestamp": str(STAMP), "direction": "USER_INITIATED"}
        return value("calls", calls=[{**body, "from": PHONE, "to": "842812345678", **more}])

    def settled(self, *bodies: object) -> Any:
        facts = CallFacts()
        for body in bodies:
            for step in parse("whatsapp", body):
                facts = fold(facts, step)  # type: ignore[arg-type]
        assert is_settled(facts)
        return settle("wacid.A", facts)

    def test_an_answered_call_in_either_order(self) -> None:
        """I3: a call is one contact, whatever the order of its steps."""
        times = {"start_time": str(STAMP + 5), "end_time": STAMP + 65, "duration": 60, "status": "COMPLETED"}
        steps = [self.call("connect"), self.call("terminate", timestamp=STAMP + 66, **times)]
        found = self.settled(*steps)
        assert found == self.settled(*reversed(steps))
        assert (found.kind, found.duration_seconds, found.direction) == (InteractionKind.CALL, 60, "in")
        assert (found.address, found.occurred_at) == (PHONE_ADDRESS, NOW)

    @pytest.mark.parametrize("status", ["FAILED", "COMPLETED"])
    def test_a_missed_call(self, status: str) -> None:
        """I3: a missed call is told as one."""
        found = self.settled(self.call("connect"), self.call("terminate", timestamp=STAMP + 30, status=status))
        assert found.kind is InteractionKind.MISSED_CALL

    def test_one_of_ours(self) -> None:
        swapped = {"direction": "BUSINESS_INITIATED", "from": "842812345678", "to": PHONE}
        status = {"id": "wacid.A", "type": "call", "recipient_id": PHONE, "timestamp": str(STAMP)}
        ringing, accepted = ({**status, "status": name} for name in ("RINGING", "ACCEPTED"))
        found = self.settled(
            value("calls", statuses=[ringing]),
            value("calls", statuses=[{**accepted, "timestamp": str(STAMP + 10)}]),
            self.call("terminate", timestamp=str(STAMP + 40), duration=30, **swapped),
        )
        assert (found.direction, found.address, found.kind) == ("out", PHONE_ADDRESS, InteractionKind.CALL)

    def test_somebody_without_a_number_calls(self) -> None:
        """By their id with the business, which is an alias where there is a number too."""
        named = value("calls", calls=[self.call("connect")["entry"][0]["changes"][0]["value"]["calls"][0]])
        hidden = json.loads(json.dumps(named).replace(f'"{PHONE}"', "null"))
        said = hidden["entry"][0]["changes"][0]["value"]
        said["contacts"] = [{"user_id": BSUID}]
        (step,) = parse("whatsapp", hidden)
        facts = fold(fold(CallFacts(), step), CallStep("wacid.A", "hangup", NOW, answered=False))  # type: ignore[arg-type]
        found = settle("wacid.A", facts)
        assert found.address == Address(HandleKind.CHAT, BSUID)
        said["calls"][0]["from"] = PHONE
        (step,) = parse("whatsapp", hidden)
        assert isinstance(step, CallStep)
        assert (step.caller, step.person) == (f"+{PHONE}", BSUID)

    def test_a_call_without_a_time_is_unread(self) -> None:
        assert isinstance(one("whatsapp", self.call("connect", timestamp="soon")), Unread)
        assert isinstance(one("whatsapp", self.call("mute")), Unread)


class TestMedia:
    """X5: files are named at once, and fetched with the channel's token from where it may go."""

    def test_by_id_with_the_token_in_two_steps(self) -> None:
        media = Attachment(None, "image/jpeg", ref="65463453", url="https://elsewhere.example/")
        download = WHATSAPP.locate(media, "token")
        assert download.url == "https://graph.facebook.com/v23.0/65463453"
        assert download.headers == {"Authorization": "Bearer token"}
        assert download.then
        then = download.then(b'{"url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"}')
        assert (then.url[:30], then.headers) == ("https://lookaside.fbsbx.com/wh", {"Authorization": "Bearer token"})

    def test_an_address_alone_is_good_too(self) -> None:
        url = "https://lookaside.fbsbx.com/a"
        assert WHATSAPP.locate(Attachment(None, None, url=url), "token").url == url

    @pytest.mark.parametrize(
        "url",
        [
            "https://evilfbsbx.com/a",
            "https://fbsbx.com.evil.example/a",
            "http://lookaside.fbsbx.com/a",
            "https://user@lookaside.fbsbx.com/a",
            "https://lookaside.fbsbx.com:8443/a",
            "https://evil.example/fbsbx.com",
            "https://evil.example\\@fbsbx.com/",
            "https://[::1",
            "",
            None,
            5,
        ],
    )
    def test_the_token_goes_nowhere_else(self, url: Any) -> None:
        with pytest.raises(NoDownload):
            WHATSAPP.locate(Attachment(None, None, url=url), "token")
        then = WHATSAPP.locate(Attachment(None, None, ref="1"), "token").then
        assert then
        with pytest.raises(NoDownload):
            then(json.dumps({"url": url}).encode())

    @pytest.mark.parametrize(("ref", "token"), [("1", None), ("1", ""), ("1", "a\nb"), ("../me", "t"), ("a/b", "t")])
    def test_what_cannot_be_asked_for(self, ref: str, token: str | None) -> None:
        with pytest.raises(NoDownload):
            WHATSAPP.locate(Attachment(None, None, ref=ref), token)

    @pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
    def test_an_answer_that_cannot_be_read(self, answer: bytes) -> None:
        then = WHATSAPP.locate(Attachment(None, None, ref="1"), "token").then
        assert then
        with pytest.raises(NoDownload):
            then(answer)


def test_times_that_are_none_are_left_out() -> None:
    stamps: tuple[Any, ...] = ("yesterday", "", -1, 0, 10**30, 1e400, None, True, [], "9" * 40, "٣")
    for stamp in stamps:
        assert read("text", {"body": "x"}, timestamp=stamp).occurred_at is None
    assert read("text", {"body": "x"}, timestamp=STAMP).occurred_at == datetime.fromtimestamp(STAMP, UTC)
