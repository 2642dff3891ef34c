"""Goodwill: within a role and a budget, to a customer we know of, and it moves no date. Rows: C24, C32, X3."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.authority.goodwill import end_of, month_of
from shared.contracts import commitments as told
from shared.contracts import intake as heard
from shared.ids import new_id
from tests.commitments.conftest import Commitments, known
from tests.commitments.people import appoint, by, everything, vnd

DAY = timedelta(days=1)


def gift(amount: str = "100000", **changes: Any) -> dict[str, Any]:
    return vnd(amount, customer_id=str(new_id()), words="Phiếu mua hàng 100.000 ₫") | changes


async def budget(kept: Commitments, team: str | None = None, **amounts: str) -> Any:
    body = {"team": team, "amounts": amounts}
    return await kept.call("PUT", "/goodwill/budgets", json=body, expect=201, **everything(kept))


async def months(kept: Commitments, **query: str) -> dict[tuple[str | None, str], tuple[str, str, int]]:
    lines = await kept.call("GET", "/goodwill", params=query)
    return {(line["team"], line["currency"]): (line["given"], line["left"], line["gifts"]) for line in lines}


async def test_c24_a_gift_is_a_fact_of_its_customer_with_what_is_left(kept: Commitments) -> None:
    await appoint(kept, "lan", "agent", team="north")
    case = str(new_id())
    new = gift(case_id=case)
    given = await kept.call("POST", "/goodwill", json=new, expect=201)
    assert (given["by"], given["team"], given["left"]) == ("lan", "north", "4900000")
    (fact,) = await kept.facts(told.GoodwillGiven)
    assert (str(fact.customer_id), str(fact.goodwill_id), str(fact.case_id)) == (new["customer_id"], given["id"], case)
    assert (fact.given.amount, fact.given.currency, fact.words, fact.commitment_id) == (
        "100000", "VND", new["words"], None,
    )  # fmt: skip
    assert (await months(kept))["north", "VND"] == ("100000", "4900000", 1)


async def test_c24_it_never_moves_a_promise_date(kept: Commitments) -> None:
    promise = await kept.promise()
    before, timers = await kept.rows("SELECT * FROM commitment"), await kept.timers()
    new = gift(customer_id=promise["customer_id"], commitment_id=promise["id"])
    await kept.call("POST", "/goodwill", json=new, expect=201)
    assert await kept.rows("SELECT * FROM commitment") == before
    assert await kept.timers() == timers
    assert [f.commitment_id for f in await kept.facts(told.GoodwillGiven)] == [before[0].id]
    assert [type(f) for f in await kept.facts()][2:] == [told.GoodwillGiven]


async def test_c24_c32_over_the_authority_of_the_role_it_is_refused(kept: Commitments) -> None:
    problem = await kept.call("POST", "/goodwill", json=gift("200001"), expect=403)
    assert (problem["type"], problem["allowed"]) == ("urn:kept:problem:over-authority", "200000 VND")
    await kept.call("POST", "/goodwill", json=gift("200000"), expect=201)
    await appoint(kept, "ha", "lead")
    await kept.call("POST", "/goodwill", json=gift("200001"), expect=201, **by(kept, "ha"))
    other = gift("1") | {"currency": "EUR"}
    await kept.call("POST", "/goodwill", json=other, expect=403, **by(kept, "ha"))


async def test_c24_over_the_budget_of_the_month_it_is_refused_and_says_what_is_left(kept: Commitments) -> None:
    await budget(kept, "north", VND="250000")
    await appoint(kept, "lan", "agent", team="north")
    await kept.call("POST", "/goodwill", json=gift(), expect=201)
    problem = await kept.call("POST", "/goodwill", json=gift("150001"), expect=409)
    assert (problem["type"], problem["left"]) == ("urn:kept:problem:over-budget", "150000 VND")
    assert (await kept.call("POST", "/goodwill", json=gift("150000"), expect=201))["left"] == "0"
    assert len(await kept.facts(told.GoodwillGiven)) == 2
    assert (await months(kept))["north", "VND"] == ("250000", "0", 2)
    await kept.call("POST", "/goodwill", json=gift("1"), expect=201, **by(kept, "minh"))  # another team's budget
    kept.clock.set(datetime(2026, 4, 1, 0, 0, tzinfo=UTC))
    await kept.call("POST", "/goodwill", json=gift(), expect=201)
    assert (await months(kept))["north", "VND"] == ("100000", "150000", 1)
    assert (await months(kept, month="2026-03"))["north", "VND"] == ("250000", "0", 2)
    assert (await months(kept, month="2026-05"))["north", "VND"] == ("0", "250000", 0)


async def test_c24_two_gifts_at_once_do_not_spend_the_same_money(kept: Commitments) -> None:
    await budget(kept, VND="250000")
    headers = kept.token("commitments:write")
    answers = await asyncio.gather(
        *(kept.http.post("/commitments/goodwill", json=gift(), headers=headers) for _ in range(5))
    )
    assert sorted(a.status_code for a in answers) == [201, 201, 409, 409, 409]
    assert (await months(kept))[None, "VND"] == ("200000", "50000", 2)


async def test_x3_a_month_is_counted_against_the_budget_that_was_valid_in_it(kept: Commitments) -> None:
    zone = kept.runtime.settings.default_zone
    body = {
        "amounts": {"VND": "7"},
        "valid_from": (end_of(date(2026, 3, 1), zone) + timedelta(microseconds=1)).isoformat(),
    }
    await kept.call("PUT", "/goodwill/budgets", json=body, expect=201, **everything(kept))
    kept.clock.advance(timedelta(days=60))
    assert (await months(kept, month="2026-03"))[None, "VND"] == ("0", "5000000", 0)
    assert (await months(kept, month="2026-04"))[None, "VND"] == ("0", "7", 0)
    history = await kept.call("GET", "/goodwill/budgets", params={"history": "true"})
    assert [(b["team"], b["amounts"], b["set_by"]) for b in history] == [
        (None, {"VND": "7"}, "root"),
        (None, {"VND": "5000000", "USD": "200"}, "default"),
    ]
    assert (await kept.call("GET", "/goodwill/budgets"))[0]["amounts"] == {"VND": "7"}


async def test_a_gift_for_a_promise_to_somebody_else_is_refused(kept: Commitments) -> None:
    lan, lan_by_mail, other = new_id(), new_id(), new_id()
    link = heard.CustomerMerged(customer_id=lan_by_mail, into=lan, reason="same voice", by="minh")
    await kept.deliver(known(lan), known(lan_by_mail), known(other), link)
    promise = (await kept.promise(lan))["id"]
    for customer, expect in [(lan, 201), (lan_by_mail, 201), (other, 422)]:
        new = gift(customer_id=str(customer), commitment_id=promise)
        await kept.call("POST", "/goodwill", json=new, expect=expect)
    problem = await kept.call("POST", "/goodwill", json=gift(commitment_id=str(new_id())), expect=404)
    assert problem["type"] == "urn:kept:problem:promise-not-found"
    assert (await months(kept))[None, "VND"][2] == 2, "what was refused was not counted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"},
        {"amount": "0.5"},
        {"amount": "-1"},
        {"amount": 1},
        {"currency": "DONG"},
        {"words": "a voucher {code}"},
        {"words": "a voucher soon"},
        {"customer_id": "lan"},
        {"surprise": 1},
    ],
)
async def test_what_is_no_gift_is_refused(kept: Commitments, wrong: dict[str, Any]) -> None:
    await kept.call("POST", "/goodwill", json=gift() | wrong, expect=422)
    assert await kept.facts() == []
    assert await kept.rows("SELECT * FROM goodwill_month") == []


async def test_what_is_no_month_and_no_team_is_refused(kept: Commitments) -> None:
    for month in ("2026-13", "2026-3", "march", "9999-01", "2026-03-01"):
        await kept.call("GET", "/goodwill", params={"month": month}, expect=422)
    body = {"team": "*", "amounts": {"VND": "1"}}
    await kept.call("PUT", "/goodwill/budgets", json=body, expect=422, **everything(kept))


@given(st.integers(0, 36_000), st.integers(0, 86_399))
def test_every_instant_is_in_the_month_it_belongs_to(days: int, seconds: int) -> None:
    at = datetime(2000, 1, 2, tzinfo=UTC) + timedelta(days=days, seconds=seconds)
    zone = "Asia/Ho_Chi_Minh"
    month = month_of(at, zone)
    assert at <= end_of(month, zone)
    assert month_of(end_of(month, zone), zone) == month
    assert month_of(end_of(month, zone) + timedelta(microseconds=1), zone) > month
