"""Old events say the same in the newest version, by steps from one version to the next."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.contracts import Event, Payload, UnknownEvent, envelope, parse, upcasting
from shared.contracts.export import own_types
from shared.contracts.upcasting import Data, upcaster
from shared.handling import Handlers

CUSTOMER = UUID("01957b5e-2c00-7000-8000-000000000001")


@pytest.fixture
def moon() -> Iterator[type[Payload]]:
    """A type in its third version, which is gone again after the test."""

    class MoonRose(Payload, type="kept.moon.rose.v3", topic="kept.intake"):
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


async def test_a_handler_of_the_newest_version_gets_the_old_events_too(moon: type[Payload]) -> None:
    handlers, handled = Handlers(), []

    @handlers.on(moon)
    async def rose(_: object, __: Event, payload: Payload) -> None:
        handled.append(payload)

    await handlers(None, [event(1, ', "height": 3'), event(3, ', "height_cm": 1, "colour": "red"')])  # type: ignore[arg-type]
    assert [type(payload) for payload in handled] == [moon, moon]


def test_a_step_leads_to_the_next_version_and_there_is_one(moon: type[Payload]) -> None:
    for old, new in [("a.b.v1", "a.b.v3"), ("a.b.v2", "a.b.v1"), ("a.b.v1", "a.c.v2"), ("a.b.v1", "a.b.v1")]:
        with pytest.raises(TypeError, match="is not the version after"):
            upcaster(old, new)
    with pytest.raises(TypeError, match="already"):
        upcaster("kept.moon.rose.v1", "kept.moon.rose.v2")


def test_what_a_test_makes_is_not_exported(moon: type[Payload]) -> None:
    assert moon.type not in own_types()
