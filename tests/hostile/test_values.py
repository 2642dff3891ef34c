"""Whatever stands in a field, a parameter or a header: no answer is an error of ours, and none takes long."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.hostile.conftest import DOCUMENTS, Served
from tests.hostile.described import SOMEBODY, Operation, operations, with_value
from tests.hostile.values import BODIES, JSON, WORDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="package")]

ALL = [(name, operation) for name, document in DOCUMENTS.items() for operation in operations(document)]
WRITES = [pytest.param(s, o, id=str(o)) for s, o in ALL if o.bodies]
NOT_READINESS = [(s, o) for s, o in ALL if not o.path.endswith("/ready")]
"""To be not ready is no error."""
HEADERS = (
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "cookie",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "traceparent",
    "user-agent",
    "x-csrf-token",
    "x-forwarded-for",
)


async def filled(served: Served, service: str, operation: Operation, **instead: str) -> str:
    """Its path to something that is there, as far as this service makes such things."""
    found = await there(served, service, operation)
    path = operation.path
    for name in operation.in_path:
        path = path.replace(f"{{{name}}}", instead.get(name, found))
    return path


async def there(served: Served, service: str, operation: Operation) -> str:
    """The id (or name) of a fresh one of what the operation is about."""
    if not operation.in_path:
        return ""
    kind = "/".join(operation.path.split("/")[1:3])
    match kind:
        case "commitments/{id}":
            kind = "commitments"
        case "intake/channels" | "intake/staff" | "commitments/calendars" | "commitments/limits":
            return "somebody"
    make = next((o for s, o in ALL if s == service and o.method == "POST" and o.path == f"/{kind}"), None)
    if make is None:
        return SOMEBODY
    body = make.bodies[0]
    if service == "intake" and kind != "intake/customers":
        who = await served.say("intake", "POST", "/intake/customers", json={"name": "Lan"})
        body = body | {"customer_id": who.json()["id"]}
    answer = await served.say(service, "POST", make.path, json=body)
    return str(answer.json().get("id", SOMEBODY))


@pytest.mark.parametrize(("service", "operation"), WRITES)
async def test_a_body_that_is_as_described_gets_past_the_description(
    service: str, operation: Operation, served: Served
) -> None:
    """Else what follows would try nothing but the first field that is wrong."""
    path = await filled(served, service, operation)
    for body in operation.bodies:
        answer = await served.say(service, operation.method, path, json=body)
        assert "the request does not hold" not in answer.text, answer.text


@pytest.mark.parametrize(("service", "operation"), WRITES)
async def test_every_field_of_every_body(service: str, operation: Operation, served: Served) -> None:
    path = await filled(served, service, operation)
    for at, _ in operation.fields:
        for value in JSON:
            for right in operation.bodies:
                body = with_value(right, at, value, operation.fields)
                await _send(served, service, operation, path, json.dumps(body).encode())
    for content in BODIES:
        await _send(served, service, operation, path, content)


async def _send(served: Served, service: str, operation: Operation, path: str, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    await served.say(service, operation.method, path, content=content, headers=headers)


@pytest.mark.parametrize(
    ("service", "operation"), [pytest.param(s, o, id=str(o)) for s, o in ALL if o.in_query or o.in_path]
)
async def test_every_parameter(service: str, operation: Operation, served: Served) -> None:
    body: dict[str, Any] = {"json": operation.bodies[0]} if operation.bodies else {}
    for name in operation.in_query:
        path = await filled(served, service, operation)
        for value in (*WORDS, "x" * 5000):
            await served.say(service, operation.method, f"{path}?{name}={_spelled(value)}", **body)
    for name in operation.in_path:
        for value in (*WORDS, "x" * 5000):
            path = await filled(served, service, operation, **{name: _spelled(value) or "%20"})
            await served.say(service, operation.method, path, **body)


def _spelled(value: str) -> str:
    return quote(value.encode(errors="surrogatepass"), safe="")


@pytest.mark.parametrize("name", HEADERS)
async def test_every_header_of_every_route(name: str, served: Served) -> None:
    """Each route meets each value in one header or another."""
    values = [v.encode(errors="surrogatepass") for v in (*WORDS, "x" * 8000)]
    for number, (service, operation) in enumerate(NOT_READINESS):
        path = operation.path.replace("{id}", SOMEBODY)
        body: dict[str, Any] = {"content": json.dumps(operation.bodies[0])} if operation.bodies else {}
        for step in range(4):
            value = values[(number + step * 11 + HEADERS.index(name)) % len(values)].replace(b"\r\n", b" ")
            headers: dict[Any, Any] = {"content-type": "application/json", name: value}
            await served.say(service, operation.method, path, headers=headers, **body)
