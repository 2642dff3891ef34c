"""The envelope: CloudEvents 1.0 in Kafka's binary mode, there and back."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import Event, Payload, UnknownEvent, parse, payload_class
from shared.contracts.intake import CaseUpdated

CUSTOMER = UUID("01957b5e-2c00-7000-8000-000000000001")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
events = st.builds(
    Event,
    id=st.uuids(),
    type=texts,
    source=texts,
    key=texts,
    time=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-11))])),
    sequence=st.integers(1, 10**12 - 1),
    data=st.binary(max_size=200),
    traceparent=st.none() | st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", fullmatch=True),
    subject=st.none() | st.uuids(),
    actor=st.none() | texts.filter(bool),
)


@given(events)
def test_an_event_comes_back_as_it_went(event: Event) -> None:
    assert Event.from_record(event.headers(), event.data) == event


@given(st.lists(st.tuples(texts, st.binary(max_size=50)), max_size=12), st.none() | st.binary())
def test_any_record_is_an_event_or_unknown(headers: list[tuple[str, bytes]], value: bytes | None) -> None:
    with pytest.raises(UnknownEvent):
        parse(Event.from_record(headers, value))


@given(events, st.data())
def test_a_damaged_attribute_is_an_event_or_unknown(event: Event, data: st.DataObject) -> None:
    headers = event.headers()
    at = data.draw(st.integers(0, len(headers) - 1))
    headers[at] = (headers[at][0], data.draw(st.binary(max_size=40)))
    try:
        assert Event.from_record(headers, event.data).time.tzinfo is not None
    except UnknownEvent:
        return


@given(texts, st.none() | texts)
def test_a_payload_comes_back_as_it_went(words: str, owner: str | None) -> None:
    payload = CaseUpdated(customer_id=CUSTOMER, case_id=CUSTOMER, kind="praise", stated_request=words, owner=owner)
    event = Event(CUSTOMER, payload.type, "/intake", "k", datetime.now(UTC), 1, payload.model_dump_json().encode())
    assert parse(event) == payload


def test_the_attributes_are_those_of_the_specification() -> None:
    """CloudEvents 1.0.2 and its Kafka binding 1.0.2, 3.2: names, and a sequence that sorts as text."""
    event = Event(CUSTOMER, "kept.case.opened.v1", "/intake", "k", datetime(2026, 3, 2, 5, tzinfo=UTC), 42, b"{}")
    assert dict(event.headers()) == {
        "ce_specversion": b"1.0",
        "ce_id": str(CUSTOMER).encode(),
        "ce_type": b"kept.case.opened.v1",
        "ce_source": b"/intake",
        "ce_time": b"2026-03-02T05:00:00+00:00",
        "ce_partitionkey": b"k",
        "ce_sequence": b"000000000042",
        "content-type": b"application/json",
    }


def test_an_error_names_the_field_and_not_what_the_customer_wrote() -> None:
    data = b'{"customer_id": "my card is 4111 1111 1111 1111", "case_id": 5, "kind": "praise"}'
    event = Event(CUSTOMER, "kept.case.updated.v1", "/intake", "k", datetime.now(UTC), 1, data)
    with pytest.raises(UnknownEvent) as unknown:
        parse(event)
    assert "customer_id" in str(unknown.value)
    assert "4111" not in repr(unknown.value) + str(unknown.value.__cause__)


def test_what_is_added_later_is_no_break() -> None:
    payload = CaseUpdated(customer_id=CUSTOMER, case_id=CUSTOMER, kind="praise")
    data = payload.model_dump_json().encode().replace(b"{", b'{"mood": "sunny", ', 1)
    assert parse(Event(CUSTOMER, payload.type, "/intake", "k", datetime.now(UTC), 1, data)) == payload


def test_no_two_payloads_have_one_type() -> None:
    with pytest.raises(TypeError, match="two payloads claim"):

        class Another(Payload, type="kept.case.updated.v1", topic="kept.intake"):
            pass

    assert payload_class("kept.case.updated.v1") is CaseUpdated
