"""Who has which role, what a role allows, and who may say so. Rows: X3."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.commitments.staff import standing
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
    assert set(then) == {"agent", "lead", "manager"}
    every = [v for v in await kept.call("GET", "/limits", params={"history": "true"}) if v["role"] == "agent"]
    assert [view["concession"].get("VND") for view in every] == ["1", "500000"]
    await appoint(kept, "lan", "lead", "north")
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
        "subject": "nobody", "role": "agent", "team": None, "valid_from": None, "set_by": None,
    }  # fmt: skip


async def test_a_tenant_makes_roles_of_its_own(kept: Commitments) -> None:
    body: dict[str, Any] = {"concession": None, "cost": None, "goodwill": {}, "administers": True}
    await kept.call("PUT", "/limits/owner", json=body, expect=201, **everything(kept))
    await appoint(kept, "hoa", "owner")
    mine = by(kept, "hoa")
    assert (await kept.call("PUT", "/staff/minh", json={"role": "lead"}, expect=201, **mine))["set_by"] == "hoa"
    problem = await kept.call("PUT", "/staff/minh", json={"role": "king"}, expect=422, **mine)
    assert problem["type"] == "urn:kept:problem:unknown-role"


@pytest.mark.parametrize("subject", ["lan", "ha"])
async def test_nobody_gives_themselves_a_role(kept: Commitments, subject: str) -> None:
    await appoint(kept, "ha", "lead")
    limits = {"concession": None, "cost": None, "goodwill": None}
    for path, body in [
        (f"/staff/{subject}", {"role": "manager"}),
        ("/limits/agent", limits),
        ("/goodwill/budgets", {"amounts": {"VND": "1"}}),
    ]:
        problem = await kept.call("PUT", path, json=body, expect=403, **by(kept, subject))
        assert problem["type"] == "urn:kept:problem:over-authority"
    assert len(await kept.rows("SELECT id FROM house_rule")) == 5


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
        ("/staff/a%00", {"role": "lead"}),
        ("/staff/lan", {"role": "lead", "valid_from": "9999-12-31T23:59:59-14:00"}),
    ],
)
async def test_rules_that_cannot_be_are_refused(kept: Commitments, path: str, wrong: dict[str, Any]) -> None:
    limits: dict[str, Any] = {"concession": {}, "cost": {}, "goodwill": {}} if "limits" in path else {}
    await kept.call("PUT", path, json=limits | wrong, expect=422, **everything(kept))
    assert len(await kept.rows("SELECT id FROM house_rule")) == 4


@pytest.mark.parametrize(
    ("scopes", "in_a_browser", "appointed", "role"),
    [
        ({"commitments:write"}, False, None, "agent"),
        ({"commitments:write"}, False, "lead", "lead"),
        ({"*"}, False, None, "manager"),
        ({"*"}, False, "agent", "manager"),
        ({"*"}, True, None, "manager"),
        ({"*"}, True, "agent", "agent"),
    ],
)
async def test_a_token_for_everything_is_a_managers_and_a_person_is_what_we_say(
    kept: Commitments, scopes: set[str], in_a_browser: bool, appointed: str | None, role: str
) -> None:
    if appointed:
        await appoint(kept, "minh", appointed, "north")
    who = Principal("minh", frozenset(scopes), Session("1", "minh", "csrf") if in_a_browser else None)
    async with kept.runtime.database.write() as session:
        held = await standing(session, who)
    assert (held.role, held.team) == (role, "north" if appointed else None)
    assert held.limits.administers == (role == "manager")
