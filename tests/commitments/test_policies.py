"""Which clock opens for which contact, and how long it runs (I6, X3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.commitments.policies import Circumstances, Policy, PolicyKind, answers, clock_for, rule_for
from services.commitments.words import SAYS
from shared.contracts.commitments import CommitmentKind
from shared.contracts.intake import ChannelKind, InteractionKind, InteractionReceived
from shared.ids import new_id

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def policy(
    within: timedelta, channel: str | None = None, valid_from: datetime = EVER, kind: str = "response"
) -> Policy:
    return Policy(kind, channel, within, valid_from)


def within(rules: list[Policy], kind: str, channel: ChannelKind | None, at: datetime) -> timedelta | None:
    rule = rule_for(rules, kind, Circumstances(channel), at)
    return rule.within if rule else None


def contact(kind: InteractionKind, *, automatic: bool = False) -> InteractionReceived:
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


def test_c13_a_call_back_is_kept_only_by_a_call() -> None:
    keeping = {kind for kind in InteractionKind if CommitmentKind.CALL_BACK in answers(kind)}
    assert keeping == {InteractionKind.CALL}


def test_every_clock_has_words_in_both_languages() -> None:
    owed = {clock_for(contact(kind)) for kind in InteractionKind} - {None}
    promised = {kind for kind in PolicyKind if kind.makes is not None}
    assert owed <= {kind.makes for kind in promised}
    assert set(SAYS) == promised
    assert all(set(says) == {"vi", "en"} for says in SAYS.values())
