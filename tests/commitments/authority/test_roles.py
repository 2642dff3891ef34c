"""Who has which role, what a role allows, and who may say so. Rows: X3."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.commitments.authority.standing import standing
from shared.security import Principal, Session
from tests.commitments.conftest import START, Commitments
from tests.commitments.people import appoint, by, everything, vnd


async def test_x3_limits_and_roles_hold_from_their_instant_and_have_a_history(kept: Commitments) -> None:
    tight = {"concession": {"VND": "1"}, "cost": {}, "goodwill": {}}
    begins = START + timedelta(hours=1)
    later = tight | {"valid_from": begins.isoformat()}
    await kept.call("PUT", "/limits/agent", json=later, expect=201, **everything(kept))
    small: dict[str, Any] = {"concession": vnd("2", reason="x")}
    assert (await kept.promise(**small))["status"] == "stated"
    kept.clock.set(begins)
    assert (await kept.promise(**small))["approval"] == "needed"
    then = {view["role"]: view for view in await kept.call("GET", "/limits", params={"at": START.isoformat()})}
    assert then["agent"]["concession"] == {"VND": "500000", "USD": "20"}
    assert set(then) == {"admin", "agent", "lead", "manager"}
    every = [v for v in await kept.call("GET", "/limits", params={"history": "true"}) if v["role"] == "agent"]
    assert [view["concession"].get("VND") for view in every] == ["1", "500000"]
    await appoint(kept, "lan", "lead", team="north")
    assert (await kept.promise(**small))["status"] == "stated"
    await appoint(kept, "lan", "agent")
    history = await kept.call("GET", "/staff", params={"history": "true"})
    assert [(m["role"], m["team"], m["set_by"]) for m in history] == [
        ("agent", None, "root"),
        ("lead", "north", "root"),
    ]
    assert [m["role"] for m in await kept.call("GET", "/staff")] == ["agent"]
    assert (await kept.call("GET", "/staff/lan"))["role"] == "agent"
    assert await kept.call("GET", "/staff/nobody") == {
        "subject": "nobody", "role": "agent", "roles": ["agent"], "team": None, "active": True,
        "valid_from": None, "set_by": None,
    }  # fmt: skip


async def test_a_tenant_makes_roles_of_its_own(kept: Commitments) -> None:
    body: dict[str, Any] = {"concession": None, "cost": None, "goodwill": {}, "administers": True}
    await kept.call("PUT", "/limits/owner", json=body, expect=201, **everything(kept))
    await appoint(kept, "hoa", "king", "owner", "agent")
    assert (await kept.call("PUT", "/limits/lead", json=body, expect=201, **by(kept, "hoa")))["set_by"] == "hoa"
    assert (await kept.call("GET", "/staff/hoa"))["roles"] == ["king", "owner", "agent"]


@pytest.mark.parametrize("subject", ["lan", "ha"])
async def test_nobody_widens_their_own_limits(kept: Commitments, subject: str) -> None:
    await appoint(kept, "ha", "lead")
    limits = {"concession": None, "cost": None, "goodwill": None}
    for path, body in [
        ("/limits/agent", limits),
        ("/goodwill/budgets", {"amounts": {"VND": "1"}}),
    ]:
        problem = await kept.call("PUT", path, json=body, expect=403, **by(kept, subject))
        assert problem["type"] == "urn:kept:problem:over-authority"
    assert len(await kept.rows("SELECT id FROM house_rule")) == 6


async def test_who_was_given_a_role_here_before_intake_knew_them_keeps_it_until_it_tells(kept: Commitments) -> None:
    async with kept.runtime.database.write() as session:
        row = {"name": "lan", "value": '{"role": "lead", "team": "north"}', "at": kept.now}
        await session.execute(text(_OLD), row)
    assert (await kept.promise(**_LARGE))["status"] == "stated"
    assert (await kept.call("GET", "/staff/lan"))["roles"] == ["lead"]
    await appoint(kept, "lan", "agent")
    assert (await kept.promise(**_LARGE))["approval"] == "needed"
    await appoint(kept, "lan", "agent", name="Nguyễn Thị Lan", language="vi")
    history = await kept.call("GET", "/staff", params={"history": "true"})
    assert [(m["role"], m["set_by"]) for m in history] == [("agent", "root"), ("lead", "ha")], "a name is no version"


async def test_what_was_to_begin_later_here_is_void_once_intake_tells(kept: Commitments) -> None:
    later = kept.now + timedelta(days=1)
    async with kept.runtime.database.write() as session:
        for name in ("lan", "minh"):
            await session.execute(text(_OLD), {"name": name, "value": '{"role": "manager"}', "at": later})
    await appoint(kept, "lan", "agent", active=False)
    kept.clock.set(later + timedelta(hours=1))
    assert not (await kept.call("GET", "/staff/lan"))["active"]
    assert (await kept.call("GET", "/staff/minh"))["roles"] == ["manager"], "of whom intake has told nothing"


@pytest.mark.parametrize("early", [0, 600])
async def test_who_is_no_longer_one_of_us_decides_nothing(kept: Commitments, early: float) -> None:
    """Also where the clock of intake was set back between the two."""
    await appoint(kept, "lan", "manager")
    await appoint(kept, "lan", "manager", active=False, early=early)
    assert (await kept.promise(concession=vnd("1", reason="x")))["approval"] == "needed"
    assert not (await kept.call("GET", "/staff/lan"))["active"]


_LARGE: dict[str, Any] = {"concession": vnd("4000000", reason="x")}
"""More than an agent's limits allow, and no more than a lead's."""
_OLD = """
    INSERT INTO house_rule (kind, name, value, valid_from, set_by)
    VALUES ('staff', :name, CAST(:value AS jsonb), :at, 'ha')
"""
"""What the version before wrote."""


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/limits/agent", {"concession": {"XYZ": "1"}}),
        ("/limits/agent", {"concession": {"VND": "-1"}}),
        ("/limits/agent", {"concession": {"VND": 1.5}}),
        ("/limits/agent", {"cost": {"VND": "1e9"}}),
        ("/limits/agent", {"longest_days": 0}),
        ("/limits/agent", {"valid_from": "2020-01-01T00:00:00Z"}),
        ("/limits/a%00", {}),
    ],
)
async def test_rules_that_cannot_be_are_refused(kept: Commitments, path: str, wrong: dict[str, Any]) -> None:
    limits: dict[str, Any] = {"concession": {}, "cost": {}, "goodwill": {}} if "limits" in path else {}
    await kept.call("PUT", path, json=limits | wrong, expect=422, **everything(kept))
    assert len(await kept.rows("SELECT id FROM house_rule")) == 5


@pytest.mark.parametrize(
    ("scopes", "in_a_browser", "appointed", "role"),
    [
        ({"commitments:write"}, False, None, "agent"),
        ({"commitments:write"}, False, "lead", "lead"),
        ({"*"}, False, None, "manager"),
        ({"*"}, False, "agent", "manager"),
        ({"commitments:write"}, True, "agent", "lead"),
        (set(), True, None, "lead"),
    ],
)
async def test_a_token_for_everything_is_a_managers_and_a_person_is_what_we_say(
    kept: Commitments, scopes: set[str], in_a_browser: bool, appointed: str | None, role: str
) -> None:
    if appointed:
        await appoint(kept, "minh", appointed, team="north")
    opened = Session("1", "minh", "csrf", 0, frozenset(scopes), ("lead",))
    who = Principal("minh", opened.scopes, opened if in_a_browser else None)
    async with kept.runtime.database.write() as session:
        held = await standing(session, who)
    assert (held.role, held.team) == (role, "north" if appointed else None)
    assert held.limits.administers == (role == "manager")
