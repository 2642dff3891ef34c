"""The bench judges rightly, chooses the rows that were asked for, and sends what the provider would."""

import json
from datetime import UTC, datetime
from itertools import islice

import pytest

from services.intake.channels.items import Contact
from services.intake.channels.provider import Refused, Request
from services.intake.channels.registry import providers
from tests.load.__main__ import chosen, families
from tests.load.mix import PREFIX, SECRETS, Mix
from tests.load.sender import quantile
from tests.load.table import Goal, Measured, as_json, judged, not_measured, rendered

FOUR_TIMES = Goal("ratio", ">=", 4)
QUICK = Goal("value", "<=", 250, "ms")


def test_a_row_has_the_agreed_keys_and_says_whether_it_holds() -> None:
    rows = [
        judged("accept.vs_orm", FOUR_TIMES, Measured(1000, "requests/s", "two rows: 300", 3.3333)),
        judged("accept.p99", QUICK, Measured(250, "ms")),
        not_measured("relay.kafka", QUICK, "no Kafka"),
    ]
    found = json.loads(as_json(rows))
    assert [list(row) for row in found] == [["row", "value", "unit", "versus", "ratio", "goal", "holds"]] * 3
    assert [row["holds"] for row in found] == [False, True, None]
    assert found[0]["ratio"] == 3.333
    assert found[0]["goal"] == ">= 4 x"
    assert rendered(rows).splitlines()[1].split()[-1] == "NO"


def test_rows_are_asked_for_by_name_or_prefix() -> None:
    names = ["accept.p99", "accept.vs_orm", "parse", "timers.fire"]
    assert chosen(names, []) == names
    assert chosen(names, ["accept", "parse"]) == ["accept.p99", "accept.vs_orm", "parse"]
    with pytest.raises(ValueError, match="no row begins with"):
        chosen(names, ["timer."])


def test_no_two_families_claim_a_row() -> None:
    names = [name for family in families() for name in family.GOALS]
    assert len(names) == len(set(names))
    assert {"accept.vs_orm", "parse", "timers.fire", "journey.rate"} <= set(names)


@pytest.mark.parametrize(("q", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_quantile_is_a_value_that_was_measured(q: float, expected: float) -> None:
    assert quantile([float(n) for n in range(1, 101)], q) == expected


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_the_senders_messages_are_signed_and_each_is_a_new_one(name: str) -> None:
    origin, provider, now = "https://kept.example.com", providers()[name], datetime.now(UTC)
    contacts = []
    for one in islice(Mix(origin, customers=2, providers=[name]).contacts(), 3):
        headers = {key.lower(): value for key, value in one.headers.items()}
        request = Request(origin + PREFIX + one.channel, headers, one.body)
        provider.verify(request, [SECRETS[name]], now)
        with pytest.raises(Refused):
            provider.verify(request, ["another"], now)
        contacts += [item for item in provider.parse(request) if isinstance(item, Contact)]
    assert len({contact.external_id for contact in contacts}) == 3
    assert len({contact.address for contact in contacts}) == 2


def test_the_providers_take_turns() -> None:
    contacts = list(islice(Mix("https://kept.example.com").contacts(), 2 * len(SECRETS)))
    assert [one.channel for one in contacts] == 2 * list(SECRETS)
