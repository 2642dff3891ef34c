"""Who may promise how much alone, and what happens above that. Rows: C4, C28, C32, C37, X3, X9."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.authority.limits import Limits, Standing, allows, check_estimate, over, weigh
from services.commitments.errors import ApprovalNeeded, EarlierThanEstimate, OwnApproval, WrongState
from services.commitments.promise import core
from services.commitments.promise.core import Approval, Status
from shared.contracts import commitments as told
from shared.contracts.terms import Concession, Estimated, Money, Option, Over, Terms
from tests.commitments.conftest import START, Commitments
from tests.commitments.people import appoint, by, everything, vnd
from tests.commitments.promise.test_promise import NOW, drafted, stated

AGENT = Limits(
    concession={"VND": Decimal(500)}, cost={"VND": Decimal(5000)}, goodwill={}, longest_days=30, shortest_minutes=60
)
ANY = Limits(concession=None, cost=None, goodwill=None, may_promise_early=True, administers=True)
NOBODY = Limits(concession={}, cost={}, goodwill={})
MINH = Standing("minh", "agent", None, AGENT)
DAY = timedelta(days=1)


def terms(**changes: Any) -> Terms:
    return drafted(NOW + DAY).latest.model_copy(update=changes)


def concession(amount: str, currency: str = "VND") -> Concession:
    return Concession(amount=amount, currency=currency, reason="the second delay")


def limits_of(found: tuple[Over, ...]) -> list[str]:
    return [one.limit for one in found]


def test_c37_x9_below_the_limits_the_frontline_decides_alone() -> None:
    asked = terms(concession=concession("500"), charge=Money(amount="5000.00", currency="VND"))
    assert over(asked, AGENT, NOW) == ()


@pytest.mark.parametrize(
    ("asked", "limit"),
    [
        ({"concession": concession("500.01")}, "concession"),
        ({"concession": concession("1", "USD")}, "concession"),
        ({"charge": Money(amount="5001", currency="VND")}, "cost"),
        ({"due_at": NOW + timedelta(minutes=59)}, "shortest"),
        ({"due_at": NOW + timedelta(days=30, seconds=1)}, "longest"),
        ({"estimate": Estimated(due_at=NOW + 2 * DAY, override_reason="it is in stock")}, "early"),
    ],
)
def test_c17_c32_each_limit_is_found_on_its_own(asked: dict[str, Any], limit: str) -> None:
    found = over(terms(**asked), AGENT, NOW)
    assert limits_of(found) == [limit]
    assert over(terms(**asked), ANY, NOW) == ()


def test_c17_what_is_offered_can_be_taken_so_options_count() -> None:
    far = Option(name="later", words="x", due_at=NOW + 99 * DAY, cost="x", charge=Money(amount="5001", currency="VND"))
    assert limits_of(over(terms(options=(far,)), AGENT, NOW)) == ["cost", "longest"]


def test_x3_a_currency_that_a_limit_does_not_name_is_worth_nobody_knows_what() -> None:
    assert not allows({"VND": Decimal(10**9)}, Money(amount="0.01", currency="USD"))
    assert allows(None, Money(amount="999999999999999", currency="USD"))


amounts = st.decimals(0, 10**9, places=2, allow_nan=False)


@given(limit=amounts, asked=amounts, more=amounts)
def test_an_amount_is_allowed_up_to_the_limit_and_so_is_any_smaller_one(
    limit: Decimal, asked: Decimal, more: Decimal
) -> None:
    largest = {"USD": limit}
    assert allows(largest, Money(amount=f"{asked:f}", currency="USD")) == (asked <= limit)
    if allows(largest, Money(amount=f"{asked + more:f}", currency="USD")):
        assert allows(largest, Money(amount=f"{asked:f}", currency="USD"))


@given(amount=amounts, charge=amounts, days=st.integers(1, 400), early=st.booleans())
def test_whoever_has_no_limit_is_over_none_and_what_was_settled_is_settled(
    amount: Decimal, charge: Decimal, days: int, early: bool
) -> None:
    asked = terms(
        due_at=NOW + days * DAY,
        concession=concession(f"{amount:f}"),
        charge=Money(amount=f"{charge:f}", currency="USD"),
        estimate=Estimated(due_at=NOW + 500 * DAY, override_reason="x") if early else None,
    )
    assert over(asked, ANY, NOW) == ()
    assert over(asked, NOBODY, NOW, before=asked) == ()
    found = set(limits_of(over(asked, NOBODY, NOW)))
    assert found == ({"concession"} if amount else set()) | ({"cost"} if charge else set()) | (
        {"early"} if early else set()
    )


def test_a_promise_earlier_than_the_estimate_says_why() -> None:
    early = terms(estimate=Estimated(due_at=NOW + 2 * DAY))
    with pytest.raises(EarlierThanEstimate):
        check_estimate(early)
    check_estimate(early.model_copy(update={"due_at": NOW + 2 * DAY}))
    check_estimate(terms(estimate=Estimated(due_at=NOW + 2 * DAY, override_reason="it is in stock")))
    option = Option(name="dearer", words="x", due_at=NOW + DAY, cost="x")
    with pytest.raises(EarlierThanEstimate):
        check_estimate(early.model_copy(update={"due_at": NOW + 2 * DAY, "options": (option,)}))


def waiting(state: str = "needed") -> core.Promise:
    return drafted()._replace(approval=Approval.model_validate({"state": state, "author": "minh", "over": [
            {"limit": "cost", "allowed": "5000 VND", "asked": "9000 VND"}]})
    )  # fmt: skip


def test_a_later_time_than_was_promised_is_too_early_for_nobody() -> None:
    """C17, C18: an agent who cannot keep a time says a later one at once, if it is the best that they know."""
    estimate = Estimated(due_at=NOW + 5 * DAY, override_reason="the part comes tomorrow")
    before = terms(due_at=NOW + DAY)
    later, sooner = (terms(due_at=NOW + at, estimate=estimate) for at in (2 * DAY, DAY / 2))
    assert over(later, AGENT, NOW, before=before) == ()
    assert limits_of(over(sooner, AGENT, NOW, before=before)) == limits_of(over(later, AGENT, NOW)) == ["early"]


@pytest.mark.parametrize("state", ["needed", "refused"])
def test_c17_what_waits_for_approval_is_not_told(state: str) -> None:
    with pytest.raises(ApprovalNeeded) as refused:
        core.state(waiting(state), NOW)
    assert refused.value.extra["approval"] == state
    assert core.state(waiting("approved"), NOW)[0].status is Status.STATED


def test_c17_a_review_is_a_fact_with_the_limit_it_was_about() -> None:
    approved, (fact,) = core.review(waiting(), "approved", NOW, by="ha", reason="an old customer", seen=1)
    assert isinstance(fact, told.CommitmentReviewed)
    assert (fact.decision, fact.by, fact.reason, limits_of(fact.limit)) == (
        "approved", "ha", "an old customer", ["cost"],
    )  # fmt: skip
    assert approved.approval is not None
    assert approved.approval.state == "approved"
    assert approved.status is Status.DRAFT, "approved is not told"


def test_c17_nobody_reviews_their_own_nor_what_needs_none() -> None:
    with pytest.raises(OwnApproval):
        core.review(waiting(), "approved", NOW, by="minh", reason="why not")
    for promise in (drafted(), stated(), waiting("approved"), waiting("refused")):
        with pytest.raises(WrongState):
            core.review(promise, "approved", NOW, by="ha", reason="x")


def test_a_change_is_weighed_by_what_it_changes() -> None:
    """An agent moves the date of what a manager gave away, and gives nothing away by it."""
    generous = stated()._replace(terms=(terms(concession=concession("9000")),))
    moved, _ = core.revise(generous, due_at=NOW + 2 * DAY, reason="rain", by="minh", now=NOW)
    assert weigh(moved, MINH, NOW, before=generous).approval is None
    with pytest.raises(ApprovalNeeded):
        weigh(moved, MINH, NOW, before=stated())
    more, _ = core.revise(generous, due_at=NOW + DAY, reason="rain", by="minh", now=NOW, concession=concession("9001"))
    with pytest.raises(ApprovalNeeded) as refused:
        weigh(more, MINH, NOW, before=generous)
    assert [one["limit"] for one in refused.value.extra["over"]] == ["concession"]


def test_what_was_not_approved_is_not_settled_by_a_change_of_its_words() -> None:
    for state, needs in [("needed", True), ("refused", True), ("approved", False)]:
        before = waiting(state)._replace(terms=(terms(concession=concession("9000")),))
        again, events = core.revise(before, due_at=NOW + DAY, reason="x", by="hoa", now=NOW, words="Otherwise")
        weighed = weigh(again, replace(MINH, subject="hoa"), NOW, before=before)
        assert (weighed.approval is not None) == needs
        assert [type(event) for event in events] == [told.CommitmentDrafted], "a draft is told to nobody"
        if weighed.approval is not None:
            assert (weighed.approval.state, weighed.approval.author) == ("needed", "hoa")


# ---- by HTTP ----

GENEROUS: dict[str, Any] = {"concession": vnd("800000", reason="the second delay")}


def again(days: int = 1, **changes: Any) -> dict[str, Any]:
    return {"due_at": (START + timedelta(days=days)).isoformat(), "reason": "less of it"} | changes


async def test_c17_over_the_limit_it_stays_a_draft_until_somebody_who_may_approves(kept: Commitments) -> None:
    await appoint(kept, "ha", "lead")
    made = await kept.promise(**GENEROUS)
    assert (made["status"], made["approval"]) == ("draft", "needed"), "though it was to be told at once"
    assert made["over"] == [{"limit": "concession", "allowed": "500000 VND", "asked": "800000 VND"}]
    assert await kept.facts(told.CommitmentStated) == []
    id_ = made["id"]
    problem = await kept.call("POST", f"/{id_}/state", expect=409)
    assert problem["type"] == "urn:kept:problem:approval-needed"
    assert [p["id"] for p in (await kept.call("GET", "/approvals"))["items"]] == [id_]
    yes = {"reason": "they have waited twice", "revision": 1}
    for subject, code in [("lan", "own-approval"), ("minh", "over-authority")]:
        problem = await kept.call("POST", f"/{id_}/approve", json=yes, expect=403, **by(kept, subject))
        assert problem["type"] == f"urn:kept:problem:{code}"
    approved = await kept.call("POST", f"/{id_}/approve", json=yes, **by(kept, "ha"))
    assert (approved["status"], approved["approval"]) == ("draft", "approved")
    assert (await kept.call("GET", "/approvals"))["items"] == []
    assert (await kept.call("POST", f"/{id_}/state"))["status"] == "stated"
    (fact,) = await kept.facts(told.CommitmentReviewed)
    assert (fact.decision, fact.by, limits_of(fact.limit)) == ("approved", "ha", ["concession"])
    (said,) = await kept.facts(told.CommitmentStated)
    c32 = said.terms.concession
    assert (c32.amount, c32.currency, c32.reason) == ("800000", "VND", "the second delay")


async def test_c28_what_is_refused_is_answered_by_a_revision(kept: Commitments) -> None:
    id_ = (await kept.promise(tell=False, **GENEROUS))["id"]
    no = {"reason": "too much for one delay"}
    refused = await kept.call("POST", f"/{id_}/refuse", json=no, **everything(kept))
    assert (refused["status"], refused["approval"]) == ("draft", "refused")
    await kept.call("POST", f"/{id_}/state", expect=409)
    await kept.call("POST", f"/{id_}/approve", json=no, expect=409, **everything(kept))
    smaller = await kept.call("POST", f"/{id_}/revise", json=again(concession=vnd("400000", reason="the delay")))
    assert ([t["revision"] for t in smaller["terms"]], smaller["approval"], smaller["over"]) == ([1, 2], None, [])
    none = await kept.call("POST", f"/{id_}/revise", json=again(concession=None))
    assert none["terms"][2]["concession"] is None
    assert (await kept.call("POST", f"/{id_}/state"))["status"] == "stated"
    log = await kept.call("GET", f"/{id_}/decisions")
    assert [(e["decision"], e["by"], e["revision"]) for e in log] == [
        ("refused", "root", 1),
        ("revised", "lan", 2),
        ("revised", "lan", 3),
    ]
    assert await kept.facts(told.CommitmentRevised) == [], "no revision of a draft is told to the customer"


async def test_what_the_customer_was_told_is_not_changed_over_the_limit(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    for change in (GENEROUS, {"due_at": (START + timedelta(days=91)).isoformat()}):
        problem = await kept.call("POST", f"/{id_}/revise", json=again(**change), expect=409)
        assert problem["type"] == "urn:kept:problem:approval-needed"
    assert len((await kept.only()).terms) == 1
    done = await kept.call("POST", f"/{id_}/revise", json=again(**GENEROUS), **everything(kept))
    assert done["terms"][1]["concession"]["amount"] == "800000"


async def test_a_review_of_terms_that_were_replaced_decides_nothing(kept: Commitments) -> None:
    id_ = (await kept.promise(tell=False, **GENEROUS))["id"]
    await kept.call("POST", f"/{id_}/revise", json=again(concession=vnd("9000000", reason="x")))
    stale = {"reason": "fine", "revision": 1}
    problem = await kept.call("POST", f"/{id_}/approve", json=stale, expect=409, **everything(kept))
    assert problem["type"] == "urn:kept:problem:stale-revision"
    assert await kept.facts(told.CommitmentReviewed) == []


async def test_c4_a_new_cost_has_no_amount_of_the_old_one(kept: Commitments) -> None:
    id_ = (await kept.promise(cost="500.000 ₫", charge=vnd("500000")))["id"]
    same = await kept.call("POST", f"/{id_}/revise", json=again())
    assert same["terms"][1]["charge"] == vnd("500000")
    other = await kept.call("POST", f"/{id_}/revise", json=again(2, cost="not known until Friday"))
    assert other["terms"][2]["charge"] is None


async def test_earlier_than_the_estimate_needs_a_reason_and_a_role(kept: Commitments) -> None:
    await appoint(kept, "ha", "lead")
    estimate: dict[str, Any] = {"estimate_due_at": (START + timedelta(days=2)).isoformat()}
    body = {"customer_id": str((await kept.promise())["customer_id"]), "words": "x", "cost": "0"} | again(1)
    body.pop("reason")
    problem = await kept.call("POST", "", json=body | estimate, expect=422)
    assert problem["type"] == "urn:kept:problem:earlier-than-estimate"
    estimate["override_reason"] = "it is in stock"
    assert (await kept.call("POST", "", json=body | estimate, expect=201))["over"][0]["limit"] == "early"
    made = await kept.call("POST", "", json=body | estimate, expect=201, **by(kept, "ha"))
    assert made["approval"] is None
    assert made["terms"][0]["estimate"]["override_reason"] == "it is in stock"
    problem = await kept.call("POST", f"/{made['id']}/revise", json=again(days=1, due_at=body["due_at"]), expect=200)
    sooner = again(due_at=(START + timedelta(hours=5)).isoformat())
    problem = await kept.call("POST", f"/{made['id']}/revise", json=sooner, expect=422, **by(kept, "ha"))
    assert problem["type"] == "urn:kept:problem:earlier-than-estimate", "another time needs a reason of its own"
    await kept.call("POST", f"/{made['id']}/revise", json=again(days=3))


@pytest.mark.parametrize(
    "wrong",
    [
        {"concession": vnd("0", reason="x")},
        {"concession": vnd("0.50", reason="x")},
        {"concession": vnd("1")},
        {"concession": {"amount": "1", "currency": "XXQ", "reason": "x"}},
        {"concession": {"amount": 1, "currency": "VND", "reason": "x"}},
        {"charge": {"amount": "1.001", "currency": "USD"}},
        {"charge": {"amount": "NaN", "currency": "USD"}},
        {"charge": {"amount": "١", "currency": "USD"}},
        {"estimate_level": 1.0},
        {"kind": "response"},
    ],
)
async def test_money_that_is_none_is_refused(kept: Commitments, wrong: dict[str, Any]) -> None:
    body = {"customer_id": "018f0000-0000-7000-8000-000000000001", "words": "x", "cost": "0"}
    due = {"due_at": (START + timedelta(days=1)).isoformat()}
    await kept.call("POST", "", json=body | due | wrong, expect=422)
    assert await kept.all() == []


async def test_approvals_page_by_cursor(kept: Commitments) -> None:
    for hours in (3, 1, 2):
        await kept.promise(due_at=(START + timedelta(hours=hours)).isoformat(), **GENEROUS)
    await kept.promise()
    first = await kept.call("GET", "/approvals", params={"limit": 2})
    second = await kept.call("GET", "/approvals", params={"limit": 2, "cursor": first["next"]})
    dues = [datetime.fromisoformat(p["due_at"]) - START for p in first["items"] + second["items"]]
    assert dues == [timedelta(hours=h) for h in (1, 2, 3)]
    assert second["next"] is None
