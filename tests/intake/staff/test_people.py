"""Our own people: added, changed, told of, and out within seconds where they may no more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.commands import Place
from services.intake.staff import commands, people
from shared.contracts.intake import PersonUpdated
from shared.problems import Problem
from shared.security import Sessions
from shared.security.closings import LOOK
from tests.intake.conftest import Running


@pytest.fixture
def desk(kept: Running, tmp_path: Path) -> Running:
    """With a file for closed sessions, as every installation has one."""
    settings = kept.intake.settings.model_copy(update={"sessions_file": tmp_path / "sessions.closed"})
    object.__setattr__(kept.intake, "settings", settings)
    app = kept.http._transport.app  # type: ignore[attr-defined]
    app.state.sessions = Sessions(settings, kept.clock)
    return kept


async def change(desk: Running, subject: str, **said: Any) -> httpx.Response:
    return await desk.http.patch(f"/intake/staff/{subject}", json=said, headers=desk.token("intake:admin"))


async def test_a_change_is_told_with_who_made_it_and_one_that_changes_nothing_is_not(desk: Running) -> None:
    id_ = await desk.person("an@shop.example", "lead", "agent", email="An@Shop.example", language="vi", team="north")
    assert (await change(desk, "an@shop.example", team="south")).json()["team"] == "south"
    await change(desk, "an@shop.example", team="south", language="vi")
    told = await desk.facts(PersonUpdated)
    assert [(t.person_id, t.team, t.by) for t in told] == [(id_, "north", "lan"), (id_, "south", "lan")]
    assert told[0].roles == ("lead", "agent")
    assert told[0].email == "an@shop.example"
    await desk.work()  # which files nothing of it on a timeline
    assert await desk.rows("SELECT * FROM timeline_entry") == []


async def test_everybody_is_listed_with_what_their_roles_may(desk: Running) -> None:
    await desk.person("minh", "auditor")
    await desk.person("an")
    read = desk.token("intake:read")
    listed = (await desk.http.get("/intake/staff", headers=read)).json()["items"]
    assert [(p["subject"], p["roles"]) for p in listed] == [("an", ["agent"]), ("minh", ["auditor"])]
    assert listed[1]["scopes"] == ["commitments:read", "feedback:read", "intake:read", "notifications:read"]
    roles = {r["role"]: r["scopes"] for r in (await desk.http.get("/intake/staff/roles", headers=read)).json()}
    assert roles["auditor"] == listed[1]["scopes"]
    assert (await desk.http.get("/intake/staff/nobody", headers=read)).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": []},
        {"roles": ["mangaer"]},
        {"roles": ["agent", "agent"]},
        {"subject": "staff"},
        {"subject": "a b"},
        {"subject": None},
        {"subject": ".."},
        {"subject": "sign-in"},
        {"subject": None, "email": "x/y@z.example"},
        {"email": "nobody"},
        {"email": "a@b, c@d"},
        {"zone": "Asia/Saigon City"},
        {"language": "fr"},
        {"name": " "},
        {"password": "x"},
    ],
)
async def test_what_nobody_can_be_is_refused(desk: Running, wrong: dict[str, Any]) -> None:
    body = {"subject": "an", "name": "An", "roles": ["agent"]} | wrong
    answer = await desk.http.post("/intake/staff", json=body, headers=desk.token("intake:admin"))
    assert answer.status_code == 422, answer.text
    assert await desk.facts() == []


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["lead"]}])
async def test_the_last_admin_stays_one(desk: Running, change: dict[str, Any]) -> None:
    admin = desk.token("intake:admin")
    for subject in ("an", "binh"):
        await desk.person(subject, "admin")
    assert (await desk.http.patch("/intake/staff/an", json=change, headers=admin)).status_code == 200
    answer = await desk.http.patch("/intake/staff/binh", json=change, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kept:problem:last-admin")
    assert (await desk.http.patch("/intake/staff/binh", json={"name": "Bình"}, headers=admin)).status_code == 200


@pytest.mark.parametrize("name", ["name", "roles", "active"])
async def test_what_everybody_has_cannot_be_emptied_and_the_rest_can(desk: Running, name: str) -> None:
    await desk.person("an", "agent")
    path, admin = "/intake/staff/an", desk.token("intake:admin")
    refused = await desk.http.patch(path, json={name: None, "team": None}, headers=admin)
    assert (refused.status_code, f"{name} cannot be null" in refused.text) == (422, True)
    assert (await desk.http.patch(path, json={"team": None}, headers=admin)).status_code == 200


async def test_no_two_people_have_one_subject_or_email(desk: Running) -> None:
    await desk.person("an@shop.example", email="an@shop.example")
    await desk.person("minh", email="minh@shop.example")
    for taken in ({"subject": "minh"}, {"subject": "x", "email": "MINH@shop.example"}, {"email": "an@shop.example"}):
        body = {"name": "An", "roles": ["agent"], **taken}
        answer = await desk.http.post("/intake/staff", json=body, headers=desk.token("intake:admin"))
        assert answer.status_code == 409, taken
    assert (await change(desk, "minh", email="an@shop.example")).status_code == 409
    assert (await change(desk, "minh", email="minh@shop.example", name="Minh")).status_code == 200


async def sign_in(desk: Running, link: str) -> int:
    desk.http.cookies.clear()
    await desk.http.get(link)
    return (await desk.http.get("/intake/console")).status_code


async def test_a_session_may_what_the_roles_of_its_person_say(desk: Running) -> None:
    assert await sign_in(desk, desk.link(await desk.person("an", "partner"))) == 403
    assert await sign_in(desk, desk.link(await desk.person("minh", "auditor"))) == 200
    assert (await desk.http.get("/intake/cases")).status_code == 200


@pytest.mark.parametrize("said", [{"active": False}, {"roles": ["auditor"]}, {"partner": "Giao Nhanh"}])
async def test_who_may_something_else_is_out_at_once_and_unused_links_with_them(
    desk: Running, said: dict[str, Any]
) -> None:
    an, minh = await desk.person(), await desk.person("minh")
    unused = desk.link(an)
    desk.clock.advance(timedelta(seconds=1))
    assert await sign_in(desk, desk.link(an)) == 200
    await change(desk, "an", **said)
    desk.clock.advance(LOOK)
    assert (await desk.http.get("/intake/console")).status_code == 401
    assert await sign_in(desk, unused) == 401
    assert await sign_in(desk, desk.link(an)) == (401 if "active" in said else 200)
    assert await sign_in(desk, desk.link(minh)) == 200, "nobody else is"


async def test_who_is_active_again_comes_in_by_a_new_link_alone(desk: Running) -> None:
    an = await desk.person()
    old = desk.link(an)
    desk.clock.advance(timedelta(seconds=1))
    await change(desk, "an", active=False)
    await change(desk, "an", active=True)
    new = desk.link(an)
    desk.clock.advance(timedelta(seconds=1))
    assert await sign_in(desk, old) == 401
    assert await sign_in(desk, new) == 200


async def test_another_name_or_language_ends_no_session(desk: Running) -> None:
    assert await sign_in(desk, desk.link(await desk.person())) == 200
    await change(desk, "an", name="Ân", language="vi")
    desk.clock.advance(LOOK)
    assert (await desk.http.get("/intake/console")).status_code == 200


async def test_what_a_person_does_is_said_to_be_theirs(desk: Running) -> None:
    await sign_in(desk, desk.link(await desk.person("an", "admin")))
    session = desk.http._transport.app.state.sessions.read(desk.http.cookies["__Host-kept_session"])  # type: ignore[attr-defined]
    assert (session.subject, session.roles, session.language) == ("an", ("admin",), None)
    body = {"subject": "minh", "name": "Minh", "roles": ["agent"]}
    answer = await desk.http.post("/intake/staff", json=body, headers={"x-csrf-token": session.csrf})
    assert answer.status_code == 201
    assert [told.by for told in await desk.facts(PersonUpdated)] == ["lan", "an"]


async def test_by_command_somebody_is_invited_and_put_out(desk: Running) -> None:
    here = Place(desk.runtime.database, desk.intake)
    made = await commands.invite(here, "An@shop.example", ["agent"], name="An", team=None)
    assert await sign_in(desk, made.link) == 200
    assert (made.person.subject, made.person.roles, made.person.name) == ("an@shop.example", ["agent"], "An")
    assert await sign_in(desk, made.link) == 401, "once"
    again = await commands.invite(here, "an@shop.example", [])
    desk.clock.set(again.ends)
    assert await sign_in(desk, again.link) == 401, "it has an end"
    assert await sign_in(desk, (await commands.invite(here, "an@shop.example", [])).link) == 200
    assert await commands.deactivate(here, "an@shop.example") == "an@shop.example"
    desk.clock.advance(LOOK)
    assert (await desk.http.get("/intake/console")).status_code == 401
    (listed,) = await commands.everybody(here)
    assert (listed["subject"], listed["active"]) == ("an@shop.example", False)
    back = await commands.invite(here, "an@shop.example", ["auditor"])
    desk.clock.advance(timedelta(seconds=1))
    assert await sign_in(desk, back.link) == 200
    assert [told.by for told in await desk.facts(PersonUpdated)] == ["command"] * 3


@pytest.mark.parametrize(
    ("who", "roles", "facts"),
    [
        ("an@shop.example", [], {}),
        ("an", ["agent"], {}),
        ("an@shop.example", ["king"], {}),
        ("a@b", ["agent"], {"zone": "x"}),
    ],
)
async def test_an_invitation_that_cannot_be_is_refused(
    desk: Running, who: str, roles: list[str], facts: dict[str, str]
) -> None:
    with pytest.raises(Problem):
        await commands.invite(Place(desk.runtime.database, desk.intake), who, roles, **facts)
    assert await desk.facts() == []


async def test_the_first_run_makes_one_admin_and_leaves_others_alone(desk: Running) -> None:
    async def first() -> tuple[str | None, bool]:
        async with desk.runtime.database.write() as session:
            person, is_new = await people.first_admin(session, by="make up")
            return person.subject if person else None, is_new

    assert [await first(), await first()] == [("admin", True), ("admin", False)]
    await desk.person("an", "admin")
    await change(desk, "admin", active=False)
    assert await first() == (None, False), "who was put out is not let in by a restart"
    await change(desk, "admin", active=True, roles=["agent"])
    assert await first() == (None, False), "no link that says admin and opens as an agent"
