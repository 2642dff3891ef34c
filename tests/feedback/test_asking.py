"""F1: after it is done, the question; closed as confirmed, not satisfied, or unconfirmed after some days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts.terms import CommitmentKind
from tests.feedback.conftest import Desk, customer, fulfilled

REQUESTED, RECEIVED, CLOSED = (
    "kept.survey.requested.v1",
    "kept.feedback.received.v1",
    "kept.survey.closed.v1",
)


async def test_a_promise_that_is_done_is_asked_about_once(desk: Desk) -> None:
    """F1: also when it is told twice, by whichever event."""
    done = fulfilled()
    await desk.deliver(done, done)
    await desk.deliver(done)
    ((type_, asked),) = await desk.events()
    assert type_ == REQUESTED
    assert asked["commitment_id"] == str(done.commitment_id)
    assert asked["link"] is None
    assert asked["answer_by"] == "2026-03-09T08:00:00Z"


@pytest.mark.parametrize("kind", [k for k in CommitmentKind if k is not CommitmentKind.PROMISE])
async def test_nothing_else_is_asked_about(desk: Desk, kind: CommitmentKind) -> None:
    await desk.deliver(fulfilled(kind=kind), fulfilled(obligor="customer"))
    assert await desk.events() == []


async def test_no_answer_in_time_is_unconfirmed_and_not_a_yes(desk: Desk) -> None:
    """F1: silence is not satisfaction."""
    await desk.deliver(fulfilled())
    await desk.pass_time(timedelta(days=7, seconds=-1))
    assert len(await desk.events()) == 1
    await desk.pass_time(timedelta(seconds=1))
    await desk.pass_time(timedelta(days=1))
    _, (type_, closed) = await desk.events()
    assert (type_, closed["satisfaction"]) == (CLOSED, "unconfirmed")
    listed = await desk.http.get("/feedback/surveys?state=unconfirmed", headers=desk.bearer("feedback:read"))
    assert [item["closed_at"] for item in listed.json()["items"]] == ["2026-03-09T08:00:00Z"]


@pytest.mark.parametrize(("said", "satisfaction"), [(True, "confirmed"), (False, "not_satisfied")])
async def test_an_answer_closes_it_as_what_was_said(desk: Desk, said: bool, satisfaction: str) -> None:
    """F1."""
    await desk.deliver(fulfilled())
    survey_id = (await desk.events())[0][1]["survey_id"]
    told = {"survey_id": survey_id, "satisfied": said, "score": 4, "comment": "  nhanh lắm "}
    answer = await desk.http.post("/feedback/responses", json=told, headers=desk.bearer("feedback:write"))
    assert answer.status_code == 201
    assert answer.json()["state"] == satisfaction
    assert answer.json()["answers"][0]["by"] == "agent"
    await desk.pass_time(timedelta(days=8))
    _, (type_, received) = await desk.events()
    assert (type_, received["satisfaction"]) == (RECEIVED, satisfaction)
    assert (received["score"], received["comment"]) == (4, "  nhanh lắm ")


async def test_every_answer_is_kept_and_the_last_counts(desk: Desk) -> None:
    """X2: no silent edit."""
    await desk.deliver(fulfilled())
    survey_id = (await desk.events())[0][1]["survey_id"]
    writer = desk.bearer("feedback:write", "feedback:read")
    for satisfied in (True, True, False):
        desk.clock.advance(timedelta(minutes=1))
        told = {"survey_id": survey_id, "satisfied": satisfied}
        assert (await desk.http.post("/feedback/responses", json=told, headers=writer)).status_code == 201
    kept = (await desk.http.get(f"/feedback/surveys/{survey_id}", headers=writer)).json()
    assert [(a["number"], a["satisfied"]) for a in kept["answers"]] == [(1, True), (2, False)]
    assert kept["state"] == "not_satisfied"
    assert [type_ for type_, _ in await desk.events()] == [REQUESTED, RECEIVED, RECEIVED]


async def test_after_its_time_it_is_over(desk: Desk) -> None:
    await desk.deliver(fulfilled())
    survey_id = (await desk.events())[0][1]["survey_id"]
    desk.clock.advance(timedelta(days=7))
    told = {"survey_id": survey_id, "satisfied": True}
    late = await desk.http.post("/feedback/responses", json=told, headers=desk.bearer("feedback:write"))
    assert (late.status_code, late.json()["type"]) == (409, "urn:kept:problem:survey-over")


async def test_surveys_are_listed_newest_first_page_by_page(desk: Desk) -> None:
    lan = customer()
    for who in (lan, None, lan, lan):
        await desk.deliver(fulfilled(who))
        desk.clock.advance(timedelta(seconds=1))
    reader, query = desk.bearer("feedback:read"), f"/feedback/surveys?customer_id={lan.customer_id}&limit=2"
    first = (await desk.http.get(query, headers=reader)).json()
    rest = (await desk.http.get(f"{query}&cursor={first['next']}", headers=reader)).json()
    assert [i["requested_at"] for i in first["items"] + rest["items"]] == [f"2026-03-02T08:00:0{s}Z" for s in (3, 2, 0)]
    assert rest["next"] is None


async def test_what_makes_no_sense_is_refused_by_name(desk: Desk) -> None:
    await desk.deliver(fulfilled())
    survey_id = (await desk.events())[0][1]["survey_id"]
    good = {"survey_id": survey_id, "satisfied": True}
    unknown = "01890000-0000-7000-8000-000000000000"
    cases = [
        (good | {"score": 6}, 422),
        (good | {"token": "x"}, 422),
        ({"satisfied": True}, 422),
        (good | {"comment": "\u0000"}, 422),
        (good | {"survey_id": unknown}, 404),
        ({"token": "forged", "satisfied": True}, 404),
    ]
    for told, status in cases:
        answer = await desk.http.post("/feedback/responses", json=told, headers=desk.bearer("feedback:write"))
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), told
    surrogate = b'{"survey_id": "%s", "satisfied": true, "comment": "\\ud800"}' % survey_id.encode()
    headers = desk.bearer("feedback:write") | {"content-type": "application/json"}
    assert (await desk.http.post("/feedback/responses", content=surrogate, headers=headers)).status_code == 422
    for scopes, status in ((["feedback:read"], 403), ([], 403)):
        answer = await desk.http.post("/feedback/responses", json=good, headers=desk.bearer(*scopes))
        assert answer.status_code == status
    assert (await desk.http.post("/feedback/responses", json=good)).status_code == 401
    assert len(await desk.events()) == 1
