"""A call's steps, folded: neither order nor copies change what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.arrivals.calls.calls import CallFacts, fold, is_settled, settle
from services.intake.channels.items import CallStep
from shared.contracts.intake import InteractionKind

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RINGING = CallStep("1", "new_call", START, "in", "+84901234567", "+842812345678")
ANSWERED = CallStep("1", "answer", START + timedelta(seconds=12), answered_by="lan", rings=3)
HUNG_UP = CallStep("1", "hangup", START + timedelta(seconds=102), answered=True, rings=3)
GIVEN_UP = CallStep("1", "hangup", START + timedelta(seconds=20), answered=False, rings=5)

steps = st.builds(
    CallStep,
    st.just("1"),
    st.sampled_from(["new_call", "answer", "hangup"]),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["in", "out", None]),
    st.none() | st.text(max_size=5),
    st.none() | st.text(max_size=5),
    st.none() | st.integers(0, 9),
    st.none() | st.text(max_size=5),
    st.none() | st.booleans(),
)


def known(*said: CallStep) -> CallFacts:
    return reduce(fold, said, CallFacts())


@pytest.mark.parametrize("order", list(permutations([RINGING, ANSWERED, HUNG_UP])))
def test_an_answered_call_in_any_order(order: tuple[CallStep, ...]) -> None:
    facts = known(*order)
    assert is_settled(facts)
    assert not is_settled(known(*order[:2]))
    contact = settle("1", facts)
    assert contact.kind is InteractionKind.CALL
    assert (contact.agent, contact.duration_seconds, contact.ring_count) == ("lan", 90, 3)
    assert contact.occurred_at == START


def test_a_missed_call_needs_no_answer_to_be_complete() -> None:
    """I3"""
    facts = known(GIVEN_UP, RINGING)
    assert is_settled(facts)
    contact = settle("1", facts)
    assert (contact.kind, contact.ring_count) == (InteractionKind.MISSED_CALL, 5)


def test_an_answer_that_was_lost_is_believed_on_the_hangups_word() -> None:
    facts = known(RINGING, HUNG_UP)
    assert not is_settled(facts), "the answer may still come in, with the agent and the duration"
    assert settle("1", facts).kind is InteractionKind.CALL


def test_the_customer_of_an_outgoing_call_is_whom_we_called() -> None:
    out = CallStep("1", "new_call", START, "out", "+842812345678", "+84901234567")
    contact = settle("1", known(out, ANSWERED, HUNG_UP))
    assert contact.address is not None
    assert (contact.direction, contact.address.value) == ("out", "+84901234567")


@given(st.lists(steps, max_size=5), st.randoms())
def test_order_and_copies_never_matter(said: list[CallStep], chance: object) -> None:
    shuffled = [*said, *said]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert known(*shuffled) == known(*said)
    assert CallFacts.from_json(known(*said).to_json()) == known(*said)
