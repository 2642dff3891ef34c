"""Which scope opens which operation: one, and no other. What is open to everybody is named here."""

from __future__ import annotations

import pytest

from services.host.registry import SCOPES
from tests.hostile.conftest import DOCUMENTS, Served
from tests.hostile.described import SOMEBODY, Operation, operations

pytestmark = pytest.mark.asyncio(loop_scope="package")

ADMIN = {
    "POST /intake/channels",
    "PATCH /intake/channels/{name}",
    "PUT /commitments/glossary",
    "POST /intake/staff",
    "PATCH /intake/staff/{subject}",
    "PUT /commitments/limits/{role}",
    "PUT /commitments/goodwill/budgets",
    "PUT /commitments/standards",
    "PUT /commitments/incidents/limits",
    "PUT /commitments/calendars",
    "POST /commitments/calendars/{name}/ical",
    "PUT /commitments/policies",
}
"""What holds for others, or opens and closes a way in."""
READS = {"POST /commitments/policies/try"}
OPEN = {"GET /commitments/standards"} | {f"GET /{name}/{said}" for name in DOCUMENTS for said in ("health", "ready")}
ALL = [
    pytest.param(service, operation, id=str(operation))
    for service, document in DOCUMENTS.items()
    for operation in operations(document)
]
OPEN_ROUTES = {"/commitments/standards", "/commitments/standards/page"}
"""What answers anybody without a link of their own."""


def needed(service: str, operation: Operation) -> str:
    if str(operation) in ADMIN:
        return f"{service}:admin"
    return f"{service}:read" if operation.method == "GET" or str(operation) in READS else f"{service}:write"


@pytest.mark.parametrize(("service", "operation"), ALL)
async def test_one_scope_opens_an_operation_and_no_other(service: str, operation: Operation, served: Served) -> None:
    path = operation.path
    for name in operation.in_path:
        path = path.replace(f"{{{name}}}", SOMEBODY)
    http = served.http[service]

    async def status(headers: dict[str, str]) -> int:
        body = {"json": operation.bodies[0]} if operation.bodies else {}
        return (await http.request(operation.method, path, headers=headers, **body)).status_code

    if str(operation) in OPEN:
        assert await status({}) < 400
        return
    assert await status({}) == 401
    right = needed(service, operation)
    wrong = [scope for scope in SCOPES if scope not in {right, "*"}]
    found = {scope: await status(served.bearer(scope)) for scope in wrong}
    assert set(found.values()) == {403}, found
    assert await status(served.bearer(right)) not in {401, 403}
    assert await status(served.bearer("*")) not in {401, 403}


async def test_no_route_beside_the_described_is_open(served: Served) -> None:
    """Pages, streams and scripts, asked by nobody in particular."""
    for service, runtime in served.runtimes.items():
        for route in (r for router in runtime.service.routers for r in router.routes):
            path, methods = getattr(route, "path", ""), getattr(route, "methods", None) or set()
            for method in methods - {"HEAD", "OPTIONS"}:
                at = path.replace("{id}", SOMEBODY)
                answer = await served.http[service].request(method, at)
                refused = answer.status_code in {401, 403, 404, 405, 410, 422}
                assert refused or path in OPEN_ROUTES, f"{method} {path}: {answer.status_code}"
