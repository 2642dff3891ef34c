"""Which clock opens for which contact, and how long it runs (I6, X3). Rows: C11, C13, X4."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.cases.sentences import SAYS
from services.commitments.policies import (
    Circumstances,
    Policy,
    PolicyKind,
    answering,
    answers,
    clock_for,
    due_by,
    first_rule,
    rule_for,
)
from services.commitments.policies.store import end_of_business
from services.commitments.policies.trying import Made, try_policy
from shared.calendars import Calendar
from shared.contracts.intake import ChannelKind, InteractionKind, InteractionReceived
from shared.contracts.terms import CommitmentKind
from shared.ids import new_id

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ANYBODY = Circumstances()


def policy(
    within: timedelta, channel: str | None = None, valid_from: datetime = EVER, kind: str = "response"
) -> Policy:
    return Policy(kind, channel, within, valid_from)


def within(rules: list[Policy], kind: str, channel: ChannelKind | None, at: datetime) -> timedelta | None:
    rule = rule_for(rules, kind, Circumstances(channel), at)
    return rule.within if rule else None


def contact(kind: InteractionKind, *, automatic: bool = False, only_thanks: bool = False) -> InteractionReceived:
    return InteractionReceived(
        customer_id=new_id(),
        interaction_id=new_id(),
        case_id=None,
        channel="hotline",
        channel_kind=ChannelKind.PHONE,
        kind=kind,
        occurred_at=NOW,
        received_at=NOW,
        language="vi",
        automatic=automatic,
        only_thanks=only_thanks,
    )


def test_i6_the_channels_own_rule_comes_before_the_general_one() -> None:
    rules = [policy(HOUR, "chat"), policy(DAY), policy(2 * DAY, valid_from=NOW)]
    assert within(rules, "response", ChannelKind.CHAT, NOW) == HOUR
    assert within(rules, "response", ChannelKind.EMAIL, NOW) == 2 * DAY
    assert within(rules, "response", None, NOW) == 2 * DAY


def test_x3_the_value_that_was_valid_then() -> None:
    rules = [policy(DAY), policy(HOUR, valid_from=NOW), policy(2 * HOUR, valid_from=NOW + DAY)]
    tick = timedelta(microseconds=1)
    for at, expected in [(NOW - tick, DAY), (NOW, HOUR), (NOW + DAY - tick, HOUR), (NOW + DAY, 2 * HOUR)]:
        assert within(rules, "response", ChannelKind.SMS, at) == expected


def test_x3_of_two_rules_of_one_instant_the_one_set_last_counts() -> None:
    assert within([policy(DAY), policy(HOUR)], "response", None, NOW) == HOUR


def test_rules_of_other_kinds_do_not_count() -> None:
    assert within([policy(DAY), policy(HOUR, kind="call_back")], "response", None, NOW) == DAY


@pytest.mark.parametrize(
    ("kind", "owed"),
    [
        (InteractionKind.MESSAGE, CommitmentKind.RESPONSE),
        (InteractionKind.REVIEW, CommitmentKind.RESPONSE),
        (InteractionKind.MISSED_CALL, CommitmentKind.CALL_BACK),
        (InteractionKind.VOICEMAIL, CommitmentKind.CALL_BACK),
        (InteractionKind.CALL, None),
        (InteractionKind.NOTE, None),
    ],
)
def test_i6_what_we_owe_for_a_contact(kind: InteractionKind, owed: CommitmentKind | None) -> None:
    assert clock_for(contact(kind)) == owed
    assert clock_for(contact(kind, automatic=True)) is None, "a machine waits for no answer"
    assert clock_for(contact(kind, only_thanks=True)) is None, "and neither does whoever says thanks after the end"


def test_c13_a_call_back_is_kept_only_by_a_call() -> None:
    keeping = {kind for kind in InteractionKind if CommitmentKind.CALL_BACK in answers(kind)}
    assert keeping == {InteractionKind.CALL}


def test_every_clock_has_words_in_both_languages() -> None:
    owed = {clock_for(contact(kind)) for kind in InteractionKind} - {None}
    promised = {kind for kind in PolicyKind if kind.makes is not None}
    assert owed <= {kind.makes for kind in promised}
    assert set(SAYS) == promised
    assert all(set(says) == {"vi", "en"} for says in SAYS.values())


NAMES = st.sampled_from([None, "a", "b"])
RULES = st.lists(
    st.builds(
        lambda channel, category, class_, day: Policy(
            "response", channel, day * HOUR, EVER + day * DAY, category, class_
        ),
        st.sampled_from([None, "sms", "chat"]),
        NAMES,
        st.sampled_from([None, "external", "vip"]),
        st.integers(0, 5),
    ),
    max_size=8,
)


@given(rules=RULES, category=NAMES, classes=st.sampled_from([("external",), ("vip", "external"), ("internal",)]))
def test_i6_category_comes_before_class_before_channel_and_the_newest_of_equals_counts(
    rules: list[Policy], category: str | None, classes: tuple[str, ...]
) -> None:
    rules.sort(key=lambda rule: rule.valid_from)
    at, of = EVER + 3 * DAY, Circumstances(ChannelKind.SMS, category, classes)
    found = rule_for(rules, "response", of, at)
    fitting = [
        (bool(rule.category), rule.customer_class == "vip", bool(rule.customer_class), bool(rule.channel_kind), n)
        for n, rule in enumerate(rules)
        if rule.valid_from <= at
        and rule.category in (None, category)
        and rule.customer_class in (None, *classes)
        and rule.channel_kind in (None, "sms")
    ]
    assert found == (rules[max(fitting)[-1]] if fitting else None)


def test_a_complaints_rule_comes_before_that_of_a_later_message_and_none_is_passed_over() -> None:
    later = Circumstances(is_later=True)
    both = replace(later, is_complaint=True)
    rules = [policy(DAY), policy(2 * HOUR, kind="next_response"), policy(HOUR, kind="complaint")]
    for of, expected in [(Circumstances(), DAY), (later, 2 * HOUR), (both, HOUR)]:
        rule = first_rule(rules, answering(of), of, NOW)
        assert rule is not None
        assert rule.within == expected
    off = [*rules, Policy("complaint", None, None, EVER)]
    rule = first_rule(off, answering(both), both, NOW)
    assert rule is not None
    assert rule.within == 2 * HOUR


def test_x4_without_open_time_to_count_plain_time_does() -> None:
    never = Calendar("UTC", ((),) * 7)
    assert due_by(HOUR, never, NOW) == due_by(HOUR, None, NOW) == NOW + HOUR


def made(fulfilled_after: timedelta | None, of: Circumstances = ANYBODY, **changes: Any) -> Made:
    fulfilled_at = None if fulfilled_after is None else NOW + fulfilled_after
    promise = Made(new_id(), CommitmentKind.RESPONSE, NOW, NOW + DAY, fulfilled_at, of)
    return replace(promise, **changes)


def test_x3_a_rule_is_tried_on_what_was_promised() -> None:
    rules = [policy(DAY), policy(HOUR, "chat")]
    promises = [
        made(HOUR),
        made(3 * HOUR),
        made(2 * DAY),
        made(None),
        made(3 * HOUR, moved=True),
        made(3 * HOUR, Circumstances(ChannelKind.CHAT)),
        made(3 * HOUR, Circumstances(is_complaint=True)),
    ]
    trials = try_policy(policy(2 * HOUR), rules, None, promises, NOW + 5 * HOUR)
    assert [(t.before.value, t.after.value) for t in trials] == [
        ("kept", "kept"),
        ("kept", "broken"),
        ("broken", "broken"),
        ("open", "broken"),
        ("kept", "kept"),  # its time was agreed with the customer
        ("kept", "kept"),  # the channel's own rule counts
        ("kept", "broken"),  # there is no rule for complaints
    ]
    assert [t.due_after - NOW for t in trials][3:] == [2 * HOUR, DAY, DAY, 2 * HOUR]
    longer = try_policy(policy(3 * DAY), rules, None, promises, NOW + 5 * DAY)
    assert [t.after.value for t in longer][2:4] == ["kept", "broken"]


@given(hours=st.integers(1, 100), done=st.one_of(st.none(), st.integers(0, 100)))
def test_x3_a_rule_that_is_as_it_was_changes_nothing(hours: int, done: int | None) -> None:
    promise = made(None if done is None else done * HOUR, due_at=NOW + hours * HOUR)
    (trial,) = try_policy(policy(hours * HOUR), [policy(hours * HOUR)], None, [promise], NOW + 50 * HOUR)
    assert (trial.due_after, trial.after) == (promise.due_at, trial.before)


def test_c11_x4_the_end_of_a_day_is_ahead_even_at_its_very_end() -> None:
    almost = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # midnight in Berlin, before the night of 23 hours
    next_one = almost + 23 * HOUR
    for left, expected in [(HOUR, almost), (timedelta(microseconds=500), next_one), (timedelta(), next_one)]:
        due = end_of_business(None, "Europe/Berlin", almost - left)
        assert due == expected - timedelta(milliseconds=1)
    never = Calendar("UTC", ((),) * 7)
    assert end_of_business(never, "Europe/Berlin", almost - HOUR) == almost - timedelta(milliseconds=1)
