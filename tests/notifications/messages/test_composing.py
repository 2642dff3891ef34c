"""Every template in every language: it can be filled, read at one go, and never sent half filled."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.errors import Uncomposable
from services.notifications.messages import composing, reading
from services.notifications.messages.composing import LANGUAGES, compose
from services.notifications.messages.details import Kind
from services.notifications.messages.kinds import OF_KIND
from services.notifications.messages.packing import pack, stored, unpack
from tests.notifications.conftest import DUE

DETAILS: dict[str, Any] = {
    "kind": "response",
    "name": "Lan",
    "signature": "Kept",
    "words": "Your order reaches you at home",
    "due_at": DUE,
    "previous_due_at": DUE - timedelta(days=1),
    "next_contact_at": DUE - timedelta(hours=2),
    "answer_by_at": DUE + timedelta(days=7),
    "zone": "Asia/Ho_Chi_Minh",
    "cost": "no charge",
    "scope": "delivery to the door",
    "exclusions": "assembly",
    "reason": "the lorry broke down",
    "summary": "We replaced the cable.",
    "link": "https://kept.example/commitments/p/abcdef",
    "late": False,
    "done": [],
    "goes_on": [],
    "about": "The technician comes on Monday",
    "who": "Hoa",
    "waits": True,
    "now_doing": "We pack it",
    "problems": "the box is too small",
    "solution": "we take a larger one",
    "next_step": "we hand it to the carrier",
    "steps": 3,
    "steps_done": 1,
}
GOES_ON = {name: DETAILS[name] for name in ("words", "due_at", "previous_due_at", "zone", "link")}
ALL = [(kind, language) for kind in Kind for language in LANGUAGES]
OPTIONAL = ("name", "scope", "exclusions", "reason", "link", "who", "waits", "problems", "solution", "steps", "about")
VARIANTS: list[dict[str, Any]] = [
    {},
    {"kind": "call_back"},
    {"kind": "next_response"},
    {"done": ["Send us a photo of the meter"]},
    {"kind": "complaint"},
    {"kind": "complaint", "done": ["Send us a photo of the meter", "Tell us your flat's number"]},
    {"kind": "task", "due_at": None, "done": ["Send us a photo of the meter"]},
    {"kind": "task", "due_at": None, "done": ["Send us a photo of the meter"], "goes_on": [GOES_ON]},
    {"kind": "complaint", "done": ["Send us a photo of the meter", "Tell us your flat's number"], "goes_on": [GOES_ON]},
    {"kind": "goal"},
    {"late": True},
    dict.fromkeys(OPTIONAL),
]


def test_every_template_is_there_in_every_language_and_no_other() -> None:
    """N20."""
    found = {str(p.relative_to(composing._DIRECTORY)) for p in composing._DIRECTORY.rglob("*") if p.is_file()}
    assert found == {f"{language}/{kind}.txt" for kind, language in ALL}


@pytest.mark.parametrize(("kind", "language"), ALL)
@pytest.mark.parametrize("changes", VARIANTS)
def test_every_template_can_be_read_at_one_go(kind: Kind, language: str, changes: dict[str, Any]) -> None:
    """N20: the reading length."""
    details = DETAILS | changes
    if kind is not Kind.ACKNOWLEDGEMENT:
        details["due_at"] = DETAILS["due_at"]
    if changes.get("link", "there") is None and kind is Kind.SATISFACTION:
        details["link"] = DETAILS["link"]
    if changes.get("reason", "there") is None and kind in {Kind.PROMISE_AT_RISK, Kind.PROMISE_WAITING}:
        details["reason"] = DETAILS["reason"]
    message = compose(kind, language, details)
    assert reading.too_long(message.text, language) == []
    assert "None" not in message.text
    assert "{" not in message.subject + message.text
    assert "\n\n\n\n" not in message.text


@pytest.mark.parametrize(("kind", "language"), ALL)
@pytest.mark.parametrize("name", sorted(DETAILS))
def test_a_placeholder_that_is_not_filled_is_never_sent(kind: Kind, language: str, name: str) -> None:
    """N20: missing or empty, either it is not used by this template or the message cannot be made."""
    full = compose(kind, language, DETAILS)
    missing = {k: v for k, v in DETAILS.items() if k != name}
    try:
        assert compose(kind, language, missing) == full
    except Uncomposable:
        return


@pytest.mark.parametrize(("kind", "name"), [(Kind.ACKNOWLEDGEMENT, "due_at"), (Kind.PROMISE_STATED, "cost")])
def test_an_empty_placeholder_is_as_bad_as_a_missing_one(kind: Kind, name: str) -> None:
    with pytest.raises(Uncomposable):
        compose(kind, "en", DETAILS | {name: None})


def test_words_of_a_customer_are_no_template() -> None:
    message = compose(Kind.CLOSING, "en", DETAILS | {"summary": "{{ signature }} {% raw %}"})
    assert "{{ signature }} {% raw %}" in message.text


@given(words=st.text(min_size=1, max_size=400), name=st.text(max_size=80))
def test_whatever_the_words_the_subject_is_one_line_and_nothing_is_a_control_character(words: str, name: str) -> None:
    message = compose(Kind.PROMISE_STATED, "vi", DETAILS | {"words": words, "name": name})
    assert message.subject.isprintable() or all(c.isprintable() or ord(c) > 0xA0 for c in message.subject)
    assert len(message.subject) <= composing.SUBJECT_LIMIT
    assert len((message.subject + " ").splitlines()) == 1
    assert not {c for c in message.text if ord(c) < 32} - {"\n", "\t"}


@pytest.mark.parametrize("kind", Kind)
def test_details_come_back_from_json_as_they_went(kind: Kind) -> None:
    link = {"page": "promise", "id": str(UUID(int=7))}
    going = GOES_ON | {"cause_id": UUID(int=8), "commitment_id": UUID(int=9), "link": link}
    facts = DETAILS | {"done": ["Send us a photo"], "goes_on": [going], "parents": [UUID(int=9)], "link": link}
    details = OF_KIND[kind].model_validate(facts)
    packed = json.loads(json.dumps(pack(details)))
    assert unpack(kind, packed) == details
    assert pack(stored(kind, packed)) == packed
    compose(kind, "en", dict(details) | {"name": None, "signature": "Kept", "late": False})


@pytest.mark.parametrize("kind", [*Kind, "of_tomorrow"])
def test_details_that_do_not_hold_are_no_message(kind: str) -> None:
    with pytest.raises(Uncomposable):
        unpack(kind, {"due_at": "soon", "answer_by_at": "soon"})


def test_the_reading_limit_can_fail() -> None:
    assert reading.too_long("word " * 23 + ".", "en")
    assert reading.too_long("A short one. " * 50, "en") == ["150 words in all"]
