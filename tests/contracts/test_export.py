"""The committed documents are what the models say, and what was once an event is one for ever."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts import Event, Payload, parse, subject_of
from shared.contracts.export import SERVICES, asyncapi, drift, export, own_types, schema
from shared.contracts.upcasting import is_current

DOCUMENTS = Path(__file__).parents[2] / "docs" / "events"
GOLDEN = sorted(Path(__file__).with_name("golden").glob("*.json"))
"""For each type and version that was ever told: a sample with every field, and one with no more than must be."""


def samples(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())
    return found


def as_event(sample: dict[str, Any]) -> Event:
    headers = [(name, value.encode()) for name, value in sample["headers"].items()]
    return Event.from_record(headers, json.dumps(sample["value"]).encode())


def references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(document, list):
        for value in document:
            yield from references(value)


def test_the_committed_documents_are_those_of_the_models() -> None:
    """`python -m services contracts export` writes them."""
    assert drift(DOCUMENTS) == []


def test_drift_is_seen(tmp_path: Path) -> None:
    assert len(drift(tmp_path)) == len(own_types()) + 1
    export(tmp_path)
    assert drift(tmp_path) == []
    (tmp_path / "schemas" / "kept.case.opened.v1.json").write_text("{}")
    (tmp_path / "schemas" / "kept.case.updated.v1.json").unlink()
    (tmp_path / "schemas" / "kept.moon.rose.v1.json").write_text("{}")
    assert drift(tmp_path) == [
        "schemas/kept.case.opened.v1.json: is not what the model says",
        "schemas/kept.case.updated.v1.json: is missing",
        "schemas/kept.moon.rose.v1.json: no event has this type",
    ]
    export(tmp_path)
    assert drift(tmp_path) == []


def test_every_type_has_a_golden_sample() -> None:
    assert set(own_types()) <= {path.stem for path in GOLDEN}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_what_was_once_told_is_read_for_ever(path: Path) -> None:
    for sample in samples(path):
        event = as_event(sample)
        payload = parse(event)
        assert event.type == path.stem
        if is_current(event.type):  # nothing that was told is passed over
            assert sample["value"].items() <= payload.model_dump(mode="json", exclude_unset=True).items()
            assert payload.topic.removeprefix("kept.") == event.source.removeprefix("/")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_schemas_allow_what_is_told_and_nothing_less(path: Path) -> None:
    if not is_current(path.stem):
        pytest.skip("of this version only the samples are left")
    document = schema(own_types()[path.stem])
    Draft202012Validator.check_schema(document)
    validator = Draft202012Validator(document)
    full, least = samples(path)
    for sample in (full, least):
        validator.validate(sample["value"])
        Draft202012Validator(asyncapi()["components"]["schemas"]["cloudEvent"]).validate(sample["headers"])
    for name in least["value"]:
        assert not validator.is_valid({k: v for k, v in least["value"].items() if k != name})
    assert set(full["value"]) == set(document["properties"])


def test_the_asyncapi_document_hangs_together() -> None:
    document = asyncapi()
    for reference in references(document):
        if reference.startswith("#/"):
            at = document
            for step in reference.removeprefix("#/").split("/"):
                at = at[step]
        else:
            assert (DOCUMENTS / reference).is_file()
    told = {address: set(c["messages"]) for c in document["channels"].values() for address in [c["address"]]}
    assert set(told) == {*SERVICES, *(f"{topic}.dlt" for topic in SERVICES)}
    assert {type_ for topic in SERVICES for type_ in told[topic]} == set(own_types())
    for topic in SERVICES:
        assert told[topic] == told[f"{topic}.dlt"] == {t for t, c in own_types().items() if c.topic == topic}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_subject_told_is_what_the_payload_says_it_is(path: Path) -> None:
    full, least = map(as_event, samples(path))
    assert full.subject == subject_of(parse(full))
    assert least.subject is None, "and what was told before there were subjects has none"


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        ("kept.commitment.stated.v1", "commitment_id"),
        ("kept.goodwill.given.v1", "commitment_id"),
        ("kept.request.refused.v1", "case_id"),
        ("kept.next_contact.due.v1", "case_id"),
        ("kept.case.opened.v1", "case_id"),
        ("kept.interaction.received.v1", "interaction_id"),
        ("kept.interaction.changed.v1", "interaction_id"),
        ("kept.notification.sent.v1", "notification_id"),
        ("kept.feedback.received.v1", "survey_id"),
        ("kept.customer.merged.v1", "customer_id"),
        ("kept.handle.unreachable.v1", "customer_id"),
        ("kept.person.updated.v1", "person_id"),
    ],
)
def test_what_each_family_is_about(type_: str, field: str) -> None:
    full, _ = samples(next(path for path in GOLDEN if path.stem == type_))
    assert str(subject_of(parse(as_event(full)))) == full["value"][field]
    assert asyncapi()["components"]["messages"][type_]["description"].startswith(f"ce_subject is {field}")


def test_where_nothing_nearer_is_named_it_is_the_customer() -> None:
    full, least = samples(next(path for path in GOLDEN if path.stem == "kept.goodwill.given.v1"))
    assert str(subject_of(parse(as_event(least)))) == least["value"]["customer_id"]
    without = {**full, "value": {**full["value"], "commitment_id": None}}
    assert str(subject_of(parse(as_event(without)))) == full["value"]["case_id"]
    message = asyncapi()["components"]["messages"]["kept.goodwill.given.v1"]
    assert message["description"].count("where that is null") == 2


def test_a_payload_is_about_a_field_that_it_has() -> None:
    with pytest.raises(TypeError, match="has no moon_id"):

        class MoonRose(Payload, concerns=("moon_id",)):
            pass
