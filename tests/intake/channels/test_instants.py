"""When something was said, in whichever unit and form a provider writes it this time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import CallStep, Contact
from services.intake.channels.reading import instant
from shared.instants import EARLIEST, LATEST
from tests.intake.channels.chats import one

AT = datetime(2025, 11, 30, 10, 53, 20, tzinfo=UTC)
UNITS = (1, 10**3, 10**6, 10**9)


@given(
    st.datetimes(datetime(1974, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(UNITS),
    st.booleans(),
)
def test_every_unit_as_number_and_as_text(at: datetime, unit: int, as_text: bool) -> None:
    at = at.replace(microsecond=0)
    figure = int(at.timestamp()) * unit
    assert instant(str(figure) if as_text else figure) == at


@given(st.datetimes(timezones=st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-23, 7, 23)])))
def test_iso_8601(at: datetime) -> None:
    """Out of reach of the calendar's ends it is a time; else none."""
    assert instant(at.isoformat()) == (at if EARLIEST <= at < LATEST else None)


@pytest.mark.parametrize("value", [None, True, 0, -5, "", "x", [], {}, float("nan"), float("inf"), 10**400, "9" * 30])
def test_what_is_no_time(value: object) -> None:
    assert instant(value) is None


def _shapes(stamp: object) -> dict[str, object]:
    """A message of each provider whose time is a number."""
    return {
        "messenger": {"object": "page", "entry": [{"id": "178", "messaging": [
            {"sender": {"id": "55"}, "timestamp": stamp, "message": {"mid": "m", "text": "hi"}}]}]},
        "whatsapp": {"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {"messages": [
            {"from": "84901234567", "id": "w", "timestamp": stamp, "type": "text", "text": {"body": "hi"}}]}}]}]},
        "line": {"destination": "b", "events": [{"type": "message", "timestamp": stamp, "source": {"userId": "u"},
                                                 "message": {"type": "text", "id": "1", "text": "hi"}}]},
        "zalo": {"app_id": "1", "event_name": "user_send_text", "timestamp": stamp, "sender": {"id": "5"},
                 "recipient": {"id": "6"}, "message": {"msg_id": "m", "text": "hi"}},
        "telegram": {"update_id": 1, "message": {"message_id": 1, "date": stamp, "chat": {"id": 7},
                                                 "from": {"id": 7}, "text": "hi"}},
        "intercom": {"topic": "conversation.user.created", "id": "n", "data": {"item": {"created_at": stamp, "source": {
            "id": "1", "body": "hi", "author": {"type": "user", "id": "u"}}}}},
        "chatwoot": {"event": "message_created", "id": 1, "message_type": "incoming", "content": "hi",
                     "created_at": stamp, "sender": {"id": 2}},
        "zendesk": {"kept": "comment", "comment_id": "1", "requester_email": "a@b.vn", "comment": "hi", "at": stamp},
        "signed": {"id": "m", "at": stamp, "text": "hi", "from": {"id": "u"}},
        "telephone": {"event": "newCall", "callId": "c", "from": "+84901234567", "at": stamp},
    }  # fmt: skip


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", sorted(_shapes(0)))
def test_in_every_provider(name: str, unit: int, as_text: bool) -> None:
    figure = int(AT.timestamp()) * unit
    found = one(name, _shapes(str(figure) if as_text else figure)[name])
    assert isinstance(found, Contact | CallStep)
    assert (found.occurred_at if isinstance(found, Contact) else found.at) == AT
