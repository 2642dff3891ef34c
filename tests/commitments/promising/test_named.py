"""C11, C12: promises that name a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.ids import new_id
from tests.commitments.calendars.test_routes import set_office
from tests.commitments.conftest import START, Commitments, known
from tests.commitments.promise.test_clocks import HOUR, rule


async def test_c11_an_escalation_says_who_speaks_with_the_customer_and_by_when(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(known(lan, language="en"))
    await kept.call("PUT", f"/customers/{lan}", json={"zone": "Europe/Berlin"})
    parent = await kept.promise(lan, category="repair")
    body = {"to": "Hoa", "reason": "it is the second time"}
    child = await kept.call("POST", f"/{parent['id']}/escalate", json=body, expect=201)
    midnight = datetime(2026, 3, 2, 22, 59, 59, 999000, tzinfo=UTC)
    assert datetime.fromisoformat(child["due_at"]) == midnight, "the end of the customer's day"
    assert (child["kind"], child["owner"], child["parent_id"]) == ("escalation", "Hoa", parent["id"])
    assert (child["terms"][0]["words"], child["terms"][0]["zone"]) == ("Hoa speaks with you.", "Europe/Berlin")
    (fact,) = await kept.facts(told.CommitmentEscalated)
    assert (str(fact.commitment_id), fact.to, fact.by_when) == (parent["id"], "Hoa", midnight)
    assert (fact.reason, fact.by) == ("it is the second time", "lan")
    _, stated = await kept.facts(told.CommitmentStated)
    assert stated.about == "Your order reaches you", "the customer is told of what"
    await kept.deliver(kept.answer(lan, "call"), kept.answer(lan, agent=None))
    assert (await kept.call("GET", f"/{child['id']}"))["status"] == "stated", "somebody else is not Hoa"
    await kept.deliver(kept.answer(lan, "call", agent="hoa"))
    assert (await kept.call("GET", f"/{child['id']}"))["outcome"] == "kept"
    assert (await kept.call("GET", f"/{parent['id']}"))["status"] == "stated"


@pytest.mark.parametrize(
    ("of", "due"),
    [
        ({"within_minutes": None, "calendar": "office"}, datetime(2026, 3, 2, 10, 0, tzinfo=UTC)),
        ({"within_minutes": 120, "calendar": "office"}, datetime(2026, 3, 3, 2, 0, tzinfo=UTC)),
        ({"within_minutes": 30}, datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ({"within_minutes": None}, datetime(2026, 3, 2, 16, 59, 59, 999000, tzinfo=UTC)),
    ],
)
async def test_c11_by_the_end_of_the_business_day_or_as_policy_says(
    kept: Commitments, of: dict[str, Any], due: datetime
) -> None:
    await set_office(kept)
    await kept.call("PUT", "/policies", json={"kind": "escalation", **of}, expect=201)
    id_ = (await kept.promise())["id"]
    child = await kept.call("POST", f"/{id_}/escalate", json={"to": "hoa", "reason": "x"}, expect=201)
    assert datetime.fromisoformat(child["due_at"]) == due


async def test_c11_what_cannot_be_escalated_is_refused_and_changes_nothing(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    body: dict[str, Any] = {"to": "hoa", "reason": "x"}
    await kept.call("POST", f"/{new_id()}/escalate", json=body, expect=404)
    for wrong in ({"to": ""}, {"to": "a\0"}, {"by_when": START.isoformat()}, {"by_when": "9999-12-31T23:59:59-14:00"}):
        await kept.call("POST", f"/{id_}/escalate", json=body | wrong, expect=422)
    await kept.call("POST", f"/{id_}/fulfil")
    problem = await kept.call("POST", f"/{id_}/escalate", json=body, expect=409)
    assert problem["type"] == "urn:kept:problem:wrong-state"
    assert len(await kept.all()) == 1
    assert await kept.facts(told.CommitmentEscalated) == []


async def test_c12_information_has_a_named_person_and_a_time_and_is_kept_as_any_promise(kept: Commitments) -> None:
    lan, case = new_id(), new_id()
    body = {"customer_id": str(lan), "case_id": str(case), "question": "Khi nào {hàng} về?", "who": "Hoa"}
    problem = await kept.call("POST", "/information", json=body, expect=422)
    assert problem["type"] == "urn:kept:problem:no-clock"
    by_when = {"by_when": (START + 2 * HOUR).isoformat()}
    made = await kept.call("POST", "/information", json=body | by_when, expect=201)
    assert (made["kind"], made["owner"], made["status"]) == ("information", "Hoa", "stated")
    assert made["terms"][0]["words"] == "Hoa trả lời câu hỏi: Khi nào {hàng} về?"
    await rule(kept, "information", 3 * HOUR)
    second = await kept.call("POST", "/information", json=body, expect=201)
    assert datetime.fromisoformat(second["due_at"]) == START + 3 * HOUR
    await kept.deliver(kept.answer(lan), kept.answer(lan, agent="Hoa", case_id=new_id()))
    assert {p.outcome for p in await kept.all(lan)} == {None}
    await kept.pass_time(hours=2, seconds=1)
    await kept.deliver(kept.answer(lan, agent="Hoa", case_id=case))
    assert [p.outcome for p in await kept.all(lan)] == [Outcome.BROKEN_SILENT, Outcome.KEPT]
    for wrong in ({"who": " "}, {"question": "\0"}, {"by_when": START.isoformat()}):
        await kept.call("POST", "/information", json=body | wrong, expect=422)


async def test_where_a_customer_lives_is_told_of_one_we_know(kept: Commitments) -> None:
    problem = await kept.call("PUT", f"/customers/{new_id()}", json={"zone": "Europe/Berlin"}, expect=404)
    assert problem["type"] == "urn:kept:problem:customer-not-found"
    lan = new_id()
    await kept.deliver(known(lan))
    for wrong in ({"zone": "Berlin"}, {"customer_class": "\0"}, {"name": "x"}):
        await kept.call("PUT", f"/customers/{lan}", json=wrong, expect=422)
