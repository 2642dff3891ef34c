"""How no is said: with a reason, by somebody, and with something else to offer where a policy says it.

Rows: C16, C33.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.promising.refusals import shares
from shared.contracts import commitments as told
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments

NO: dict[str, Any] = {
    "customer_id": "018f0000-0000-7000-8000-000000000001",
    "asked": "Trả lại tiền sau 60 ngày",
    "reason": "Đã quá 30 ngày đổi trả",
}


async def test_c33_a_no_has_a_reason_an_alternative_and_who_decided(kept: Commitments) -> None:
    case = str(new_id())
    body = NO | {"policy_code": "RETURN-30", "alternatives": ["Sửa miễn phí", "Phiếu mua hàng"], "case_id": case}
    said = await kept.call("POST", "/refusals", json=body | {"decided_by": "ha"}, expect=201)
    assert said == body | {"id": said["id"], "decided_by": "ha", "by": "lan", "hints": []}
    (fact,) = await kept.facts(told.RequestRefused)
    assert (str(fact.customer_id), str(fact.case_id), fact.asked, fact.reason) == (
        NO["customer_id"], case, NO["asked"], NO["reason"],
    )  # fmt: skip
    assert (fact.policy_code, fact.alternatives) == ("RETURN-30", ("Sửa miễn phí", "Phiếu mua hàng"))
    assert (fact.decided_by, fact.by) == ("ha", "lan")
    assert (await kept.call("POST", "/refusals", json=NO, expect=201))["decided_by"] == "lan"


async def test_c16_a_policy_alone_is_no_answer(kept: Commitments) -> None:
    by_policy = NO | {"policy_code": "RETURN-30"}
    for body in (by_policy, by_policy | {"alternatives": []}):
        problem = await kept.call("POST", "/refusals", json=body, expect=422)
        assert problem["type"] == "urn:kept:problem:alternative-missing"
    assert await kept.facts() == []
    assert (await kept.call("GET", "/refusals/summary"))["n"] == 0


async def test_c16_the_share_of_refusals_by_policy_is_reported(kept: Commitments) -> None:
    assert await kept.call("GET", "/refusals/summary") == {"n": 0, "by_policy_share": None, "policies": []}
    for code, times in [("RETURN-30", 3), ("WARRANTY", 1), (None, 4)]:
        for _ in range(times):
            body = NO | {"policy_code": code, "alternatives": ["Sửa miễn phí"]}
            await kept.call("POST", "/refusals", json=body, expect=201)
        kept.clock.advance(timedelta(days=1))
    summary = await kept.call("GET", "/refusals/summary")
    assert (summary["n"], summary["by_policy_share"]) == (8, 0.5)
    assert summary["policies"] == [
        {"policy_code": None, "n": 4, "share": 0.5},
        {"policy_code": "RETURN-30", "n": 3, "share": 0.375},
        {"policy_code": "WARRANTY", "n": 1, "share": 0.125},
    ]
    since = {"since": (START + timedelta(days=1)).isoformat()}
    assert (await kept.call("GET", "/refusals/summary", params=since))["n"] == 5
    for wrong in ("9999-12-31T23:59:59-14:00", "soon", "2026-03-02"):
        await kept.call("GET", "/refusals/summary", params={"since": wrong}, expect=422)


@given(st.dictionaries(st.none() | st.text(max_size=5), st.integers(1, 10**6), max_size=8))
def test_the_shares_are_one_together_and_none_is_lost(counts: dict[str | None, int]) -> None:
    summary = shares(counts)
    assert summary.n == sum(row.n for row in summary.policies) == sum(counts.values())
    if counts:
        assert sum(row.share for row in summary.policies) == pytest.approx(1)
        assert summary.by_policy_share == pytest.approx(
            sum(row.share for row in summary.policies if row.policy_code is not None)
        )


async def test_words_are_looked_at_and_a_gap_is_refused(kept: Commitments) -> None:
    body = NO | {"alternatives": ["We call you back soon"]}
    said = await kept.call("POST", "/refusals", json=body, expect=201)
    assert [(h["where"], h["found"]) for h in said["hints"]] == [("alternatives/0", "soon")]
    problem = await kept.call("POST", "/refusals", json=NO | {"alternatives": ["{alternative}"]}, expect=422)
    assert problem["type"] == "urn:kept:problem:unclear-words"


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"asked": "a\0"}, {"policy_code": ""}, {"alternatives": [" "]}])
async def test_what_is_no_refusal_is_refused(kept: Commitments, wrong: dict[str, Any]) -> None:
    await kept.call("POST", "/refusals", json=NO | wrong, expect=422)
    for missing in ("reason", "asked", "customer_id"):
        body = {name: value for name, value in NO.items() if name != missing}
        await kept.call("POST", "/refusals", json=body, expect=422)
    assert await kept.facts() == []
