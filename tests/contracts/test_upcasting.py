"""Old events say the same in the newest version, by steps from one version to the next."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.contracts import CustomerPayload, Event, Payload, UnknownEvent, envelope, parse, upcasting
from shared.contracts.export import own_types
from shared.contracts.notifications import NotificationFailed, NotificationSuppressed
from shared.contracts.upcasting import Data, upcaster
from shared.handling import Reaction, Reactions

CUSTOMER = UUID("01957b5e-2c00-7000-8000-000000000001")


@pytest.fixture
def moon() -> Iterator[type[Payload]]:
    """A type in its third version, which is gone again after the test."""

    class MoonRose(CustomerPayload, type="kept.moon.rose.v3", topic="kept.intake"):
        height_cm: int
        colour: str

    @upcaster("kept.moon.rose.v1", "kept.moon.rose.v2")
    def measure_in_centimetres(data: Data) -> Data:
        return {**{k: v for k, v in data.items() if k != "height"}, "height_cm": data["height"] * 100}

    @upcaster("kept.moon.rose.v2", "kept.moon.rose.v3")
    def name_the_colour(data: Data) -> Data:
        return {**data, "colour": "white"}

    yield MoonRose
    del envelope._CLASSES["kept.moon.rose.v3"]
    for version in (1, 2):
        del upcasting._STEPS[f"kept.moon.rose.v{version}"]


def event(version: int, data: str) -> Event:
    data = f'{{"customer_id": "{CUSTOMER}"{data}}}'
    return Event(CUSTOMER, f"kept.moon.rose.v{version}", "/x", "k", datetime.now(UTC), 1, data.encode())


def test_every_version_is_read_as_the_newest(moon: type[Payload]) -> None:
    expected = moon(customer_id=CUSTOMER, height_cm=300, colour="white")
    assert parse(event(1, ', "height": 3')) == expected
    assert parse(event(2, ', "height_cm": 300')) == expected
    assert parse(event(3, ', "height_cm": 300, "colour": "white"')) == expected


@pytest.mark.parametrize("data", ["", ', "height": null', ', "height": "3'])
def test_an_old_event_that_does_not_hold_is_parked_like_any_other(moon: type[Payload], data: str) -> None:
    with pytest.raises(UnknownEvent, match=r"kept\.moon\.rose\.v1"):
        parse(event(1, data))
    with pytest.raises(UnknownEvent):
        parse(event(4, data))


class Session:
    """As much of a unit of work as handlers are called with."""

    def because(self, _: str, __: datetime) -> AbstractContextManager[None]:
        return nullcontext()


async def test_a_handler_of_the_newest_version_gets_the_old_events_too(moon: type[Payload]) -> None:
    handled: list[Payload] = []

    async def nothing(*_: object) -> None:
        """Nothing is looked up and nothing written."""

    reaction = Reaction(nothing, nothing)

    @reaction.on(moon)
    def rose(_: None, __: object, ___: Event, payload: Payload) -> None:
        handled.append(payload)

    await Reactions(reaction)(Session(), [event(1, ', "height": 3'), event(3, ', "height_cm": 1, "colour": "red"')])  # type: ignore[arg-type]
    assert [type(payload) for payload in handled] == [moon, moon]


def test_a_step_leads_to_the_next_version_and_there_is_one(moon: type[Payload]) -> None:
    for old, new in [("a.b.v1", "a.b.v3"), ("a.b.v2", "a.b.v1"), ("a.b.v1", "a.c.v2"), ("a.b.v1", "a.b.v1")]:
        with pytest.raises(TypeError, match="is not the version after"):
            upcaster(old, new)
    with pytest.raises(TypeError, match="already"):
        upcaster("kept.moon.rose.v1", "kept.moon.rose.v2")


def test_what_a_test_makes_is_not_exported(moon: type[Payload]) -> None:
    assert moon.type not in own_types()


@pytest.mark.parametrize(
    ("type_", "facts", "kind"),
    [("failed", {"attempts": 0}, None), ("failed", {"attempts": 2}, "email"), ("suppressed", {}, None)],
)
def test_of_a_message_that_was_not_sent_no_channel_is_told(type_: str, facts: Data, kind: str | None) -> None:
    """The first version demanded one, and it was made up."""
    held = {"notification_id": CUSTOMER, "template": "closing", "cause_id": CUSTOMER, "channel_kind": "email"}
    data = json.dumps({"customer_id": CUSTOMER, "language": "vi", "reason": "why"} | held | facts, default=str)
    old = Event(CUSTOMER, f"kept.notification.{type_}.v1", "/x", "k", datetime.now(UTC), 1, data.encode())
    told = parse(old)
    assert isinstance(told, NotificationFailed | NotificationSuppressed)
    assert told.channel_kind == kind
