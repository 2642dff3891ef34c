"""The session of each role over every operation of all four services: what it opens, and what it changes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from sqlalchemy import text

from services.intake.staff.roles import Role, scopes_of
from shared.security import Sessions
from tests.hostile.conftest import Served
from tests.hostile.described import SOMEBODY, Operation
from tests.hostile.test_scopes import ALL, OPEN, READS, needed

pytestmark = pytest.mark.asyncio(loop_scope="package")

PAGES = ("/intake/console", "/commitments/board", "/commitments/scorecard/page")


def signed_in(served: Served, *roles: Role) -> dict[str, Any]:
    """The headers of a request from the browser of somebody with these roles, on a page of ours."""
    runtime = served.runtimes["intake"]
    sessions = Sessions(runtime.settings, runtime.clock)
    cookie = sessions.open("an@shop.example", scopes_of(roles), roles=roles)
    session = sessions.read(cookie)
    assert session is not None
    return {"cookie": f"{sessions.cookie.name}={cookie}", "x-csrf-token": session.csrf}


async def ask(served: Served, service: str, operation: Operation, headers: dict[str, str]) -> int:
    path = operation.path
    for name in operation.in_path:
        path = path.replace(f"{{{name}}}", SOMEBODY)
    body = {"json": operation.bodies[0]} if operation.bodies else {}
    return (await served.http[service].request(operation.method, path, headers=headers, **body)).status_code


async def facts(served: Served) -> list[int]:
    """How many events each service has told, and how many people there are."""
    found = []
    for runtime in served.runtimes.values():
        async with runtime.database.read() as session:
            found.append((await session.execute(text("SELECT count(*) FROM event_log"))).scalar_one())
    return found


@pytest.mark.parametrize(("service", "operation"), ALL)
async def test_an_auditor_reads_everything_and_changes_nothing(
    service: str, operation: Operation, served: Served
) -> None:
    before = await facts(served)
    status = await ask(served, service, operation, signed_in(served, Role.AUDITOR))
    reads = operation.method == "GET" or str(operation) in READS
    assert (status not in {401, 403}) if reads else (status == 403), status
    assert await facts(served) == before


@pytest.mark.parametrize(("service", "operation"), ALL)
async def test_a_partner_sees_nobody_while_customers_name_no_partner(
    service: str, operation: Operation, served: Served
) -> None:
    status = await ask(served, service, operation, signed_in(served, Role.PARTNER))
    assert (status < 400) if str(operation) in OPEN else (status == 403), status


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.MANAGER, Role.ADMIN])
async def test_what_a_role_opens_is_what_its_scopes_say(role: Role, served: Served) -> None:
    headers, scopes = signed_in(served, role), scopes_of([role])
    differ = {}
    for service, operation in (parameter.values for parameter in ALL):
        may = str(operation) in OPEN or needed(str(service), operation) in scopes  # type: ignore[arg-type]
        status = await ask(served, str(service), operation, headers)  # type: ignore[arg-type]
        if (status not in {401, 403}) is not may:
            differ[str(operation)] = status
    assert differ == {}


@pytest.mark.parametrize(
    ("roles", "status"), [([Role.AUDITOR], 200), ([Role.PARTNER], 403), ([Role.PARTNER, Role.AGENT], 200)]
)
async def test_pages_are_open_to_whoever_reads(roles: Collection[Role], status: int, served: Served) -> None:
    for page in PAGES:
        answer = await served.http[page.split("/")[1]].get(page, headers=signed_in(served, *roles))
        assert answer.status_code == status, page


async def test_no_form_of_a_page_is_an_auditors(served: Served) -> None:
    """The forms are in no document. A customer's opens with the customer's link alone, whoever sends it."""
    before, tried = await facts(served), 0
    headers = signed_in(served, Role.AUDITOR)
    for service, runtime in served.runtimes.items():
        for route in (r for router in runtime.service.routers for r in router.routes):
            if "POST" in (getattr(route, "methods", None) or ()) and not getattr(route, "include_in_schema", True):
                path = route.path.replace("{id}", SOMEBODY).replace("{act}", "fulfil")  # type: ignore[attr-defined]
                answer = await served.http[service].post(path, headers=headers, data={"reason": "x"})
                assert answer.status_code in ({403} if "{token}" not in path else {404, 422}), path
                tried += 1
    assert tried > 3
    assert await facts(served) == before
