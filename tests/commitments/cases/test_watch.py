"""C9: every open case hears from us again at a time in the future, or stands in the breach list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts import commitments as told
from shared.contracts import intake as heard
from shared.contracts.terms import CommitmentKind
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments


async def listed(kept: Commitments, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await kept.call("GET", "/next-contacts", params=query))["items"]
    return items


async def test_c9_an_opened_case_has_a_next_contact(kept: Commitments) -> None:
    case = kept.case(new_id())
    await kept.deliver(case)
    (watched,) = await listed(kept)
    assert (watched["case_id"], watched["breached"]) == (str(case.case_id), False)
    assert datetime.fromisoformat(watched["next_contact_at"]) == START + timedelta(hours=24)
    assert await listed(kept, breached=True) == []


async def test_c9_when_nobody_speaks_it_stands_in_the_breach_list_and_is_said_once(kept: Commitments) -> None:
    case = kept.case(new_id())
    await kept.deliver(case)
    await kept.pass_time(hours=24)
    await kept.pass_time(hours=24)
    (breached,) = await listed(kept, breached=True)
    assert breached["case_id"] == str(case.case_id)
    assert await listed(kept, breached=False) == []
    (fact,) = await kept.facts(told.NextContactDue)
    assert (fact.case_id, fact.due_at) == (case.case_id, START + timedelta(hours=24))


async def test_c9_speaking_promises_the_next_time(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.case(lan))
    await kept.pass_time(hours=25)
    for spoke in (kept.answer(lan), kept.contact(lan, "call"), kept.answer(lan, "call")):
        kept.clock.advance(timedelta(hours=1))
        await kept.deliver(spoke)
        (watched,) = await listed(kept, breached=False)
        assert datetime.fromisoformat(watched["next_contact_at"]) == kept.now + timedelta(days=7)
    await kept.deliver(kept.answer(lan, "missed_call"))
    assert await listed(kept, breached=False) == [watched], "nobody was reached"


async def test_c9_a_resolved_case_waits_for_nothing_until_it_is_reopened(kept: Commitments) -> None:
    case = kept.case(new_id())
    facts = {"customer_id": case.customer_id, "case_id": case.case_id, "kind": "request", "by": "minh"}
    await kept.deliver(case, heard.CaseResolved(**facts, resolved_at=START, summary="repaired"))
    await kept.pass_time(hours=25)
    assert await listed(kept) == []
    assert await kept.facts(told.NextContactDue) == []
    await kept.deliver(heard.CaseReopened(**facts, reopened_at=kept.now, reason="it leaks again"))
    assert len(await listed(kept, breached=False)) == 1


async def test_the_list_pages_by_cursor(kept: Commitments) -> None:
    cases = [kept.case(new_id()) for _ in range(5)]
    await kept.deliver(*cases)
    seen: list[str] = []
    page = await kept.call("GET", "/next-contacts", params={"limit": 2})
    while True:
        seen += [item["case_id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = await kept.call("GET", "/next-contacts", params={"limit": 2, "cursor": page["next"]})
    assert sorted(seen) == sorted(str(case.case_id) for case in cases)


HAPPENINGS = ["open", "speak", "call us", "call nobody", "resolve", "reopen", "hour", "day", "week"]
ACTS = st.lists(st.sampled_from(HAPPENINGS), max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
async def test_c9_c15_hold_whatever_happens(kept: Commitments, acts: list[str]) -> None:
    """Each example has a customer of its own; the database goes on. `cases` has since when each is open."""
    lan = new_id()
    cases: dict[Any, datetime | None] = {}
    for act in ["open", *acts]:
        facts: dict[str, Any] = {"customer_id": lan, "kind": "request", "by": "minh"}
        match act:
            case "open":
                case = kept.case(lan)
                cases[case.case_id] = kept.now
                await kept.deliver(case)
            case "speak":
                await kept.deliver(kept.answer(lan))
            case "call us":
                await kept.deliver(kept.contact(lan, "call"))
            case "call nobody":
                await kept.deliver(kept.contact(lan, "missed_call"), kept.answer(lan, "missed_call"))
            case "resolve":
                cases |= dict.fromkeys(cases, None)
                resolved = [heard.CaseResolved(**facts, case_id=c, resolved_at=kept.now, summary="x") for c in cases]
                await kept.deliver(*resolved)
            case "reopen":
                cases |= dict.fromkeys(cases, kept.now)
                again = [heard.CaseReopened(**facts, case_id=c, reopened_at=kept.now, reason="x") for c in cases]
                await kept.deliver(*again)
            case _:
                await kept.pass_time(**{f"{act}s": 1})
        await _every_open_case_is_watched(kept, lan, {c for c, since in cases.items() if since is not None})
        await _every_old_case_owes_one_update(kept, lan, cases)


async def _every_open_case_is_watched(kept: Commitments, customer: UUID, are_open: set[UUID]) -> None:
    """C9: the next contact is in the future and has its timer, or it stands in the breach list and was said."""
    rows = await kept.rows("SELECT * FROM case_watch WHERE open AND customer_id = :c", c=customer)
    assert {row.case_id for row in rows} == are_open
    timers = await kept.timers()
    said = {fact.case_id for fact in await kept.facts(told.NextContactDue)}
    for row in rows:
        future = row.next_contact_at > kept.now
        assert future == (timers.get(("next_contact", str(row.case_id))) == row.next_contact_at)
        assert future or row.case_id in said


async def _every_old_case_owes_one_update(
    kept: Commitments, customer: UUID, cases: dict[UUID, datetime | None]
) -> None:
    """C15: each case that has been open for a week owes one update, not given yet; what is not open owes none.

    One that was opened again while it was open may owe one before a week is over.
    """
    updates = [p for p in await kept.all(customer) if p.kind is CommitmentKind.UPDATE]
    waiting = [p.case_id for p in updates if p.fulfilled_at is None]
    are_open = {case: since for case, since in cases.items() if since is not None}
    assert len(waiting) == len(set(waiting)), "one at a time"
    assert {case for case, since in are_open.items() if kept.now - since >= timedelta(days=7)} <= set(waiting)
    assert set(waiting) <= set(are_open)
