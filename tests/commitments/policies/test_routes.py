"""X3: policies over HTTP: what may be set, and what a rule would have done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts import commitments as told
from shared.contracts.intake import CustomerMerged
from shared.ids import new_id
from tests.commitments.calendars.test_routes import set_office
from tests.commitments.conftest import START, Commitments, known

RULE: dict[str, Any] = {"kind": "response", "within_minutes": 60}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "promise"}, "invalid"),
        ({"within_minutes": None}, "no-clock"),
        ({"within_minutes": None, "kind": "call_back"}, "no-clock"),
        ({"within_minutes": None, "kind": "next_contact"}, "no-clock"),
        ({"calendar": "shop"}, "unknown-calendar"),
        ({"calendar": "Shop!"}, "invalid"),
        ({"category": "a\0"}, "invalid"),
        ({"customer_class": ""}, "invalid"),
        ({"customer_class": "x" * 201}, "invalid"),
        ({"valid_from": "2199-12-31T09:59:59-14:00"}, "begins-too-far"),
        ({"calendar": "rare", "within_minutes": 525_600}, "calendar-never-open"),
    ],
)
async def test_x3_a_rule_that_cannot_be_is_refused(kept: Commitments, change: dict[str, Any], code: str) -> None:
    await set_office(kept, name="rare", week={"mon": [{"opens": "08:00", "closes": "08:02"}]})
    before = await kept.call("GET", "/policies")
    for method, path, body in [
        ("PUT", "/policies", RULE | change),
        ("POST", "/policies/try", {"policy": RULE | change}),
    ]:
        if path == "/policies/try" and code == "begins-too-far":
            continue
        problem = await kept.call(method, path, json=body, expect=422)
        assert problem["type"] == f"urn:kept:problem:{code}"
    assert await kept.call("GET", "/policies") == before


async def test_x3_a_calendar_that_begins_later_serves_a_rule_that_begins_then(kept: Commitments) -> None:
    later = {"valid_from": (START + timedelta(days=1)).isoformat()}
    await set_office(kept, **later)
    await kept.call("PUT", "/policies", json=RULE | {"calendar": "office"}, expect=422)
    made = await kept.call("PUT", "/policies", json=RULE | {"calendar": "office"} | later, expect=201)
    assert made["calendar"] == "office"


async def test_x3_a_rule_is_tried_on_the_last_days_and_changes_nothing(kept: Commitments) -> None:
    lan, hoa = new_id(), new_id()
    early = kept.contact(lan)
    await kept.deliver(early, kept.contact(hoa), kept.contact(hoa, "missed_call"))
    await kept.pass_time(hours=3)
    await kept.deliver(kept.answer(lan))
    await kept.pass_time(hours=22)
    late = (await kept.only(lan)).id
    facts, rules = await kept.facts(), await kept.call("GET", "/policies")
    tried = await kept.call("POST", "/policies/try", json={"policy": RULE | {"within_minutes": 120}})
    assert (tried["n"], tried["moved"], tried["complete"]) == (2, 2, True)
    assert (tried["kept_to_broken"], tried["broken_to_kept"]) == (1, 0)
    assert (tried["kept_before"], tried["kept_after"]) == (1, 0)
    assert (tried["broken_before"], tried["broken_after"], tried["open_before"]) == (1, 2, 0)
    item = next(item for item in tried["items"] if item["commitment_id"] == str(late))
    assert (item["before"], item["after"]) == ("kept", "broken")
    assert datetime.fromisoformat(item["due_before"]) == START + timedelta(hours=24)
    assert datetime.fromisoformat(item["due_after"]) == START + timedelta(hours=2)
    longer = await kept.call("POST", "/policies/try", json={"policy": RULE | {"within_minutes": 3000}})
    assert (longer["broken_before"], longer["broken_after"], longer["open_after"]) == (1, 0, 1)
    of_email = await kept.call("POST", "/policies/try", json={"policy": RULE | {"channel_kind": "email"}})
    assert (of_email["n"], of_email["moved"]) == (2, 0)
    assert (await kept.facts(), await kept.call("GET", "/policies")) == (facts, rules)


async def test_x3_a_rule_for_a_class_is_tried_on_those_who_are_merged_into_one_of_it(kept: Commitments) -> None:
    lan, by_mail, by_chat, hoa = (new_id() for _ in range(4))
    await kept.deliver(*(known(id_) for id_ in (lan, by_mail, by_chat, hoa)))
    await kept.call("PUT", f"/customers/{lan}", json={"customer_class": "vip"})
    for merged, into in ((by_mail, lan), (by_chat, by_mail)):
        await kept.deliver(CustomerMerged(customer_id=merged, into=into, reason="same voice", by="minh"))
    await kept.deliver(*(kept.contact(id_) for id_ in (lan, by_mail, by_chat, hoa)))
    await kept.pass_time(minutes=1)
    tried = await kept.call("POST", "/policies/try", json={"policy": RULE | {"customer_class": "vip"}})
    assert (tried["n"], tried["moved"]) == (4, 3)


async def test_x3_a_rule_for_complaints_or_later_messages_is_tried_on_those_answers(kept: Commitments) -> None:
    lan = new_id()
    complaint = kept.case(lan).model_copy(update={"kind": "complaint"})
    case = kept.case(lan)
    ids = [complaint.case_id, case.case_id]
    await kept.deliver(complaint, case, *(kept.contact(lan, case_id=id_) for id_ in (*ids, None)))
    await kept.deliver(kept.answer(lan))
    await kept.deliver(*(kept.contact(lan, case_id=id_) for id_ in ids))  # later ones, of what has been answered
    await kept.pass_time(minutes=1)
    moved = {
        kind: (await kept.call("POST", "/policies/try", json={"policy": RULE | {"kind": kind}}))["moved"]
        for kind in ("response", "complaint", "next_response")
    }
    # Without rules of their own, all are answers as any: a rule for answers moves them all.
    assert moved == {"response": 5, "complaint": 2, "next_response": 2}
    assert len(await kept.facts(told.CommitmentStated)) == 5


async def test_x3_a_span_is_one_that_has_been_and_a_rule_one_that_promises(kept: Commitments) -> None:
    await kept.deliver(kept.contact(new_id()))
    await kept.pass_time(days=2)
    day = {"since": START.isoformat(), "until": (START + timedelta(days=1)).isoformat()}
    assert (await kept.call("POST", "/policies/try", json={"policy": RULE, **day}))["n"] == 1
    for span in ({"since": (START + timedelta(days=1)).isoformat()}, {"until": START.isoformat()}):
        assert (await kept.call("POST", "/policies/try", json={"policy": RULE, **span}))["n"] == 0
    for wrong in (
        {"since": (START + timedelta(days=3)).isoformat()},
        {"since": day["until"], "until": day["since"]},
        {"since": "1970-01-02T00:00:00+14:00"},
        {"until": "1970-01-02T00:00:00+14:00"},
        {"policy": RULE | {"kind": "next_contact"}},
        {"policy": None},
    ):
        await kept.call("POST", "/policies/try", json={"policy": RULE, **wrong}, expect=422)
