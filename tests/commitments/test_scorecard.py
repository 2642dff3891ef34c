"""The scorecard by HTTP, on promises and cases that were really made."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.commitments.scorecard.reading import By, counting, timing
from shared.contracts import Payload
from shared.contracts import intake as heard
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments

DAY = timedelta(days=1)


async def later(kept: Commitments, id_: str, hours: float, *, agreed: bool = True) -> None:
    due = (START + timedelta(hours=hours)).isoformat()
    await kept.call("POST", f"/{id_}/revise", json={"due_at": due, "reason": "Bão số 3"})
    if agreed:
        await kept.call("POST", f"/{id_}/agree", json={"revision": 2})


async def seeded(kept: Commitments) -> None:
    """Of minh: in time, changed and kept, changed without consent, silently broken, withdrawn. Of hoa: not due yet."""
    ids = [(await kept.promise(owner="minh", team="kho", category="giao hàng"))["id"] for _ in range(5)]
    await kept.promise(owner="hoa", due_at=(START + timedelta(hours=50)).isoformat())
    await later(kept, ids[1], 30)
    await later(kept, ids[2], 30, agreed=False)
    await kept.call("POST", f"/{ids[4]}/withdraw", json={"reason": "không cần nữa"})
    await kept.pass_time(hours=4)
    await kept.call("POST", f"/{ids[0]}/fulfil")
    await kept.pass_time(hours=16)
    for id_ in ids[1:3]:
        await kept.call("POST", f"/{id_}/fulfil")
    await kept.pass_time(hours=11)


def share(view: dict[str, Any]) -> tuple[int, int]:
    return view["count"], view["n"]


async def test_c29_strict_and_agreed_rates_with_n_and_interval(kept: Commitments) -> None:
    await seeded(kept)
    card = await kept.call("GET", "/scorecard")
    (row,) = card["rows"]
    assert row["key"] == "minh"
    assert (share(row["strict"]), share(row["agreed"])) == ((1, 4), (2, 4))
    assert row["strict"]["value"] == 0.25
    assert row["strict"]["low"] < 0.25 < row["strict"]["high"]
    assert row["strict"]["verdict"] is None, "four are too few"
    assert row["withdrawn"] == 1
    assert card["whole"] == {k: v for k, v in row.items() if k != "key"}


async def test_n10_share_of_breaks_told_before_due(kept: Commitments) -> None:
    await seeded(kept)
    (row,) = (await kept.call("GET", "/scorecard"))["rows"]
    assert share(row["told_before_break"]) == (1, 2), "by the change nobody agreed to; of the other, nothing"


async def test_c2_slack_shows_padding_and_calibration_what_was_really_needed(kept: Commitments) -> None:
    for hours in (1, 2, 12, None):
        id_ = (await kept.promise(owner="minh"))["id"]
        start = kept.now
        if hours:
            await kept.pass_time(hours=hours)
            await kept.call("POST", f"/{id_}/fulfil")
        kept.clock.set(start + 2 * DAY)
        await kept.fire()
    card = await kept.call("GET", "/scorecard")
    (row,) = card["rows"]
    assert share(row["slack"]["early"]) == share(row["slack"]["in_half"]) == (2, 4)
    assert row["slack"]["time_left_seconds"] == 8.5 * 3600, "nine hours and eight"
    assert row["calibration"]["median"]["value"] == pytest.approx(0.2)
    assert row["calibration"]["p90"]["value"] is None, "one of four was never done"
    (band,) = card["bands"]
    assert (band["over_seconds"], band["up_to_seconds"], band["promised_seconds"]) == (14_400, 86_400, 36_000)
    assert band["median"] == {"value": 7200, "low": None, "high": None, "n": 4} | {
        name: band["median"][name] for name in ("low", "high")
    }


async def test_calibration_counts_a_changed_promise_from_when_it_was_first_told(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    await kept.pass_time(hours=5)
    await later(kept, id_, 40)
    await kept.pass_time(hours=15)
    await kept.call("POST", f"/{id_}/fulfil")
    (row,) = (await kept.call("GET", "/scorecard"))["rows"]
    assert row["calibration"]["median"]["value"] == pytest.approx(2.0), "ten hours promised, twenty needed"


async def test_time_that_we_waited_is_not_ours(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    await kept.call("POST", f"/{id_}/wait", json={"reason": "chìa khóa"})
    await kept.pass_time(hours=30)
    assert (await kept.call("GET", "/scorecard"))["rows"] == [] or share(
        (await kept.call("GET", "/scorecard"))["whole"]["strict"]
    ) == (0, 0)
    await kept.call("POST", f"/{id_}/resume")
    await kept.pass_time(hours=10)
    await kept.call("POST", f"/{id_}/fulfil")
    await kept.pass_time(hours=1)
    whole = (await kept.call("GET", "/scorecard"))["whole"]
    assert share(whole["strict"]) == (1, 1)
    assert whole["calibration"]["median"]["value"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("owner", "minh"),
        ("team", "kho"),
        ("kind", "promise"),
        ("channel", None),
        ("partner", None),
        ("category", "giao hàng"),
    ],
)
async def test_c39_by_person_team_and_the_rest(kept: Commitments, by: str, key: str | None) -> None:
    await seeded(kept)
    rows = (await kept.call("GET", "/scorecard", params={"by": by}))["rows"]
    assert [(row["key"], row["strict"]["n"]) for row in rows] == [(key, 4)]


async def test_a_policys_clock_counts_with_its_channel(kept: Commitments) -> None:
    lan = new_id()
    await kept.deliver(kept.contact(lan))
    await kept.pass_time(hours=25)
    found = await kept.call("GET", "/scorecard", params={"by": "channel", "kind": "response"})
    assert [(row["key"], share(row["strict"])) for row in found["rows"]] == [("sms", (0, 1))]
    assert (await kept.call("GET", "/scorecard", params={"kind": "promise"}))["rows"] == []


async def test_c39_a_persons_own_rate_before_they_promise_again(kept: Commitments) -> None:
    await seeded(kept)
    await kept.promise(owner="lan", due_at=(kept.now + timedelta(hours=1)).isoformat())
    await kept.pass_time(hours=2)
    mine = await kept.call("GET", "/scorecard/me")
    assert mine["owner"] == "lan"
    assert share(mine["kept"]["strict"]) == (0, 1)


async def test_as_of_is_what_was_true_then(kept: Commitments) -> None:
    await seeded(kept)
    then = {"as_of": (START + timedelta(hours=15)).isoformat()}
    whole = (await kept.call("GET", "/scorecard", params=then))["whole"]
    assert (share(whole["strict"]), share(whole["agreed"])) == ((1, 4), (1, 3)), "the agreed time had not come"
    first_hours = {"until": (START + timedelta(hours=9)).isoformat()}
    assert (await kept.call("GET", "/scorecard", params=first_hours))["rows"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-03-03T09:00:00Z"},
        {"until": "2026-03-02T10:00:00Z"},
        {"as_of": "2026-03-02T09:00:01Z"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"as_of": "9999-12-31T23:59:59-14:00"},
        {"since": "2026-03-01T00:00:00"},
        {"by": "customer"},
        {"kind": "lie"},
    ],
)
async def test_a_scorecard_asked_wrongly(kept: Commitments, query: dict[str, str]) -> None:
    await kept.call("GET", "/scorecard", params=query, expect=422)


async def test_the_scorecard_is_for_staff(kept: Commitments) -> None:
    for path in ("", "/me", "/frontline", "/fcr", "/remedies", "/page"):
        assert (await kept.http.get(f"/commitments/scorecard{path}")).status_code == 401
        answer = await kept.http.get(f"/commitments/scorecard{path}", headers=kept.token("intake:read"))
        assert answer.status_code == 403


async def test_x3_a_figure_is_held_against_the_standard_valid_then(kept: Commitments) -> None:
    for target in (0.2, 0.99):
        standard = {
            "name": "kept",
            "words_vi": "Giữ lời",
            "words_en": "Kept",
            "measure": "kept_as_promised",
            "target": target,
        }
        await kept.call("PUT", "/standards", json=standard, expect=201)
        ids = [(await kept.promise())["id"] for _ in range(10)]
        for id_ in ids[:9]:
            await kept.call("POST", f"/{id_}/fulfil")
        await kept.pass_time(hours=11)
    halfway = {"as_of": (START + timedelta(hours=10, minutes=30)).isoformat()}
    then = (await kept.call("GET", "/scorecard", params=halfway))["whole"]["strict"]
    now = (await kept.call("GET", "/scorecard"))["whole"]["strict"]
    assert (then["target"], then["verdict"], then["n"]) == (0.2, "met", 10)
    assert (now["target"], now["verdict"], now["n"]) == (0.99, "below", 20)


@pytest.mark.parametrize(("filters", "index"), [((), "commitment_fell_due"), (("owner",), "commitment_fell_due_owner")])
async def test_a_window_is_read_by_an_index_however_many_there_are(
    kept: Commitments, filters: tuple[str, ...], index: str
) -> None:
    fill = """
        INSERT INTO commitment (id, customer_id, kind, obligor, owner, status, terms, binding, answered, first,
                                first_due_at, due_at, promised_at)
        SELECT gen_random_uuid(), gen_random_uuid(), 'promise', 'us', 'agent ' || i % 500, 'broken', '[]', 1, 1, 1,
               t, t, t - interval '1 day'
        FROM generate_series(1, 20000) i, LATERAL (SELECT CAST(:now AS timestamptz) - i * interval '1 hour' AS t) x"""
    values = {
        "since": START - DAY,
        "until": START,
        "as_of": START,
        "owner": "agent 7",
        "grid": [0.5],
        "counted": ["broken"],
    }
    async with kept.runtime.database.write() as session:
        await session.execute(text(fill), {"now": START})
        await session.execute(text("ANALYZE commitment"))
        for statement in (counting("owner", filters), timing("owner", filters)):
            wanted = {name: values[name] for name in statement._bindparams}
            plan = "\n".join((await session.execute(text(f"EXPLAIN {statement.text}"), wanted)).scalars())
            assert re.search(rf"\b{index}\b", plan), plan


async def test_the_routes_count_as_the_rules_say(kept: Commitments) -> None:
    """Every way to group counts every promise once."""
    await seeded(kept)
    for by in By:
        card = await kept.call("GET", "/scorecard", params={"by": by.value})
        assert sum(row["strict"]["n"] for row in card["rows"]) == card["whole"]["strict"]["n"] == 4


# ---- cases ----


def facts_of(case: heard.CaseOpened, **changes: Any) -> dict[str, Any]:
    return case.model_dump(exclude={"opened_at"}) | changes


class Story:
    """One case, told to commitments as intake tells it."""

    def __init__(self, kept: Commitments, owner: str = "front-desk", **changes: Any) -> None:
        self.kept, self.customer = kept, changes.pop("customer_id", None) or new_id()
        opened = kept.case(self.customer).model_copy(update={"owner": owner} | changes)
        self.case = opened
        self.told: list[Payload] = [opened]

    async def tell(self, *facts: Payload) -> None:
        await self.kept.deliver(*self.told, *facts)
        self.told = []

    def contact(self, **changes: Any) -> heard.InteractionReceived:
        return self.kept.contact(self.customer, case_id=self.case.case_id, **changes)

    def answer(self) -> heard.InteractionSent:
        return self.kept.answer(self.customer, case_id=self.case.case_id)

    def owned(self, owner: str) -> heard.CaseUpdated:
        self.case = self.case.model_copy(update={"owner": owner})
        return heard.CaseUpdated(**facts_of(self.case))

    def resolved(self) -> heard.CaseResolved:
        return heard.CaseResolved(**facts_of(self.case), resolved_at=self.kept.now, summary="xong", by="minh")

    def reopened(self) -> heard.CaseReopened:
        return heard.CaseReopened(**facts_of(self.case), reopened_at=self.kept.now, reason="chưa ổn", by="minh")


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


async def test_i28_who_was_merged_is_the_same_person(kept: Commitments) -> None:
    lan, also = new_id(), new_id()
    facts = {"name": "Lan", "language": "vi", "handles": []}
    await kept.deliver(*(heard.CustomerCreated(customer_id=id_, **facts) for id_ in (lan, also)))
    story = Story(kept, customer_id=lan)
    await story.tell(story.contact(), story.resolved())
    kept.clock.advance(DAY)
    again = Story(kept, customer_id=also)
    await again.tell(again.contact())
    await kept.deliver(heard.CustomerMerged(customer_id=also, into=lan, reason="phone", by="an"))
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
