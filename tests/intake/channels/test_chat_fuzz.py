"""Whatever a chat provider is sent is refused, unreadable, or read; nothing else is raised, and all can be stored."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.arrivals.storable import storable
from services.intake.channels.items import Contact, Fact, Item, Unread
from services.intake.channels.provider import NoDownload, Refused, Unreadable
from services.intake.channels.registry import providers
from tests.intake.channels import test_line, test_messenger, test_slack, test_telegram, test_whatsapp, test_zalo
from tests.intake.channels.chats import MILLIS, NOW, STAMP, request
from tests.support.examples import examples

_file: Mapping[str, Any] = {"id": "1", "file_id": "F", "url": "https://lookaside.fbsbx.com/a", "mime_type": "a/b"}
_part = {
    "type": "image",
    "title": "t",
    "payload": {"url": "https://a.fbcdn.net/a", "coordinates": {"lat": 1, "long": 2}},
}
_shown = {
    "photo": [{"file_id": "F", "width": 1, "height": 1}],
    "venue": {"location": {"latitude": 1, "longitude": 2}, "title": "t"},
    "contact": {"first_name": "a"},
    "poll": {"question": "q", "options": [{"text": "a"}]},
    "document": _file,
    "sticker": {**_file, "emoji": "e", "is_animated": True},
}

SAMPLES: Mapping[str, Sequence[Any]] = {
    "whatsapp": [
        test_whatsapp.value(
            contacts=[test_whatsapp.contact()],
            messages=[
                test_whatsapp.message("text", {"body": "x"}, context={"id": "B"}),
                test_whatsapp.message("image", _file),
                test_whatsapp.message("location", {"latitude": 1, "longitude": 2, "name": "n"}),
                test_whatsapp.message("contacts", [{"name": {"formatted_name": "n"}, "phones": [{"phone": "1"}]}]),
                test_whatsapp.message("order", {"product_items": [{"product_retailer_id": "A", "quantity": 1}]}),
                test_whatsapp.message("interactive", {"type": "list_reply", "list_reply": {"title": "t"}}),
                test_whatsapp.message("reaction", {"message_id": "B", "emoji": "e"}),
                test_whatsapp.message(
                    "edit", {"original_message_id": "B", "message": {"type": "image", "image": _file}}
                ),
                test_whatsapp.message("system", {"wa_id": "84907654321", "previous_user_id": "a", "user_id": "b"}),
            ],
            message_echoes=[test_whatsapp.message("text", {"body": "x"}, to="84901234567")],
            statuses=[
                {"id": "O", "status": "failed", "recipient_id": "84901234567", "errors": [{"title": "t"}]},
                {"id": "O", "status": "read", "recipient_type": "group", "recipient_participant_id": "1"},
                {"id": "C", "type": "call", "status": "RINGING", "timestamp": STAMP},
            ],
            calls=[{"id": "C", "event": "terminate", "timestamp": STAMP, "start_time": "1", "duration": 2}],
        )
    ],
    "messenger": [
        test_messenger.event(message={"mid": "m", "attachments": [_part], "reply_to": {"mid": "n"}}),
        test_messenger.event(postback={"title": "t", "payload": "p"}),
        test_messenger.event(reaction={"mid": "m", "action": "react", "emoji": "e"}),
        test_messenger.event(message_edit={"mid": "m", "text": "t", "num_edit": 1}),
        test_messenger.event(delivery={"mids": ["m"], "watermark": MILLIS}),
        test_messenger.event(read={"watermark": MILLIS}),
    ],
    "telegram": [
        *(test_telegram.update(message=test_telegram.message(**{key: value})) for key, value in _shown.items()),
        test_telegram.update(edited_message=test_telegram.message(text="t", edit_date=STAMP)),
        test_telegram.update(business_message=test_telegram.message(text="t", business_connection_id="B")),
        test_telegram.update(deleted_business_messages={"chat": test_telegram.PRIVATE, "message_ids": [1, 2]}),
        test_telegram.update(
            callback_query={
                "id": "1",
                "from": test_telegram.LAN,
                "data": "y",
                "message": test_telegram.message(
                    reply_markup={"inline_keyboard": [[{"text": "t", "callback_data": "y"}]]}
                ),
            }
        ),
        test_telegram.update(
            my_chat_member={"chat": test_telegram.PRIVATE, "new_chat_member": {"status": "kicked"}, "date": STAMP}
        ),
        test_telegram.update(
            message_reaction={
                "chat": test_telegram.PRIVATE,
                "message_id": 7,
                "user": test_telegram.LAN,
                "new_reaction": [{"type": "emoji", "emoji": "e"}],
            }
        ),
    ],
    "line": [
        test_line.body(
            test_line.event(message={"id": "1", "type": "sticker", "keywords": ["a"]}),
            test_line.event(message={"id": "1", "type": "file", "fileSize": 1, "contentProvider": {"type": "line"}}),
            test_line.event(message={"id": "1", "type": "location", "latitude": 1, "longitude": 2}),
            test_line.event("messageEdited", message={"id": "1", "text": "t"}),
            test_line.event("unsend", unsend={"messageId": "1"}),
            test_line.event("follow", follow={"isUnblocked": True}),
            test_line.event("postback", postback={"data": "d", "params": {"date": "2026-03-05"}}),
        )
    ],
    "slack": [
        test_slack.event(text="t", thread_ts="1.0", files=[{"id": "F", "size": 1, "url_private": "u"}], bot_id="B"),
        test_slack.event("app_mention", text="t", user_profile={"real_name": "n"}),
        test_slack.event(
            subtype="message_changed",
            message={"ts": "1.0", "user": "U", "text": "t", "edited": {"ts": "2.0"}},
            previous_message={"ts": "1.0", "edited": {"ts": "1.0"}},
        ),
        test_slack.event(subtype="message_deleted", deleted_ts="1.0", previous_message={"user": "U"}),
        test_slack.event("reaction_added", item={"type": "message", "channel": "C", "ts": "1.0"}, reaction="r"),
        {"type": "url_verification", "challenge": "abc"},
    ],
    "zalo": [
        test_zalo.event("user_send_text", message={"msg_id": "1", "text": "t", "quote_msg_id": "2"}),
        test_zalo.event("user_send_file", message={"msg_id": "1", "attachments": [{**_part, "type": "file"}]}),
        test_zalo.event("user_send_location", message={"mid": "1", "attachments": [{**_part, "type": "location"}]}),
        test_zalo.event("user_submit_info", info={"name": "n", "phone": 84901234567}),
        test_zalo.event("user_reacted_message", message={"msg_id": "1", "react_icon": "/-heart"}),
        test_zalo.event("user_seen_message", message={"msg_ids": ["1"]}),
        test_zalo.event("follow", follower={"id": "1"}, oa_id="2"),
    ],
}

any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "\ud800", "1" * 400, 10**400, -1, 1e308, "../..", "https://[::1", MILLIS, str(STAMP)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a value stands, however deep."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in _places(one, (*at, key)))]


@st.composite
def broken(draw: st.DrawFn, name: str) -> bytes:
    """A sample of the provider's with other things in several of its places."""
    body = copy.deepcopy(draw(st.sampled_from(SAMPLES[name])))
    for _ in range(draw(st.integers(1, 4))):
        *path, last = draw(st.sampled_from([place for place in _places(body) if place]))
        inner = body
        for key in path:
            inner = inner[key]
        inner[last] = draw(any_json)
    return json.dumps(body).encode()


def _check(name: str, body: bytes) -> None:
    provider = providers()[name]
    for method in ("POST", "GET"):
        try:
            provider.greet(request(body, method=method), ["secret"], "token")
        except Refused:
            continue
    with pytest.raises(Refused):
        provider.verify(
            request(body, x_zevent_signature="mac=é", x_slack_request_timestamp=str(STAMP), x_line_signature="=\ud800"),
            ["secret", "1:secret"],
            NOW,
        )
    try:
        items = provider.parse(request(body))
    except Unreadable:
        return
    for item in storable(items):
        _check_item(name, item)


def _check_item(name: str, item: Item) -> None:
    if isinstance(item, Unread):
        assert len(item.reason) < 100
        return
    json.dumps(repr(item)).encode()
    for file in item.attachments if isinstance(item, Contact | Fact) else ():
        try:
            download = providers()[name].locate(file, "1:token")
            if download.then:
                download.then(b'{"url": 5, "file": [], "result": "x"}')
        except NoDownload:
            continue


@examples(300)
@given(data=st.data())
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_with_wrong_things_in_it(name: str, data: st.DataObject) -> None:
    _check(name, data.draw(broken(name)))


@given(body=st.binary(max_size=200) | any_json.map(lambda found: json.dumps(found).encode()))
@pytest.mark.parametrize("name", SAMPLES)
def test_any_bytes_and_any_json(name: str, body: bytes) -> None:
    _check(name, body)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"a":' * 50_000, b"1" * 5000, b'{"update_id": ' + b"9" * 4400 + b"}"]
)
def test_what_would_break_a_parser(name: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        providers()[name].parse(request(body))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_request_gives_the_same_items(name: str) -> None:
    """What comes twice has the same ids, so that it is one."""
    for body in SAMPLES[name]:
        first, second = (providers()[name].parse(request(body)) for _ in range(2))
        assert first == second
        assert not any(isinstance(item, Unread) for item in first)
