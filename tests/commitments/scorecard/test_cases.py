"""What became of cases, by HTTP: solved at once, opened again, kept by the front line, and what it took.

Rows: C36, C37, C40, I28.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from shared.contracts import intake as heard
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments
from tests.commitments.stories import Story, facts_of, share

DAY = timedelta(days=1)


async def five(kept: Commitments) -> None:
    """The five cases of the rule: A solved at once, B comes back on day 3, C needs two, D back on day 9, E unsolved."""
    a, b, c, d, e = [Story(kept) for _ in range(5)]
    for story in (a, b, c, d, e):
        await story.tell(story.contact())
    await kept.pass_time(hours=5)
    for story in (a, b, d):
        await story.tell(story.answer(), story.resolved())
    await c.tell(c.contact(), c.answer(), c.resolved())
    await kept.pass_time(days=3)
    await b.tell(b.reopened())
    await kept.pass_time(days=6)
    again = Story(kept, customer_id=d.customer)
    await again.tell(again.contact())
    await kept.pass_time(hours=1)


async def test_i28_first_contact_resolution_with_a_window(kept: Commitments) -> None:
    await five(kept)
    (row,) = (await kept.call("GET", "/scorecard/fcr"))["rows"]
    assert (row["key"], share(row["first_contact"]), share(row["naive"])) == ("request", (2, 5), (3, 5))
    (wide,) = (await kept.call("GET", "/scorecard/fcr", params={"recontact_days": 9}))["rows"]
    assert wide["first_contact"]["count"] == 1, "D came back on the ninth day"


async def test_c40_time_to_resolution_and_reopen_rate_side_by_side(kept: Commitments) -> None:
    await five(kept)
    (row,) = (await kept.call("GET", "/scorecard/fcr", params={"by": "owner"}))["rows"]
    assert share(row["reopened"]) == (1, 4)
    assert row["seconds_to_resolution"]["value"] == 5 * 3600
    assert row["seconds_to_resolution_p90"]["value"] is None, "one of five is not resolved"


async def test_i28_a_customer_comes_back_with_a_new_case_too(kept: Commitments) -> None:
    for other in (None, "hóa đơn", "giao hàng"):
        story = Story(kept, category="giao hàng")
        await story.tell(story.contact(), story.answer(), story.resolved())
        kept.clock.advance(2 * DAY)
        again = Story(kept, customer_id=story.customer, category=other, kind="complaint")
        await again.tell(again.contact())
    kept.clock.advance(8 * DAY)
    rows = (await kept.call("GET", "/scorecard/fcr"))["rows"]
    assert {row["key"]: share(row["first_contact"]) for row in rows} == {"request": (1, 3), "complaint": (0, 3)}


@pytest.mark.parametrize("between", [0, 1, 2])
async def test_i28_who_was_merged_is_the_same_person(kept: Commitments, between: int) -> None:
    """Directly, or over others who are merged too."""
    chain = [new_id() for _ in range(between + 2)]
    lan, *_, also = chain
    facts = {"name": "Lan", "language": "vi", "handles": []}
    await kept.deliver(*(heard.CustomerCreated(customer_id=id_, **facts) for id_ in chain))
    story = Story(kept, customer_id=lan)
    await story.tell(story.contact(), story.resolved())
    kept.clock.advance(DAY)
    again = Story(kept, customer_id=also)
    await again.tell(again.contact())
    for into, merged in pairwise(chain):
        await kept.deliver(heard.CustomerMerged(customer_id=merged, into=into, reason="phone", by="an"))
    kept.clock.advance(8 * DAY)
    (row,) = (await kept.call("GET", "/scorecard/fcr"))["rows"]
    assert share(row["first_contact"]) == (0, 2)


async def test_i28_lines_written_within_an_hour_are_one_contact(kept: Commitments) -> None:
    story = Story(kept)
    await story.tell(story.contact())
    for _ in range(3):
        kept.clock.advance(timedelta(minutes=50))
        await story.tell(story.contact(), story.contact(kind="note"))
    await story.tell(story.contact(automatic=True), story.resolved())
    kept.clock.advance(8 * DAY)
    (row,) = (await kept.call("GET", "/scorecard/fcr"))["rows"]
    assert share(row["first_contact"]) == (1, 1)


async def test_thanks_after_the_end_are_no_coming_back(kept: Commitments) -> None:
    story = Story(kept)
    await story.tell(story.contact(), story.resolved())
    kept.clock.advance(DAY)
    await story.tell(story.contact(only_thanks=True))
    kept.clock.advance(7 * DAY)
    (row,) = (await kept.call("GET", "/scorecard/fcr"))["rows"]
    assert share(row["first_contact"]) == (1, 1)


async def test_a_case_that_is_not_ripe_does_not_count(kept: Commitments) -> None:
    story = Story(kept)
    await story.tell(story.contact(), story.resolved())
    kept.clock.advance(6 * DAY)
    assert (await kept.call("GET", "/scorecard/fcr"))["rows"] == []
    kept.clock.advance(DAY)
    assert len((await kept.call("GET", "/scorecard/fcr"))["rows"]) == 1


async def test_c37_the_front_line_had_it_and_kept_it(kept: Commitments) -> None:
    routed, passed_on, reopened, took_the_call = [Story(kept) for _ in range(4)]
    await routed.tell(routed.contact(), routed.owned("minh"), routed.answer(), routed.resolved())
    await passed_on.tell(passed_on.contact(), passed_on.answer(), passed_on.owned("trưởng ca"), passed_on.resolved())
    await reopened.tell(reopened.contact(), reopened.answer(), reopened.resolved(), reopened.reopened())
    call = took_the_call.contact(kind="call")
    await took_the_call.tell(call, took_the_call.owned("trưởng ca"), took_the_call.resolved())
    kept.clock.advance(8 * DAY)
    found = await kept.call("GET", "/scorecard/frontline")
    assert share(found["whole"]) == (1, 4)
    assert (found["whole"]["target"], found["whole"]["verdict"]) == (0.95, None)
    assert {row["key"]: share(row["resolved_by_front_line"]) for row in found["rows"]} == {
        "minh": (1, 1),
        "front-desk": (0, 1),
        "trưởng ca": (0, 2),
    }


async def test_c36_the_spread_of_remedies_in_one_class(kept: Commitments) -> None:
    for days in (1, 2, 9):
        story = Story(kept, category="giao hàng")
        gift = {"amount": str(days * 10), "currency": "VND", "reason": "it took so long"}
        due = (kept.now + 3 * DAY).isoformat()
        promise = await kept.promise(category="giao hàng", due_at=due, concession=gift)
        await story.tell()
        kept.clock.advance(days * DAY)
        await kept.fire()
        await kept.call("POST", f"/{promise['id']}/fulfil")
        await story.tell(story.resolved())
    kept.clock.advance(8 * DAY)
    (row,) = (await kept.call("GET", "/scorecard/remedies"))["rows"]
    assert (row["category"], row["n"]) == ("giao hàng", 3)
    assert [row["least"], row["median"]["value"], row["most"]] == [86_400, 2 * 86_400, 9 * 86_400]
    assert row["outcomes"] == {"kept": 2, "broken_silently": 1}
    assert row["concessions"] == [{"currency": "VND", "n": 3, "least": "10", "median": "20", "most": "90"}]


async def test_news_of_a_case_in_another_order_or_twice(kept: Commitments) -> None:
    story = Story(kept)
    opened = story.told.pop()
    contact = kept.event(story.contact())
    await kept.deliver(contact)
    await kept.deliver(opened, contact, story.resolved())
    (row,) = await kept.rows("SELECT * FROM case_outcome")
    assert (row.contacts, row.opened_at, row.channel_kind) == (1, START, "sms")
    assert row.resolved_at == START
    unknown = heard.CaseResolved(**facts_of(kept.case(new_id())), resolved_at=kept.now, summary="x", by="y")
    await kept.deliver(unknown)
    kept.clock.advance(8 * DAY)
    (counted,) = (await kept.call("GET", "/scorecard/fcr"))["rows"]
    assert counted["naive"]["n"] == 1, "a case whose opening nobody heard of is not counted"


async def test_an_event_without_a_case_leaves_no_trace(kept: Commitments) -> None:
    await kept.deliver(kept.contact(UUID(int=1)))
    assert await kept.rows("SELECT * FROM case_outcome") == []
